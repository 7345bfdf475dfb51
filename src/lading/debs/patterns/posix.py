"""Basic and extended regular expressions (XBD 9), with what GNU's grep and sed add to both.

What they leave open, or what scripts have no use for, is refused: references back, collating
elements, a repetition of nothing.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from lading.debs.patterns.brackets import CLASSES, bracket
from lading.debs.patterns.nodes import (
    ANY,
    LONGEST,
    Assertion,
    Chars,
    Group,
    Node,
    Repeat,
    Sequence,
    literal,
    one_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["regular_expression"]

_NONE: Final[Mapping[str, str]] = MappingProxyType({})
_DEEPEST: Final = 40
_MOST_TURNS: Final = 1000
_INTERVAL: Final = re.compile(r"(?P<least>[0-9]{1,4})?(?P<comma>,)?(?P<most>[0-9]{1,4})?")
_WORD: Final = (*((one[0], one[1]) for one in CLASSES["alnum"]), ("_", "_"))
_SPACE: Final = tuple((one[0], one[1]) for one in CLASSES["space"])
_ESCAPED: Final[dict[str, Node]] = {
    "w": Chars(_WORD),
    "W": Chars(_WORD, is_negated=True),
    "s": Chars(_SPACE),
    "S": Chars(_SPACE, is_negated=True),
    "b": Assertion("edge"),
    "B": Assertion("no edge"),
    "<": Assertion("word start"),
    ">": Assertion("word end"),
    "`": Assertion("start"),
    "'": Assertion("end"),
}
_OPERATORS: Final = frozenset("(){}|+?")
_REPEATS: Final = {"*": (0, None), "+": (1, None), "?": (0, 1)}


def regular_expression(
    text: str, *, is_extended: bool, controls: Mapping[str, str] = _NONE
) -> Node:
    """The pattern that a regular expression is.

    Args:
        text: The expression.
        is_extended: Whether it is an extended one.
        controls: The control characters that escaped letters stand for.

    Raises:
        ValueError: It is none, or it has what is not known here.
    """
    if len(text) > LONGEST:
        raise ValueError(text[:1])
    reader = _Reader(text, is_extended=is_extended, controls=controls)
    found = reader.either()
    if reader.place < len(text):
        raise ValueError(text)
    return found


class _Reader:
    """An expression, and the place that it was read up to."""

    def __init__(self, text: str, *, is_extended: bool, controls: Mapping[str, str]) -> None:
        self._text = text
        self._is_extended = is_extended
        self._controls = controls
        self._depth = 0
        self._groups = 0
        self.place = 0

    def either(self) -> Node:
        """Alternatives, as far as they go."""
        found = [self._sequence()]
        while self._takes("|"):
            found.append(self._sequence())
        return one_of(found)

    def _operator(self) -> str:
        """The operator that is next: in basic expressions they are escaped, but for the star."""
        text, place = self._text, self.place
        if text[place : place + 1] == "*":
            return "*"
        if not self._is_extended:
            is_escaped = text[place : place + 1] == "\\"
            text, place = (text, place + 1) if is_escaped else ("", 0)
        found = text[place : place + 1]
        return found if found in _OPERATORS else ""

    def _takes(self, operator: str) -> bool:
        is_next = self._operator() == operator
        if is_next:
            self.place += 1 if self._is_extended or operator == "*" else 2
        return is_next

    def _sequence(self) -> Node:
        found: list[Node] = []
        while self.place < len(self._text) and self._operator() not in {"|", ")"}:
            is_first = not found or (not self._is_extended and found == [Assertion("start")])
            part = self._part(is_first=is_first)
            found.append(self._repeated(part))
        return Sequence(tuple(found))

    def _part(self, *, is_first: bool) -> Node:  # noqa: PLR0911 - one for each kind
        if self._takes("("):
            return self._group()
        operator = self._operator()
        if operator == "*" and is_first and not self._is_extended:
            self.place += 1
            return literal("*")[0]
        if operator:
            raise ValueError(self._text)
        char = self._text[self.place]
        self.place += 1
        if char == "^" and (self._is_extended or is_first):
            return Assertion("start")
        if char == "$" and (self._is_extended or self._is_last()):
            return Assertion("end")
        if char == ".":
            return ANY
        if char == "[":
            return self._bracket()
        return self._escaped() if char == "\\" else literal(char)[0]

    def _is_last(self) -> bool:
        return self.place == len(self._text) or self._operator() in {"|", ")"}

    def _group(self) -> Node:
        self._groups += 1
        self._depth += 1
        number = self._groups
        if self._depth > _DEEPEST:
            raise ValueError(self._text)
        part = self.either()
        if not self._takes(")"):
            raise ValueError(self._text)
        self._depth -= 1
        return Group(part, number)

    def _repeated(self, part: Node) -> Node:
        while (operator := self._operator()) in {"*", "+", "?", "{"}:
            is_start = isinstance(part, Assertion)
            if is_start and operator == "*" and not self._is_extended:
                return part  # a star after the start is one
            if is_start or isinstance(part, Repeat):  # `a**`: implementations differ
                raise ValueError(self._text)
            self._takes(operator)
            least, most = _REPEATS[operator] if operator in _REPEATS else self._interval()
            part = Repeat(part, least, most)
        return part

    def _interval(self) -> tuple[int, int | None]:
        match = _INTERVAL.match(self._text, self.place)
        if match is None or not match[0]:
            raise ValueError(self._text)
        self.place = match.end()
        least = int(match["least"] or 0)
        most = int(match["most"]) if match["most"] else None if match["comma"] else least
        if not self._takes("}") or max(least, most or 0) > _MOST_TURNS:
            raise ValueError(self._text)
        if most is not None and least > most:
            raise ValueError(self._text)
        return least, most

    def _bracket(self) -> Node:
        found = bracket(self._text, self.place, "^")
        if found is None:
            raise ValueError(self._text)
        start, (chars, self.place) = self.place, found
        inside = self._text[start : self.place]
        if any(f"\\{letter}" in inside for letter in self._controls):
            raise ValueError(self._text)  # sed reads it as the character, others as two
        return chars

    def _escaped(self) -> Node:
        char = self._text[self.place : self.place + 1]
        self.place += 1
        if char in _ESCAPED:
            return _ESCAPED[char]
        if char in self._controls:
            return literal(self._controls[char])[0]
        if not char or char.isalnum():
            raise ValueError(self._text)
        return literal(char)[0]
