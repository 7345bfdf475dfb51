"""The bytes of entries: read where they stand, checked, and handed on as tar and as gzip.

A file that was changed while it is read is found by its size, its CRC-32 or its SHA-256; nothing is
mapped into memory, since a mapped file that is cut short ends the process.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias, assert_never

from lading.errors import ImageError
from lading.oci.entries import Deflated, Literal, Regular, Slice
from lading.oci.gzip_members import HALF, HEAD, compressed, tail
from lading.oci.inflating import PIECE, Damaged, crc32, inflate, inflated
from lading.oci.strands import ahead

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Executor
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import Self

__all__ = ["Reader", "Sinks", "plain_parts", "size_of", "stream_into", "whole_into"]

Take: TypeAlias = "Callable[[bytes], object]"
Strand: TypeAlias = "Callable[[Take], AbstractContextManager[Take]]"

_PART: Final = 1 << 18
"""How much of a DEFLATE stream is read at a time."""


@dataclass(frozen=True, slots=True)
class Sinks:
    """Who takes what a layer is made of, in order: the tar, and the gzip that holds it."""

    tar: Take
    gzip: Take


class Reader:
    """Reads from files, and keeps the last one open: neighbours come from the same wheel."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def read(self, path: Path, offset: int, size: int) -> bytes:
        """So many bytes from there, fewer where the file ends.

        Raises:
            Damaged: The file can't be read.
        """
        try:
            if path is not self._path and path != self._path:
                self._close()
                self._file, self._path = os.open(path, os.O_RDONLY | os.O_CLOEXEC), path
            return os.pread(self._file, size, offset)
        except OSError as error:
            raise Damaged(f"can't be read ({error.strerror})") from None

    def parts(self, content: Slice | Deflated, length: int, step: int) -> Iterator[bytes]:
        """`length` bytes of a content, in parts of `step`, of which the last may be smaller.

        Raises:
            Damaged: The file ends before.
        """
        done = 0
        while done < length:
            part = self.read(content.path, content.offset + done, min(step, length - done))
            if not part:
                raise Damaged("is cut short")
            done += len(part)
            yield part

    def _close(self) -> None:
        if self._path is not None:
            os.close(self._file)
            self._path = None


def size_of(entry: Regular) -> int:
    """How many bytes a file has."""
    content = entry.content
    return len(content.data) if isinstance(content, Literal) else content.size


def whole_into(sinks: Sinks, entry: Regular, reader: Reader) -> None:
    """Hand on a file that fits into memory.

    Raises:
        ImageError: It is not what its archive or its record says, or can't be read.
    """
    try:
        plain, member = _whole(entry.content, reader)
        if entry.sha256 is not None:
            _check_sha256(hashlib.sha256(plain).hexdigest(), entry.sha256)
    except Damaged as error:
        raise _failure(entry, error) from None
    sinks.tar(plain)
    for part in member:
        sinks.gzip(part)


def _whole(content: Literal | Slice | Deflated, reader: Reader) -> tuple[bytes, tuple[bytes, ...]]:
    """A file, and the member of the gzip that holds it."""
    if isinstance(content, Deflated):
        stream = reader.read(content.path, content.offset, content.compressed)
        if len(stream) != content.compressed:
            raise Damaged("is cut short")
        plain = inflate(stream, content.size)
        _check_crc32(crc32()(plain, 0), content.crc32)
        return plain, (HEAD, stream, tail(content.crc32, content.size))
    if isinstance(content, Literal):
        plain = content.data
    elif isinstance(content, Slice):
        plain = b"".join(reader.parts(content, content.size, PIECE))
        _check_crc32(crc32()(plain, 0), content.crc32)
    else:
        assert_never(content)
    return plain, (_compressing(content)(plain),) if plain else ()


def _compressing(content: Literal | Slice) -> Callable[[bytes], bytes]:
    is_model = isinstance(content, Slice) and content.weights
    return partial(compressed, stored_above=HALF) if is_model else compressed


def stream_into(
    sinks: Sinks, entry: Regular, reader: Reader, strand: Strand, pool: Executor | None = None
) -> None:
    """Hand on a file of any size, piece by piece; what is wrong with it is found in the end.

    Args:
        sinks: Who takes it.
        entry: The file.
        reader: Who reads it.
        strand: Makes a taker of pieces work beside this thread, or in it.
        pool: Threads that compress ahead.

    Raises:
        ImageError: As above.
        OSError: A sink's own.
    """
    digest = hashlib.sha256()
    try:
        with strand(digest.update) as hashed:
            _pieces_into(sinks, entry.content, reader, hashed, pool)
        if entry.sha256 is not None:
            _check_sha256(digest.hexdigest(), entry.sha256)
    except Damaged as error:
        raise _failure(entry, error) from None


def _pieces_into(
    sinks: Sinks,
    content: Literal | Slice | Deflated,
    reader: Reader,
    hashed: Take,
    pool: Executor | None,
) -> None:
    check = 0
    for piece in _pieces(sinks, content, reader, pool):
        check = crc32()(piece, check)
        hashed(piece)
        sinks.tar(piece)
    if not isinstance(content, Literal):
        _check_crc32(check, content.crc32)
    if isinstance(content, Deflated):
        sinks.gzip(tail(content.crc32, content.size))


def _pieces(
    sinks: Sinks, content: Literal | Slice | Deflated, reader: Reader, pool: Executor | None
) -> Iterator[bytes]:
    if isinstance(content, Deflated):
        sinks.gzip(HEAD)
        yield from inflated(_passed_on(sinks, content, reader), content.size)
        return
    for piece, member in ahead(_compressing(content), _plain(content, reader), pool):
        sinks.gzip(member)
        yield piece


def _passed_on(sinks: Sinks, content: Deflated, reader: Reader) -> Iterator[bytes]:
    for part in reader.parts(content, content.compressed, _PART):
        sinks.gzip(part)
        yield part


def _plain(content: Literal | Slice, reader: Reader) -> Iterator[bytes]:
    """In pieces of one size, whatever a read returns: each becomes a member."""
    if isinstance(content, Literal):
        for start in range(0, len(content.data), PIECE):
            yield content.data[start : start + PIECE]
        return
    for start in range(0, content.size, PIECE):
        part = Slice(
            path=content.path,
            offset=content.offset + start,
            size=min(PIECE, content.size - start),
        )
        yield b"".join(reader.parts(part, part.size, PIECE))


def plain_parts(content: Literal | Slice | Deflated, reader: Reader) -> Iterator[bytes]:
    """The bytes of a file, piece by piece; only their number is checked.

    Raises:
        Damaged: They can't be had.
    """
    if isinstance(content, Deflated):
        return inflated(reader.parts(content, content.compressed, _PART), content.size)
    return _plain(content, reader)


def _check_crc32(found: int, expected: int | None) -> None:
    if expected is not None and found != expected:
        raise Damaged("does not have the CRC-32 that its archive says")


def _check_sha256(found: str, expected: str) -> None:
    if found != expected:
        raise Damaged("does not have the SHA-256 that its record says")


def _failure(entry: Regular, error: Damaged) -> ImageError:
    source = f"{entry.source}: " if entry.source else ""
    return ImageError(f"{source}{entry.path} {error}")
