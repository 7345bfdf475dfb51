"""grep(1) and sed(1), as far as maintainer scripts use them: one line after the other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lading.debs.commands.texts import ESCAPES, given
from lading.debs.commands.words import words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lading.debs.shell import Call, Command

__all__ = ["PATTERNS"]

_SUBSTITUTE: Final = re.compile(r"s(?P<mark>[^\w\s\\])(?P<rest>.*)", re.DOTALL)


_ADDRESSED: Final = re.compile(
    r"(?:/(?P<where>(?:[^/\\]|\\.)*)/[ ]*(?P<not>!?))?[ ]*(?P<what>[pd]|s.*)", re.DOTALL
)


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
    lines = given(call, tuple(operands)).splitlines()
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
    for line in given(call, tuple(paths)).splitlines():
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
                found += plain or ESCAPES.get(f"\\{escaped}", escaped)
        return found

    return made


PATTERNS: Final[Mapping[str, Command]] = {
    "egrep": _grep,
    "fgrep": _grep,
    "grep": _grep,
    "sed": _sed,
}
