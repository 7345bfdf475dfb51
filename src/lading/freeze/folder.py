"""Writing the frozen folder: whole or not at all, and the same bytes whoever writes it."""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from lading.errors import FreezeError
from lading.freeze.replacing import replacement
from lading.grammar.invalid import Invalid
from lading.trees import is_frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lading.store.digests import FileDigests

__all__ = [
    "SHARED_MODE",
    "Content",
    "check_outside",
    "check_target",
    "file_time",
    "shared",
    "write_folder",
]

_EPOCH = 315532800
"""1980-01-01, before which the archives that wheels are know no time: a folder's time, and the
earliest of a file."""

SHARED_MODE = 0o555
"""The mode of a program that several folders may share: nobody is to write to it."""

_SHARED_DATA_MODE = 0o444

_BLOCK = 1 << 20

_FICLONE: Final[int] = getattr(fcntl, "FICLONE", 0x40049409)  # it has the name since Python 3.12


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What one file of the folder holds: bytes, or those of another file.

    Attributes:
        source: The bytes, or where they are.
        executable: Whether it is a program.
        sha256: What the bytes were when they were looked at; the file may have changed since.
        shared: Whether the folder may hold the source file itself, as a hard link: a file that was
            just verified, that nobody writes to, and that already has the right mode and time.
        size: In bytes, of a file that is too large to be copied each time: the former folder's
            copy is taken where it is the only name of its file and has this content. A link to the
            source itself is out of the question: an edit of that would change the folder.
    """

    source: bytes | Path
    executable: bool = False
    sha256: str | None = None
    shared: bool = False
    size: int | None = None


def shared(file: Path, sha256: str) -> Content:
    """A file of the cache that was just verified, as one that folders may share.

    Args:
        file: The file; its mode and its time become those that it has in a folder.
        sha256: Of its content.
    """
    # Another user's file in a common cache stays as it is, and is copied.
    with suppress(OSError):
        file.chmod(_SHARED_DATA_MODE)
        os.utime(file, (file_time(sha256), file_time(sha256)))
    return Content(source=file, sha256=sha256, shared=True)


def file_time(sha256: str) -> int:
    """The time of a file with that content, in seconds since 1970; within nine years of 1980.

    Not the time of writing, which would differ from run to run; and not one time for all: BuildKit
    sends a file of the context again only where its size, its mode or its time differs from what it
    got before, so that an edit that keeps a file's length would never reach the image.
    """
    return _EPOCH + int(sha256[:7], 16)


def check_outside(target: Path, project: Path) -> None:
    """Refuse a target that is the project, or a folder that holds it.

    Args:
        target: Where something is to be written.
        project: The project's folder, absolute, with links resolved.

    Raises:
        FreezeError: It is.
    """
    if project.is_relative_to(target.resolve()):
        message = f"the target {target.name or target} is the project, or a folder that holds it"
        raise FreezeError(message, hint="choose a new folder, such as build")


def check_target(target: Path, project: Path | None = None) -> None:
    """Refuse a target that holds anything but an earlier frozen folder.

    Args:
        target: Where a frozen folder is to be written.
        project: The project's folder, which the target must not hold.

    Raises:
        FreezeError: It would destroy something that freeze has not made.
    """
    if project is not None:
        check_outside(target, project)
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise FreezeError(f"{target.name} is not a folder", hint="choose another target")
    if target.is_dir() and any(target.iterdir()) and not is_frozen(target):
        message = f"the folder {target.name} is not empty, and no frozen image"
        raise FreezeError(message, hint="choose another target, or empty it")


def write_folder(
    target: Path, contents: Mapping[str, Content], digests: FileDigests | None = None
) -> None:
    """Replace `target` by a folder of exactly these files.

    It is written beside the target first. Whatever fails, the former folder stays as it was.

    Args:
        target: The folder.
        contents: Its files, by their paths in it.
        digests: Knows what the large files of the former folder hold; without it all are copied.

    Raises:
        FreezeError: The file system refuses, or a source has changed meanwhile.
        ImageError: The limit of the store of digests is no size.
    """
    check_target(target)
    try:
        with replacement(target) as aside:
            _fill(aside, contents, target, digests)
            large = _large(aside, contents)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise FreezeError(f"the folder {target.name} can't be written: {why}") from None
    if digests is not None:  # by now the former folder is gone: removing a link changes the ctime
        digests.keep({target / name: one for name, one in large.items()}, target.parent)


def _large(folder: Path, contents: Mapping[str, Content]) -> dict[str, tuple[str, os.stat_result]]:
    """The large files of a folder that was just written, each with its digest."""
    return {
        name: (one.sha256, (folder / name).stat())
        for name, one in contents.items()
        if one.size is not None and one.sha256 is not None
    }


def _fill(
    folder: Path, contents: Mapping[str, Content], former: Path, digests: FileDigests | None
) -> None:
    for name, content in sorted(contents.items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content.shared and _link(content, path):
            continue
        if digests is not None and _keep(content, former, path, name, digests):
            continue
        time = file_time(_write(path, name, content))
        # Not what the umask or the source says: a mode is part of what a builder sees.
        path.chmod(_mode(content))
        os.utime(path, (time, time))
    for parent, _, _ in os.walk(folder, topdown=False):
        Path(parent).chmod(0o755)
        os.utime(parent, (_EPOCH, _EPOCH))


def _mode(content: Content) -> int:
    if content.shared:
        return SHARED_MODE if content.executable else _SHARED_DATA_MODE
    return 0o755 if content.executable else 0o644


def _link(content: Content, path: Path) -> bool:
    """Put the very file there, which costs nothing; unless it is another user's, or far away."""
    if isinstance(content.source, bytes) or content.sha256 is None:
        return False
    status = content.source.stat()
    looks = (stat.S_IMODE(status.st_mode), int(status.st_mtime), status.st_uid)
    if looks != (_mode(content), file_time(content.sha256), os.geteuid()):
        return False
    try:
        path.hardlink_to(content.source)
    except OSError:
        return False
    return True


