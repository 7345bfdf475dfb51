"""Members of gzip files (RFC 1952), and the one place where something is compressed.

A gzip file may have many members, one after another, and what it holds is what they hold (RFC
1952, 2.2). So the DEFLATE stream of a wheel's file is a member with ten bytes before it and eight
after it.

What stands between such streams, tar headers mostly, is encoded here by `encoded`, and not by zlib:
its bytes are the same whichever library the host has (zlib-ng writes others), and it is quicker.
"""

from __future__ import annotations

import re
import zlib
from functools import lru_cache
from struct import Struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["DENSE", "HALF", "HEAD", "compressed", "encoded", "tail"]

HEAD: Final = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
"""DEFLATE, no name, no time, no extra flags, an unknown operating system (RFC 1952, 2.3)."""

DENSE: Final = 0.96
"""What shrinks to no less than that gains nothing by being compressed."""

HALF: Final = 0.5
"""For weights: numbers of 16 bits shrink to 0.8, and it takes longer to inflate them than to fetch
the rest (bench/README.md)."""

_LEVEL: Final = 6
_PROBE: Final = 1 << 15
_LARGEST_STORED: Final = 65535
_TRAILER: Final = Struct("<II")
_STORED: Final = Struct("<BHH")


def tail(crc32: int, size: int) -> bytes:
    """What ends a member that inflates to so many bytes."""
    return _TRAILER.pack(crc32, size & 0xFFFFFFFF)


def compressed(data: bytes, *, stored_above: float = DENSE) -> bytes:
    """A member that holds `data`, by the host's zlib; stored where compressing it gains too little.

    The only bytes of a layer that depend on the library: what is no stream of a wheel's already.

    Args:
        data: Any bytes.
        stored_above: What part of its size the beginning must shrink to, for it to be compressed.
    """
    if _is_dense(data, stored_above):
        return b"".join((HEAD, *_stored(data), tail(zlib.crc32(data), len(data))))
    return b"".join((HEAD, zlib.compress(data, _LEVEL, -15), tail(zlib.crc32(data), len(data))))


def _is_dense(data: bytes, above: float) -> bool:
    """Whether its beginning doesn't shrink so far: pictures and archives hardly do."""
    probe = data[:_PROBE]
    return len(probe) == _PROBE and len(zlib.compress(probe, 1, -15)) > above * _PROBE


def _stored(data: bytes) -> list[bytes]:
    """Blocks that hold it as it is (RFC 1951, 3.2.4)."""
    found = []
    for start in range(0, len(data), _LARGEST_STORED):
        part = data[start : start + _LARGEST_STORED]
        is_last = start + len(part) == len(data)
        found += [_STORED.pack(is_last, len(part), len(part) ^ 0xFFFF), part]
    return found


# The block with fixed codes (RFC 1951, 3.2.6). A byte below 144 is a code of eight bits, 0x30 and
# the byte, and codes are packed from their highest bit on: so a whole text is encoded by one
# translation of its bytes, shifted by the three bits of the block's header.
_REVERSED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_CODES: Final = bytes(_REVERSED[(0x30 + byte) & 0xFF] for byte in range(256))
_FIRST_LONG: Final = 144
_LAST_BLOCK: Final = 0b011  # final, fixed codes; from the lowest bit on
_HEADER_BITS: Final = 3
_END_BITS: Final = 7  # the code of the block's end: zeros
_ZEROS: Final = re.compile(rb"\0{4,}")
_LONG: Final = re.compile(rb"[\x90-\xff]")
_MOST: Final = 258
_FEWEST: Final = 3

# RFC 1951, 3.2.5: for each length its code, and how many extra bits follow it.
_EXTRA: Final = (0,) * 8 + tuple(bits for bits in range(1, 6) for _ in range(4))


def encoded(data: bytes) -> bytes:
    """A member that holds `data`, whose runs of zeros are all that is compressed."""
    value, width, start = _LAST_BLOCK, _HEADER_BITS, 0
    for run in _ZEROS.finditer(data):
        begin, end = run.span()
        if begin > start:
            bits, wide = _text(data[start:begin])
            value |= bits << width
            width += wide
        bits, wide = _zeros(end - begin)
        value |= bits << width
        width += wide
        start = end
    if start < len(data):
        bits, wide = _text(data[start:])
        value |= bits << width
        width += wide
    stream = value.to_bytes((width + _END_BITS + 7) // 8, "little")
    return b"%b%b%b" % (HEAD, stream, _TRAILER.pack(zlib.crc32(data), len(data)))


def _text(data: bytes) -> tuple[int, int]:
    """Its bits, the first one lowest, and how many they are."""
    if _LONG.search(data):
        return _joined(_code(byte) for byte in data)
    return int.from_bytes(data.translate(_CODES), "little"), 8 * len(data)


def _code(byte: int) -> tuple[int, int]:
    if byte < _FIRST_LONG:
        return _CODES[byte], 8
    return _reversed(0b110010000 + byte - _FIRST_LONG, 9), 9


@lru_cache(maxsize=2048)
def _zeros(count: int) -> tuple[int, int]:
    """A zero, and then copies of the one before."""
    found, left = [_code(0)], count - 1
    while left >= _FEWEST:
        length = min(left, _MOST)
        found.append(_copy(length))
        left -= length
    return _joined(found + [_code(0)] * left)


@lru_cache(maxsize=256)
def _copy(length: int) -> tuple[int, int]:
    """So many bytes again, from one byte before (distance code 0: five zeros)."""
    symbol, extra, wide = _length_symbol(length)
    code = (symbol - 256, 7) if symbol < 280 else (0b11000000 + symbol - 280, 8)  # noqa: PLR2004
    return _joined([(_reversed(*code), code[1]), (extra, wide), (0, 5)])


def _length_symbol(length: int) -> tuple[int, int, int]:
    """The symbol of a length, the value of its extra bits, and how many they are."""
    if length == _MOST:
        return 285, 0, 0
    first, symbol = _FEWEST, 257
    for bits in _EXTRA:
        if length < first + (1 << bits):
            return symbol, length - first, bits
        first += 1 << bits
        symbol += 1
    raise AssertionError(length)


def _reversed(code: int, width: int) -> int:
    return int(f"{code:0{width}b}"[::-1], 2)


def _joined(codes: Iterable[tuple[int, int]]) -> tuple[int, int]:
    value = width = 0
    for bits, wide in codes:
        value |= bits << width
        width += wide
    return value, width
