"""Members of a wheel, inflated no further than they are read, and never whole into memory."""

from __future__ import annotations

import os
import tempfile
import zlib
from typing import TYPE_CHECKING, Final, Self

from lading.elf import NotElf
from lading.oci.entries import Deflated
from lading.oci.inflating import Damaged, inflated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from lading.oci.entries import Slice

__all__ = ["Unfolded", "head"]

_HEAD: Final = 4
_CHUNK: Final = 1 << 18
_IN_MEMORY: Final = 8 << 20


def head(content: Deflated | Slice, wheel: int) -> bytes:
    """The first bytes of a member, or none where its stream is damaged.

    Args:
        content: The member.
        wheel: The wheel, open.
    """
    if not isinstance(content, Deflated):
        return os.pread(wheel, min(_HEAD, content.size), content.offset)
    try:
        packed = os.pread(wheel, min(_CHUNK >> 9, content.compressed), content.offset)
        begun = zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, _HEAD)
        if len(begun) < min(_HEAD, content.size):  # its tables of codes alone are longer
            packed = os.pread(wheel, min(_CHUNK, content.compressed), content.offset)
            begun = zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, _HEAD)
    except zlib.error:
        return b""
    return begun


class Unfolded:
    """A member as a file, any part of which can be read; close it when that is done.

    A stored one is read where it lies. A compressed one is inflated into a temporary file, as far
    as it is asked for: what a linker has written says all in its first and in its last pages.
    """

    def __init__(self, content: Deflated | Slice) -> None:
        self.size = content.size
        self._wheel = content.path.open("rb")
        self._content = content
        self._done = 0
        self._parts: Iterator[bytes] | None = None
        if isinstance(content, Deflated):
            self._parts = inflated(self._packed(content), content.size)
            self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed with this

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._wheel.close()
        if self._parts is not None:
            self._file.close()

    def at(self, offset: int, size: int) -> bytes:
        """At most `size` bytes from `offset` on.

        Raises:
            NotElf: The member's compressed data are damaged.
            OSError: There is no room for it.
        """
        end = min(offset + size, self.size)
        if offset >= end:
            return b""
        if self._parts is None:
            return os.pread(self._wheel.fileno(), end - offset, self._content.offset + offset)
        self._inflate(end)
        self._file.seek(offset)
        return self._file.read(end - offset)

    def _inflate(self, end: int) -> None:
        assert self._parts is not None  # noqa: S101 - it is compressed
        if self._done >= end:
            return
        self._file.seek(self._done)
        try:
            while self._done < end:
                part = next(self._parts)
                self._file.write(part)
                self._done += len(part)
        except StopIteration:
            raise NotElf("its compressed data are cut off") from None
        except Damaged as error:
            raise NotElf(f"it {error}") from None

    def _packed(self, content: Deflated) -> Iterator[bytes]:
        self._wheel.seek(content.offset)
        left = content.compressed
        while left and (part := self._wheel.read(min(left, _CHUNK))):
            left -= len(part)
            yield part
