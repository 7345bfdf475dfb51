"""Commands on text, as far as maintainer scripts use them."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

from lading.debs.commands.words import words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lading.debs.shell import Call, Command

__all__ = ["TEXTS"]

_ESCAPES: Final = {
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
_SUBSTITUTE: Final = re.compile(r"s(?P<mark>[^\w\s\\])(?P<rest>.*)", re.DOTALL)
_ADDRESSED: Final = re.compile(
    r"(?:/(?P<where>(?:[^/\\]|\\.)*)/[ ]*(?P<not>!?))?[ ]*(?P<what>[pd]|s.*)", re.DOTALL
)
_COLUMN: Final = re.compile(r"\s*\{\s*print \$([0-9])\s*\}\s*")
_SHORT: Final = re.compile(
    r"(?P<command>(?:/(?:[^/\\]|\\.)*/[ ]*!?[ ]*)?"
    r"(?:[pd]|s(?P<mark>[^\w\s\\])(?:(?:(?!(?P=mark))[^\\]|\\.)*(?P=mark)){2}[gp]*))"
    r"[ ]*(?:;[ ]*|\n|\Z)"
)
_BASIC: Final = re.compile(r"\\(.)|([(){}|+?])|(\[\^?\]?[^]]*\])|(\*)|(.)", re.DOTALL)
_CLASSES: Final = {
    "[:space:]": r"\s",
    "[:blank:]": r" \t",
    "[:digit:]": "0-9",
    "[:alpha:]": "a-zA-Z",
    "[:alnum:]": "a-zA-Z0-9",
    "[:upper:]": "A-Z",
    "[:lower:]": "a-z",
}


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
    return _ESCAPE.sub(lambda match: _ESCAPES[match[0]], text)


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


def _given(call: Call, paths: tuple[str, ...]) -> str:
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
    call.say(_given(call, words_of(call, "").operands))
    return 0


def _grep(call: Call) -> int:
    words = words_of(call, "EFqsvixon", long="quiet fixed-strings", valued="e")
    options, operands = words.options, list(words.operands)
    pattern = options["e"] if "e" in options else operands.pop(0)
    if any(call.root.read(path) is None for path in operands):
        return 2
    is_plain = call.name == "fgrep" or bool({"F", "fixed-strings"} & options.keys())
    is_extended = call.name == "egrep" or "E" in options
    form = re.escape(pattern) if is_plain else _regex(call, pattern, extended=is_extended)
    found = re.compile(form, re.IGNORECASE if "i" in options else 0)
    finds = found.fullmatch if "x" in options else found.search
    lines = _given(call, tuple(operands)).splitlines()
    chosen = [line for line in lines if (finds(line) is not None) != ("v" in options)]
    if not {"q", "quiet"} & options.keys():
        call.say("".join(f"{line}\n" for line in chosen))
    return int(not chosen)


def _regex(call: Call, text: str, *, extended: bool) -> str:
    """A regular expression of POSIX as one of Python's: the plain part of both.

    Raises:
        Unfollowable: It isn't plain.
    """
    try:
        found = "".join(_translated(match, extended=extended) for match in _BASIC.finditer(text))
        re.compile(found)
    except re.error:
        raise call.refuse("with a pattern that is not known here") from None
    return found


def _translated(match: re.Match[str], *, extended: bool) -> str:
    escaped, special, bracket, star, other = match.groups()
    if escaped is not None:
        # What has a meaning in one dialect has it in the other where it is escaped.
        plain = extended or escaped not in "(){}|+?"
        return f"\\{escaped}" if plain else escaped
    if special is not None:
        return special if extended else f"\\{special}"
    if bracket is not None:
        for name, inside in _CLASSES.items():
            bracket = bracket.replace(name, inside)
        return bracket
    return star or other


def _sed(call: Call) -> int:
    """sed(1), as far as lines are changed, printed or left out one by one."""
    scripts, options, paths = _sed_words(call)
    extended = "E" in options or "r" in options
    parts = [part for one in scripts for part in _sed_parts(one.strip())]
    steps = [_sed_step(call, part, extended=extended) for part in parts]
    for line in _given(call, tuple(paths)).splitlines():
        text: str | None = line
        for step in steps:
            text, is_printed = step(text) if text is not None else (None, False)
            if is_printed:
                call.say(f"{text}\n")
        if text is not None and "n" not in options:
            call.say(f"{text}\n")
    return 0


def _sed_words(call: Call) -> tuple[list[str], str, list[str]]:
    scripts, options, paths = [], "", []
    left = list(call.words)
    while left:
        word = left.pop(0)
        match = re.fullmatch(r"-([nEr]*)(e?)(.*)", word, re.DOTALL)
        if match is None or word == "-":
            paths.append(word)
        elif match[2]:
            options += match[1]
            scripts.append(match[3] or (left.pop(0) if left else ""))
        elif match[3]:
            raise call.refuse()
        else:
            options += match[1]
    if not scripts:
        scripts = paths[:1]
        del paths[:1]
    return scripts, options, paths


def _sed_parts(script: str) -> Iterator[str]:
    """Commands that stand one after the other, as far as they end at once."""
    while match := _SHORT.match(script):
        yield match["command"]
        script = script[match.end() :]
    if script:
        yield script


def _sed_step(
    call: Call, script: str, *, extended: bool
) -> Callable[[str], tuple[str | None, bool]]:
    match = _ADDRESSED.fullmatch(script)
    if match is None:
        raise call.refuse()
    where = re.compile(_regex(call, match["where"] or "", extended=extended))
    change = _substitution(call, match["what"], extended=extended)

    def step(line: str) -> tuple[str | None, bool]:
        if (where.search(line) is None) != bool(match["not"]):
            return line, False
        if match["what"] == "d":
            return None, False
        return change(line)

    return step


def _substitution(
    call: Call, script: str, *, extended: bool
) -> Callable[[str], tuple[str | None, bool]]:
    if script in {"p", "d"}:
        return lambda line: (line, True)
    match = _SUBSTITUTE.fullmatch(script)
    if match is None:
        raise call.refuse()
    mark = match["mark"]
    parts = re.split(rf"(?<!\\){re.escape(mark)}", match["rest"])
    if len(parts) != 3 or set(parts[2]) - {"g", "p"}:  # noqa: PLR2004
        raise call.refuse()
    form = re.compile(_regex(call, parts[0].replace(f"\\{mark}", mark), extended=extended))
    new = _replacement(parts[1].replace(f"\\{mark}", mark))

    def change(line: str) -> tuple[str | None, bool]:
        text, count = form.subn(new, line, count=0 if "g" in parts[2] else 1)
        return text, "p" in parts[2] and count > 0

    return change


def _replacement(text: str) -> Callable[[re.Match[str]], str]:
    pieces = re.findall(r"\\(.)|(&)|([^\\&]+)", text, re.DOTALL)

    def made(match: re.Match[str]) -> str:
        found = ""
        for escaped, whole, plain in pieces:
            if whole:
                found += match[0]
            elif escaped.isdigit():
                found += match[int(escaped)] or ""
            else:
                found += plain or _ESCAPES.get(f"\\{escaped}", escaped)
        return found

    return made


def _cut(call: Call) -> int:
    words = words_of(call, "s", valued="dfc")
    if not words.options.get("f", "").isdigit():
        raise call.refuse()
    separator, number = words.options.get("d", "\t"), int(words.options["f"])
    for line in _given(call, words.operands).splitlines():
        fields = line.split(separator)
        whole = line if len(fields) == 1 else ""
        call.say((fields[number - 1] if len(fields) >= max(2, number) else whole) + "\n")
    return 0


def _tr(call: Call) -> int:
    words = words_of(call, "d")
    one, *more = map(_characters, words.operands)
    if "d" in words.options:
        call.say(_given(call, ()).translate(dict.fromkeys(map(ord, one))))
    elif more:
        other = more[0].ljust(len(one), more[0][-1:])
        call.say(_given(call, ()).translate(dict(zip(map(ord, one), other, strict=False))))
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
    lines = sorted(_given(call, words.operands).splitlines())
    kept = dict.fromkeys(lines) if "u" in words.options else lines
    call.say("".join(f"{line}\n" for line in kept))
    return 0


def _head(call: Call) -> int:
    words = words_of(call, "q", long="lines=", valued="n")
    count = words.options.get("n") or words.options.get("lines") or "10"
    if not count.isdigit():
        raise call.refuse()
    lines = _given(call, words.operands).splitlines(keepends=True)
    call.say("".join(lines[: int(count)]))
    return 0


def _md5sum(call: Call) -> int:
    words = words_of(call, "b")
    if not words.operands:
        digest = hashlib.md5(_given(call, ()).encode(), usedforsecurity=False).hexdigest()
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
    for line in _given(call, ()).splitlines():
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
    "egrep": _grep,
    "expr": _expr,
    "false": _false,
    "fgrep": _grep,
    "grep": _grep,
    "head": _head,
    "md5sum": _md5sum,
    "printf": _printf,
    "sed": _sed,
    "seq": _seq,
    "sort": _sort,
    "tr": _tr,
    "true": _true,
}
