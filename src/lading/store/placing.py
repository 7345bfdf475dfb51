"""How contents get into the store: written aside, made sure of, and put in place in one step."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, BinaryIO, Final

from lading.errors import ImageError
from lading.files import is_full
from lading.oci.marking import mark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from lading.grammar.reference import Digest
    from lading.oci.blobs import Descriptor
    from lading.oci.layers import Written
    from lading.store.folder import Aside, StoreFolder

__all__ = ["fill", "put_blob", "put_small", "receive"]

_READ_ONLY: Final = 0o400


def fill(
    folder: StoreFolder, aside: Aside, write: Callable[[BinaryIO], tuple[Written, bytes]]
) -> tuple[Written, bytes]:
    """Let a layer be written.

    Raises:
        ImageError: There is no room, or it is not as long as its maker says.
    """
    try:
        written, attachment = write(aside.file)
        aside.file.flush()
    except OSError as error:
        if is_full(error):  # what else fails there may be a wheel that can't be read
            raise folder.failure(error) from None
        raise
    size = os.fstat(aside.file.fileno()).st_size
    if size != written.size:
        raise ImageError(f"a layer of {written.size} bytes was written with {size} bytes")
    return written, attachment


def receive(
    folder: StoreFolder, aside: Aside, descriptor: Descriptor, parts: Iterable[bytes]
) -> None:
    """Write what is fetched; what `parts` raises is raised.

    Raises:
        ImageError: There is no room, or it is not what the descriptor says.
    """
    digest = descriptor.digest
    found, size = hashlib.new(digest.algorithm), 0
    for part in parts:
        size += len(part)
        if size > descriptor.size:
            break
        found.update(part)
        with folder.explained():
            aside.file.write(part)
    if size != descriptor.size:
        raise ImageError(f"{digest} arrived damaged: it has not {descriptor.size} bytes")
    if found.hexdigest() != digest.encoded:
        computed = f"{digest.algorithm}:{found.hexdigest()}"
        raise ImageError(f"{digest} arrived damaged: its digest is {computed}")


def put_blob(folder: StoreFolder, aside: Aside, digest: Digest, now: int) -> None:
    """Give a blob whose bytes have been hashed its place.

    Raises:
        ImageError: The store can't be written.
    """
    with folder.explained():
        handle = aside.file.fileno()
        aside.file.flush()
        os.fchmod(handle, _READ_ONLY)
        # The bytes are on the disk before the time says that they were hashed. Folders need no such
        # care: a name that a power cut loses is a layer that is made again.
        os.fsync(handle)
        mark(handle, digest, now)
        with folder.gate():
            folder.put(aside, folder.blob(digest))


def put_small(folder: StoreFolder, path: Path, data: bytes, now: int) -> None:
    """Write a small file that tells by itself whether it is whole: it needs no fsync.

    Raises:
        ImageError: The store can't be written.
    """
    with folder.aside() as aside, folder.explained():
        aside.file.write(data)
        aside.file.flush()
        os.utime(aside.file.fileno(), ns=(now, now))
        with folder.gate():
            folder.put(aside, path)
