"""Where in the user's text a call stands."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from lading.errors import Location

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["caller", "standing_at"]

_OURS: Final = __name__.partition(".")[0]

_PLACE: Final[ContextVar[Location | None]] = ContextVar("place", default=None)


@contextmanager
def standing_at(place: Location) -> Iterator[None]:
    """While it lasts, calls stand there: on a line of a project file, which is no Python."""
    token = _PLACE.set(place)
    try:
        yield
    finally:
        _PLACE.reset(token)


def caller() -> Location:
    """Where `standing_at` says, else the innermost line on the stack that is not Lading's own."""
    place = _PLACE.get()
    if place is not None:
        return place
    frame = sys._getframe(1)  # noqa: SLF001 - inspect.stack() reads source files of every frame
    while frame.f_back is not None and _is_ours(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
    return Location(frame.f_code.co_filename, frame.f_lineno)


def _is_ours(module: str) -> bool:
    return module == _OURS or module.startswith(f"{_OURS}.")
