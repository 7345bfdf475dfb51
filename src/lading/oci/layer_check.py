"""What is wrong with one layer: its compression, its tar, the paths in it."""

from __future__ import annotations

import hashlib
import posixpath
import tarfile
from typing import TYPE_CHECKING, BinaryIO, Final

from lading.errors import LadingError
from lading.oci.fields import plain
from lading.oci.media_types import compression_of
from lading.oci.members import BoundedHeader
from lading.oci.unpacking import unpacked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.oci.blobs import Blob

__all__ = ["LayerCheck", "check_layer", "compression_seen"]

_BLOCK: Final = 1 << 20
_PIECE: Final = 1 << 15  # tarfile copies the rest of its buffer at every read
_MOST_TOLD: Final = 20
_WHITEOUT: Final = ".wh."
_OPAQUE: Final = ".wh..wh..opq"


class LayerCheck:
    """What was found in a layer.

    Attributes:
        diff_id: The SHA-256 of the tar, in hexadecimal; None where it can't be unpacked.
        faults: What is wrong, each a sentence's end about the layer.
    """

    def __init__(self) -> None:
        self.diff_id: str | None = None
        self.faults: list[str] = []


def compression_seen(head: bytes) -> str:
    """How a content that begins so is compressed."""
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    return "zstd" if head.startswith(b"\x28\xb5\x2f\xfd") else "none"


def check_layer(blob: Blob) -> LayerCheck:
    """Unpack a layer, hash its tar, and look at every entry; nothing is raised."""
    found = LayerCheck()
    try:
        found.faults += _compression_faults(blob)
        with unpacked(blob) as stream:
            _read(_Hashing(stream), found)
    except (LadingError, OSError) as error:
        found.faults.append(f"can't be unpacked: {error}")
    return found


def _compression_faults(blob: Blob) -> Iterator[str]:
    said = compression_of(blob.descriptor.media_type)
    with blob.open() as file:
        seen = compression_seen(file.read(4))
    if said is None:
        yield f"is of the kind {plain(blob.descriptor.media_type)}, which is no layer"
    elif said != seen:
        yield f"is called {said}, and its content is {seen}"


class _Hashing:
    """A stream that hashes what is read of it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()
        self.size = 0

    def read(self, size: int = _BLOCK) -> bytes:
        block = self._stream.read(size)
        self.digest.update(block)
        self.size += len(block)
        return block


def _read(stream: _Hashing, found: LayerCheck) -> None:
    try:
        with tarfile.open(  # type: ignore[call-overload]
            fileobj=stream, mode="r|", bufsize=_PIECE, tarinfo=BoundedHeader
        ) as archive:
            found.faults += _Entries().faults(archive)
    except (tarfile.TarError, ValueError, EOFError, OverflowError) as error:
        found.faults.append(f"holds no valid tar: {error}")
    while stream.read():
        pass
    if stream.size % tarfile.BLOCKSIZE:
        found.faults.append("holds a tar that does not end at a block's end")
    found.diff_id = stream.digest.hexdigest()


class _Entries:
    """The entries of a layer that have been seen."""

    def __init__(self) -> None:
        self._kinds: dict[str, bytes] = {}
        self._parents: set[str] = set()

    def faults(self, archive: tarfile.TarFile) -> list[str]:
        told: list[str] = []
        for info in archive:
            archive.members.clear()  # type: ignore[attr-defined] # or it keeps every header
            told += self._faults(info)
            if len(told) > _MOST_TOLD:
                return [*told[:_MOST_TOLD], "has more such entries"]
        return told

    def _faults(self, info: tarfile.TarInfo) -> Iterator[str]:
        name = info.name
        shown = plain(name)
        path = posixpath.normpath(name)
        if name.startswith("/") or ".." in name.split("/"):
            yield f"has the path {shown}, which is none inside an image"
        if info.islnk() and (info.linkname.startswith("/") or ".." in info.linkname.split("/")):
            yield f"has the hard link {shown} to {plain(info.linkname)}, which is not in the image"
        yield from self._whiteout_faults(posixpath.basename(path), info, shown)
        yield from self._order_faults(path, info, shown)

    def _whiteout_faults(self, base: str, info: tarfile.TarInfo, shown: str) -> Iterator[str]:
        if not base.startswith(_WHITEOUT) or base == _OPAQUE:
            return
        # OCI image-spec, layer.md: a whiteout is an empty file that names what it removes.
        if base.removeprefix(_WHITEOUT) in {"", ".", ".."} or info.size:
            yield f"has the whiteout {shown}, which removes nothing that could be there"

    def _order_faults(self, path: str, info: tarfile.TarInfo, shown: str) -> Iterator[str]:
        if path in self._kinds:
            yield f"has the path {shown} twice"
        if path in self._parents and not info.isdir():
            yield f"has {shown}, which is no folder, after what is in it"
        elif path in self._parents and path not in self._kinds:
            yield f"has the folder {shown} after what is in it"
        parents = tuple(_parents(path))
        for parent in parents:
            if self._kinds.get(parent, tarfile.DIRTYPE) != tarfile.DIRTYPE:
                yield f"has {shown} below {plain(parent)}, which is no folder there"
        self._kinds[path] = info.type
        self._parents.update(parents)


def _parents(path: str) -> Iterator[str]:
    head = path.rpartition("/")[0]
    while head not in {"", ".", "/", ".."}:
        yield head
        head = head.rpartition("/")[0]
