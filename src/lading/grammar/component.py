"""Components of Debian's archive, beside `main`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lading.grammar.invalid import Invalid
from lading.grammar.nearest import did_you_mean
from lading.grammar.words import expect_words, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["COMPONENTS", "parse_components"]

COMPONENTS: Final = ("contrib", "non-free", "non-free-firmware")
"""Those that packages outside of `main` are in (Debian Policy 2.2)."""

_MAIN: Final = "main"
_EXAMPLE: Final = 'components=["contrib", "non-free"]'


def parse_components(words: Sequence[str]) -> tuple[str, ...]:
    """The components that packages may come from beside `main`, each once and in order.

    Args:
        words: Their names; `main` is there in any case.

    Raises:
        Invalid: There is no such component, or it is no list.
    """
    names = expect_words("components", words, example=_EXAMPLE)
    for word in names:
        if word not in {_MAIN, *COMPONENTS}:
            known = f"there are {', '.join((_MAIN, *COMPONENTS))}: {_EXAMPLE}"
            raise Invalid(
                f"component {shown(word)} is unknown", hint=did_you_mean(word, COMPONENTS) or known
            )
    return tuple(one for one in COMPONENTS if one in names)
