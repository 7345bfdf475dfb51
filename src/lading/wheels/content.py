"""Reading a member itself: the few that must be known to install a wheel, all of them small."""

from __future__ import annotations

import hashlib
import zlib
from typing import TYPE_CHECKING, BinaryIO, Final

from lading.oci.entries import Deflated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.wheels.members import File

__all__ = ["Unreadable", "begins", "digests", "read"]

_CHUNK: Final = 1 << 16


class Unreadable(ValueError):  # noqa: N818 - the name says what happened
    """A member is not what the directory says of it; the text says how."""


def read(file: File, *, most: int) -> bytes:
    """The content of a member, checked.

    Args:
        file: The member.
        most: How many bytes it may have.

    Raises:
        Unreadable: It has more, or is damaged.
    """
    if file.content.size > most:
        raise Unreadable(f"it is larger than {most} bytes")
    return b"".join(_checked(file))


def begins(file: File, prefix: bytes) -> bool:
    """Whether a member begins so; no more of it is read than that takes.

    Raises:
        Unreadable: It is damaged.
    """
    found = b""
    for part in _parts(file, size=len(prefix)):
        found += part
        if len(found) >= len(prefix):
            break
    return found.startswith(prefix)


def digests(file: File, *algorithms: str) -> tuple[bytes, ...]:
    """The hashes of a member, in one pass and in little memory.

    Raises:
        Unreadable: It is damaged.
    """
    states = [hashlib.new(name) for name in algorithms]
    for part in _checked(file):
        for state in states:
            state.update(part)
    return tuple(state.digest() for state in states)


def _checked(file: File) -> Iterator[bytes]:
    """A member's parts; when they are all read, its size and CRC-32 are right."""
    size = crc32 = 0
    for part in _parts(file, size=_CHUNK):
        size += len(part)
        if size > file.content.size:
            break
        crc32 = zlib.crc32(part, crc32)
        yield part
    if size != file.content.size:
        raise Unreadable("it has another size than its zip record says")
    if crc32 != file.content.crc32:
        raise Unreadable("its CRC-32 is wrong")


def _parts(file: File, *, size: int) -> Iterator[bytes]:
    """A member's content, in parts of at most `size` bytes."""
    content = file.content
    try:
        with content.path.open("rb") as source:
            source.seek(content.offset)
            if isinstance(content, Deflated):
                yield from _inflated(source, content.compressed, size)
            else:
                yield from _limited(source, content.size, size)
    except OSError as error:
        raise Unreadable(f"it can't be read: {(error.strerror or str(error)).lower()}") from error
    except zlib.error:
        raise Unreadable("its compressed data are damaged") from None


def _limited(source: BinaryIO, left: int, size: int) -> Iterator[bytes]:
    while left and (part := source.read(min(left, size))):
        left -= len(part)
        yield part


def _inflated(source: BinaryIO, compressed: int, size: int) -> Iterator[bytes]:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    left = compressed
    waiting = b""
    while not inflater.eof:
        if not waiting:
            waiting = source.read(min(left, _CHUNK))
            left -= len(waiting)
            if not waiting:
                raise Unreadable("its compressed data are cut")
        yield inflater.decompress(waiting, size)
        waiting = inflater.unconsumed_tail
    if left or inflater.unused_data:
        raise Unreadable("bytes follow its compressed data")
