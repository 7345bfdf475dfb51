"""Commands on text, as far as maintainer scripts use them."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

from lading.debs.commands.words import words_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lading.debs.shell import Call, Command

__all__ = ["ESCAPES", "TEXTS", "given"]

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
_COLUMN: Final = re.compile(r"\s*\{\s*print \$([0-9])\s*\}\s*")


def _true(call: Call) -> int:
    del call
    return 0


def _false(call: Call) -> int:
    del call
    return 1


def _echo(call: Call) -> int:
    words = list(call.words)
    if any(_ENDING.search(word) for word in words):
        raise call.refuse("with an escape that is not known here")
    ends = "\n"
    while words and words[0] in {"-n", "-e", "-en", "-ne"}:
        ends = "" if "n" in words.pop(0) else ends
    call.say(_unescaped(" ".join(words)) + ends)
    return 0


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda match: ESCAPES[match[0]], text)


def _printf(call: Call) -> int:
    form, *values = call.words if call.words[:1] != ("--",) else call.words[1:]
    form = _unescaped(form)
    while True:
        text, values = _formatted(call, form, values)
        call.say(text)
        if not values or "%" not in form.replace("%%", ""):
            return 0


def _formatted(call: Call, form: str, values: list[str]) -> tuple[str, list[str]]:
    found = ""
    for literal, what in re.findall(r"([^%]*)(%.?|\Z)", form):
        found += literal
        if what in {"%s", "%d", "%b"}:
            found += values.pop(0) if values else ""
        elif what == "%%":
            found += "%"
        elif what:
            raise call.refuse()
    return found, values


def given(call: Call, paths: tuple[str, ...]) -> str:
    """The text of files, or of standard input where none is named.

    Raises:
        Unfollowable: There is neither.
    """
    if not paths or paths == ("-",):
        return "" if call.given is None else call.given.rest()
    found = []
    for path in paths:
        content = call.root.read(path)
        if content is None:
            raise call.refuse(f"and {path} is not there")
        found.append(content.decode(errors="surrogateescape"))
    return "".join(found)


def _cat(call: Call) -> int:
    call.say(given(call, words_of(call, "").operands))
    return 0


def _cut(call: Call) -> int:
    words = words_of(call, "s", valued="dfc")
    if not words.options.get("f", "").isdigit():
        raise call.refuse()
    separator, number = words.options.get("d", "\t"), int(words.options["f"])
    for line in given(call, words.operands).splitlines():
        fields = line.split(separator)
        whole = line if len(fields) == 1 else ""
        call.say((fields[number - 1] if len(fields) >= max(2, number) else whole) + "\n")
    return 0


def _tr(call: Call) -> int:
    words = words_of(call, "d")
    one, *more = map(_characters, words.operands)
    if "d" in words.options:
        call.say(given(call, ()).translate(dict.fromkeys(map(ord, one))))
    elif more:
        other = more[0].ljust(len(one), more[0][-1:])
        call.say(given(call, ()).translate(dict(zip(map(ord, one), other, strict=False))))
    else:
        raise call.refuse()
    return 0


def _characters(text: str) -> str:
    text = _unescaped(text).replace("[:upper:]", "A-Z").replace("[:lower:]", "a-z")
    return re.sub(
        r"(.)-(.)",
        lambda match: "".join(map(chr, range(ord(match[1]), ord(match[2]) + 1))),
        text,
    )


def _sort(call: Call) -> int:
    words = words_of(call, "u")
    lines = sorted(given(call, words.operands).splitlines())
    kept = dict.fromkeys(lines) if "u" in words.options else lines
    call.say("".join(f"{line}\n" for line in kept))
    return 0


def _head(call: Call) -> int:
    words = words_of(call, "q", long="lines=", valued="n")
    count = words.options.get("n") or words.options.get("lines") or "10"
    if not count.isdigit():
        raise call.refuse()
    lines = given(call, words.operands).splitlines(keepends=True)
    call.say("".join(lines[: int(count)]))
    return 0


def _md5sum(call: Call) -> int:
    words = words_of(call, "b")
    if not words.operands:
        digest = hashlib.md5(given(call, ()).encode(), usedforsecurity=False).hexdigest()
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
    call.say(path.rstrip("/").rpartition("/")[2].removesuffix(suffix) + "\n")
    return 0


def _dirname(call: Call) -> int:
    path = words_of(call, "").operands[0].rstrip("/")
    call.say((path.rpartition("/")[0] or ("/" if path.startswith("/") else ".")) + "\n")
    return 0


def _expr(call: Call) -> int:
    match call.words:
        case (one, "+", other) if one.isdigit() and other.isdigit():
            call.say(f"{int(one) + int(other)}\n")
        case (one, "-", other) if one.isdigit() and other.isdigit():
            call.say(f"{int(one) - int(other)}\n")
        case _:
            raise call.refuse()
    return 0


def _date(call: Call) -> int:
    """What only tells the user the time."""
    if any(word.startswith("+") for word in call.words):
        raise call.refuse("which is of the moment")
    call.say("Tue Jan  1 00:00:00 UTC 1980\n")
    return 0


def _seq(call: Call) -> int:
    numbers = [int(word) for word in call.words]
    start, step, last = {1: (1, 1, *numbers), 2: (numbers[0], 1, numbers[-1])}.get(
        len(numbers), tuple(numbers)
    )
    end = last + (1 if step > 0 else -1)
    call.say("".join(f"{number}\n" for number in range(start, end, step)))
    return 0


def _awk(call: Call) -> int:
    """awk(1), for the one thing that scripts use it for when nothing is upgraded: a column."""
    match = _COLUMN.fullmatch(call.words[0]) if len(call.words) == 1 else None
    if match is None:
        raise call.refuse()
    number = int(match[1])
    for line in given(call, ()).splitlines():
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
