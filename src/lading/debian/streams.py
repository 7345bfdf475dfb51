"""A compressed member of a package, read as a stream in little memory, and to its very end."""

from __future__ import annotations

import gzip
import io
import lzma
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol, cast

from lading.debian.broken import Broken
from lading.errors import ImageError
from lading.oci.tar_reading import members
from lading.oci.zstandard import zstd_errors, zstd_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.debian.ar import Member
    from lading.oci.tar_reading import TarMember

__all__ = ["archived"]

_MAX_MEMORY: Final = 256 << 20  # `xz -9` takes 65 MB
_BUFFER: Final = 1 << 18
_PADDING: Final = 1 << 20
# No package that means well is at once this large and this hollow.
_HOLLOW: Final = 1 << 30
_HOLLOW_RATIO: Final = 100
_LARGEST: Final = 64 << 30


@contextmanager
def archived(file: BinaryIO, member: Member) -> Iterator[Iterator[TarMember]]:
    """The members of the tar in a member of a package, which must all be asked for.

    Raises:
        Broken: It is damaged, cut short, compressed in an unknown way, or a bomb.
    """
    packed = cast("BinaryIO", io.BufferedReader(_Part(file, member), _BUFFER))
    opened = _open(packed, member.name)
    stream = cast("BinaryIO", io.BufferedReader(_Bounded(opened, member.size), _BUFFER))
    try:
        yield members(stream)
        _check_end(stream)
    except ImageError as error:  # the tar reader's, which speaks of a layer
        reason = error.problems[0].message.partition(": ")[2]
        raise Broken(f"its {member.name} can't be used: {reason}") from None
    except Exception as error:
        if not isinstance(error, _decompressor_errors()):
            raise
        raise Broken(f"its {member.name} is damaged ({error})") from None
    if packed.read(1):
        raise Broken(f"its {member.name} has bytes after its end")


def _check_end(stream: BinaryIO) -> None:
    """After the archive nothing comes but zeros, which fill its last record."""
    rest = stream.read(_PADDING)
    if rest.strip(b"\0") or stream.read(1):
        raise Broken("it has bytes after the end of an archive")


def _decompressor_errors() -> tuple[type[Exception], ...]:
    return (gzip.BadGzipFile, zlib.error, lzma.LZMAError, *zstd_errors())


def _open(packed: BinaryIO, name: str) -> _Readable:
    match name.partition(".tar")[2]:
        case "":
            return packed
        case ".gz":
            return cast("BinaryIO", gzip.GzipFile(fileobj=packed, mode="rb"))
        case ".xz":
            return _Xz(packed)
        case ".zst":
            return zstd_file(packed)
        case suffix:
            raise Broken(f"its {name} is compressed in an unknown way, {suffix}")


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes | None: ...


class _Part(io.RawIOBase):
    """The bytes of one member."""

    def __init__(self, file: BinaryIO, member: Member) -> None:
        super().__init__()
        self._file = file
        self._left = member.size
        file.seek(member.offset)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        found = self._file.read(min(len(buffer), self._left))
        buffer[: len(found)] = found
        self._left -= len(found)
        return len(found)


class _Xz(io.RawIOBase):
    """One .xz stream. `lzma.LZMAFile` would take as much memory as the stream asks for."""

    def __init__(self, source: BinaryIO) -> None:
        super().__init__()
        self._source = source
        self._reader = lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=_MAX_MEMORY)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        found = b""
        while not found and not self._reader.eof:
            packed = self._source.read(_BUFFER) if self._reader.needs_input else b""
            if not packed and self._reader.needs_input:
                raise lzma.LZMAError("it is cut short")
            found = self._reader.decompress(packed, len(buffer))
        if self._reader.eof and self._reader.unused_data:
            raise lzma.LZMAError("bytes follow its end")
        buffer[: len(found)] = found
        return len(found)


class _Bounded(io.RawIOBase):
    """What comes out of a member of so many bytes, unless that is more than any package has."""

    def __init__(self, source: _Readable, packed: int) -> None:
        super().__init__()
        self._source = source
        self._most = min(_LARGEST, max(_HOLLOW, packed * _HOLLOW_RATIO))
        self._done = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        found = self._source.read(len(buffer)) or b""
        buffer[: len(found)] = found
        self._done += len(found)
        if self._done > self._most:
            raise Broken(f"it unpacks to more than {self._most >> 20} MB, as no package does")
        return len(found)
