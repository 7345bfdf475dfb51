"""What is being written to the cache beside the layers, in a folder that all writers share.

Each file and folder in it is locked by its writer, and the kernel takes the lock back however that
ends: what nobody holds was left by a process that was killed, and is removed by the next one.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lading.errors import ImageError
from lading.store.folder import Aside, files_below
from lading.store.locking import is_at, lock
from lading.store.opening import opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["aside_file", "aside_folder", "sweep_asides"]

_FOLDER: Final = "temporary"
_ATTEMPTS: Final = 8


@contextmanager
def aside_file(cache: Path) -> Iterator[Aside]:
    """A new file to write to; it is gone in the end, unless it was put in its place.

    Raises:
        OSError: The file system refuses.
    """
    path, handle = _held(cache, _new_file)
    file = os.fdopen(handle, "w+b")
    try:
        yield Aside(path=path, file=file)
    finally:
        path.unlink(missing_ok=True)
        with suppress(OSError):  # a full disk, which has been told of
            file.close()


@contextmanager
def aside_folder(cache: Path) -> Iterator[Path]:
    """A new folder, which is gone in the end.

    Raises:
        OSError: The file system refuses.
    """
    path, handle = _held(cache, _new_folder)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(handle)


def sweep_asides(cache: Path) -> int:
    """Remove what processes left that have been killed.

    Returns:
        How many bytes that has freed.
    """
    try:
        found = sorted((cache / _FOLDER).iterdir())
    except OSError:
        return 0
    return sum(map(_removed, found))


def _held(cache: Path, new: Callable[[Path], tuple[Path, int]]) -> tuple[Path, int]:
    """Something new that is locked; until then it looks as if its maker had ended."""
    folder = cache / _FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    sweep_asides(cache)
    for _ in range(_ATTEMPTS):
        path, handle = new(folder)
        if _is_ours(handle, path):
            return path, handle
        os.close(handle)
    raise OSError(f"{folder} is being cleared by another process")


def _is_ours(handle: int, path: Path) -> bool:
    try:
        return lock(handle, wait=False) and is_at(handle, path)
    except ImageError:  # without locks nothing is swept either
        return True


def _new_file(folder: Path) -> tuple[Path, int]:
    handle, name = tempfile.mkstemp(dir=folder)
    return Path(name), handle


def _new_folder(folder: Path) -> tuple[Path, int]:
    path = Path(tempfile.mkdtemp(dir=folder))
    try:
        return path, opened(path, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:  # swept meanwhile; this handle is that of no folder of ours
        return path, opened(folder, os.O_RDONLY | os.O_DIRECTORY)


def _removed(path: Path) -> int:
    """Remove something, where nobody holds it; how many bytes that has freed."""
    try:
        handle = opened(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:  # another user's, or gone
        return 0
    try:
        if not lock(handle, wait=False):
            return 0
        if not stat.S_ISDIR(os.fstat(handle).st_mode):
            size = os.fstat(handle).st_size
            path.unlink(missing_ok=True)
            return size
        size = sum(one.lstat().st_size for one in files_below(path))
        shutil.rmtree(path, ignore_errors=True)
    except (OSError, ImageError):
        return 0
    else:
        return size
    finally:
        os.close(handle)
