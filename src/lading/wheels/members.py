"""The members of a wheel, each checked: nothing of it is inflated, and no byte is in two of them.

The whole file must be what the directory says: member after member from its first byte to the
directory's. So a reader that goes by the directory and one that goes from the beginning see the
same wheel, and no member shares bytes with another (as overlapping zip bombs do).
"""

from __future__ import annotations

import os
import stat
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final

from lading.oci.entries import Deflated, Slice
from lading.wheels.directory import UNICODE_PATH, Directory, Member, extras, read_directory, wide
from lading.wheels.names import clashes, name_problem
from lading.wheels.refusal import refusal, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["File", "Found", "read_members"]

_LOCAL: Final = struct.Struct("<L5H3L2H")
_MARK: Final = 0x04034B50
_USUAL_EXTRA: Final = 28

_ENCRYPTED: Final = 1 << 0 | 1 << 6 | 1 << 13
_DESCRIPTOR: Final = 1 << 3
_PATCH: Final = 1 << 5
_SAME: Final = _ENCRYPTED | _DESCRIPTOR | _PATCH | 1 << 11
_ZIP64: Final = 0x0001
_DESCRIPTORS: Final = {12: "<3L", 16: "<4x3L", 20: "<L2Q", 24: "<4xL2Q"}

_STORED: Final = 0
_DEFLATED: Final = 8
_METHODS: Final = {
    9: "deflate64",
    12: "bzip2",
    14: "lzma",
    20: "zstd",
    93: "zstd",
    95: "xz",
    98: "ppmd",
}

# A DEFLATE stream can't hold more than about 1032 bytes in each of its own.
_RATIO: Final = 1032
_SLACK: Final = 1 << 10
_LARGEST: Final = 64 << 30
# No wheel that means well is at once this large and this hollow.
_HOLLOW: Final = 1 << 30
_HOLLOW_RATIO: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A member that is a file, and where its content is.

    Attributes:
        name: In the wheel.
        content: Its bytes, as whoever writes them takes them.
        executable: Whether its mode lets anybody execute it.
    """

    name: str
    content: Deflated | Slice
    executable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A wheel's files, in its order, and its empty folders' names, without slashes."""

    files: tuple[File, ...]
    folders: tuple[str, ...]


