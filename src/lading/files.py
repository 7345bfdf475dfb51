"""Writing files so that nobody ever sees half of one, or another's."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lading.errors import ResolutionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["exclusive", "is_full", "room_hint", "using_cache", "write_atomically"]

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def is_full(error: OSError) -> bool:
    """Whether there was no room for what was written."""
    return error.errno in _FULL


def room_hint(error: OSError, way_out: str) -> str | None:
    """What helps where there was no room: to free some, or `way_out`."""
    return f"free some space there, or {way_out}" if is_full(error) else None


@contextmanager
def using_cache(cache: Path) -> Iterator[None]:
    """Names the cache, and no file of it that nobody knows, where the file system refuses.

    Raises:
        ResolutionError: It does.
    """
    try:
        yield
    except OSError as error:
        why = (error.strerror or "no access").lower()
        hint = room_hint(error, "set LADING_CACHE_DIR to a folder on a larger disk")
        raise ResolutionError(
            f"the cache {cache} can't be used: {why}",
            hint=hint or "set LADING_CACHE_DIR to a folder of yours",
        ) from None


def write_atomically(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Put `content` at `path`: whole, or not at all, whatever interrupts it."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    aside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.chmod(mode)
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


@contextmanager
def exclusive(folder: Path, *, locks: Path, busy: Callable[[], None]) -> Iterator[None]:
    """Keep other processes that ask for the same out of `folder` until the block is left.

    Args:
        folder: What is written and read in the block; absolute.
        locks: Where the files are that the processes agree by; made where missing.
        busy: Told once, where another process has to be waited for.

    Raises:
        ResolutionError: The cache that `locks` is in can't be used.
    """
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:32]
    with using_cache(locks.parent):
        locks.mkdir(parents=True, exist_ok=True)
        opened = (locks / f"{name}.lock").open("wb")
    # The kernel takes the lock back when its holder ends, however it ends.
    with opened as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            busy()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
