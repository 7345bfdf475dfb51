"""Patterns of the shell (POSIX.1-2017, Shell Command Language, 2.13)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.debs.patterns.brackets import bracket
from lading.debs.patterns.nodes import ANY, LONGEST, Repeat, Sequence, literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lading.debs.patterns.nodes import Node

__all__ = ["glob"]


def glob(pieces: Iterable[tuple[str, bool]]) -> Node:
    """A pattern of pieces of text, each with whether it was quoted: such a one is plain.

    Raises:
        ValueError: It has what is not known here.
    """
    every = tuple(pieces)
    if sum(len(text) for text, _ in every) > LONGEST:
        raise ValueError(every[0][0][:1])
    parts: list[Node] = []
    for text, quoted in every:
        parts += literal(text) if quoted else _parts(text)
    return Sequence(tuple(parts))


def _parts(text: str) -> Iterator[Node]:
    place = 0
    while place < len(text):
        char = text[place]
        place += 1
        if char == "*":
            yield Repeat(ANY, 0, None)
        elif char == "?":
            yield ANY
        elif char == "[" and text.startswith("^", place):
            raise ValueError(text)  # no, or a character: shells differ
        elif char == "[" and (found := bracket(text, place, "!")) is not None:
            chars, place = found
            yield chars
        elif char == "\\" and place < len(text):
            yield from literal(text[place])
            place += 1
        else:
            yield from literal(char)
