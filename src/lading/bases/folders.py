"""Where a path of the image truly leads: a layer's entry over a symbolic link takes its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lading.bases.files import tree_in
from lading.errors import ImageError

if TYPE_CHECKING:
    from lading.bases.base import Base
    from lading.store import Store

__all__ = ["has_folder", "is_conventional", "resolve_folder"]

_CONVENTIONAL: Final = frozenset(
    {"app", "code", "data", "home", "mnt", "models", "opt", "srv", "workspace"}
)
"""The folders at the top that are no links in any base that is known, or are not there at all."""


def is_conventional(path: str) -> bool:
    """Whether a path is taken as it stands, without a look at the base."""
    top = path.strip("/").partition("/")[0]
    return top in _CONVENTIONAL


def resolve_folder(base: Base, path: str, store: Store) -> str:
    """Where the folder at `path` is once every link on the way there is followed.

    With the merged /usr, `/lib/x` is `/usr/lib/x`: an entry `lib/x` in a layer would put a folder
    in the place of the link `lib`, and nothing in the image would find its libraries.

    Args:
        base: What the image is built on. Its files are read only where the path begins with none of
            the usual folders for what one brings oneself.
        path: Absolute; it need not be there.
        store: Where layers and the names of files are kept.

    Raises:
        ImageError: A part of it is a file in the base, or a loop of links.
        RegistryError: The base's layers can't be had.
    """
    if not base.layers or path.strip("/") == "" or is_conventional(path):
        return path
    tree = tree_in(base, store)
    real = tree.real(path)
    if real is None:
        raise ImageError(f"{path} leads round in a circle of links in {base.name}")
    parts = real.strip("/").split("/")
    for count in range(1, len(parts) + 1):
        part = "/" + "/".join(parts[:count])
        if tree.file(part) is not None:
            raise ImageError(
                f"{path} can't be a folder: {part} is a file in {base.name}",
                hint="name another folder with to=",
            )
    return real


def has_folder(base: Base, path: str, store: Store) -> bool:
    """Whether there is a folder in the base where a file is to be put; a link to one is none.

    Args:
        base: What the image is built on; read under the same condition as for `resolve_folder`.
        path: Of the file, its folder resolved.
        store: Where layers and the names of files are kept.
    """
    if not base.layers or is_conventional(path):
        return False
    tree = tree_in(base, store)
    return tree.link(f"/{path.strip('/')}") is None and tree.is_folder(path)
