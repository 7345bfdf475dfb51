"""The files in a .tar that holds images: found where they stand in it, never unpacked."""

from __future__ import annotations

import hashlib
import posixpath
import tarfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from lading.errors import ImageError
from lading.grammar.reference import Digest
from lading.oci.blobs import BytesBlob
from lading.oci.fields import LARGEST_DOCUMENT, plain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


__all__ = ["BoundedHeader", "Member", "Members", "find_members", "hashed"]

_MOST: Final = 100_000
_MOST_LINKS: Final = 8
_BLOCK: Final = 1 << 20

_LARGEST_EXTENSION: Final = 1 << 20
_EXTENSIONS: Final = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)

_COMPRESSED: Final = {
    b"\x1f\x8b": ("gzip", "gunzip"),
    b"\x28\xb5\x2f\xfd": ("zstd", "unzstd"),
    b"BZh": ("bzip2", "bunzip2"),
    b"\xfd7zXZ": ("xz", "unxz"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Where a file stands in the archive, in bytes."""

    offset: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """An archive's files, by their paths in it.

    Attributes:
        path: The archive.
        twice: Paths that stand in it more than once: the last one counts, as where it is unpacked.
    """

    path: Path
    files: Mapping[str, Member] = field(repr=False)
    twice: tuple[str, ...] = ()

    def document(self, name: str) -> bytes:
        """A small file's bytes.

        Raises:
            ImageError: It is not there, or larger than documents are.
        """
        member = self.files.get(name)
        if member is None:
            raise ImageError(f"{self.path} has no {plain(name)}")
        if member.size > LARGEST_DOCUMENT:
            raise ImageError(f"{self.path}: {plain(name)} is larger than documents of images are")
        return self.head(name, member.size)

    def head(self, name: str, size: int) -> bytes:
        """The first bytes of a file that is there, `size` of them at most."""
        member = self.files[name]
        try:
            with self.path.open("rb") as file:
                file.seek(member.offset)
                return file.read(min(size, member.size))
        except OSError as error:
            raise _unreadable(self.path, error) from None

    def small(self, name: str, media_type: str) -> BytesBlob:
        """A small file, read."""
        return BytesBlob.of(self.document(name), media_type)


def find_members(path: Path) -> Members:
    """The files of an archive; only its headers are read.

    Raises:
        ImageError: It can't be read, is compressed, or is no tar.
    """
    if path.exists() and not path.is_file():  # a pipe would be waited for
        raise ImageError(f"{path} can't be read: it is no file")
    try:
        with path.open("rb") as file:
            head = file.read(512)
        _refuse_compressed(path, head)
        with tarfile.open(path, "r:", tarinfo=BoundedHeader) as archive:
            return _Found(path, path.stat().st_size).all(archive)
    except OSError as error:
        raise _unreadable(path, error) from None
    except (tarfile.TarError, ValueError, EOFError, OverflowError, RecursionError):
        raise ImageError(f"{path} is no tar archive, or is cut off") from None


def hashed(path: Path, member: Member) -> Digest:
    """The digest of a file in an archive: all of it is read.

    Raises:
        ImageError: It can't be read.
    """
    digest, left = hashlib.sha256(), member.size
    try:
        with path.open("rb") as file:
            file.seek(member.offset)
            while left and (block := file.read(min(left, _BLOCK))):
                digest.update(block)
                left -= len(block)
    except OSError as error:
        raise _unreadable(path, error) from None
    return Digest(algorithm="sha256", encoded=digest.hexdigest())


def _unreadable(path: Path, error: OSError) -> ImageError:
    return ImageError(f"{path} can't be read: {error.strerror or error}")


def _refuse_compressed(path: Path, head: bytes) -> None:
    for magic, (kind, tool) in _COMPRESSED.items():
        if head.startswith(magic):
            raise ImageError(
                f"{path} is compressed with {kind}: images are read out of a plain .tar",
                hint=f"unpack it first: {tool}",
            )


class BoundedHeader(tarfile.TarInfo):
    """A header whose extension is no larger than such are: tarfile reads it whole into memory."""

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        if self.type in _EXTENSIONS and self.size > _LARGEST_EXTENSION:
            raise tarfile.ReadError(f"a header has an extension of {self.size} bytes")
        found: tarfile.TarInfo = super()._proc_member(archive)  # type: ignore[misc]
        return found


class _Found:
    """The files found so far."""

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._size = size
        self._files: dict[str, Member] = {}
        self._links: dict[str, str] = {}
        self._twice: set[str] = set()

    def all(self, archive: tarfile.TarFile) -> Members:
        for number, info in enumerate(archive):
            if number >= _MOST:
                raise ImageError(f"{self._path} has more files than archives of images have")
            self._add(info)
        for name in self._links:
            target = self._target(name)
            if target is not None:
                self._files[name] = target
        return Members(path=self._path, files=self._files, twice=tuple(sorted(self._twice)))

    def _add(self, info: tarfile.TarInfo) -> None:
        name = posixpath.normpath(info.name).lstrip("/")
        if info.isdir():
            return
        if name in self._files or name in self._links:
            self._twice.add(name)
        self._files.pop(name, None)
        self._links.pop(name, None)
        if info.issym():
            # `docker save` before version 25: a layer that two images have is a link in the second.
            self._links[name] = posixpath.normpath(f"{posixpath.dirname(name)}/{info.linkname}")
        elif info.islnk():
            self._links[name] = posixpath.normpath(info.linkname).lstrip("/")
        elif info.isreg() and not info.issparse():
            self._files[name] = self._member(info, name)

    def _member(self, info: tarfile.TarInfo, name: str) -> Member:
        if info.offset_data + info.size > self._size:
            raise ImageError(f"{self._path} is cut off in {plain(name)}")
        return Member(offset=info.offset_data, size=info.size)

    def _target(self, name: str) -> Member | None:
        for _ in range(_MOST_LINKS):
            if name not in self._links:
                return self._files.get(name)
            name = self._links[name].lstrip("/")
        return None
