"""grep(1) and sed(1), as far as maintainer scripts use them: one line after the other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from lading.debs.commands.texts import ESCAPES, given, lines
from lading.debs.commands.words import words_of
from lading.debs.patterns import Pattern, in_any_case, one_of, plain_text, regular_expression

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lading.debs.patterns import Node
    from lading.debs.shell import Call, Command

__all__ = ["PATTERNS"]

# What a line becomes (None where it is left out), and whether it is printed at once.
_Change: TypeAlias = "Callable[[str], tuple[str | None, bool]]"

# What is left of a replacement: text, or the number of a group (0 is the whole match).
_New: TypeAlias = tuple[str | int, ...]

_CONTROLS: Final = {name[1]: char for name, char in ESCAPES.items() if name[1] in "afnrtv"}
_BLANKS: Final = " \t\n;"
_OPERATORS: Final = frozenset("|+?(){}.*[]^$&")


def _grep(call: Call) -> int:
    words = words_of(call, "EFqsvixon", long="quiet fixed-strings", valued="e")
    options, operands = words.options, list(words.operands)
    pattern = options["e"] if "e" in options else operands.pop(0)
    is_quiet = bool({"q", "quiet"} & options.keys())
    if not is_quiet and (len(operands) > 1 or "n" in options):
        raise call.refuse("whose lines tell where they are")
    if any(call.root.leads_to(path) != "file" for path in operands):
        return 2
    found = Pattern(_grep_form(call, pattern, options), call.state.bounds)
    finds = found.fits if "x" in options else found.is_in
    chosen = [
        line for line in lines(given(call, tuple(operands))) if finds(line) != ("v" in options)
    ]
    for line in () if is_quiet else chosen:
        if "o" not in options:
            call.say(f"{line}\n")
        for start, end in found.spans(line) if "o" in options else ():
            call.say(f"{line[start:end]}\n" if end > start else "")
    return int(not chosen)


def _grep_form(call: Call, text: str, options: Mapping[str, str]) -> Node:
    """What is looked for: each line of the text is another pattern."""
    is_plain = call.name == "fgrep" or bool({"F", "fixed-strings"} & options.keys())
    is_extended = call.name == "egrep" or "E" in options
    forms = [
        plain_text(one) if is_plain else _regex(call, one, is_extended=is_extended)
        for one in text.split("\n")
    ]
    return in_any_case(one_of(forms)) if "i" in options else one_of(forms)


def _regex(call: Call, text: str, *, is_extended: bool, in_sed: bool = False) -> Node:
    """A regular expression.

    Raises:
        Unfollowable: It has what is not known here.
    """
    try:
        controls = _CONTROLS if in_sed else {}
        return regular_expression(text, is_extended=is_extended, controls=controls)
    except ValueError:
        raise call.refuse("with a pattern that is not known here") from None


class _Step(NamedTuple):
    """A command of sed: on lines with a pattern, or on those without it."""

    where: Pattern | None
    is_negated: bool
    change: _Change

    def done(self, line: str) -> tuple[str | None, bool]:
        """What becomes of a line."""
        if self.where is not None and self.where.is_in(line) == self.is_negated:
            return line, False
        return self.change(line)


def _sed(call: Call) -> int:
    """sed(1), as far as lines are changed, printed or left out one by one."""
    scripts, options, paths = _sed_words(call)
    is_extended = "E" in options or "r" in options
    steps = [step for one in scripts for step in _SedScript(call, one, is_extended).steps()]
    text = given(call, tuple(paths))
    every = lines(text)
    for number, line in enumerate(every, 1):
        # GNU: the last line has an end where it had one.
        is_whole = number < len(every) or text.endswith("\n")
        said = list(_sed_line(line, steps, prints="n" not in options))
        call.say("\n".join(said) + ("\n" if is_whole and said else ""))
    return 0


def _sed_line(line: str, steps: list[_Step], *, prints: bool) -> Iterator[str]:
    """What is written for a line."""
    left: str | None = line
    for step in steps:
        if left is None:
            return
        left, is_printed = step.done(left)
        if left is not None and is_printed:
            yield left
    if left is not None and prints:
        yield left


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


class _SedScript:
    """A script of sed, and the place that it was read up to."""

    def __init__(self, call: Call, text: str, is_extended: bool) -> None:  # noqa: FBT001
        self._call = call
        self._text = text
        self._is_extended = is_extended
        self._place = 0

    def steps(self) -> Iterator[_Step]:
        """Its commands, one after the other.

        Raises:
            Unfollowable: It has one that is not known here.
        """
        while self._skips(_BLANKS):
            where, is_negated = self._where()
            yield _Step(where, is_negated, self._command())
            self._skips(" ")
            if self._next() not in {"", ";", "\n"}:
                raise self._call.refuse()

    def _next(self) -> str:
        return self._text[self._place : self._place + 1]

    def _take(self) -> str:
        found = self._next()
        self._place += 1
        return found

    def _skips(self, blanks: str) -> bool:
        """Go past blanks, and say whether something comes then."""
        while self._next() and self._next() in blanks:
            self._place += 1
        return bool(self._next())

    def _where(self) -> tuple[Pattern | None, bool]:
        if self._next() != "/":
            return None, False
        self._place += 1
        pattern = self._pattern(self._until("/"))
        self._skips(" ")
        is_negated = self._next() == "!"
        self._place += int(is_negated)
        self._skips(" ")
        return pattern, is_negated

    def _command(self) -> _Change:
        name = self._take()
        if name == "p":
            return lambda line: (line, True)
        if name == "d":
            return lambda _: (None, False)
        mark = self._take()
        if name != "s" or not mark or mark.isalnum() or mark in "_\\ \t\n":
            raise self._call.refuse()
        return self._substitution(mark)

    def _substitution(self, mark: str) -> _Change:
        pattern = self._pattern(self._until(mark))
        new = self._replacement(self._until(mark))
        if {one for one in new if isinstance(one, int)} - {0} - pattern.groups:
            raise self._call.refuse("with a group that can't be told")
        flags = ""
        while self._next() in {"g", "p"}:
            flags += self._take()

        def change(line: str) -> tuple[str | None, bool]:
            text, count = _substituted(line, pattern, new, is_global="g" in flags)
            return text, "p" in flags and count > 0

        return change

    def _until(self, mark: str) -> str:
        """What stands before a mark; one that is escaped is a character like any other."""
        found = ""
        while (char := self._take()) != mark:
            if not char or (char == "\\" and self._next() == mark in _OPERATORS):
                raise self._call.refuse()
            if char == "\\":
                escaped = self._take()
                char = mark if escaped == mark else f"\\{escaped}"
            found += char
        return found

    def _pattern(self, text: str) -> Pattern:
        if not text:
            raise self._call.refuse("which uses the last pattern again")
        node = _regex(self._call, text, is_extended=self._is_extended, in_sed=True)
        return Pattern(node, self._call.state.bounds)

    def _replacement(self, text: str) -> _New:
        found: list[str | int] = []
        for escaped, whole, plain in re.findall(r"\\(.)|(&)|([^\\&]+)", text, re.DOTALL):
            if whole or escaped.isdigit():
                found.append(int(escaped or 0))
            elif escaped.isalnum() and escaped not in _CONTROLS:
                raise self._call.refuse()
            else:
                found.append(plain or _CONTROLS.get(escaped, escaped))
        return tuple(found)


def _substituted(line: str, pattern: Pattern, new: _New, *, is_global: bool) -> tuple[str, int]:
    """A line with what a pattern finds replaced, and how often."""
    found: list[str] = []
    place = count = 0
    for start, end in pattern.spans(line):
        found += [line[place:start], *_replaced(line, pattern, new, start, end)]
        place = end
        count += 1
        if not is_global:
            break
    return "".join((*found, line[place:])), count


def _replaced(line: str, pattern: Pattern, new: _New, start: int, end: int) -> Iterator[str]:
    spans = {0: (start, end)}
    if any(new_ != 0 and isinstance(new_, int) for new_ in new):
        spans |= pattern.groups_of(line, start, end)
    for one in new:
        first, last = spans.get(one, (0, 0)) if isinstance(one, int) else (0, 0)
        yield line[first:last] if isinstance(one, int) else one


PATTERNS: Final[Mapping[str, Command]] = {
    "egrep": _grep,
    "fgrep": _grep,
    "grep": _grep,
    "sed": _sed,
}
