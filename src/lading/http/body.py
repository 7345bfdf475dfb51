"""A request's body that is sent as it comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Streamed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Streamed:
    """A body that is never whole in memory; it is sent once, since its sender knows how to go on.

    Attributes:
        parts: Begins the body. What it raises arrives at the sender, but an `OSError`, which would
            pass for the connection's.
        size: How many bytes the parts have together.
    """

    parts: Callable[[], Iterator[bytes]]
    size: int
