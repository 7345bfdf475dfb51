"""Which blobs are there, and noting that they are used, so that nobody removes them meanwhile."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager, suppress
from threading import Lock
from typing import TYPE_CHECKING, Final

from lading.oci.marking import is_marked, mark
from lading.store.blobs import hashes_to

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lading.grammar.reference import Digest
    from lading.store.folder import StoreFolder

__all__ = ["Presence"]

_HOUR: Final = 3600 * 10**9


class Presence:
    """What is in a store's folder now.

    Args:
        folder: The store's.
        clock: The time, in ns.
    """

    def __init__(self, folder: StoreFolder, clock: Callable[[], int]) -> None:
        self._folder = folder
        self._clock = clock
        self._guard = Lock()
        self._begun: list[int] = []

    @contextmanager
    def session(self) -> Iterator[None]:
        """Keep what is used in the block until it is left.

        Raises:
            ImageError: The store can't be written.
        """
        with self._folder.session() as begun:
            with self._guard:
                self._begun.append(begun)
            try:
                yield
            finally:
                with self._guard:
                    self._begun.remove(begun)

    def now(self) -> int:
        """The time, in ns; not before any session's beginning, which the file system has told."""
        with self._guard:
            return max(self._clock(), *self._begun, 0)

    def _since(self) -> int:
        """What was used since then need not be noted again."""
        with self._guard:
            return min(self._begun, default=self._clock() - _HOUR)

    @contextmanager
    def looking(self) -> Iterator[bool]:
        """Whether there is a store, in which nothing is removed during the block.

        Raises:
            ImageError: It can't be used.
        """
        with self._folder.explained():
            if not self._folder.is_there():
                yield False
                return
            with self._folder.gate():
                yield True

    def has(self, digest: Digest, size: int | None = None) -> bool:
        """Whether a blob is there and whole; a changed one is hashed, a bad one removed.

        Args:
            digest: The blob's.
            size: What it must have; None where that isn't known.

        Raises:
            ImageError: The store can't be used.
        """
        path = self._folder.blob(digest)
        while True:
            with self.looking() as there:
                found = _status(path) if there else None
                if found is None:
                    return False
                fits = size in {None, found.st_size}
                if fits and is_marked(found, digest):
                    # Before the gate is left: else it might be pruned before its use is known.
                    self._note_use(path, digest, found)
                    return True
            if not fits or not hashes_to(path, digest):
                self.remove(digest, found)
                return False
            if self._mark(path, digest, found):
                return True

    def _note_use(self, path: Path, digest: Digest, found: os.stat_result) -> None:
        if found.st_atime_ns < self._since():
            with suppress(OSError):  # a cache that can only be read
                mark(path, digest, self.now())

    def _mark(self, path: Path, digest: Digest, hashed: os.stat_result) -> bool:
        """Let a file's time say that it was hashed; False where it is no longer that file."""
        with self.looking():
            found = _status(path)
            if found is None or not _is_same(found, hashed):
                return False
            with suppress(OSError):
                mark(path, digest, self.now())
        return True

    def note_use_of_fact(self, path: Path) -> None:
        """Let a fact's time say that it is used; the gate is to be held."""
        with suppress(OSError):
            if path.lstat().st_mtime_ns < self._since():
                now = self.now()
                os.utime(path, ns=(now, now))

    def remove(self, digest: Digest, found: os.stat_result) -> None:
        """Remove a damaged blob, unless another has been put in its place meanwhile."""
        path = self._folder.blob(digest)
        with suppress(OSError), self._folder.gate(removing=True):
            if os.path.samestat(path.lstat(), found):
                path.unlink()


def _status(path: Path) -> os.stat_result | None:
    """Of a file; None for what is none: a link, or nothing at all."""
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found if stat.S_ISREG(found.st_mode) else None


def _is_same(one: os.stat_result, other: os.stat_result) -> bool:
    """Whether it is one file, to which nothing was written in between."""
    times = (one.st_mtime_ns, one.st_size)
    return os.path.samestat(one, other) and times == (other.st_mtime_ns, other.st_size)
