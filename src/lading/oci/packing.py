"""Writing a .tar that holds images: the same bytes from the same images, everywhere."""

from __future__ import annotations

import fcntl
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from lading.errors import ImageError
from lading.files import room_hint
from lading.oci.blobs import FileBlob, told
from lading.oci.entries import Folder, Literal, Regular
from lading.oci.marking import holds
from lading.oci.members import Members, find_members
from lading.oci.tar import END, header, padding
from lading.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lading.oci.blobs import Blob
    from lading.progress import Progress

__all__ = ["pack"]

_RECORD: Final = 10240  # POSIX pax, ustar: archives are written in records of 20 blocks


def pack(path: Path, files: Mapping[str, Blob | bytes], *, progress: Progress = SILENT) -> bool:
    """Make `path` an archive of these files: whole, or not at all, whatever interrupts it.

    Where it already has them, nothing is touched; to know that, all of it is read.

    Args:
        path: The archive.
        files: By their paths in it: documents as bytes, contents as blobs.
        progress: Told of each layer, by its digest.

    Returns:
        Whether it was written.

    Raises:
        ImageError: It can't be written, or a blob's bytes are not what its descriptor says.
        LadingError: A blob can't be had.
    """
    if _is_there(path, files):
        return False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, files, progress)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        hint = room_hint(error, "write the image to another disk")
        raise ImageError(f"{path} can't be written: {why}", hint=hint) from None
    return True


def _is_there(path: Path, files: Mapping[str, Blob | bytes]) -> bool:
    try:
        there = find_members(path)
    except ImageError:
        return False
    if path.stat().st_size != _length(files) or list(there.files) != sorted(files):
        return False
    return all(_is_same(there, name, content) for name, content in files.items())


def _is_same(there: Members, name: str, content: Blob | bytes) -> bool:
    if isinstance(content, bytes):
        return there.document(name) == content
    member, descriptor = there.files[name], content.descriptor
    return member.size == descriptor.size and holds(
        FileBlob(descriptor=descriptor, path=there.path, offset=member.offset)
    )


def _replace(path: Path, files: Mapping[str, Blob | bytes], progress: Progress) -> None:
    _clear_left(path)
    handle, name = tempfile.mkstemp(prefix=_aside(path), dir=path.parent)
    aside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            _write(file, files, progress)
            file.flush()
            os.fsync(file.fileno())
        aside.chmod(0o644)
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def _aside(path: Path) -> str:
    return f".{path.name}.lading-"


def _clear_left(path: Path) -> None:
    """Remove what a writer left that was killed: nobody holds its lock, so that no writer lives."""
    for one in path.parent.iterdir():
        if one.name.startswith(_aside(path)):
            with suppress(OSError), one.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                one.unlink()


def _write(file: BinaryIO, files: Mapping[str, Blob | bytes], progress: Progress) -> None:
    for name in _members(files):
        content = files.get(name)
        file.write(_header(name, content))
        file.writelines(_blocks(content, progress))
        file.write(bytes(padding(_size(content))))
    file.write(END)
    file.write(bytes(-file.tell() % _RECORD))


def _members(files: Mapping[str, Blob | bytes]) -> Iterator[str]:
    """Folders and files, sorted: each folder before what is in it."""
    folders = {str(folder) for name in files for folder in Path(name).parents} - {"."}
    yield from sorted({*files, *folders})


def _blocks(content: Blob | bytes | None, progress: Progress) -> Iterable[bytes]:
    if content is None or isinstance(content, bytes):
        return (content or b"",)
    return told(content, progress)


def _header(name: str, content: Blob | bytes | None) -> bytes:
    """A file's header; a folder's, where there is no content."""
    if content is None:
        return header(Folder(path=name, mode=0o755), 0)
    return header(Regular(path=name, mode=0o644, content=Literal(data=b"")), _size(content))


def _size(content: Blob | bytes | None) -> int:
    if content is None or isinstance(content, bytes):
        return len(content or b"")
    return content.descriptor.size


def _length(files: Mapping[str, Blob | bytes]) -> int:
    total = len(END)
    for name in _members(files):
        content = files.get(name)
        size = _size(content)
        total += len(_header(name, content)) + size + padding(size)
    return total + -total % _RECORD
