"""The dynamic linker's cache, `/etc/ld.so.cache`, as glibc's ldconfig writes it.

Sources: glibc's sysdeps/generic/dl-cache.h (the new format), elf/cache.c (order) and elf/ldconfig.c
(which files of which folders count). It is the same on every host, and holds no hash of one: what
ldconfig keeps beside it to be faster (`/var/cache/ldconfig/aux-cache`) is left out.
"""

from __future__ import annotations

import fnmatch
import re
import struct
from dataclasses import dataclass
from functools import cmp_to_key
from typing import TYPE_CHECKING, Final

from lading.debs.refusal import Broken
from lading.elf import InMemory, NotElf, read_elf
from lading.oci.entries import Hardlink, Literal, Regular

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from lading.debs.root import Root
    from lading.elf import BytesAt, Elf

__all__ = ["CachedLibrary", "encode_cache", "read_cache", "write_cache"]

_FILE: Final = "etc/ld.so.cache"
_CONFIGURATION: Final = "/etc/ld.so.conf"
_SYSTEM: Final = ("/lib", "/usr/lib")
_MAGIC: Final = b"glibc-ld.so.cache1.1"
_HEADER: Final = struct.Struct("<20s2IB3x4I")
_ENTRY: Final = struct.Struct("<3I4xQ")
_LITTLE_ENDIAN: Final = 2
_EXTENSION: Final = struct.Struct("<2I")
_SECTION: Final = struct.Struct("<4I")
_EXTENSION_MAGIC: Final = 0xEAA42174
_GENERATOR_TAG: Final = 0
_GENERATOR: Final = b"lading"
_LIBC6: Final = 3
_NAME: Final = re.compile(r"(?:lib|ld-).*\.so.*|ld\.so\..*|ld64\.so\..*")
_PREFIX: Final = re.compile(r"(?:lib|ld-)")
_DEEPEST: Final = 200
_MOST_INCLUDES: Final = 1000

