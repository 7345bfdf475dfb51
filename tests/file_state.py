"""Whether a file was written again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def state_of(path: Path) -> tuple[int, int, int]:
    """What any writing of a file changes, and no reading: `atime` is left out."""
    found = path.stat()
    return (found.st_ino, found.st_mtime_ns, found.st_ctime_ns)
