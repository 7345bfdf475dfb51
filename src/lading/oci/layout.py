"""OCI image layouts: folders that hold images.

Source: OCI image-spec 1.1, image-layout.md. A layout that is written is at every moment the older
one or the newer one: blobs come first, `index.json` is renamed into place, and only then what
nothing refers to any more is removed.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lading.errors import ImageError
from lading.files import room_hint, write_atomically
from lading.oci.blobs import FileBlob, told
from lading.oci.fields import LARGEST_DOCUMENT, parse_table, plain
from lading.oci.graph import (
    INDEX,
    MARK,
    MARK_CONTENT,
    artifacts_of,
    blob_path,
    contents,
    index_content,
    name_of,
    named,
)
from lading.oci.marking import is_whole, mark
from lading.oci.media_types import compression_of
from lading.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lading.oci.blobs import Artifact, Blob, Descriptor
    from lading.progress import Progress

__all__ = ["is_layout", "is_of_others", "read", "write"]

_VERSIONS: Final = ("1.0.0", "1.1.0")

_ASIDE: Final = ".lading-"
"""How the names of files begin that are being written, or were left by one who was killed."""

_JOBS: Final = 4
"""How many blobs are copied at once."""


def is_layout(path: Path) -> bool:
    """Whether the folder is an image layout."""
    return (path / MARK).is_file()


def is_of_others(path: Path) -> bool:
    """Whether a folder is no image layout, and holds more than a killed writer of one left."""
    return not is_layout(path) and any(not _is_left(one.name) for one in path.iterdir())


def read(path: Path) -> tuple[Artifact, ...]:
    """The images of a layout, as its index lists them; layers are read when they are needed.

    Raises:
        ImageError: It is no layout, or a document in it is not what it must be.
    """
    check_mark(_content(path, MARK), str(path))
    return artifacts_of(_content(path, INDEX), _Folder(path))


def check_mark(content: bytes, name: str) -> None:
    """Refuse layouts of versions that nobody knows.

    Raises:
        ImageError: The `oci-layout` file says such a version, or none.
    """
    version = parse_table(content, f"{name}: {MARK}").text("imageLayoutVersion")
    if version not in _VERSIONS:
        raise ImageError(f"{name} is an image layout of the unknown version {plain(version)}")


def _content(path: Path, name: str) -> bytes:
    if not (path / name).is_file():  # a pipe would be waited for
        hint = "an image layout is a folder with oci-layout, index.json and blobs"
        raise ImageError(f"{path} is no image layout: it has no {name}", hint=hint)
    try:
        with (path / name).open("rb") as file:
            return file.read(LARGEST_DOCUMENT + 1)
    except OSError as error:
        raise ImageError(f"{path / name} can't be read: {error.strerror}") from None


class _Folder:
    """The blobs of a layout's folder."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def name(self) -> str:
        return str(self._path)

    def blob(self, descriptor: Descriptor) -> Blob | None:
        path = self._path / blob_path(descriptor)
        return FileBlob(descriptor=descriptor, path=path) if path.is_file() else None


def write(
    path: Path,
    artifacts: Iterable[Artifact],
    *,
    names: Iterable[str] = (),
    keeps: bool = False,
    progress: Progress = SILENT,
) -> bool:
    """Make `path` a layout of these images, and of nothing else unless it `keeps` that.

    Blobs that are there already, and as they were when they were hashed, are not read again (see
    `marking`), and where the whole layout is there already, nothing is touched.

    Args:
        path: A folder that is missing, empty, or an image layout, which is then replaced.
        artifacts: The images.
        names: What the one image is called there: tags or references.
        keeps: Whether the images stay that are there under other names.
        progress: Told of each layer, by its digest.

    Returns:
        Whether anything was written.

    Raises:
        ImageError: The folder is something else or can't be written, or a blob's bytes are not what
            its descriptor says; then no blob stays that wasn't there, and the index is as it was.
        LadingError: A blob can't be had.
    """
    roots = named(tuple(artifacts), tuple(names))
    contents(roots)  # what is not whole is refused before anything is made
    try:
        fresh = _prepare(path)
        with _alone(path):
            whole = (*_others(path, roots), *roots) if keeps else roots
            writing = _Writing(path, fresh=fresh, progress=progress)
            return writing.replace(contents(whole), index_content(whole))
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        hint = room_hint(error, "write the image to another disk")
        raise ImageError(f"{path} can't be written: {why}", hint=hint) from None


def _prepare(path: Path) -> bool:
    """Make the folder; whether it wasn't there."""
    fresh = not path.exists()
    path.mkdir(parents=True, exist_ok=True)
    return fresh


