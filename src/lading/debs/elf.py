"""What the dynamic linker needs to know of a library: its machine and its name (ELF gABI)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Library", "library_in"]

_PT_LOAD, _PT_DYNAMIC = 1, 2
_DT_NULL, _DT_STRTAB, _DT_SONAME = 0, 5, 14
_ET_DYN: Final = 3
_MOST_SEGMENTS: Final = 512
_LARGEST_DYNAMIC: Final = 1 << 20
_LONGEST_NAME: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """A shared object.

    Attributes:
        bits: 32 or 64.
        machine: Its number in ELF (`e_machine`).
        flags: The machine's own (`e_flags`).
        soname: What it is called; None where it does not say.
    """

    bits: int
    machine: int
    flags: int
    soname: str | None


def library_in(read: Callable[[int, int], bytes]) -> Library | None:
    """What a file is, where it is a shared object.

    Args:
        read: The file's bytes from an offset, at most so many.
    """
    head = read(0, 64)
    if head[:4] != b"\x7fELF" or len(head) < 52 or head[4] not in {1, 2} or head[5] not in {1, 2}:  # noqa: PLR2004
        return None
    try:
        return _library(read, head)
    except (struct.error, UnicodeDecodeError):
        return None


def _library(read: Callable[[int, int], bytes], head: bytes) -> Library | None:
    order, wide = "<>"[head[5] - 1], head[4] == 2  # noqa: PLR2004
    kind, machine = struct.unpack_from(f"{order}2H", head, 16)
    form = f"{order}QQQI3H" if wide else f"{order}IIII3H"
    _, start, _, flags, _, size, count = struct.unpack_from(form, head, 24)
    if kind != _ET_DYN:
        return None
    segments = [
        _segment(read(start + number * size, size), order, wide=wide)
        for number in range(min(count, _MOST_SEGMENTS))
    ]
    soname = _soname(read, segments, order, wide=wide)
    return Library(bits=64 if wide else 32, machine=machine, flags=flags, soname=soname)


def _segment(data: bytes, order: str, *, wide: bool) -> tuple[int, int, int, int]:
    """A program header's type, offset, address and size in the file."""
    if wide:
        kind, _, offset, address, _, size = struct.unpack_from(f"{order}2I4Q", data)
    else:
        kind, offset, address, _, size = struct.unpack_from(f"{order}5I", data)
    return kind, offset, address, size


def _soname(
    read: Callable[[int, int], bytes],
    segments: list[tuple[int, int, int, int]],
    order: str,
    *,
    wide: bool,
) -> str | None:
    place = next(
        ((offset, size) for kind, offset, _, size in segments if kind == _PT_DYNAMIC), None
    )
    if place is None:
        return None
    dynamic = read(place[0], min(place[1], _LARGEST_DYNAMIC))
    form = struct.Struct(f"{order}2Q" if wide else f"{order}2I")
    found: dict[int, int] = {}
    for tag, value in form.iter_unpack(dynamic[: len(dynamic) // form.size * form.size]):
        if tag == _DT_NULL:
            break
        found.setdefault(tag, value)
    if _DT_SONAME not in found or _DT_STRTAB not in found:
        return None
    address = found[_DT_STRTAB]
    for kind, offset, start, size in segments:
        if kind == _PT_LOAD and start <= address < start + size:
            place_of_name = offset + address - start + found[_DT_SONAME]
            return read(place_of_name, _LONGEST_NAME).partition(b"\0")[0].decode() or None
    return None
