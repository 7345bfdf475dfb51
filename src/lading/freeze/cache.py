"""The cache of the machine, where what was fetched is kept."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from lading.errors import ResolutionError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["using"]


@contextmanager
def using(cache: Path) -> Iterator[None]:
    """Names the cache, and no file of it that nobody knows, where the file system refuses.

    Raises:
        ResolutionError: It does.
    """
    try:
        yield
    except OSError as error:
        why = (error.strerror or "no access").lower()
        hint = "set LADING_CACHE_DIR to a folder with room in it"
        raise ResolutionError(f"the cache {cache} can't be used: {why}", hint=hint) from None
