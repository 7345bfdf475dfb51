"""Opening files of the store: no link in a file's place is followed, and no pipe is waited for."""

from __future__ import annotations

import errno
import io
import os
import stat
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["opened", "opened_to_read"]

_PRIVATE: Final = 0o600


def opened(path: Path, flags: int) -> int:
    """Open a file of ours, which nobody else may read where it is made here."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, _PRIVATE)


def opened_to_read(path: Path) -> tuple[io.FileIO, os.stat_result]:
    """Open a file, and say what it is.

    Raises:
        OSError: It can't be read, or is no file.
    """
    handle = opened(path, os.O_RDONLY | os.O_NONBLOCK)
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "it is no file")
    return io.FileIO(handle, "rb"), found
