"""What a pattern finds in a text: of the matches the leftmost, and of these the longest."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from lading.debs.patterns.automaton import Automaton
from lading.debs.patterns.groups import spans_of, told
from lading.debs.patterns.nodes import backwards

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.debs.bounds import Bounds
    from lading.debs.patterns.groups import Spans
    from lading.debs.patterns.nodes import Node

__all__ = ["Pattern"]


class Pattern:
    """A pattern that texts are matched with.

    Args:
        node: What it is made of.
        bounds: What is counted: each method that matches raises Broken where it takes too much.
    """

    def __init__(self, node: Node, bounds: Bounds) -> None:
        self._node = node
        self._bounds = bounds

    @cached_property
    def _forward(self) -> Automaton:
        return Automaton(self._node, self._bounds)

    @cached_property
    def _backward(self) -> Automaton:
        return Automaton(backwards(self._node), self._bounds)

    @cached_property
    def groups(self) -> frozenset[int]:
        """The numbers of its groups, as far as it can be told what they match."""
        return told(self._node)

    def fits(self, text: str) -> bool:
        """Whether it matches a whole text."""
        return len(text) in self.starts(text)

    def is_in(self, text: str) -> bool:
        """Whether it matches some of a text."""
        ends = self._forward.ends(text, 0, backward=False, anywhere=True)
        return next(ends, None) is not None

    def starts(self, text: str) -> list[int]:
        """Where what it matches at a text's start may end, the shortest first."""
        return list(self._forward.ends(text, 0, backward=False, anywhere=False))

    def ends(self, text: str) -> list[int]:
        """Where what it matches at a text's end may begin, the shortest first."""
        return list(self._backward.ends(text, len(text), backward=True, anywhere=False))

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """All that it matches, one after the other; nothing right after another match is none."""
        begins = list(self._backward.ends(text, len(text), backward=True, anywhere=True))
        last = -1
        for start in reversed(begins):
            if start < last:
                continue
            end = max(self._forward.ends(text, start, backward=False, anywhere=False))
            if end > start or start != last:
                yield start, end
                last = end

    def groups_of(self, text: str, start: int, end: int) -> Spans:
        """What the groups of a match are."""
        return spans_of(self._node, text, start, end, self._bounds)
