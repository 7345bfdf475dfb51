"""Digests of large files of the user's, kept so that gigabytes are hashed once and not each time.

A digest counts for as long as the file has the same inode, size and times: whoever writes to a file
changes its ctime, which no program can set. Two writes within one tick of the file system's clock
leave the same times, so that the digest of a file that was written just now is not kept (git calls
such an entry of its index racy).
"""

from __future__ import annotations

import os
import stat
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from lading.errors import ImageError
from lading.grammar.invalid import Invalid
from lading.trees import TreeFile, describe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from lading.store.store import Store

__all__ = ["FileDigests"]

_LARGE: Final = 1 << 20
"""What is smaller is hashed as quickly as it is looked up."""

_LONG: Final = 1 << 30
"""What takes long enough for somebody to wonder."""

_TICK: Final = 2 * 10**9
"""The coarsest clock of a file system in use, FAT's, in ns."""

_PAUSE: Final = 0.002
"""In seconds; most file systems have a clock that ticks every 4 ms, or 10."""

_CTIME: Final = 4
"""Where in an identity the ctime is, the last of it."""


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
        store = self.store()
        known = _read(store, source)
        if known is not None and known.identity == _identity(status):
            return _described(path, source, status, known.sha256)
        return self._hashed(path, source, status, store)

    def keep(self, files: Mapping[Path, tuple[str, os.stat_result]], folder: Path) -> None:
        """Keep the digests of files that were written just now, by who knows what they hold.

        It waits until the clock of their file system has ticked, mostly some milliseconds: what is
        written from now on has another ctime.

        Args:
            files: By absolute path, the digest, and what the file was like with that content. What
                is another file by now, or has another size or mtime, is not kept.
            folder: A folder of the same file system that may be written to.

        Raises:
            ImageError: The store's limit is no size.
        """
        known = {
            path: _Known(identity=_identity(now), sha256=sha256)
            for path, (sha256, written) in files.items()
            if written.st_size >= _LARGE
            and (now := _status(path)) is not None
            and _identity(now)[:_CTIME] == _identity(written)[:_CTIME]
        }
        if not known:
            return
        store = self.store()
        if _ticked(folder, max(one.identity[_CTIME] for one in known.values())):
            for path, one in known.items():
                _keep(store, path, one)

    def _hashed(self, path: str, source: Path, before: os.stat_result, store: Store) -> TreeFile:
        if before.st_size >= _LONG:
            self.say(f"hashing {path}")
        begun = self.now()
        found = describe(path, source)
        after = _status(source)
        if after is None or _identity(after) != _identity(before):
            raise Invalid(f"{path} changed while it was read", hint="wait until it is written")
        if max(before.st_mtime_ns, before.st_ctime_ns) < begun - _TICK:
            _keep(store, source, _Known(identity=_identity(before), sha256=found.sha256))
        return found


def _name(source: Path) -> str:
    return f"file-digest-1 {source}"


def _read(store: Store, source: Path) -> _Known | None:
    try:
        content = store.record(_name(source))
        return None if content is None else msgspec.json.decode(content, type=_Known)
    # A name that is not UTF-8 is for `describe` to refuse.
    except (ImageError, msgspec.DecodeError, UnicodeEncodeError):
        return None


def _keep(store: Store, source: Path, known: _Known) -> None:
    # A cache that can't be written only costs time.
    with suppress(ImageError, UnicodeEncodeError):
        store.keep(_name(source), msgspec.json.encode(known))


def _ticked(folder: Path, moment: int) -> bool:
    """Wait until the clock of a file system is past a moment; whether it is.

    It is the file system that is asked: its clock may be a server's, and lags behind the system's.
    """
    until = time.monotonic_ns() + _TICK
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            while os.fstat(probe.fileno()).st_mtime_ns <= moment:
                if time.monotonic_ns() > until:
                    return False
                time.sleep(_PAUSE)
                os.utime(probe.fileno())
    except OSError:
        return False
    return True


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
