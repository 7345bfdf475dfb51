"""Which part of a match each group is: the leftmost takes the most, then the next (XBD 9.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from lading.debs.patterns.nodes import Assertion, Chars, Either, Group, Repeat, Sequence
from lading.debs.patterns.places import facts_of, holds
from lading.debs.refusal import Broken

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lading.debs.bounds import Bounds
    from lading.debs.patterns.nodes import Node

__all__ = ["Spans", "spans_of", "told"]

_COST: Final = 8  # of what is a place in a set, in characters that are looked at

Spans: TypeAlias = dict[int, tuple[int, int]]


def told(node: Node) -> frozenset[int]:
    """The groups of which it can be told what they are.

    One that is in a repetition is its last turn, but implementations differ in what is kept from
    the turns before, and in which turns there are.
    """
    match node:
        case Sequence(parts=parts) | Either(parts=parts):
            return frozenset().union(*map(told, parts))
        case Group(part=part, number=number):
            return told(part) | {number}
        case Repeat(part=part, most=1):
            return told(part)
        case _:
            return frozenset()


def _has_choice(node: Node) -> bool:
    match node:
        case Either():
            return True
        case Sequence(parts=parts):
            return any(map(_has_choice, parts))
        case Repeat(part=part) | Group(part=part):
            return _has_choice(part)
        case _:
            return False


def _check(is_one: bool) -> None:  # noqa: FBT001
    """With alternatives glibc does not always take the longest: then it can't be told."""
    if not is_one:
        raise Broken("it refers to a part of a match that can't be told")


def spans_of(node: Node, text: str, start: int, end: int, bounds: Bounds) -> Spans:
    """The groups of a pattern whose match is known, by their numbers.

    Args:
        node: The pattern; only of groups that can be told is anything said.
        text: What it was matched with.
        start: Where the match begins.
        end: Where it ends.
        bounds: What is counted.

    Raises:
        Broken: Another part than the longest might be meant.
    """
    found: Spans = {}
    _Match(text, end, bounds).assign(node, start, end, found)
    return found


class _Match:
    """What is known of the places of one match."""

    def __init__(self, text: str, end: int, bounds: Bounds) -> None:
        self._text = text
        self._end = end
        self._bounds = bounds
        self._known: dict[tuple[int, int], set[int]] = {}

    def assign(self, node: Node, start: int, end: int, found: Spans) -> None:
        """Note the groups in a part of the pattern that is known to match from start to end."""
        match node:
            case Group(part=part, number=number):
                found[number] = (start, end)
                self.assign(part, start, end, found)
            case Sequence(parts=parts):
                for part, (one, other) in zip(parts, self._cut(parts, start, end), strict=True):
                    self.assign(part, one, other, found)
            case Either(parts=parts):
                fitting = [part for part in parts if end in self._ends(part, start)]
                _check(len(fitting) == 1 or not any(map(told, parts)))
                self.assign(fitting[0], start, end, found)
            case Repeat(part=part, most=1) if end in self._ends(part, start):
                self.assign(part, start, end, found)

    def _cut(self, parts: tuple[Node, ...], start: int, end: int) -> list[tuple[int, int]]:
        """Where each part of a sequence begins and ends: each takes the most that it may."""
        places = [{start}]
        for part in parts:
            places.append(self._after(part, places[-1]))
        wanted = [{end}]
        for part, there in zip(reversed(parts), reversed(places[:-1]), strict=True):
            left = wanted[-1]
            self._bounds.spend(_COST * len(there))
            wanted.append({x for x in there if not left.isdisjoint(self._ends(part, x))})
        found = []
        for part, allowed in zip(parts, reversed(wanted[:-1]), strict=True):
            ends = self._ends(part, start) & allowed
            _check(len(ends) == 1 or not _has_choice(part))
            last = max(ends)
            found.append((start, last))
            start = last
        return found

    def _after(self, node: Node, places: Iterable[int]) -> set[int]:
        found: set[int] = set()
        for place in places:
            ends = self._ends(node, place)
            self._bounds.spend(_COST * (len(ends) + 1))
            found |= ends
        return found

    def _ends(self, node: Node, start: int) -> set[int]:
        """Where a part of the pattern that begins at a place may end, within the match."""
        key = (id(node), start)
        if key not in self._known:
            found = self._found(node, start)
            self._known[key] = found
        return self._known[key]

    def _found(self, node: Node, start: int) -> set[int]:
        match node:
            case Chars():
                fits = start < self._end and node.has(self._text[start])
                return {start + 1} if fits else set()
            case Assertion():
                return {start} if holds(node, facts_of(self._text, start)) else set()
            case Group(part=part):
                return self._ends(part, start)
            case Sequence(parts=parts):
                places = {start}
                for part in parts:
                    places = self._after(part, places)
                return places
            case Either(parts=parts):
                return set().union(*(self._ends(part, start) for part in parts))
            case Repeat():
                return self._repeated(node, start)

    def _repeated(self, node: Repeat, start: int) -> set[int]:
        places = {start}
        for _ in range(node.least):
            places = self._after(node.part, places)
        found, left = set(places), places
        turns = len(self._text) if node.most is None else node.most - node.least
        while turns > 0 and left:
            turns -= 1
            left = self._after(node.part, left) - found
            found |= left
        return found
