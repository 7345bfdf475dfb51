"""Raw DEFLATE streams (RFC 1951), inflated with bounds: a stream is somebody else's.

Where the package isal is installed it inflates, at more than twice the speed; never does it write.
Size, CRC-32 and SHA-256 decide whichever it is, and whoever calls compares them. isal takes a few
invalid streams (incomplete sets of codes) that zlib refuses; see ADR 12.
"""

from __future__ import annotations

import zlib
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import ModuleType

__all__ = ["PIECE", "Damaged", "crc32", "inflate", "inflated", "library_name"]

PIECE: Final = 1 << 20
"""How many bytes an inflated stream comes in at a time."""

_RAW: Final = -15


class Damaged(Exception):  # noqa: N818 - a content is damaged, rather than an error
    """A content is not what its archive says; the message is the end of a sentence about it."""


class _Inflater(Protocol):
    eof: bool
    unused_data: bytes
    unconsumed_tail: bytes

    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...


@cache
def _library() -> ModuleType:
    try:
        return import_module("isal.isal_zlib")
    except ImportError:
        return zlib


def library_name() -> str:
    """What inflates here: `isal` or `zlib`."""
    return "zlib" if _library() is zlib else "isal"


@cache
def _errors() -> tuple[type[Exception], ...]:
    return (zlib.error, _library().error)


@cache
def _new() -> Callable[[int], _Inflater]:
    new: Callable[[int], _Inflater] = _library().decompressobj
    return new


@cache
def crc32() -> Callable[[bytes, int], int]:
    """The function that computes a CRC-32."""
    function: Callable[[bytes, int], int] = _library().crc32
    return function


def inflate(stream: bytes, size: int) -> bytes:
    """What a whole stream inflates to: `size` bytes, which fit into memory.

    Raises:
        Damaged: It is no valid stream, or not one of so many bytes, or something follows it.
    """
    inflater = _new()(_RAW)
    try:
        # One byte more than there should be: a stream that holds more stops there.
        plain = inflater.decompress(stream, size + 1)
    except _errors() as error:
        raise _invalid(error) from None
    _check_size(len(plain), size, is_last=True)
    _check_end(inflater)
    return plain


def inflated(stream: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The same for a stream of any size: piece by piece, no more than `size` bytes in all.

    Raises:
        Damaged: As above; what came before is what the stream began with.
    """
    inflater, done = _new()(_RAW), 0
    for part in stream:
        _check_goes_on(inflater)
        for piece in _pieces(inflater, part):
            done += len(piece)
            _check_size(done, size, is_last=False)
            yield piece
    _check_size(done, size, is_last=True)
    _check_end(inflater)


def _pieces(inflater: _Inflater, part: bytes) -> Iterator[bytes]:
    """All that a part of a stream inflates to; what is never empty, so that this ends."""
    while piece := _next(inflater, part):
        yield piece
        part = inflater.unconsumed_tail
        if inflater.eof:
            return


def _next(inflater: _Inflater, data: bytes) -> bytes:
    try:
        return inflater.decompress(data, PIECE)
    except _errors() as error:
        raise _invalid(error) from None


def _check_size(done: int, size: int, *, is_last: bool) -> None:
    if done > size:
        raise Damaged(f"inflates to more than the {size} bytes that its archive says")
    if is_last and done < size:
        raise Damaged(f"inflates to {done} bytes, and its archive says {size}")


def _check_goes_on(inflater: _Inflater) -> None:
    if inflater.eof:
        raise Damaged("has bytes after the end of its stream")


def _check_end(inflater: _Inflater) -> None:
    if not inflater.eof:
        raise Damaged("has a stream that doesn't end")
    if inflater.unused_data:
        raise Damaged("has bytes after the end of its stream")


def _invalid(error: Exception) -> Damaged:
    return Damaged(f"is no valid DEFLATE stream ({error})")
