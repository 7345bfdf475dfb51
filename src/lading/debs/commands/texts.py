"""Commands on text, as far as maintainer scripts use them."""

from __future__ import annotations

import hashlib
import re
from collections import deque
from typing import TYPE_CHECKING, Final

from lading.debs.commands.words import words_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lading.debs.shell import Call, Command

__all__ = ["ESCAPES", "TEXTS", "given", "lines"]

ESCAPES: Final = {
    r"\a": "\a",
    r"\b": "\b",
    r"\f": "\f",
    r"\n": "\n",
    r"\r": "\r",
    r"\t": "\t",
    r"\v": "\v",
    r"\\": "\\",
}
_ESCAPE: Final = re.compile(r"\\[abfnrtv\\]")
_ENDING: Final = re.compile(r"(?<!\\)(?:\\\\)*\\[c0]")
_OCTAL: Final = re.compile(r"(?<!\\)(?:\\\\)*\\[0-9cexuU]")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_VALUES: Final = frozenset({"%s", "%d", "%b"})
_LONGEST_SET: Final = 200
_COLUMN: Final = re.compile(r"\s*\{\s*print \$([0-9])\s*\}\s*")


def _true(call: Call) -> int:
    del call
    return 0


def _false(call: Call) -> int:
    del call
    return 1


def _echo(call: Call) -> int:
    words = list(call.words)
    if any(_ENDING.search(word) for word in words):  # what is octal, or ends the text
        raise call.refuse("with an escape that is not known here")
    ends = "\n"
    if words[:1] and words[0] in {"-e", "-en", "-ne"}:
        call.say_unknown()  # an option or a word, as the shell is
        return 0
    while words[:1] == ["-n"]:
        ends = ""
        words.pop(0)
    call.say(_unescaped(" ".join(words)) + ends)
    return 0


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda match: ESCAPES[match[0]], text)


def _printf(call: Call) -> int:
    form, *values = call.words if call.words[:1] != ("--",) else call.words[1:]
    if _OCTAL.search(form):
        raise call.refuse("with an escape that is not known here")
    parts = re.findall(r"([^%]*)(%.?|\Z)", _unescaped(form), re.DOTALL)
    left = deque(values)
    while True:
        for literal, what in parts:
            call.say(literal + _formatted(call, what, left))
        if not left or not any(what in _VALUES for _, what in parts):
            return 0


def _formatted(call: Call, what: str, left: deque[str]) -> str:
    if what not in {"", "%%", *_VALUES}:
        raise call.refuse()
    if what not in _VALUES:
        return what[:1]
    value = left.popleft() if left else "0" if what == "%d" else ""
    if (what == "%b" and "\\" in value) or (what == "%d" and not _NUMBER.fullmatch(value)):
        raise call.refuse()
    return value


def given(call: Call, paths: tuple[str, ...]) -> str:
    """The text of files, or of standard input where none is named.

    Raises:
        Unfollowable: There is neither.
        Broken: A file is no text.
    """
    if not paths or paths == ("-",):
        found = "" if call.given is None else call.given.rest()
        call.spend(len(found))
        return found
    texts = []
    for path in paths:
        text = call.root.text(path)
        if text is None:
            raise call.refuse(f"and {path} is not there")
        texts.append(text)
    return "".join(texts)


def lines(text: str) -> list[str]:
    """A text's lines, without their ends; the last one may have none."""
    return text.removesuffix("\n").split("\n") if text else []


def _cat(call: Call) -> int:
    call.say(given(call, words_of(call, "").operands))
    return 0


def _cut(call: Call) -> int:
    words = words_of(call, "s", valued="dfc")
    separator, number = words.options.get("d", "\t"), int(words.options.get("f", "0"))
    if number < 1 or len(separator) != 1:
        raise call.refuse()
    for line in lines(given(call, words.operands)):
        fields = line.split(separator)
        if len(fields) == 1 and "s" in words.options:
            continue
        whole = line if len(fields) == 1 else ""
        call.say((fields[number - 1] if len(fields) >= max(2, number) else whole) + "\n")
    return 0


def _tr(call: Call) -> int:
    words = words_of(call, "d")
    one, *more = map(_characters, words.operands)
    if "d" in words.options:
        call.say(given(call, ()).translate(dict.fromkeys(map(ord, one))))
    elif more and more[0]:
        other = more[0].ljust(len(one), more[0][-1:])
        call.say(given(call, ()).translate(dict(zip(map(ord, one), other, strict=False))))
    else:
        raise call.refuse()
    return 0


