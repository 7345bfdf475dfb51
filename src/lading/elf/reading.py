"""Reading ELF headers: the file header, the program headers, the dynamic section and what it names.

Sections are not looked at: a stripped file need not have any, and the loader never reads them. What
is read is bounded, so that a file that lies costs no more than an honest one.

Sources: System V ABI, chapters 4 and 5 (gABI 4.1, "Object Files", "Program Loading and Dynamic
Linking"); LSB Core 5.0, 10.7 (symbol versioning); ld.so(8).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from lading.elf.model import Elf, NotElf
from lading.elf.versions import needed_versions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.elf.bytes_at import BytesAt

__all__ = ["MAGIC", "is_elf", "read_elf"]

MAGIC: Final = b"\x7fELF"

_KINDS: Final[dict[int, Literal["shared", "program"]]] = {2: "program", 3: "shared"}

_PT_LOAD, _PT_DYNAMIC, _PT_INTERP, _PT_GNU_STACK = 1, 2, 3, 0x6474E551
_PF_X: Final = 1

_DT_NEEDED, _DT_STRTAB, _DT_STRSZ, _DT_SONAME, _DT_RPATH, _DT_RUNPATH = 1, 5, 10, 14, 15, 29
_DT_VERNEED, _DT_VERNEEDNUM = 0x6FFFFFFE, 0x6FFFFFFF

_IDENT: Final = 16
_MOST_SEGMENTS: Final = 512  # the loader of Linux takes no more than 64 KiB of them
_LARGEST_DYNAMIC: Final = 1 << 20
_MOST_NEEDED: Final = 4096
# How much is read to find the end of a name, or of a search path: tensorflow's has 20 KB.
_STEPS: Final = (256, 1 << 12, 1 << 16, 1 << 20)


def is_elf(head: bytes) -> bool:
    """Whether a file that begins so is an ELF file."""
    return head.startswith(MAGIC)


def read_elf(file: BytesAt) -> Elf:
    """What the headers of a file say.

    Args:
        file: Its bytes; only those that are needed are asked for, in ascending order where the file
            is laid out as linkers do.

    Raises:
        NotElf: It is none, or its headers contradict each other or the file.
    """
    try:
        return _Reader(file).elf()
    except struct.error:
        raise NotElf("it is cut off") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Segment:
    kind: int
    flags: int
    offset: int
    address: int
    size: int


class _Reader:
    """One file being read."""

    def __init__(self, file: BytesAt) -> None:
        self._file = file
        ident = file.at(0, _IDENT)
        if len(ident) < _IDENT or not is_elf(ident):
            raise NotElf("it is no ELF file")
        if ident[4] not in {1, 2} or ident[5] not in {1, 2}:
            raise NotElf("it is of no class or byte order that there is")
        self._bits: Literal[32, 64] = 64 if ident[4] == 2 else 32  # noqa: PLR2004 - EI_CLASS
        self._order = "<" if ident[5] == 1 else ">"
        self._osabi = ident[7]
        wide = self._bits == 64  # noqa: PLR2004 - the class
        # Elf32_Ehdr and Elf64_Ehdr differ in the width of addresses alone, the program headers in
        # the place of their flags too.
        header = struct.Struct(self._order + ("2HL3QL6H" if wide else "2HL3LL6H"))
        self._fields = header.unpack(file.at(_IDENT, header.size))
        self._segment = struct.Struct(self._order + ("2L6Q" if wide else "8L"))
        self._entry = struct.Struct(self._order + ("qQ" if wide else "lL"))
        self._segments = tuple(self._read_segments())

    def elf(self) -> Elf:
        dynamic = tuple(self._dynamic())
        values = dict(dynamic[::-1])  # the first of a tag counts
        strings = self._strings(values)
        needed = [value for tag, value in dynamic if tag == _DT_NEEDED]
        if len(needed) > _MOST_NEEDED:
            raise NotElf(f"it needs {len(needed)} libraries: nothing does")
        return Elf(
            bits=self._bits,
            little=self._order == "<",
            machine=self._fields[1],
            osabi=self._osabi,
            flags=self._fields[6],
            kind=_KINDS.get(self._fields[0], "other"),
            interpreter=self._interpreter(),
            needed=tuple(map(strings.text, needed)),
            soname=strings.text(values[_DT_SONAME]) if _DT_SONAME in values else None,
            rpath=strings.paths(values.get(_DT_RPATH)),
            runpath=strings.paths(values.get(_DT_RUNPATH)),
            versions=self._versions(values, strings),
            executable_stack=self._executable_stack(),
        )

    def _read_segments(self) -> Iterator[_Segment]:
        offset, size, count = self._fields[4], self._fields[8], self._fields[9]
        if count and size < self._segment.size:
            raise NotElf(f"its program headers are {size} bytes each: too small")
        if count > _MOST_SEGMENTS:
            raise NotElf(f"it has {count} segments: nothing has")
        content = self._file.at(offset, size * count) if count else b""
        for place in range(0, size * count, size or 1):
            fields = self._segment.unpack_from(content, place)
            if self._bits == 64:  # noqa: PLR2004 - the class
                kind, flags, start, address, _, length = fields[:6]
            else:
                kind, start, address, _, length, _, flags = fields[:7]
            yield _Segment(kind=kind, flags=flags, offset=start, address=address, size=length)

    def _of_kind(self, kind: int) -> _Segment | None:
        return next((one for one in self._segments if one.kind == kind), None)

    def _dynamic(self) -> Iterator[tuple[int, int]]:
        segment = self._of_kind(_PT_DYNAMIC)
        if segment is None:
            return
        if segment.size > _LARGEST_DYNAMIC:
            raise NotElf("its dynamic section is larger than any")
        content = self._file.at(segment.offset, segment.size)
        if len(content) < segment.size:
            raise NotElf("it is cut off")
        usable = len(content) - len(content) % self._entry.size
        for tag, value in self._entry.iter_unpack(content[:usable]):
            if tag == 0:
                return
            yield tag, value

    def _place(self, address: int) -> tuple[int, int]:
        """Where in the file an address is, and how much of its segment follows."""
        for one in self._segments:
            if one.kind == _PT_LOAD and one.address <= address < one.address + one.size:
                inside = address - one.address
                return one.offset + inside, one.size - inside
        raise NotElf("its dynamic section points out of the file")

    def _strings(self, values: dict[int, int]) -> _Strings:
        if _DT_STRTAB not in values:
            return _Strings(self._file, 0, 0)
        offset, most = self._place(values[_DT_STRTAB])
        return _Strings(self._file, offset, min(values.get(_DT_STRSZ, most), most))

    def _interpreter(self) -> str | None:
        segment = self._of_kind(_PT_INTERP)
        if segment is None or not segment.size:
            return None
        return _Strings(self._file, segment.offset, segment.size).text(0)

    def _versions(
        self, values: dict[int, int], strings: _Strings
    ) -> tuple[tuple[str, tuple[str, ...]], ...]:
        if _DT_VERNEED not in values:
            return ()
        offset, most = self._place(values[_DT_VERNEED])
        count = values.get(_DT_VERNEEDNUM, 0)
        found = needed_versions(
            lambda start, size: self._file.at(offset + start, max(0, min(size, most - start))),
            count,
            order=self._order,
        )
        return tuple(
            (strings.text(library), tuple(map(strings.text, names))) for library, names in found
        )

    def _executable_stack(self) -> bool:
        segment = self._of_kind(_PT_GNU_STACK)
        return segment is None or bool(segment.flags & _PF_X)


@dataclass(frozen=True, slots=True)
class _Strings:
    """A table of texts, each ended by a NUL."""

    file: BytesAt
    offset: int
    size: int

    def text(self, place: int) -> str:
        """The text at a place of the table.

        Raises:
            NotElf: There is none, or it is longer than any, or can't be shown.
        """
        left = self.size - place if 0 <= place < self.size else 0
        for most in _STEPS:
            content = self.file.at(self.offset + place, min(left, most))
            text, end, _ = content.partition(b"\0")
            if end or len(content) < most:
                break
        if not end:
            raise NotElf("one of its names is nowhere in the file")
        name = text.decode("utf-8", "backslashreplace")
        if not name.isprintable():  # it is told to people, and written into files of lines
            raise NotElf("one of its names holds a control character")
        return name

    def paths(self, place: int | None) -> tuple[str, ...]:
        """The folders of a search path: those that are empty stand for the current one."""
        text = "" if place is None else self.text(place)
        return tuple(text.split(":")) if text else ()
