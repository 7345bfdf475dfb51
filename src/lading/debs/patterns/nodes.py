"""What a pattern is made of, whichever language it was written in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

__all__ = [
    "ANY",
    "LONGEST",
    "Assertion",
    "Chars",
    "Either",
    "Group",
    "Node",
    "Repeat",
    "Sequence",
    "backwards",
    "in_any_case",
    "literal",
    "one_of",
    "plain_text",
]

LONGEST: Final = 1 << 13
"""What a pattern may have, in characters or in states: more than any script's."""


@dataclass(frozen=True, slots=True)
class Chars:
    """One character of some.

    Attributes:
        ranges: The first and the last of each range.
        is_negated: It is one that is in none of them.
        in_any_case: Capitals and small letters of ASCII are alike.
    """

    ranges: tuple[tuple[str, str], ...]
    is_negated: bool = False
    in_any_case: bool = False

    def has(self, char: str) -> bool:
        """Whether a character is one of them."""
        alike = self.in_any_case and char.isascii()
        forms = {char.lower(), char.upper()} if alike else {char}
        found = any(low <= form <= high for low, high in self.ranges for form in forms)
        return found != self.is_negated


ANY = Chars((), is_negated=True)
"""Any character."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """What must be so at a place: the text's start or end, a word's, or one of both (`edge`)."""

    what: Literal["start", "end", "edge", "no edge", "word start", "word end"]


@dataclass(frozen=True, slots=True)
class Sequence:
    """One after the other."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """One of several."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """The same again, as often as is allowed (`most` is None for any number)."""

    part: Node
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Group:
    """What a replacement can refer to; the first is 1."""

    part: Node
    number: int


Node: TypeAlias = Chars | Assertion | Sequence | Either | Repeat | Group


def literal(text: str) -> tuple[Chars, ...]:
    """Each character of a text as itself."""
    return tuple(Chars(((char, char),)) for char in text)


def plain_text(text: str) -> Node:
    """The pattern of a text alone.

    Raises:
        ValueError: It is longer than any pattern.
    """
    if len(text) > LONGEST:
        raise ValueError(text[:1])
    return Sequence(literal(text))


def one_of(nodes: list[Node]) -> Node:
    """The pattern of what any of these matches."""
    return nodes[0] if len(nodes) == 1 else Either(tuple(nodes))


def backwards(node: Node) -> Node:
    """The pattern of the same texts read from their ends."""
    match node:
        case Sequence(parts=parts):
            return Sequence(tuple(backwards(part) for part in reversed(parts)))
        case Either(parts=parts):
            return Either(tuple(backwards(part) for part in parts))
        case Repeat() | Group():
            return replace(node, part=backwards(node.part))
        case _:
            return node


def in_any_case(node: Node) -> Node:
    """The pattern with capitals and small letters alike."""
    match node:
        case Sequence() | Either():
            return replace(node, parts=tuple(in_any_case(part) for part in node.parts))
        case Repeat() | Group():
            return replace(node, part=in_any_case(node.part))
        case Chars():
            return replace(node, in_any_case=True)
        case _:
            return node
