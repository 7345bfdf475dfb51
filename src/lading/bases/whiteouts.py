"""Whiteouts: names by which a layer hides what lower ones have (OCI image-spec 1.1, layer.md)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["Whiteout", "is_marker", "whiteout_of"]

_PREFIX: Final = ".wh."
_OPAQUE: Final = ".wh..wh..opq"
_OWN_OF_AUFS: Final = ".wh..wh."


@dataclass(frozen=True, slots=True, kw_only=True)
class Whiteout:
    """What a layer hides of those below it, and never of itself.

    Attributes:
        parts: The path that is hidden, with all that is below it; none for the root.
        is_opaque: Whether it is a folder of which only what it holds is hidden.
    """

    parts: tuple[str, ...]
    is_opaque: bool = False

    def hides(self, path: str) -> bool:
        """Whether it hides what a lower layer has at a path, which has no slash at either end."""
        parts = tuple(path.split("/"))
        is_at_or_below = parts[: len(self.parts)] == self.parts
        return is_at_or_below and not (self.is_opaque and len(parts) == len(self.parts))


def is_marker(name: str) -> bool:
    """Whether a member is no file of the image: a whiteout, or what AUFS noted for itself."""
    return name.rpartition("/")[2].startswith(_PREFIX)


def whiteout_of(name: str) -> Whiteout | None:
    """What a member of this name hides; None where it hides nothing."""
    *parents, last = name.split("/")
    if last == _OPAQUE:
        return Whiteout(parts=tuple(parents), is_opaque=True)
    if last.startswith(_PREFIX) and not last.startswith(_OWN_OF_AUFS):
        return Whiteout(parts=(*parents, last.removeprefix(_PREFIX)))
    return None
