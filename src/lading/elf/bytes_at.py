"""Where the bytes of a file come from: any part of it, whether or not it lies on disk as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

__all__ = ["BytesAt", "InMemory"]


class BytesAt(Protocol):
    """A file of a known size, any part of which can be had."""

    @property
    def size(self) -> int: ...  # noqa: D102 - how many bytes there are

    def at(self, offset: int, size: int) -> bytes:
        """At most `size` bytes from `offset` on: fewer where the file ends before."""


@dataclass(frozen=True, slots=True)
class InMemory:
    """A file whose bytes are at hand."""

    content: bytes

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return len(self.content)

    def at(self, offset: int, size: int) -> bytes:
        """At most `size` bytes from `offset` on."""
        return self.content[offset : offset + size]
