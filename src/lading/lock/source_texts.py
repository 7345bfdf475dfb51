"""The files of a source that say what it needs: read as data, out of whatever holds it.

A source is hostile input. Nothing of it is executed, nothing is unpacked to disk, no link is
followed out of it, and what is read is bounded, however small the archive is that it came in.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import stat
import tarfile
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Final, cast

from lading.errors import ResolutionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

__all__ = ["WANTED", "SourceTexts", "read_archive", "read_folder"]

WANTED: Final = ("pyproject.toml", "setup.cfg", "setup.py", "PKG-INFO")
"""The files at the root of a source that are read."""

_LARGEST_TEXT: Final = 2 << 20
_LARGEST_READ: Final = 8 << 20  # what tarfile reads at once for a header of its own
_LARGEST_CONTENT: Final = 4 << 30
_MOST_MEMBERS: Final = 500_000
_MOST_KEPT: Final = 64
_CHUNK: Final = 1 << 20

# Where setuptools puts its record: beside the packages, or in the folder that has them.
_RECORD = re.compile(r"(?:[^/]+/)?(?P<stem>[^/]+)\.egg-info/(?P<file>PKG-INFO|requires\.txt)")

_DAMAGED = (
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError),
    *(EOFError, OSError, ValueError, NotImplementedError, RuntimeError),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTexts:
    """What a source has to say as data; None for a file that it doesn't have.

    Attributes:
        pyproject: Its pyproject.toml.
        setup_cfg: Its setup.cfg.
        setup_py: Its setup.py, which is read and never run.
        pkg_info: The PKG-INFO of a source distribution.
        records: By the name of the project, the requires.txt of setuptools' record of it; empty
            where the record has none, since then it needs nothing.
    """

    pyproject: str | None = None
    setup_cfg: str | None = None
    setup_py: str | None = None
    pkg_info: str | None = None
    records: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, found: dict[str, str], below: str = "") -> SourceTexts:
        """The texts of the project in the folder `below`, out of all by their paths."""
        start = f"{below}/" if below else ""
        inside = {
            path.removeprefix(start): text for path, text in found.items() if path.startswith(start)
        }
        return cls(
            pyproject=inside.get("pyproject.toml"),
            setup_cfg=inside.get("setup.cfg"),
            setup_py=inside.get("setup.py"),
            pkg_info=inside.get("PKG-INFO"),
            records=_records(inside),
        )


def read_archive(file: Path, name: str, subdirectory: str | None = None) -> SourceTexts:
    """The texts of an archive of a source.

    Args:
        file: The archive.
        name: What it is called, which says of what format it is.
        subdirectory: Where in it the project is.

    Raises:
        ResolutionError: It is no archive, is damaged, or has more in it than a source would.
    """
    members = _zip_members if name.lower().endswith((".zip", ".whl")) else _tar_members
    try:
        found, tops = _gather(members(file), subdirectory or "")
    except RecursionError:
        raise ResolutionError(f"{name} can't be read as an archive: its headers nest") from None
    except _DAMAGED as error:
        why = str(error).partition("\n")[0] or type(error).__name__
        raise ResolutionError(f"{name} can't be read as an archive: {why}") from None
    # One folder holds it all (PEP 625), or else the archive itself is that folder.
    parts = (next(iter(tops)) if len(tops) == 1 else "", subdirectory or "")
    return SourceTexts.of(found, "/".join(part for part in parts if part))


def read_folder(folder: Path, root: Path) -> SourceTexts:
    """The texts of a source that is a folder inside of `root`.

    No record of setuptools: one that lies in a working tree is what some former build left.

    Raises:
        ResolutionError: One of them can't be read, or is elsewhere.
    """
    found: dict[str, str] = {}
    for path in (folder / name for name in WANTED):
        if not path.is_file():
            continue
        shown = path.relative_to(root).as_posix()
        if not path.resolve().is_relative_to(root.resolve()):
            raise ResolutionError(f"{shown} is a link that leaves the project")
        try:
            with path.open("rb") as file:
                content = file.read(_LARGEST_TEXT + 1)
            found[path.name] = _text(content)
        except (OSError, ValueError) as error:
            raise ResolutionError(f"{shown} can't be read: {error}") from None
    return SourceTexts.of(found)


def _records(found: Mapping[str, str]) -> dict[str, str]:
    records: dict[str, str] = {}
    for path in sorted(found):
        match = _RECORD.fullmatch(path)
        if match is not None:
            name = re.sub(r"[-_.]+", "-", match["stem"]).lower()  # PEP 503
            records[name] = found[path] if match["file"] != "PKG-INFO" else records.get(name, "")
    return records


def _gather(
    members: Iterator[tuple[str, int, Callable[[], bytes] | None]], subdirectory: str
) -> tuple[dict[str, str], set[str]]:
    """The wanted texts by path, and the names at the top of the archive.

    A member is its path, its size, and what reads it, which is None for all but a plain file.
    """
    found: dict[str, str] = {}
    tops: set[str] = set()
    for number, (path, size, read) in enumerate(members):
        if number >= _MOST_MEMBERS:
            raise ValueError("it has too many files")
        top, _, rest = path.partition("/")
        tops.add(top)
        if not any(_is_wanted(one, subdirectory) for one in (path, rest)):
            continue
        if read is None:
            raise ValueError(f"{path} is a link")
        if size > _LARGEST_TEXT:
            raise ValueError(f"{path} is too large")
        if len(found) >= _MOST_KEPT:
            raise ValueError("it has too many projects in it")
        found[path] = _text(read())
    return found, tops


def _is_wanted(path: str, subdirectory: str) -> bool:
    inside = path.removeprefix(f"{subdirectory}/") if subdirectory else path
    if subdirectory and inside == path:
        return False
    return inside in WANTED or _RECORD.fullmatch(inside) is not None


def _text(content: bytes) -> str:
    if len(content) > _LARGEST_TEXT:
        raise ValueError("it is too large")
    return content.decode("utf-8-sig", "replace")


def _plain(name: str) -> str:
    return name.replace("\\", "/").removeprefix("./").rstrip("/")


def _zip_members(file: Path) -> Iterator[tuple[str, int, Callable[[], bytes] | None]]:
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            name = _plain(info.filename)
            if info.is_dir() or not name:
                continue
            is_link = stat.S_ISLNK(info.external_attr >> 16)  # where Unix's mode is
            read = lambda info=info: _inflated(archive, info)  # noqa: E731
            yield name, info.file_size, None if is_link else read


def _inflated(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    with archive.open(info) as member:
        return member.read(_LARGEST_TEXT + 1)


def _tar_members(file: Path) -> Iterator[tuple[str, int, Callable[[], bytes] | None]]:
    with _decompressed(file) as content:
        bounded = cast("IO[bytes]", _Bounded(content))
        with tarfile.open(fileobj=bounded, mode="r:") as archive:
            while (member := archive.next()) is not None:
                archive.members = []  # type: ignore[attr-defined] # which else grows with each
                name = _plain(member.name)
                if member.isdir() or not name:
                    continue
                read = lambda archive=archive, member=member: _unpacked(archive, member)  # noqa: E731
                is_plain = member.isreg() and not member.issparse()
                yield name, member.size, read if is_plain else None


def _unpacked(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    content = archive.extractfile(member)
    return content.read(_LARGEST_TEXT + 1) if content is not None else b""


def _decompressed(file: Path) -> IO[bytes]:
    """The content of a compressed file, by how it begins: names lie."""
    with file.open("rb") as plain:
        start = plain.read(6)
    if start.startswith(b"\x1f\x8b"):
        return cast("IO[bytes]", gzip.open(file))
    if start.startswith(b"BZh"):
        return cast("IO[bytes]", bz2.open(file))
    if start == b"\xfd7zXZ\x00":
        return cast("IO[bytes]", lzma.open(file))
    if start.startswith(b"\x28\xb5\x2f\xfd"):
        raise ValueError("it is compressed by zstd: take one that is by gzip, bzip2 or xz")
    return file.open("rb")


class _Bounded:
    """A file that is read onward, never much at once, and never past a limit."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content = content

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _LARGEST_READ:
            raise ValueError("it has a header that is too large")
        if self._content.tell() > _LARGEST_CONTENT:
            raise ValueError("it holds too much")
        return self._content.read(size)

    def seek(self, place: int) -> int:
        if place > _LARGEST_CONTENT:
            raise ValueError("it holds too much")
        return self._content.seek(place)

    def tell(self) -> int:
        return self._content.tell()
