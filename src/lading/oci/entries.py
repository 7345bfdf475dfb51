"""What a layer holds, before it is one: files, folders and links, each with its bytes at hand.

A wheel, a project's files and a Debian package are all sources of entries, and there is one writer
of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "MTIME",
    "Content",
    "Deflated",
    "Entry",
    "Folder",
    "Hardlink",
    "Literal",
    "Regular",
    "Slice",
    "Symlink",
]

MTIME: Final = 315532800
"""1980-01-01, the time of every entry: no earlier one fits into the archives that wheels are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """Bytes that are in memory: small."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Bytes of a file as they stand there: a file of the project, a stored member of a zip.

    Attributes:
        path: The file.
        offset: Where they begin.
        size: How many they are.
        crc32: What they must have, where it is known.
        weights: Whether they are a model's, and compressed only where that halves them.
    """

    path: Path
    offset: int = 0
    size: int
    crc32: int | None = None
    weights: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Deflated:
    """A raw DEFLATE stream (RFC 1951) in a file: a deflated member of a zip.

    Attributes:
        path: The file.
        offset: Where the stream begins.
        compressed: The stream's length, in bytes.
        size: Of what it inflates to.
        crc32: Of that, as the zip says.
    """

    path: Path
    offset: int
    compressed: int
    size: int
    crc32: int


Content: TypeAlias = Literal | Slice | Deflated


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """An entry.

    Attributes:
        path: From the image's root, with `/` between names and none at either end; no part is
            empty, `.` or `..`.
        mode: The permission bits.
        uid: The owner.
        gid: The owner's group.
        source: What it comes from, as errors name it: a wheel's file name, a file of the project.
    """

    path: str
    mode: int
    uid: int = 0
    gid: int = 0
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Regular(_Named):
    """A file.

    Attributes:
        content: Its bytes.
        sha256: What they must hash to, in hexadecimal; the writer of a layer checks it.
    """

    content: Content
    sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder(_Named):
    """A folder. Parents need no entry: the writer adds each once, as root's with 0755."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Symlink(_Named):
    """A symbolic link; `target` is written as it stands."""

    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardlink(_Named):
    """A file that another entry of the same layer is too; mode and owner are that one's.

    Attributes:
        target: The path of the other one, which is a `Regular`.
    """

    target: str


Entry: TypeAlias = Regular | Folder | Symlink | Hardlink