def _characters(text: str) -> str:
    text = _unescaped(text).replace("[:upper:]", "A-Z").replace("[:lower:]", "a-z")
    if len(text) > _LONGEST_SET or not text.isascii():
        raise ValueError(text)
    return re.sub(
        r"(.)-(.)",
        lambda match: "".join(map(chr, range(ord(match[1]), ord(match[2]) + 1))),
        text,
        flags=re.DOTALL,
    )


def _sort(call: Call) -> int:
    words = words_of(call, "u")
    found = sorted(lines(given(call, words.operands)))
    kept = dict.fromkeys(found) if "u" in words.options else found
    call.say("".join(f"{line}\n" for line in kept))
    return 0


def _head(call: Call) -> int:
    words = words_of(call, "q", long="lines=", valued="n")
    count = words.options.get("n") or words.options.get("lines") or "10"
    if not count.isdigit():
        raise call.refuse()
    found = re.findall(r"[^\n]*\n|[^\n]+", given(call, words.operands))
    call.say("".join(found[: int(count)]))
    return 0


def _md5sum(call: Call) -> int:
    words = words_of(call, "b")
    if not words.operands:
        digest = hashlib.md5(
            given(call, ()).encode(errors="surrogateescape"), usedforsecurity=False
        ).hexdigest()
        call.say(f"{digest}  -\n")
    for path in words.operands:
        content = call.root.read(path)
        if content is None:
            return 1
        call.say(f"{hashlib.md5(content, usedforsecurity=False).hexdigest()}  {path}\n")
    return 0


def _basename(call: Call) -> int:
    words = words_of(call, "")
    path, suffix = (*words.operands, "")[:2]
    name = path.rstrip("/").rpartition("/")[2]
    if not name:
        raise call.refuse()
    call.say((name if name == suffix else name.removesuffix(suffix)) + "\n")
    return 0


def _dirname(call: Call) -> int:
    (path,) = words_of(call, "").operands
    parent = path.rstrip("/").rpartition("/")[0].rstrip("/")
    call.say((parent or ("/" if path.startswith("/") else ".")) + "\n")
    return 0


def _expr(call: Call) -> int:
    match call.words:
        case (one, "+" | "-" as sign, other) if _NUMBER.fullmatch(one) and _NUMBER.fullmatch(other):
            number = int(one) + int(other) * (1 if sign == "+" else -1)
        case _:
            raise call.refuse()
    call.say(f"{number}\n")
    return int(number == 0)


def _date(call: Call) -> int:
    """What only tells the user the time."""
    if any(word.startswith("+") for word in call.words):
        raise call.refuse("which is of the moment")
    call.say("Tue Jan  1 00:00:00 UTC 1980\n")
    return 0


def _seq(call: Call) -> int:
    if not all(_NUMBER.fullmatch(word) for word in call.words):
        raise call.refuse()
    numbers = [int(word) for word in call.words]
    start, step, last = {1: (1, 1, *numbers), 2: (numbers[0], 1, numbers[-1])}.get(
        len(numbers), tuple(numbers)
    )
    for number in range(start, last + (1 if step > 0 else -1), step):
        call.say(f"{number}\n")
    return 0


def _awk(call: Call) -> int:
    """awk(1), for the one thing that scripts use it for when nothing is upgraded: a column."""
    match = _COLUMN.fullmatch(call.words[0]) if len(call.words) == 1 else None
    if match is None:
        raise call.refuse()
    number = int(match[1])
    for line in lines(given(call, ())):
        fields = [line, *line.split()]
        call.say((fields[number] if number < len(fields) else "") + "\n")
    return 0


TEXTS: Final[Mapping[str, Command]] = {
    ":": _true,
    "awk": _awk,
    "basename": _basename,
    "cat": _cat,
    "cut": _cut,
    "date": _date,
    "dirname": _dirname,
    "echo": _echo,
    "expr": _expr,
    "false": _false,
    "head": _head,
    "md5sum": _md5sum,
    "printf": _printf,
    "seq": _seq,
    "sort": _sort,
    "tr": _tr,
    "true": _true,
}
