"""How a wheel is refused: all that is wrong with it, each in one line with its name and member."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lading.errors import ImageError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["refusal", "shown"]

_SHOWN: Final = 120
_MOST: Final = 20
_HINT: Final = (
    "take another version of it; or build with a container engine, where uv decides whether to "
    "install it"
)


def shown(name: str) -> str:
    """A name of somebody else's, so that it stays one short line and hides nothing."""
    text = name if name.isprintable() else ascii(name)[1:-1]
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def refusal(wheel: str, messages: Iterable[str]) -> ImageError:
    """The error that says why `wheel` is refused; of very many reasons it tells the first."""
    told = tuple(messages)
    lines = [f"{shown(wheel)}: {message}" for message in told[:_MOST]]
    if len(told) > _MOST:
        lines.append(f"{shown(wheel)}: {len(told) - _MOST} more members are wrong")
    *others, last = lines
    return ImageError(
        [*(Problem(message=line) for line in others), Problem(message=last, hint=_HINT)]
    )
