"""What else lies in the user's cache: what was fetched by hash, and what was made of that."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from lading.store.folder import files_below
from lading.store.pruning import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lading.store.pruning import Kind

__all__ = ["other_entries"]

# Folders of the cache, with what their files are; `lading.download` and `lading.freeze` make them.
_FOLDERS: Final[dict[str, Kind]] = {
    "sha256": "download",
    "programs": "program",
    "git": "repository",
}


def other_entries(cache: Path) -> tuple[Entry, ...]:
    """The files of the cache beside the layer store, in no order; each can be fetched again."""
    return tuple(_entries(cache))


def _entries(cache: Path) -> Iterator[Entry]:
    for name, kind in _FOLDERS.items():
        for path in files_below(cache / name):
            with suppress(FileNotFoundError):
                found = path.lstat()
                # Some have a time set that follows from their content; that set the third.
                used = max(found.st_atime_ns, found.st_mtime_ns, found.st_ctime_ns)
                yield Entry(kind=kind, name=path.name, size=found.st_size, used=used, paths=(path,))