# glibc's FLAG_*_LIB*, by ELF's machine and bits.
_MACHINES: Final = {
    (3, 32): 0x0000,  # i386
    (62, 64): 0x0300,  # x86-64
    (62, 32): 0x0800,  # x32
    (40, 32): 0x0900,  # arm, hard float
    (183, 64): 0x0A00,  # aarch64
    (21, 64): 0x0500,  # ppc64
    (22, 64): 0x0400,  # s390x
    (243, 64): 0x1000,  # riscv, double float
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedLibrary:
    """An entry of the cache.

    Attributes:
        name: What programs ask for.
        path: Where it is.
        flags: Of which kind it is.
    """

    name: str
    path: str
    flags: int


def write_cache(root: Root) -> None:
    """Write the cache for an image's libraries.

    Those of the ground are taken from its own cache: they were there when that was written.

    Raises:
        Broken: The configuration or the ground's cache can't be read.
    """
    found: dict[tuple[str, int], CachedLibrary] = {}
    order: list[CachedLibrary] = []
    for folder in _folders(root):
        for one in _libraries(root, folder):
            order.append(one)
            found[one.path, one.flags] = one
    before = root.read(_FILE)
    kept = [] if before is None else read_cache(before)
    order += [
        one
        for one in kept
        if (one.path, one.flags) not in found and root.leads_to(one.path) == "file"
    ]
    root.write(_FILE, encode_cache(order), source="the dynamic linker's cache")


def _folders(root: Root) -> Iterator[str]:
    """The folders that count, in order, each once."""
    seen: set[str] = set()
    configured = _configured(root, _CONFIGURATION, 0, [])
    for folder in (*configured, *_SYSTEM):
        real = root.real(folder)
        if real not in seen and root.kind(real) == "folder":
            seen.add(real)
            yield folder.rstrip("/")


def _configured(root: Root, path: str, depth: int, seen: list[str]) -> list[str]:
    seen.append(path)
    # Files that include others twice are read more often than there is time for.
    if depth > _DEEPEST or len(seen) > _MOST_INCLUDES:
        raise Broken("the configuration of the dynamic linker includes itself, or too much")
    found: list[str] = []
    for line in (root.read(path) or b"").decode(errors="surrogateescape").splitlines():
        words = line.partition("#")[0].split()
        if words[:1] == ["include"]:
            for pattern in words[1:]:
                for one in _matching(root, pattern, path):
                    found += _configured(root, one, depth + 1, seen)
        elif words and words[0] != "hwcap":
            found += [word.partition("=")[0] for word in words]
    return found


def _matching(root: Root, pattern: str, path: str) -> list[str]:
    if not pattern.startswith("/"):
        pattern = f"{path.rpartition('/')[0]}/{pattern}"
    folder, _, names = pattern.rpartition("/")
    return [f"{folder}/{name}" for name in root.names(folder) if fnmatch.fnmatch(name, names)]


def _libraries(root: Root, folder: str) -> Iterator[CachedLibrary]:
    """The libraries of a folder: one for each name (elf/ldconfig.c, search_dir)."""
    chosen: dict[tuple[str, int], tuple[bool, str]] = {}
    for name in root.names(folder):
        if not _NAME.fullmatch(name):
            continue
        found = _looked_at(root, f"{folder}/{name}")
        if found is None:
            continue
        is_link, library = found
        flags = _flags(library)
        if flags is None:
            continue
        soname, is_link = _name_of(root, f"{folder}/{name}", library, is_link=is_link)
        other = chosen.get((soname, flags))
        if other is None or _is_better(name, other[1]):
            chosen[soname, flags] = (is_link, name)
    for (soname, flags), (_, name) in chosen.items():
        there = root.leads_to(f"{folder}/{soname}") is not None
        path = f"{folder}/{soname if there else name}"
        yield CachedLibrary(name=soname, path=path, flags=flags)


def _looked_at(root: Root, path: str) -> tuple[bool, Elf] | None:
    place, real = root.place(path), root.real(path)
    file = _bytes_of(root, real)
    try:
        library = None if file is None else read_elf(file)
    except NotElf:
        return None
    return None if library is None or library.kind != "shared" else (place != real, library)


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a file, for the reader of ELF."""

    path: Path
    offset: int
    size: int

    def at(self, offset: int, size: int) -> bytes:
        """At most `size` bytes from `offset` on."""
        with self.path.open("rb") as file:
            file.seek(self.offset + offset)
            return file.read(max(0, min(size, self.size - offset)))


def _bytes_of(root: Root, real: str) -> BytesAt | None:
    """The bytes of a file of the new layer."""
    entry = root.entry(real)
    if isinstance(entry, Hardlink):
        entry = root.entry(entry.target)
    if not isinstance(entry, Regular):
        return None
    content = entry.content
    if isinstance(content, Literal):
        return InMemory(content.data)
    return _Part(content.path, content.offset, content.size)


def _name_of(root: Root, path: str, library: Elf, *, is_link: bool) -> tuple[str, bool]:
    """What a library is cached as: its SONAME, but the link for compilers (`libz.so`) as itself."""
    name = path.rpartition("/")[2]
    soname = library.soname or name
    if is_link and name != soname:
        real = root.real(path).rpartition("/")[2]
        is_for_compilers = name.endswith(".so") and (
            real.startswith(name) or soname.startswith(name)
        )
        return (name, True) if is_for_compilers else (soname, True)
    return soname, is_link


def _is_better(name: str, other: str) -> bool:
    return _compared(name, other) > 0


def _flags(library: Elf) -> int | None:
    known = _MACHINES.get((library.machine, library.bits))
    return None if known is None else _LIBC6 | known


def _compared(one: str, other: str) -> int:
    """elf/dl-cache.c, _dl_cache_libcmp: digits as numbers, which come after all else."""
    mine, theirs = 0, 0
    while mine < len(one):
        if one[mine].isdigit():
            if theirs >= len(other) or not other[theirs].isdigit():
                return 1
            start, mine = mine, _after_digits(one, mine)
            begin, theirs = theirs, _after_digits(other, theirs)
            left, right = int(one[start:mine]), int(other[begin:theirs])
            if left != right:
                return left - right
        elif theirs < len(other) and other[theirs].isdigit():
            return -1
        elif theirs >= len(other) or one[mine] != other[theirs]:
            return ord(one[mine]) - (ord(other[theirs]) if theirs < len(other) else 0)
        else:
            mine, theirs = mine + 1, theirs + 1
    return -(ord(other[theirs]) if theirs < len(other) else 0)


def _after_digits(text: str, place: int) -> int:
    while place < len(text) and text[place].isdigit():
        place += 1
    return place


def _in_order(one: CachedLibrary, other: CachedLibrary) -> int:
    """The greatest name first, as the linker's search wants it; then the greater flags."""
    return _compared(other.name, one.name) or other.flags - one.flags


def encode_cache(libraries: Iterable[CachedLibrary]) -> bytes:
    """The cache's bytes.

    Args:
        libraries: Of one name and kind the first is found first.
    """
    entries = sorted(libraries, key=cmp_to_key(_in_order))
    start = _HEADER.size + len(entries) * _ENTRY.size
    strings, packed = b"", b""
    for one in entries:
        value = start + len(strings)
        strings += f"{one.path}\0".encode()
        # A name that ends the path is not there twice.
        key = start + len(strings) - len(one.name.encode()) - 1
        if not one.path.endswith(f"/{one.name}"):
            key = start + len(strings)
            strings += f"{one.name}\0".encode()
        packed += _ENTRY.pack(one.flags, key, value, 0)
    strings += bytes(-(start + len(strings)) % 4)
    extension = start + len(strings)
    text = extension + _EXTENSION.size + _SECTION.size
    header = _HEADER.pack(_MAGIC, len(entries), len(strings), _LITTLE_ENDIAN, extension, 0, 0, 0)
    tail = _EXTENSION.pack(_EXTENSION_MAGIC, 1)
    tail += _SECTION.pack(_GENERATOR_TAG, 0, text, len(_GENERATOR)) + _GENERATOR
    return header + packed + strings + tail


def read_cache(data: bytes) -> list[CachedLibrary]:
    """The libraries of a cache, in its order; those for special processors are left out.

    Raises:
        Broken: It is no cache of the new format.
    """
    start = data.find(_MAGIC)  # behind a cache of the old format, where there is one
    if start < 0:
        raise Broken("the dynamic linker's cache is none that can be read")
    try:
        count = _HEADER.unpack_from(data, start)[1]
        entries = [
            _ENTRY.unpack_from(data, start + _HEADER.size + number * _ENTRY.size)
            for number in range(min(count, len(data) // _ENTRY.size))
        ]
        return [
            CachedLibrary(
                name=_string(data, start + key), path=_string(data, start + value), flags=flags
            )
            for flags, key, value, hwcap in entries
            if not hwcap
        ]
    except (struct.error, UnicodeDecodeError):
        raise Broken("the dynamic linker's cache is damaged") from None


def _string(data: bytes, place: int) -> str:
    return data[place : data.find(b"\0", place)].decode()
