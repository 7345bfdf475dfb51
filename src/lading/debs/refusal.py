"""How a package is refused: one line that names it, and says why."""

from __future__ import annotations

from typing import Final

from lading.debian.broken import Broken
from lading.errors import ImageError
from lading.grammar.words import shown

__all__ = ["Broken", "Unfit", "refused", "text_of"]

_HINT: Final = "it is not as a package must be: get it from an archive whose signature is checked"


class Unfit(ImageError):  # noqa: N818 - the name says what is the matter
    """Good packages that can't be put on this ground without its package manager."""


def refused(package: object, reason: object) -> ImageError:
    """The error for a package that can't be read."""
    return ImageError(f"{package} can't be installed: {reason}", hint=_HINT)


def text_of(name: str) -> str:
    """A member's name as a message can show it."""
    return shown(name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"))