def _others(path: Path, artifacts: Iterable[Artifact]) -> tuple[Artifact, ...]:
    """The images there that bear none of these images' names."""
    if not is_layout(path) or not (path / INDEX).exists():  # its writer was killed at once
        return ()
    taken = {name_of(one) for one in artifacts}
    return tuple(one for one in read(path) if name_of(one) not in taken)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other writers of ours out of the folder; the kernel frees it however we end."""
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


class _Writing:
    """One writing of a layout, by the only writer."""

    def __init__(self, path: Path, *, fresh: bool, progress: Progress) -> None:
        self._path = path
        self._fresh = fresh
        self._progress = progress
        self._added: list[Path] = []

    def replace(self, blobs: Sequence[Blob], index: bytes) -> bool:
        """Write what is missing, then the index, then remove what is left over."""
        self._refuse_others()
        wanted = {blob_path(blob.descriptor): blob.descriptor.size for blob in blobs}
        if self._is_there(wanted, index) and all(map(self._has, blobs)):
            return False
        try:
            self._put(blobs, index)
        except BaseException:
            self._undo(index)
            raise
        self._sweep(wanted)
        return True

    def _refuse_others(self) -> None:
        if is_of_others(self._path):
            raise ImageError(
                f"{self._path} is neither empty nor an image layout, and is left alone",
                hint="name a folder of its own for the image",
            )

    def _is_there(self, wanted: dict[str, int], index: bytes) -> bool:
        try:
            same = (self._path / INDEX).read_bytes() == index
            mark = (self._path / MARK).read_bytes() == MARK_CONTENT
        except OSError:
            return False
        return (
            same
            and mark
            and self._files() == {**wanted, INDEX: len(index), MARK: len(MARK_CONTENT)}
        )

    def _has(self, blob: Blob) -> bool:
        return is_whole(self._path / blob_path(blob.descriptor), blob.descriptor)

    def _files(self) -> dict[str, int]:
        """The files that are a layout's to hold, with their sizes; others are the user's."""
        blobs = self._path / "blobs"
        found = [*self._path.iterdir(), *blobs.rglob("*")]
        return {
            str(one.relative_to(self._path)): one.stat().st_size if one.exists() else -1
            for one in found
            if not one.is_dir() and (one.parent != self._path or _is_ours(one.name))
        }

    def _put(self, blobs: Sequence[Blob], index: bytes) -> None:
        if not is_layout(self._path):  # killed from here on, it is a layout without images
            self._added += [self._path / MARK, self._path / INDEX]
            self._write(MARK, MARK_CONTENT)
            self._write(INDEX, index_content(()))
        # It takes time to import, and most often there is nothing to copy.
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

        with ThreadPoolExecutor(_JOBS, thread_name_prefix="layout") as pool:
            waiting = [pool.submit(self._copy, blob) for blob in blobs]
            try:
                for one in waiting:
                    one.result()
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        for folder in {(self._path / blob_path(blob.descriptor)).parent for blob in blobs}:
            _sync(folder)
        self._write(MARK, MARK_CONTENT)
        self._write(INDEX, index)
        _sync(self._path)

    def _write(self, name: str, content: bytes) -> None:
        there = self._path / name
        if not there.is_file() or there.read_bytes() != content:
            write_atomically(there, content)

    def _copy(self, blob: Blob) -> None:
        target = self._path / blob_path(blob.descriptor)
        if self._has(blob):
            self._tell_there(blob.descriptor)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=_ASIDE, dir=self._path)
        aside = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                for block in told(blob, self._progress):
                    file.write(block)
                file.flush()
                os.fsync(file.fileno())
                mark(file.fileno(), blob.descriptor.digest, time.time_ns())
            aside.chmod(0o644)
            self._added.append(target)
            aside.replace(target)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise

    def _tell_there(self, descriptor: Descriptor) -> None:
        if compression_of(descriptor.media_type) is not None:
            self._progress.end(str(descriptor.digest), "there already", descriptor.size)

    def _undo(self, index: bytes) -> None:
        # An interruption may come before a writer knows the name of the file that it has just made.
        with suppress(OSError):
            for name in filter(_is_left, self._files()):
                (self._path / name).unlink(missing_ok=True)
        with suppress(OSError):
            if (self._path / INDEX).read_bytes() == index:
                return  # it leads to what was added
        for one in self._added:
            one.unlink(missing_ok=True)
        if self._fresh:
            blobs = self._path / "blobs"
            for folder in (*blobs.glob("*"), blobs, self._path):
                with suppress(OSError):
                    folder.rmdir()

    def _sweep(self, wanted: dict[str, int]) -> None:
        """Remove what the index doesn't lead to, but not out of folders shared with others."""
        blobs = self._path / "blobs"
        if any(one.is_symlink() for one in (blobs, *blobs.glob("*"))):
            return
        for name in self._files():
            if name not in {*wanted, INDEX, MARK}:
                (self._path / name).unlink(missing_ok=True)


def _is_ours(name: str) -> bool:
    """Whether a file beside the blobs is a layout's own, or was left by a writer of ours."""
    return name in {INDEX, MARK} or _is_left(name)


def _is_left(name: str) -> bool:
    return name.startswith((_ASIDE, f".{INDEX}.", f".{MARK}."))


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
