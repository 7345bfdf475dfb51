"""One call of the user's on an `Image`: where it stands, and all that is wrong with its words."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from lading.errors import Problem, SpecificationError
from lading.grammar.invalid import Invalid
from lading.image.callsite import caller

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType
    from typing import Self

__all__ = ["Call"]

T = TypeVar("T")
W = TypeVar("W")


class Call:
    """Collects the invalid words of one call, and raises them together at the end of the block.

    Raises:
        SpecificationError: On leaving the block, where any word was invalid.
    """

    def __init__(self) -> None:
        self.location = caller()
        self._problems: list[Problem] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if isinstance(error, Invalid):
            self.refuse(error)
        elif error is not None:
            return
        if self._problems:
            # A traceback through a validator tells a user nothing that the problem does not.
            raise SpecificationError(self._problems) from None

    def refuse(self, error: Invalid) -> None:
        """Note one invalid word."""
        self._problems.append(
            Problem(message=error.message, hint=error.hint, location=self.location)
        )

    def each(self, parse: Callable[[W], T], words: Iterable[W]) -> tuple[T, ...]:
        """Parse every word; the invalid ones are noted and left out."""
        parsed = []
        for word in words:
            try:
                parsed.append(parse(word))
            except Invalid as error:
                self.refuse(error)
        return tuple(parsed)

    def maybe(self, parse: Callable[[W], T], word: W | None) -> T | None:
        """Parse a word that may be left out; None where it is, or where it is invalid."""
        found = self.each(parse, () if word is None else (word,))
        return found[0] if found else None
