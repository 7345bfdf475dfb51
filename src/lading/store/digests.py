"""Digests of large files of the user's, kept so that gigabytes are hashed once and not each time.

A digest counts for as long as the file has the same inode, size and times: whoever writes to a file
changes its ctime, which no program can set. Two writes within one tick of the file system's clock
leave the same times, so that the digest of a file that was written just now is not kept (git calls
such an entry of its index racy).
"""

from __future__ import annotations

import stat
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from lading.errors import ImageError
from lading.grammar.invalid import Invalid
from lading.trees import TreeFile, describe

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from pathlib import Path

    from lading.store.store import Store

__all__ = ["FileDigests"]

_LARGE: Final = 1 << 20
"""What is smaller is hashed as quickly as it is looked up."""

_LONG: Final = 1 << 30
"""What takes long enough for somebody to wonder."""

_TICK: Final = 2 * 10**9
"""The coarsest clock of a file system in use, FAT's, in ns."""


class _Known(msgspec.Struct, frozen=True):
    """A digest, and what the file was like."""

    identity: tuple[int, int, int, int, int]
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDigests:
    """Describes files, and keeps the digests of the large ones as facts of the store.

    Attributes:
        store: Gives the store; not asked where no file is large.
        say: Told of a file that takes long.
        now: The time, in ns.
    """

    store: Callable[[], Store]
    say: Callable[[str], None] = lambda _: None
    now: Callable[[], int] = time.time_ns

    def describe(self, path: str, source: Path) -> TreeFile:
        """What a file holds, by a digest that was kept or by reading it.

        Args:
            path: What its path is to be.
            source: The file, absolute, with links resolved.

        Raises:
            Invalid: It can't be read, or changes while it is; or its name is not UTF-8.
            ImageError: The store's limit is no size.
        """
        status = _status(source)
        if status is None or status.st_size < _LARGE:
            return describe(path, source)
        store, name = self.store(), f"file-digest-1 {source}"
        with suppress(UnicodeEncodeError):  # which is for `describe` to say
            known = _read(store, name)
            if known is not None and known.identity == _identity(status):
                return _described(path, source, status, known.sha256)
        return self._hashed(path, source, status, store, name)

    def _hashed(
        self, path: str, source: Path, before: os.stat_result, store: Store, name: str
    ) -> TreeFile:
        if before.st_size >= _LONG:
            self.say(f"hashing {path}")
        begun = self.now()
        found = describe(path, source)
        after = _status(source)
        if after is None or _identity(after) != _identity(before):
            raise Invalid(f"{path} changed while it was read", hint="wait until it is written")
        if max(before.st_mtime_ns, before.st_ctime_ns) < begun - _TICK:
            known = _Known(identity=_identity(before), sha256=found.sha256)
            with suppress(ImageError):  # a cache that can't be written only costs time
                store.keep(name, msgspec.json.encode(known))
        return found


def _read(store: Store, name: str) -> _Known | None:
    try:
        content = store.record(name)
        return None if content is None else msgspec.json.decode(content, type=_Known)
    except (ImageError, msgspec.DecodeError):
        return None


def _status(source: Path) -> os.stat_result | None:
    """Of a file; None where `describe` has to say what is wrong."""
    try:
        return source.stat()
    except OSError:
        return None


def _identity(status: os.stat_result) -> tuple[int, int, int, int, int]:
    times = (status.st_mtime_ns, status.st_ctime_ns)
    return (status.st_dev, status.st_ino, status.st_size, *times)


def _described(path: str, source: Path, status: os.stat_result, sha256: str) -> TreeFile:
    executable = bool(status.st_mode & stat.S_IXUSR)
    return TreeFile(
        path=path, sha256=sha256, size=status.st_size, executable=executable, source=source
    )
