"""What long work tells while it goes on: which pieces there are, how far each is, how it ended."""

from __future__ import annotations

from typing import Protocol

__all__ = ["SILENT", "Progress", "Silent"]


class Progress(Protocol):
    """Told of pieces of work, from any thread."""

    def begin(self, piece: str, total: int | None) -> None:
        """A piece begins: a layer that is made, sent or fetched; `total` in bytes, where known."""
        ...

    def advance(self, piece: str, amount: int) -> None:
        """So many bytes more of it are done; fewer, where it has to be done again."""
        ...

    def end(self, piece: str, outcome: str, size: int | None) -> None:
        """It is done, and how it came to be.

        Outcomes are `made`, `reused`, `sent`, `there already`, `mounted`, `fetched`, `written`. A
        piece that took no time, since it was there, ends without having begun.
        """
        ...


class Silent:
    """Tells nobody."""

    def begin(self, piece: str, total: int | None) -> None:
        """Say nothing."""

    def advance(self, piece: str, amount: int) -> None:
        """Say nothing."""

    def end(self, piece: str, outcome: str, size: int | None) -> None:
        """Say nothing."""


SILENT = Silent()