def _keep(content: Content, former: Path, path: Path, name: str, digests: FileDigests) -> bool:
    """Put the former folder's own file there, where it holds what it should.

    Its size and times alone say nothing: whoever edits a file can set its mtime. Another name of
    the same file would be a way to change this folder from elsewhere.
    """
    if content.size is None or content.sha256 is None:
        return False
    kept = former / name
    try:
        status = kept.lstat()
        looks = (status.st_mode, status.st_nlink, status.st_size, status.st_mtime_ns)
        time = file_time(content.sha256) * 10**9
        if looks != (stat.S_IFREG | _mode(content), 1, content.size, time):
            return False
        if kept.resolve() != former.resolve() / name:  # a folder of it is a link to somewhere else
            return False
        if digests.describe(_shown(name), kept).sha256 != content.sha256:
            return False
        path.hardlink_to(kept)
    except (OSError, Invalid):
        return False
    return True


def _write(path: Path, name: str, content: Content) -> str:
    """Write the file, and return the SHA-256 of what was written."""
    if isinstance(content.source, bytes):
        path.write_bytes(content.source)
        return hashlib.sha256(content.source).hexdigest()
    found = _copy(content.source, path, name)
    if content.sha256 not in {None, found}:
        raise FreezeError(f"{_shown(name)} changed while it was frozen", hint="freeze again")
    return found


def _copy(source: Path, path: Path, name: str) -> str:
    """Copy the file, and return the SHA-256 of what was copied."""
    digest = hashlib.sha256()
    try:
        reading = source.open("rb")
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise FreezeError(f"{_shown(name)} can't be read any more: {why}") from None
    with reading, path.open("w+b") as writing:
        if _cloned(reading, writing):
            return hashlib.file_digest(writing, "sha256").hexdigest()
        while block := reading.read(_BLOCK):
            digest.update(block)
            writing.write(block)
    return digest.hexdigest()


def _cloned(source: BinaryIO, target: BinaryIO) -> bool:
    """Let both share their blocks, where the file system can; an edit of one is none of the other.

    ioctl_ficlone(2): Btrfs and XFS can.
    """
    try:
        fcntl.ioctl(target.fileno(), _FICLONE, source.fileno())
    except OSError:
        return False
    return True


def _shown(name: str) -> str:
    # `files/1.1/model/x` is the project's model/x.
    return name.split("/", 2)[-1] if name.startswith(("files/", "models/")) else name
