"""Locks between processes and threads that the kernel takes back when their holder ends.

They are of flock(2): each belongs to one opening of a file, so that two threads that open the same
file keep each other out too.
"""

from __future__ import annotations

import errno
import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from lading.errors import ImageError
from lading.store.opening import opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["alone", "is_at", "is_free", "lock"]

_UNABLE: Final = frozenset(
    {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL}
)


def lock(handle: int, *, shared: bool = False, wait: bool = True) -> bool:
    """Lock an open file; whether it could be had, which it always can where it is waited for.

    Raises:
        ImageError: The file system has no locks.
    """
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        fcntl.flock(handle, kind | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _UNABLE:
            raise
        raise ImageError(
            "the layer store is on a file system that can't lock files",
            hint="set LADING_CACHE_DIR to a folder on a disk of this machine",
        ) from None
    return True


@contextmanager
def alone(path: Path, *, waiting: Callable[[], None]) -> Iterator[None]:
    """Keep out all others that ask for the same file until the block is left.

    Args:
        path: The file, made where missing, and removed in the end.
        waiting: Told once, where another has to be waited for.
    """
    handle = _acquired(path, waiting)
    try:
        yield
    finally:
        # Before the lock goes: whoever gets it next sees that its file is gone, and opens it anew.
        path.unlink(missing_ok=True)
        os.close(handle)


def _acquired(path: Path, waiting: Callable[[], None]) -> int:
    told = False
    while True:
        handle = opened(path, os.O_RDWR | os.O_CREAT)
        try:
            if not lock(handle, wait=False):
                if not told:
                    waiting()
                told = True
                lock(handle)
            if is_at(handle, path):
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def is_at(handle: int, path: Path) -> bool:
    """Whether the file that was opened is the one that now has this name."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    return os.path.samestat(found, os.fstat(handle))


def is_free(path: Path) -> bool:
    """Whether nobody holds the file: who did has ended."""
    try:
        handle = _opened_to_lock(path)
    except FileNotFoundError:
        return False
    except OSError:  # a link, or another's: nothing of ours
        return True
    try:
        return lock(handle, wait=False)
    finally:
        os.close(handle)


def _opened_to_lock(path: Path) -> int:
    try:
        return opened(path, os.O_RDWR)  # which NFS asks for
    except PermissionError:  # a blob that is about to get its place
        return opened(path, os.O_RDONLY)
