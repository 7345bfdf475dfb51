"""The files of a base: their names, kept once they were read, and the contents of a few."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from lading.bases.fetching import check, full
from lading.bases.tree import Tree, decoded, tree_of

if TYPE_CHECKING:
    from lading.bases.base import Base
    from lading.bases.tree import File
    from lading.store import Store

__all__ = ["content_of_file", "tree_in"]

_RECORD: Final = "base-files-1"

_READ: Final[WeakKeyDictionary[Store, dict[str, Tree]]] = WeakKeyDictionary()
"""What this process has read: many folders of one image are looked up."""


def tree_in(base: Base, store: Store) -> Tree:
    """The names of all files of a base: from the store, where they were read before.

    Raises:
        ImageError: A layer is damaged, or holds what no image may.
        RegistryError: A layer can't be had.
    """
    if base.manifest is None:
        return Tree({})
    read = _READ.setdefault(store, {})
    name = f"{_RECORD}-{base.manifest}"
    if name not in read:
        read[name] = _kept(name, store) or _walked(base, name, store)
    return read[name]


def _kept(name: str, store: Store) -> Tree | None:
    kept = store.record(name)
    try:
        return None if kept is None else decoded(kept)
    except (ValueError, zlib.error):  # another Lading's
        return None


def _walked(base: Base, name: str, store: Store) -> Tree:
    from lading.oci.unpacking import walk  # noqa: PLC0415 - only where a layer is read

    with store.using():
        blobs = [layer.blob for layer in full(base, store).layers]
        for blob in blobs:
            check(blob)  # what is kept of it is kept for good
        tree = tree_of(map(walk, blobs), base.name)
    store.keep(name, tree.encoded())
    return tree


def content_of_file(base: Base, file: File, store: Store, *, limit: int = 64 << 20) -> bytes:
    """The first bytes of a file of a base.

    Raises:
        ImageError: The layer is damaged.
        RegistryError: The layer can't be had.
    """
    from lading.oci.unpacking import walk  # noqa: PLC0415 - only where a layer is read

    with store.using():
        blob = full(base, store).layers[file.layer].blob
        check(blob)
        for member in walk(blob):
            if member.name == file.name and member.kind == "file":
                return member.read(limit)
    return b""
