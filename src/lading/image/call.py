"""One call of the user's on an `Image`: where it stands, and all that is wrong with its words."""

from __future__ import annotations

from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

from lading.errors import Problem, SpecificationError
from lading.grammar.invalid import Invalid
from lading.grammar.secret import Secret
from lading.image.callsite import caller
from lading.image.words import check_variables, expect_names, expect_secrets, parse_flag

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import TracebackType
    from typing import Self

    from lading.errors import Location

__all__ = ["Call"]

T = TypeVar("T")
W = TypeVar("W")
P = ParamSpec("P")


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

    def note(self, problems: Iterable[Problem]) -> None:
        """Note what was found wrong elsewhere."""
        self._problems += problems

    def recheck(
        self, place: Location, check: Callable[P, object], *words: P.args, **options: P.kwargs
    ) -> None:
        """Check an earlier call again: its line is where to mend what this call has made wrong."""
        try:
            check(*words, **options)
        except Invalid as error:
            because = f"it must fit {self.location}"
            hint = f"{error.hint}; {because}" if error.hint else because
            self._problems.append(Problem(message=error.message, hint=hint, location=place))

    def read(self, parse: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
        """What `parse` makes of a word.

        An invalid one is noted, and what is returned for it then is None: the block raises before
        anybody can use it.
        """
        try:
            return parse(*arguments, **options)
        except Invalid as error:
            self.refuse(error)
        return cast("T", None)

    def maybe(self, parse: Callable[[W], T], word: W | None) -> T | None:
        """Parse a word that may be left out; None where it is."""
        return None if word is None else self.read(parse, word)

    def flag(self, name: str, value: object, *, usual: bool) -> bool:
        """A flag that may be left out."""
        return usual if value is None else self.read(parse_flag, name, value)

    def each(self, parse: Callable[[W], T], words: Iterable[W] | None) -> tuple[T, ...]:
        """Parse every word; the invalid ones are noted and left out."""
        found = (self.read(parse, word) for word in words or ())
        return tuple(one for one in found if one is not None)

    def names(self, parse: Callable[[str], T], name: str, values: Sequence[str]) -> tuple[T, ...]:
        """Parse the words of the keyword argument `name`, which takes a list."""
        return self.each(parse, self.read(expect_names, name, values))

    def secrets(self, values: Sequence[Secret | str]) -> tuple[Secret, ...]:
        """The secrets that one step may read, which are secrets or just their ids."""
        found = self.each(Secret.named, self.read(expect_secrets, values))
        self.read(check_variables, found)
        return found
