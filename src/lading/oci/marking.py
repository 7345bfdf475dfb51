"""Files of blobs, told from changed ones without being read.

A file that has been hashed gets a modification time that follows from its digest; whatever writes
to it later changes that. So a file with the right size and time needs no hashing before it is
relied on. That guards against programs that wrote to the file, cut it off or replaced it; not
against a disk that gives back other bits, nor against somebody who sets times on purpose.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from lading.errors import ImageError
from lading.oci.blobs import FileBlob, blocks

if TYPE_CHECKING:
    from pathlib import Path

    from lading.grammar.reference import Digest
    from lading.oci.blobs import Descriptor

__all__ = ["holds", "is_marked", "is_whole", "mark", "time_of"]

# Even seconds from 1981 on: every file system, and tar, can keep them.
_FIRST_SECOND: Final = 347155200
_TIMES: Final = 5 * 10**8


def time_of(digest: Digest) -> int:
    """The modification time of a blob that has been hashed, in ns."""
    return (_FIRST_SECOND + int(digest.encoded[:12], 16) % _TIMES * 2) * 10**9


def is_marked(found: os.stat_result, digest: Digest) -> bool:
    """Whether nothing has been written to the blob since it was hashed."""
    return found.st_mtime_ns == time_of(digest)


def mark(place: Path | int, digest: Digest, used: int) -> None:
    """Note that a blob has been hashed, or used, at the time `used`, in ns."""
    os.utime(place, ns=(used, time_of(digest)))


def is_whole(path: Path, descriptor: Descriptor) -> bool:
    """Whether a file is this blob; it is read, and marked, only where its time doesn't tell."""
    if not path.is_file():  # a pipe would be waited for
        return False
    found = path.stat()
    if found.st_size != descriptor.size:
        return False
    if is_marked(found, descriptor.digest):
        return True
    if not holds(FileBlob(descriptor=descriptor, path=path)):
        return False
    with suppress(OSError):  # a file of others is hashed every time
        mark(path, descriptor.digest, found.st_atime_ns)
    return True


def holds(blob: FileBlob) -> bool:
    """Whether a file, or a part of it, has the bytes that its descriptor says; all are read."""
    try:
        for _ in blocks(blob):
            pass
    except (ImageError, OSError):
        return False
    return True
