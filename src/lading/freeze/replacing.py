"""Replacing a folder as a whole: who looks at it finds the former one or the new one, complete."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lading.trees import UNFINISHED

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["replacement"]

_RENAME_EXCHANGE = 2  # linux/fs.h
_RENAME_SWAP = 2  # macOS, sys/stdio.h
_AT_FDCWD = -100
_ATTEMPTS = 8


@contextmanager
def replacement(target: Path) -> Iterator[Path]:
    """A new empty folder beside `target`, which takes its place at the end of the block.

    Where the block fails nothing changes. What a killed process left behind is cleared away by the
    next one.

    Raises:
        OSError: The file system refuses.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    prefix = f"{UNFINISHED}{target.name}."
    _clear(target.parent, prefix)
    aside, lock = _make(target.parent, prefix)
    try:
        new = aside / target.name
        new.mkdir()
        yield new
        _take_place(new, target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        os.close(lock)


def _make(parent: Path, prefix: str) -> tuple[Path, int]:
    """A new folder, and the lock on it that ends with this process."""
    for _ in range(_ATTEMPTS):
        aside = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        lock = _lock(aside)
        if lock is not None:
            if aside.is_dir():
                return aside, lock
            os.close(lock)
    raise OSError(f"{parent} is being cleared by another process")


def _clear(parent: Path, prefix: str) -> None:
    for entry in parent.iterdir():
        if entry.name.startswith(prefix):
            lock = _lock(entry)
            if lock is not None:
                shutil.rmtree(entry, ignore_errors=True)
                os.close(lock)


def _lock(folder: Path) -> int | None:
    """A lock on the folder, or None where a living process holds one."""
    import fcntl  # noqa: PLC0415 - not on every system that can import this package

    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle


def _take_place(new: Path, target: Path) -> None:
    if not target.exists():
        new.rename(target)
    elif not _exchange(new, target):
        _rename_twice(new, target)


def _exchange(one: Path, other: Path) -> bool:
    """Let two folders change places in one step, where the system can."""
    import ctypes  # noqa: PLC0415 - 5 ms, where a folder is replaced only

    libc = ctypes.CDLL(None, use_errno=True)
    paths = os.fsencode(one), os.fsencode(other)
    try:
        if sys.platform == "darwin":
            return bool(libc.renamex_np(*paths, _RENAME_SWAP) == 0)
        done = libc.renameat2(_AT_FDCWD, paths[0], _AT_FDCWD, paths[1], _RENAME_EXCHANGE)
    except AttributeError:  # a libc without it, such as musl before 1.2.6
        return False
    return bool(done == 0)


def _rename_twice(new: Path, target: Path) -> None:
    former = new.with_name(f"{new.name}.former")
    target.rename(former)
    try:
        new.rename(target)
    except OSError:
        former.rename(target)
        raise
