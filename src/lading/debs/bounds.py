"""How much a maintainer script may take: a hostile one is refused by name, as one without an end.

Work is counted where it is done: a unit for each character that is read, made, written or matched
with, and for each name that a path is resolved by. So nothing that a script does takes longer, or
holds more, than what its work pays for.
"""

from __future__ import annotations

from typing import Final

from lading.debs.refusal import Broken

__all__ = ["DEEPEST", "MOST_WRITTEN", "Bounds"]

DEEPEST: Final = 40
"""How deep commands are in each other: functions, programs, compounds and substitutions."""

MOST_WRITTEN: Final = 64 << 20
"""What the scripts of one installation may write, in bytes, with a tar's block for each file."""

# Of the scripts of much used packages the longest takes 238 steps and 850,000 units of work.
_MOST_STEPS: Final = 200_000
_MOST_WORK: Final = 32 << 20
_LONGEST_TEXT: Final = 8 << 20
_MOST_WORDS: Final = 1 << 16


class Bounds:
    """What is left to one script."""

    __slots__ = ("_depth", "_steps", "_work")

    def __init__(self) -> None:
        self._depth = 0
        self._steps = _MOST_STEPS
        self._work = _MOST_WORK

    def step(self) -> None:
        """Count a command, or a turn of a loop.

        Raises:
            Broken: There were too many, as of all that is below.
        """
        self._steps -= 1
        if self._steps < 0:
            raise Broken("it does not come to an end")

    def spend(self, work: int) -> None:
        """Count work."""
        self._work -= work
        if self._work < 0:
            raise Broken("it takes more work than any script does")

    def text(self, length: int, *, whole: int = 0) -> None:
        """Count a text that is about to be made: a value, a word, what a command says.

        Args:
            length: Of it, in characters.
            whole: Of what it is a part of.
        """
        self.spend(length)
        if max(length, whole) > _LONGEST_TEXT:
            raise Broken("it makes a text that is longer than any script's")

    def deeper(self) -> None:
        """Go into a command that is in another; `shallower` comes out of it."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise Broken("its commands call each other without an end")

    def shallower(self) -> None:
        """Come out of a command."""
        self._depth -= 1

    def words(self, count: int) -> None:
        """Look at the number of words that a command gets."""
        if count > _MOST_WORDS:
            raise Broken("it makes more words than any command takes")
