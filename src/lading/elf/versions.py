"""The symbol versions that a file needs of its libraries (LSB Core 5.0, 10.7.4 and 10.7.5)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from lading.elf.model import NotElf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["needed_versions"]

_WEAK: Final = 0x2  # VER_FLG_WEAK: the loader only remarks that it is missing
_MOST: Final = 4096


def needed_versions(
    at: Callable[[int, int], bytes], count: int, *, order: str
) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Of each library its name and the versions needed of it, as places in the string table.

    Args:
        at: Bytes of the table, by offset and size.
        count: How many libraries it names (`DT_VERNEEDNUM`).
        order: Of the bytes, in `struct`'s words.

    Raises:
        NotElf: It is longer than any.
        struct.error: It is cut off.
    """
    need, aux = struct.Struct(order + "2H3L"), struct.Struct(order + "L2H2L")
    left = _MOST
    place = 0
    for _ in range(count):
        _, many, library, first, step = need.unpack(at(place, need.size))
        left -= 1 + many
        if left < 0:
            raise NotElf("it needs more versions than anything")
        yield library, tuple(_names(at, place + first, many, aux))
        if not step:
            return
        place += step


def _names(
    at: Callable[[int, int], bytes], place: int, count: int, aux: struct.Struct
) -> Iterator[int]:
    for _ in range(count):
        _, flags, _, name, step = aux.unpack(at(place, aux.size))
        if not flags & _WEAK:
            yield name
        if not step:
            return
        place += step
