"""Where in the user's code a call stands."""

from __future__ import annotations

import sys

from lading.errors import Location

__all__ = ["caller"]

_OURS = __name__.partition(".")[0]


def caller() -> Location:
    """The innermost line on the stack that is not Lading's own."""
    frame = sys._getframe(1)  # noqa: SLF001 - inspect.stack() reads source files of every frame
    while frame.f_back is not None and _is_ours(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
    return Location(frame.f_code.co_filename, frame.f_lineno)


def _is_ours(module: str) -> bool:
    return module == _OURS or module.startswith(f"{_OURS}.")
