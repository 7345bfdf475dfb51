"""Blobs of the store: read with their digest checked, and told from changed ones without reading.

A blob's file is marked by its time once it has been hashed (see `lading.oci.marking`), so that it
can be relied on without being read. Whenever it is read, all bytes are hashed again: a disk may
give back others, and times can be set on purpose.
"""

from __future__ import annotations

import hashlib
import io
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Final, TypeVar, cast

from lading.errors import ImageError
from lading.store.opening import opened_to_read

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from typing_extensions import Buffer

    from lading.grammar.reference import Digest
    from lading.oci.blobs import Descriptor, Place

__all__ = ["Damaged", "StoredBlob", "hashes_to", "retried"]

_CHUNK: Final = 1 << 20

T = TypeVar("T")


class Damaged(ImageError):  # noqa: N818 - it says what happened to a blob
    """A blob of the store is not what its digest says, or is gone; it has been removed.

    To do again what met it makes, or fetches, the blob anew.

    Attributes:
        digest: What it should have had.
    """

    def __init__(self, digest: Digest, path: Path) -> None:
        super().__init__(
            f"{digest} in the layer store is damaged or gone: {path}",
            hint="run the command again: it is made or fetched anew",
        )
        self.digest = digest


def retried(attempt: Callable[[], T], *, told: Callable[[Damaged], None]) -> T:
    """Do something that uses the store, and again where it meets a damaged blob.

    The blob has been removed by then, so that the next attempt makes or fetches it anew; each blob
    gets one such chance.

    Args:
        attempt: Assembles, and writes or pushes, from the beginning.
        told: Called for each damage, before the next attempt.

    Raises:
        Damaged: A blob that was made anew is damaged again: the disk is failing.
    """
    met: set[Digest] = set()
    while True:
        try:
            return attempt()
        except Damaged as error:
            if error.digest in met:
                raise
            met.add(error.digest)
            told(error)


def hashes_to(path: Path, digest: Digest, advance: Callable[[int], None] = lambda _: None) -> bool:
    """Whether a file has this digest; False where it can't be read."""
    found = hashlib.new(digest.algorithm)
    try:
        file, _ = opened_to_read(path)
        with file:
            while part := file.read(_CHUNK):
                found.update(part)
                advance(len(part))
    except OSError:
        return False
    return found.hexdigest() == digest.encoded


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBlob:
    """A blob of the store.

    Attributes:
        descriptor: What it is.
        path: Its file; not to be changed. Who reads it from here has to compare the digest.
        place: See `Blob`.
    """

    descriptor: Descriptor
    path: Path
    place: Place | None = None
    _remove: Callable[[Digest, os.stat_result], None] = field(repr=False, compare=False)

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """The bytes, in order; the last of them are given only when all are what they must be.

        Raises:
            Damaged: They are not, or the file is gone: here, or by the stream's `read`.
        """
        try:
            file, found = opened_to_read(self.path)
        except OSError:
            raise Damaged(self.descriptor.digest, self.path) from None
        with file:
            if found.st_size != self.descriptor.size:
                raise self._damaged(found)
            checked = _Checked(file, self.descriptor, lambda: self._damaged(found))
            yield cast("BinaryIO", io.BufferedReader(checked, _CHUNK))

    def _damaged(self, found: os.stat_result) -> Damaged:
        self._remove(self.descriptor.digest, found)
        return Damaged(self.descriptor.digest, self.path)


class _Checked(io.RawIOBase):
    """A file's bytes, hashed on their way."""

    def __init__(
        self, file: io.FileIO, descriptor: Descriptor, damaged: Callable[[], Damaged]
    ) -> None:
        self._file = file
        self._left = descriptor.size
        self._digest = descriptor.digest
        self._found = hashlib.new(descriptor.digest.algorithm)
        self._damaged = damaged

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        """Fill the buffer, as far as there are bytes.

        Raises:
            Damaged: These are the last, and the whole is not what it must be.
        """
        with memoryview(buffer).cast("B") as view:
            count = self._read(view[: self._left])
            self._found.update(view[:count])
            self._left -= count
            ends = count and not self._left
            if ends and self._found.hexdigest() != self._digest.encoded:
                view[:count] = bytes(count)
                raise self._damaged()
        return count

    def _read(self, view: memoryview) -> int:
        if not view:
            return 0
        try:
            count = self._file.readinto(view)
        except OSError:  # the disk can't give it back
            count = 0
        if not count:  # it has been cut off since it was opened
            raise self._damaged()
        return count
