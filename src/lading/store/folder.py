"""The folder of the store: where things lie in it, how files get there, and who may remove them.

blobs/<algorithm>/ab/<hex>   contents, by digest
records/ab/<hex>             what a layer is, by the hash of its key
facts/ab/<hex>               small facts, by the hash of their name
temporary/                   what is being written; locked by its writer
sessions/                    one file for each build that runs; locked by it
locks/                       one file for each layer that is being made; locked by its maker
gate                         held for a moment: shared by who looks and who adds, alone by who
                             removes
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from secrets import token_hex
from typing import TYPE_CHECKING, BinaryIO, Final

from lading.errors import ImageError
from lading.files import is_full
from lading.store.locking import alone, is_free, lock
from lading.store.opening import opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lading.grammar.reference import Digest

__all__ = ["Aside", "StoreFolder", "files_below"]

_PRIVATE: Final = 0o700
_BUFFER: Final = 1 << 20
_REFUSED: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_HELD: Final = ("temporary", "sessions", "locks")
_OTHERS_MAY_WRITE: Final = 0o002


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """A file that is being written, and that nobody else looks at."""

    path: Path
    file: BinaryIO


@dataclass(frozen=True, slots=True)
class StoreFolder:
    """The store's folder, which need not be there to be looked at."""

    root: Path

    def blob(self, digest: Digest) -> Path:
        """Where the content of a digest is, or would be."""
        return self.root / "blobs" / digest.algorithm / digest.encoded[:2] / digest.encoded

    def record(self, name: str) -> Path:
        """Where the record of a layer is, or would be, by the hash of its key."""
        return self.root / "records" / name[:2] / name

    def fact(self, name: str) -> Path:
        """Where a fact is, or would be, by the hash of its name."""
        return self.root / "facts" / name[:2] / name

    def size(self) -> int:
        """How many bytes all blobs, records and facts have."""
        found = 0
        for kind in ("blobs", "records", "facts"):
            for path in self.files(kind):
                with suppress(FileNotFoundError):
                    found += path.lstat().st_size
        return found

    def files(self, kind: str) -> Iterator[Path]:
        """All files of `blobs`, `records` or `facts`, in no order."""
        yield from files_below(self.root / kind)

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Says what is wrong with the store where the file system refuses.

        Raises:
            ImageError: It does.
        """
        try:
            yield
        except OSError as error:
            raise self.failure(error) from None

    def failure(self, error: OSError) -> ImageError:
        """What a user is told of it."""
        why = (error.strerror or str(error)).lower()
        if is_full(error):
            return ImageError(
                f"the layer store {self.root} has no room: {why}",
                hint="free some with `lading cache prune`, or set LADING_CACHE_DIR to a folder "
                "on a larger disk",
            )
        if error.errno in _REFUSED:
            return ImageError(
                f"the layer store {self.root} can't be written: {why}",
                hint="set LADING_CACHE_DIR to a folder of yours",
            )
        return ImageError(
            f"the layer store {self.root} can't be used: {why}",
            hint="set LADING_CACHE_DIR to another folder",
        )

    def prepare(self) -> None:
        """Make the folder, where it is missing.

        Raises:
            ImageError: It can't be made, or others than this user decide what is in it.
        """
        with self.explained():
            self.root.parent.mkdir(parents=True, exist_ok=True)
            for folder in (self.root, *(self.root / name for name in _HELD)):
                folder.mkdir(mode=_PRIVATE, exist_ok=True)
            self._refuse_others(self.root.stat())

    def is_there(self) -> bool:
        """Whether there is a store.

        Raises:
            ImageError: Others than this user decide what is in it.
        """
        try:
            self._refuse_others(self.root.stat())
        except FileNotFoundError:
            return False
        return True

    def _refuse_others(self, found: os.stat_result) -> None:
        # Which layer a key stands for can't be checked afterwards, as a digest can be.
        if os.geteuid() not in {found.st_uid, 0} or found.st_mode & _OTHERS_MAY_WRITE:
            raise ImageError(
                f"the layer store {self.root} can be written by other users",
                hint="set LADING_CACHE_DIR to a folder of yours, or remove this one",
            )

    @contextmanager
    def gate(self, *, removing: bool = False) -> Iterator[None]:
        """Let nothing be removed during the block; or, where it removes, let nobody look or add.

        Raises:
            FileNotFoundError: There is no store.
        """
        handle = self._open_gate(os.O_RDWR if removing else os.O_RDONLY)  # NFS asks for both
        try:
            lock(handle, shared=not removing)
            yield
        finally:
            os.close(handle)

    def _open_gate(self, flags: int) -> int:
        path = self.root / "gate"
        try:
            return opened(path, flags)
        except FileNotFoundError:
            return opened(path, flags | os.O_CREAT)

    @contextmanager
    def alone(self, name: str, waiting: Callable[[], None]) -> Iterator[None]:
        """Keep out all others that would make the same during the block."""
        self.prepare()
        block = alone(self.root / "locks" / name, waiting=waiting)
        with self.explained():
            block.__enter__()  # what the block itself raises is not the store's
        try:
            yield
        finally:
            with suppress(OSError):
                block.__exit__(None, None, None)

    @contextmanager
    def aside(self) -> Iterator[Aside]:
        """A new file to write to; it is gone in the end, unless it was put in its place."""
        with self.explained():
            path, handle = self._held("temporary")
        file = os.fdopen(handle, "w+b", buffering=_BUFFER)
        try:
            yield Aside(path=path, file=file)
        finally:
            with suppress(OSError):  # a full disk, which has been told of
                file.close()
            with suppress(OSError):
                path.unlink(missing_ok=True)

    @contextmanager
    def session(self) -> Iterator[int]:
        """Keep what is used from now on until the block is left; yields when that began, in ns."""
        with self.explained():
            path, handle = self._held("sessions")
        try:
            yield os.fstat(handle).st_mtime_ns
        finally:
            with suppress(OSError):
                path.unlink(missing_ok=True)
            os.close(handle)

    def _held(self, kind: str) -> tuple[Path, int]:
        path = self.root / kind / token_hex(12)
        with self.gate():  # until it is locked, it looks as if its maker had ended
            handle = opened(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
            lock(handle, wait=False)
        return path, handle

    def put(self, aside: Aside, target: Path) -> None:
        """Give a file that was written its place, in one step; the gate is to be held."""
        if not target.parent.is_dir():
            for folder in reversed(target.relative_to(self.root).parents[:-1]):
                (self.root / folder).mkdir(mode=_PRIVATE, exist_ok=True)
        aside.path.rename(target)

    def oldest_session(self) -> int | None:
        """When the first of the builds that run now began, in ns; the gate is to be held alone."""
        begun = []
        for path in files_below(self.root / "sessions"):
            with suppress(FileNotFoundError):
                if not is_free(path):
                    begun.append(path.lstat().st_mtime_ns)
        return min(begun, default=None)

    def sweep(self) -> int:
        """Remove what processes left that have been killed; the gate is to be held alone.

        Returns:
            How many bytes that has freed.
        """
        freed = 0
        for kind in _HELD:
            for path in files_below(self.root / kind):
                if is_free(path):
                    with suppress(FileNotFoundError):
                        freed += path.lstat().st_size
                        path.unlink()
        return freed


def files_below(folder: Path) -> Iterator[Path]:
    """Everything below a folder that is no folder itself; links are not followed."""
    try:
        found = sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return
    for path in found:
        try:
            is_folder = stat.S_ISDIR(path.lstat().st_mode)
        except FileNotFoundError:
            continue
        if is_folder:
            yield from files_below(path)
        else:
            yield path
