"""The central directory of a wheel: which members there are, and where.

Python's `zipfile` is not used: it takes a file with anything before, between and after its members,
does not say where data begins, and how strict it is depends on Python's version.

Source: .ZIP's APPNOTE 6.3.10, sections 4.3.12 to 4.3.16 and 4.5.3.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final

from lading.wheels.names import decoded
from lading.wheels.refusal import refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["UNICODE_PATH", "Directory", "Member", "extras", "read_directory", "wide"]

UNICODE_PATH: Final = 0x7075
"""An extra field (4.6.9) that has the member's name once more."""

_SATURATED: Final = 0xFFFFFFFF  # in a field of 4 bytes: the value is in the zip64 extra field

_SATURATED_COUNT: Final = 0xFFFF
_MOST_MEMBERS: Final = 1 << 18  # the largest wheels have some ten thousand
_LARGEST_DIRECTORY: Final = 64 << 20
_LONGEST_COMMENT: Final = 0xFFFF
_ZIP64: Final = 0x0001

_END: Final = struct.Struct("<4s4H2LH")
_LOCATOR: Final = struct.Struct("<4sLQL")
_END64: Final = struct.Struct("<4sQ2H2L4Q")
_HEADER: Final = struct.Struct("<4s6H3L5H2L")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member as the central directory has it.

    Attributes:
        name: Decoded; a folder's ends in a slash.
        raw: The name's bytes.
        flags: The general purpose bits.
        method: Of compression.
        crc32: Of what it holds.
        compressed: How many bytes it takes in the file.
        size: How many bytes it holds.
        attributes: The external ones: Unix's mode is in the upper half.
        header: Where its local header is.
        problem: What is wrong with this record of it.
    """

    name: str
    raw: bytes
    flags: int
    method: int
    crc32: int
    compressed: int
    size: int
    attributes: int
    header: int
    problem: str | None = None

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.name.endswith("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """All members, in the order of the directory, and where it begins."""

    members: tuple[Member, ...]
    start: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    count: int
    size: int
    start: int
    place: int


def read_directory(file: BinaryIO, wheel: str) -> Directory:
    """The members of a wheel.

    Raises:
        ImageError: It is no zip file, or its directory is damaged or larger than a wheel's.
    """
    end = _read_end(file, wheel)
    if end.start + end.size != end.place:
        raise refusal(wheel, ["there are bytes around its central directory"])
    if end.count > _MOST_MEMBERS or end.size > _LARGEST_DIRECTORY:
        raise refusal(wheel, [f"it has more members ({end.count}) than any wheel"])
    file.seek(end.start)
    content = file.read(end.size)
    try:
        members = tuple(_members(content, end.count))
    except (struct.error, ValueError):
        raise refusal(wheel, ["its central directory is damaged"]) from None
    return Directory(members=members, start=end.start)


def _read_end(file: BinaryIO, wheel: str) -> _End:
    size = file.seek(0, os.SEEK_END)
    tail_start = max(0, size - _END.size - _LONGEST_COMMENT - _LOCATOR.size - _END64.size)
    file.seek(tail_start)
    tail = file.read(size - tail_start)
    # The last signature, and its comment ends the file: a second one hidden in a comment, or
    # anything behind, is what another reader could take for the wheel instead.
    place = tail.rfind(b"PK\5\6")
    if place < 0 or len(tail) - place < _END.size:
        raise refusal(wheel, ["it is no zip file, or only the beginning of one"])
    _, disk, first, here, count, length, start, comment = _END.unpack_from(tail, place)
    if place + _END.size + comment != len(tail):
        raise refusal(wheel, ["there are bytes after its end, or its comment hides another end"])
    if disk or first or here != count:
        raise refusal(wheel, ["it is one part of several"])
    short = _End(count=count, size=length, start=start, place=tail_start + place)
    located = tail[max(0, place - _LOCATOR.size) : place]
    if located.startswith(b"PK\6\7") and len(located) == _LOCATOR.size:
        return _read_end64(file, wheel, short, located)
    return short


def _read_end64(file: BinaryIO, wheel: str, short: _End, located: bytes) -> _End:
    """The end as zip64 has it, which must agree with the short one where that has a value."""
    _, disk, place, disks = _LOCATOR.unpack(located)
    if disk or disks != 1 or place + _END64.size + _LOCATOR.size != short.place:
        raise refusal(wheel, ["its zip64 end is not where it must be"])
    file.seek(place)
    content = file.read(_END64.size)
    mark, length, _, _, disk, first, here, count, size, start = _END64.unpack(content)
    if mark != b"PK\6\6" or length != _END64.size - 12 or disk or first or here != count:
        raise refusal(wheel, ["its zip64 end is damaged"])
    agree = (
        short.count in {count, _SATURATED_COUNT}
        and short.size in {size, _SATURATED}
        and short.start in {start, _SATURATED}
    )
    if not agree:
        raise refusal(wheel, ["its two ends differ"])
    return _End(count=count, size=size, start=start, place=place)


def _members(content: bytes, count: int) -> Iterator[Member]:
    place = 0
    for _ in range(count):
        fields = _HEADER.unpack_from(content, place)
        names = place + _HEADER.size
        name_length, extra_length, comment_length = fields[10:13]
        after = names + name_length + extra_length + comment_length
        if fields[0] != b"PK\1\2" or after > len(content):
            raise ValueError
        raw = content[names : names + name_length]
        extra = content[names + name_length : names + name_length + extra_length]
        yield _member(fields, raw, extra)
        place = after
    if place != len(content):
        raise ValueError


def _member(fields: tuple[int, ...], raw: bytes, extra: bytes) -> Member:
    flags, method = fields[3:5]
    name, problem = decoded(raw, flags)
    compressed, size, header = fields[8], fields[9], fields[16]
    try:
        found = extras(extra)
        size, compressed, header = wide(found.get(_ZIP64, b""), size, compressed, header)
    except (struct.error, ValueError):
        problem = problem or "its extra fields are damaged"
    else:
        # Some readers take this field's name for the member's.
        if UNICODE_PATH in found and found[UNICODE_PATH][5:] != raw:
            problem = problem or "it has two names"
    if fields[13]:
        problem = problem or "it is in another file"
    return Member(
        name=name,
        raw=raw,
        flags=flags,
        method=method,
        crc32=fields[7],
        compressed=compressed,
        size=size,
        attributes=fields[15],
        header=header,
        problem=problem,
    )


def extras(content: bytes) -> dict[int, bytes]:
    """The extra fields by their numbers.

    Raises:
        ValueError: One of them is cut, or there twice.
        struct.error: The same.
    """
    found: dict[int, bytes] = {}
    place = 0
    while place < len(content):
        number, length = struct.unpack_from("<2H", content, place)
        value = content[place + 4 : place + 4 + length]
        if len(value) != length or number in found:
            raise ValueError("its extra fields are damaged")
        found[number] = value
        place += 4 + length
    return found


def wide(content: bytes, *values: int) -> tuple[int, ...]:
    """The values, each that is saturated taken from the zip64 field instead, in its order (4.5.3).

    Raises:
        struct.error: It does not have them all.
    """
    place = 0
    found = []
    for value in values:
        if value == _SATURATED:
            found.append(struct.unpack_from("<Q", content, place)[0])
            place += 8
        else:
            found.append(value)
    return tuple(found)
