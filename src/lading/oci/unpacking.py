"""Layers of any engine, unpacked while they are read: plain, gzip of many members, or zstd."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from lading.errors import ImageError
from lading.oci.media_types import compression_of
from lading.oci.tar_reading import TarMember, members
from lading.oci.zstandard import zstd_errors, zstd_file

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from lading.oci.blobs import Blob
    from lading.oci.media_types import Compression

__all__ = ["TarMember", "unpacked", "walk"]

_GZIP: Final = b"\x1f\x8b"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_SKIPPABLE: Final = tuple(bytes([0x50 + low, 0x2A, 0x4D, 0x18]) for low in range(16))
_HEADER: Final = 512
_BUFFER: Final = 1 << 18


@contextmanager
def unpacked(blob: Blob) -> Iterator[BinaryIO]:
    """A layer's archive, a tar.

    How it is compressed is read from its first bytes, as engines do: some registries and tools name
    another way than was taken.

    Raises:
        ImageError: It is neither what its media type says nor an archive; reading the stream raises
            it too, where what is compressed is damaged.
    """
    with blob.open() as source:
        limited = io.BufferedReader(_Limited(source, blob.descriptor.size), _BUFFER)
        opened = _open(limited, _compression(blob, limited.peek(_HEADER)[:_HEADER]))
        with io.BufferedReader(_Guarded(opened), _BUFFER) as stream:
            yield cast("BinaryIO", stream)


def walk(blob: Blob) -> Generator[TarMember, None, None]:
    """The members of a layer's archive, in order; see `tar_reading.members`.

    Whoever stops early closes the iterator, or drops it, and nothing more is read.

    Raises:
        ImageError: The layer is no valid archive.
    """
    with unpacked(blob) as stream:
        yield from members(stream)


def _compression(blob: Blob, start: bytes) -> Compression:
    if start.startswith(_GZIP):
        return "gzip"
    if start.startswith((_ZSTD, *_SKIPPABLE)):
        return "zstd"
    if _is_tar(start):
        return "none"
    said = compression_of(blob.descriptor.media_type) or "unknown"
    raise ImageError(
        f"layer {blob.descriptor.digest} is neither an archive nor gzip nor zstd, "
        f"and its media type {blob.descriptor.media_type} says {said}",
        hint="fetch or build the image again",
    )


def _is_tar(start: bytes) -> bool:
    """An archive begins with a header, or ends at once."""
    return start[257:262] == b"ustar" or not start.strip(b"\0") or _is_old_tar(start)


def _is_old_tar(start: bytes) -> bool:
    digits = start[148:156].strip(b" \0")
    return len(start) == _HEADER and digits.isdigit() and start[156:157] in b"\x000125"


def _open(source: io.BufferedReader[_Limited], compression: Compression) -> Callable[[int], bytes]:
    if compression == "gzip":
        return _gzip_file(source).read
    if compression == "zstd":
        return zstd_file(source).read
    return source.read


def _gzip_file(source: io.BufferedReader[_Limited]) -> gzip.GzipFile:
    try:
        module = import_module("isal.igzip")
    except ImportError:
        return gzip.GzipFile(fileobj=source, mode="rb")
    return cast("gzip.GzipFile", module.IGzipFile(fileobj=source, mode="rb"))


class _Limited(io.RawIOBase):
    """The blob's own bytes: what follows them in the same file is another's."""

    def __init__(self, source: BinaryIO, size: int) -> None:
        super().__init__()
        self._source = source
        self._left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        found = self._source.read(min(len(buffer), self._left))
        buffer[: len(found)] = found
        self._left -= len(found)
        return len(found)


class _Guarded(io.RawIOBase):
    """Says in our words what a decompressor says in its own."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        super().__init__()
        self._read = read

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        try:
            found = self._read(len(buffer))
        except _decompressor_errors() as error:
            raise ImageError(f"a layer can't be decompressed: {error}") from None
        buffer[: len(found)] = found
        return len(found)


def _decompressor_errors() -> tuple[type[Exception], ...]:
    """Of the standard library, and of what is imported: nothing else can have raised its own."""
    found: list[type[Exception]] = [gzip.BadGzipFile, zlib.error, *zstd_errors()]
    if "isal.isal_zlib" in sys.modules:
        found.append(sys.modules["isal.isal_zlib"].error)
    return tuple(found)