def read_members(path: Path, wheel: str) -> Found:
    """The files of a wheel.

    Args:
        path: Where it is.
        wheel: What errors call it.

    Raises:
        ImageError: It can't be read, or a member is not as a wheel's must be; all are told.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            directory = read_directory(file, wheel)
            problems = list(_problems(directory, size))
            if problems:
                raise refusal(wheel, problems)
            places = _Places(file).read(directory, wheel)
    except OSError as error:
        raise refusal(
            wheel, [f"it can't be read: {(error.strerror or str(error)).lower()}"]
        ) from error
    files = tuple(
        _file(path, member, places[member.header])
        for member in directory.members
        if not member.is_folder
    )
    return Found(files=files, folders=tuple(_empty(directory)))


def _empty(directory: Directory) -> Iterator[str]:
    """The folders that hold nothing."""
    names = sorted(member.name.replace("/", "\0") for member in directory.members)
    for name, following in zip(names, [*names[1:], ""], strict=True):
        if name.endswith("\0") and not following.startswith(name):
            yield name[:-1].replace("\0", "/")


def _file(path: Path, member: Member, place: int) -> File:
    mode = member.attributes >> 16
    return File(
        name=member.name, content=_content(path, member, place), executable=bool(mode & 0o111)
    )


def _content(path: Path, member: Member, place: int) -> Deflated | Slice:
    if member.method == _STORED:
        return Slice(path=path, offset=place, size=member.size, crc32=member.crc32)
    return Deflated(
        path=path,
        offset=place,
        compressed=member.compressed,
        size=member.size,
        crc32=member.crc32,
    )


def _problems(directory: Directory, size: int) -> Iterator[str]:
    """What the directory alone tells."""
    for member in directory.members:
        problem = member.problem or name_problem(member.name) or _member_problem(member)
        if problem:
            yield f"{shown(member.name)}: {problem}"
    yield from clashes(member.name for member in directory.members)
    total = sum(member.size for member in directory.members)
    if total > _LARGEST or (total > _HOLLOW and total > _HOLLOW_RATIO * size):
        yield f"it would unpack to {total} bytes: no wheel does"


def _member_problem(member: Member) -> str | None:
    if member.flags & (_ENCRYPTED | _PATCH):
        return "it is encrypted" if member.flags & _ENCRYPTED else "it is a patch"
    if member.method not in {_STORED, _DEFLATED}:
        method = _METHODS.get(member.method, f"method {member.method}")
        return f"it is compressed with {method}; wheels use deflate"
    return _kind_problem(member) or _size_problem(member)


def _kind_problem(member: Member) -> str | None:
    kind = stat.S_IFMT(member.attributes >> 16)
    if kind == stat.S_IFLNK:
        return "it is a symbolic link"
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        return "it is a special file"
    if kind and (kind == stat.S_IFDIR) != member.is_folder:
        return "its name and its mode differ in whether it is a folder"
    return None


def _size_problem(member: Member) -> str | None:
    if member.is_folder and member.size:
        return "it is a folder that holds bytes"
    if member.method == _STORED and member.size != member.compressed:
        return "it is stored in another size than its own"
    if member.size > _RATIO * member.compressed + _SLACK:
        return f"{member.compressed} bytes can't hold the {member.size} that it claims"
    return None


class _Places:
    """Where each member's data begin, by its header's place."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, directory: Directory, wheel: str) -> dict[int, int]:
        ordered = sorted(directory.members, key=lambda member: member.header)
        ends = [*(member.header for member in ordered[1:]), directory.start]
        if (ordered[0].header if ordered else directory.start) != 0:
            raise refusal(wheel, ["there are bytes before its first member"])
        found: dict[int, int] = {}
        problems = []
        for member, end in zip(ordered, ends, strict=True):
            try:
                found[member.header] = self._place(member, end)
            except (ValueError, struct.error) as error:
                reason = str(error) if isinstance(error, ValueError) else _DAMAGED
                problems.append(f"{shown(member.name)}: {reason}")
        if problems:
            raise refusal(wheel, problems)
        return found

    def _place(self, member: Member, end: int) -> int:
        content = self._read(member.header, _LOCAL.size + len(member.raw) + _USUAL_EXTRA)
        fields = _LOCAL.unpack_from(content)
        names, extra = fields[9:11]
        start: int = member.header + _LOCAL.size + names + extra
        header = self._read(member.header, start - member.header, content)
        self._compare(member, fields, header[_LOCAL.size :])
        gap = end - start - member.compressed
        if gap < 0:
            raise ValueError("it overlaps what follows it")
        self._compare_descriptor(member, end - gap, gap)
        return start

    def _read(self, place: int, size: int, known: bytes = b"") -> bytes:
        if size <= len(known):
            return known[:size]
        return os.pread(self._file.fileno(), size, place)

    @staticmethod
    def _compare(member: Member, fields: tuple[int, ...], names: bytes) -> None:
        mark, _, flags, method = fields[:4]
        if mark != _MARK:
            raise ValueError(_DAMAGED)
        same = (flags ^ member.flags) & _SAME == 0 and method == member.method
        if not same or not names.startswith(member.raw) or fields[9] != len(member.raw):
            raise ValueError(_DIFFERS)
        crc32, compressed, size = fields[6:9]
        found = extras(names[len(member.raw) :])
        if found.get(UNICODE_PATH, b"00000" + member.raw)[5:] != member.raw:
            raise ValueError(_DIFFERS)
        size, compressed = wide(found.get(_ZIP64, b""), size, compressed)
        told = (member.crc32, member.compressed, member.size)
        if member.flags & _DESCRIPTOR and (crc32, compressed, size) == (0, 0, 0):
            return
        if (crc32, compressed, size) != told:
            raise ValueError(_DIFFERS)

    def _compare_descriptor(self, member: Member, place: int, gap: int) -> None:
        """What follows the data is nothing, or the descriptor that the flag announces (4.3.9)."""
        if not member.flags & _DESCRIPTOR:
            if gap:
                raise ValueError("bytes that belong to no member follow it")
            return
        form = _DESCRIPTORS.get(gap)
        told = (member.crc32, member.compressed, member.size)
        content = self._read(place, gap)
        marked = gap in {12, 20} or content.startswith(b"PK\7\10")
        if form is None or not marked or struct.unpack(form, content) != told:
            raise ValueError("the record that follows its data differs from the directory")


_DAMAGED: Final = "its local header is damaged"
_DIFFERS: Final = "its local header differs from the central directory"
