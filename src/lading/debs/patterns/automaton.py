"""A pattern as an automaton: all the ways to match are followed at once.

So time is linear in the text, whatever the pattern: nothing is tried again (Thompson, "Regular
Expression Search Algorithm", 1968). What was computed for a set of states and a character is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lading.debs.patterns.nodes import LONGEST, Assertion, Chars, Either, Group, Repeat, Sequence
from lading.debs.patterns.places import facts_of, holds
from lading.debs.refusal import Broken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.debs.bounds import Bounds
    from lading.debs.patterns.nodes import Node

__all__ = ["Automaton"]

_MOST_KEPT: Final = 4000
_ACCEPTS: Final = 1  # the state 0, as a set


class Automaton:
    """The states of a pattern, each a bit of a set. The state 0 is that of a match.

    Args:
        node: The pattern.
        bounds: What is counted.

    Raises:
        Broken: It is larger than any script's.
    """

    def __init__(self, node: Node, bounds: Bounds) -> None:
        self._bounds = bounds
        # What a state takes and where it leads, or where it leads at once; at most one of both.
        self._takes: list[tuple[Chars, int] | None] = [None]
        self._leads: list[tuple[tuple[Assertion | None, int], ...]] = [()]
        self._asserts = False
        self._start = self._built(node, 0)
        self._closures: dict[tuple[int, int], int] = {}
        self._steps: dict[tuple[int, str, int], int] = {}

    def ends(self, text: str, start: int, *, backward: bool, anywhere: bool) -> Iterator[int]:
        """Where a match may end, in the order that they are met.

        Args:
            text: What is matched with.
            start: Where matches begin.
            backward: Whether the text is read to its start: for a pattern that is backwards.
            anywhere: Whether matches begin at every later place, too.
        """
        last = 0 if backward else len(text)
        step = -1 if backward else 1
        first = active = self._closure(self._start, self._facts(text, start))
        for place in range(start, last + step, step):
            if active & _ACCEPTS:
                yield place
            if place == last or not (active or anywhere):
                return
            facts = self._facts(text, place + step)
            if anywhere:
                first = self._closure(self._start, facts)
            active = self._next(active, text[place - int(backward)], facts)
            active |= first if anywhere else 0

    def _facts(self, text: str, place: int) -> int:
        return facts_of(text, place) if self._asserts else 0

    def _next(self, active: int, char: str, facts: int) -> int:
        self._bounds.spend(1)
        key = (active, char, facts)
        found = self._steps.get(key)
        if found is None:
            found = self._stepped(active, char, facts)
            if len(self._steps) >= _MOST_KEPT:
                self._steps.clear()
            self._steps[key] = found
        return found

    def _stepped(self, active: int, char: str, facts: int) -> int:
        self._bounds.spend(2 * active.bit_count())
        found = 0
        while active:
            state = (active & -active).bit_length() - 1
            active &= active - 1
            takes = self._takes[state]
            if takes is not None and takes[0].has(char):
                found |= self._closure(takes[1], facts)
        return found

    def _closure(self, state: int, facts: int) -> int:
        """The states that a state leads to without a character, as far as they take one."""
        key = (state, facts)
        if key not in self._closures:
            self._closures[key] = self._closed(state, facts)
        return self._closures[key]

    def _closed(self, state: int, facts: int) -> int:
        found, seen, left = 0, {state}, [state]
        while left:
            here = left.pop()
            if here == 0 or self._takes[here] is not None:
                found |= 1 << here
            for assertion, to in self._leads[here]:
                if to not in seen and (assertion is None or holds(assertion, facts)):
                    seen.add(to)
                    left.append(to)
        self._bounds.spend(len(seen))
        return found

    def _built(self, node: Node, to: int) -> int:
        """The first state of a pattern that goes on to another state."""
        match node:
            case Chars():
                return self._state((node, to))
            case Assertion():
                self._asserts = True
                return self._state(None, (node, to))
            case Sequence(parts=parts):
                for part in reversed(parts):
                    to = self._built(part, to)
                return to
            case Either(parts=parts):
                return self._state(None, *((None, self._built(part, to)) for part in parts))
            case Group(part=part):
                return self._built(part, to)
            case Repeat():
                return self._repeated(node, to)

    def _repeated(self, node: Repeat, to: int) -> int:
        if node.most is None:
            end, to = to, self._state(None)
            self._leads[to] = ((None, self._built(node.part, to)), (None, end))
        else:
            end = to
            for _ in range(node.most - node.least):
                to = self._state(None, (None, self._built(node.part, to)), (None, end))
        for _ in range(node.least):
            to = self._built(node.part, to)
        return to

    def _state(self, takes: tuple[Chars, int] | None, *leads: tuple[Assertion | None, int]) -> int:
        if len(self._takes) > LONGEST + 1:
            raise Broken("it has a pattern that is larger than any script's")
        self._bounds.spend(1)
        self._takes.append(takes)
        self._leads.append(leads)
        return len(self._takes) - 1
