"""Tiny ELF files, honest ones: a file header, program headers and a dynamic section."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["make_elf"]

PAGE = 0x1000

NEEDED, STRTAB, STRSZ, SONAME, RPATH, RUNPATH = 1, 5, 10, 14, 15, 29
VERNEED, VERNEEDNUM = 0x6FFFFFFE, 0x6FFFFFFF
LOAD, DYNAMIC, INTERP, STACK = 1, 2, 3, 0x6474E551


class _Names:
    """A string table that grows."""

    def __init__(self) -> None:
        self.content = b"\0"

    def add(self, text: str) -> int:
        place = len(self.content)
        self.content += text.encode() + b"\0"
        return place


def make_elf(
    *needed: str,
    bits: int = 64,
    order: str = "<",
    machine: int = 62,
    kind: int = 3,
    soname: str | None = None,
    rpath: str | None = None,
    runpath: str | None = None,
    interpreter: str | None = None,
    versions: Mapping[str, Iterable[str]] | None = None,
    weak: Iterable[str] = (),
    stack: int | None = 6,
    padding: int = 0,
) -> bytes:
    """A shared object.

    Args:
        needed: What it needs.
        bits: 32 or 64.
        order: `<` or `>`.
        machine: 62 is x86-64.
        kind: 3 is a shared object, 2 a program.
        soname: What it is called.
        rpath: Where it looks.
        runpath: The same.
        interpreter: Its loader.
        versions: What it needs of each library.
        weak: Which of those versions may be missing.
        stack: The flags of its stack, or None where it says nothing of it.
        padding: How many bytes stand before the tables.
    """
    wide = bits == 64
    names = _Names()
    entries = [(NEEDED, names.add(name)) for name in needed]
    for tag, text in ((SONAME, soname), (RPATH, rpath), (RUNPATH, runpath)):
        if text is not None:
            entries.append((tag, names.add(text)))
    table = _versions(versions or {}, set(weak), names, order)
    program = (interpreter or "").encode() + b"\0"

    header = struct.Struct(order + ("2HL3QL6H" if wide else "2HL3LL6H"))
    segment = struct.Struct(order + ("2L6Q" if wide else "8L"))
    entry = struct.Struct(order + ("qQ" if wide else "lL"))
    count = 2 + (interpreter is not None) + (stack is not None)
    start = 16 + header.size + segment.size * count
    at_names = start + padding
    at_versions = at_names + len(names.content)
    at_program = at_versions + len(table)
    at_dynamic = at_program + len(program)
    entries += [(STRTAB, PAGE + at_names), (STRSZ, len(names.content))]
    if table:
        entries += [(VERNEED, PAGE + at_versions), (VERNEEDNUM, len(versions or {}))]
    dynamic = b"".join(entry.pack(tag, value) for tag, value in (*entries, (0, 0)))
    size = at_dynamic + len(dynamic)

    def packed(kind: int, flags: int, offset: int, length: int) -> bytes:
        if wide:
            return segment.pack(kind, flags, offset, PAGE + offset, 0, length, length, 8)
        return segment.pack(kind, offset, PAGE + offset, 0, length, length, flags, 4)

    segments = [packed(LOAD, 5, 0, size), packed(DYNAMIC, 6, at_dynamic, len(dynamic))]
    if interpreter is not None:
        segments.append(packed(INTERP, 4, at_program, len(program)))
    if stack is not None:
        segments.append(packed(STACK, stack, 0, 0))
    ident = b"\x7fELF" + bytes([2 if wide else 1, 1 if order == "<" else 2, 1, 0]) + bytes(8)
    sizes = (16 + header.size, segment.size, count, 0, 0, 0)
    head = header.pack(kind, machine, 1, 0, 16 + header.size, 0, 0, *sizes)
    body = names.content + table + program + dynamic
    return ident + head + b"".join(segments) + bytes(padding) + body


def _versions(
    versions: Mapping[str, Iterable[str]], weak: set[str], names: _Names, order: str
) -> bytes:
    content = b""
    for number, (library, wanted) in enumerate(versions.items(), start=1):
        words = list(wanted)
        last = number == len(versions)
        size = 16 + 16 * len(words)
        content += struct.pack(
            order + "2H3L", 1, len(words), names.add(library), 16, 0 if last else size
        )
        for place, word in enumerate(words, start=1):
            flags = 2 if word in weak else 0
            step = 0 if place == len(words) else 16
            content += struct.pack(order + "L2H2L", 0, flags, 2, names.add(word), step)
    return content
