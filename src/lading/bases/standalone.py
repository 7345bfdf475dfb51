"""Interpreters that may lie anywhere: by which path a virtual environment has to call one.

Most interpreters know their prefix, and may be called by any link to them. One of
python-build-standalone looks for its library from where it is called, so that a link to it from
elsewhere is no home of a virtual environment. What is decided here is what uv decides
(uv-python, `find_base_python`).
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Final

from lading.bases.files import content_of_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.bases.base import Base
    from lading.bases.tree import Tree
    from lading.store import Store

__all__ = ["called_by"]

# What uv asks `sysconfig` for; older builds had a prefix of their own instead of the word.
_MARK: Final = re.compile(rb"""PYTHON_BUILD_STANDALONE|['"]prefix['"]: ['"]/install['"]""")
_MOST_LINKS: Final = 40


def called_by(path: str, series: str, *, base: Base, tree: Tree, store: Store) -> str:
    """The path that an interpreter found at `path` is to be called by.

    Args:
        path: Where it was found, perhaps a link.
        series: Its version: `3.11`.
        base: The image.
        tree: Its files.
        store: Where layers are kept.
    """
    if tree.link(path) is None or _has_library(path, series, tree):
        return path
    if not _is_standalone(tree.real(path) or path, series, base, tree, store):
        return path
    for _ in range(_MOST_LINKS):
        target = tree.link(path)
        if _has_library(path, series, tree) or target is None:
            break
        path = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    return path


def _has_library(path: str, series: str, tree: Tree) -> bool:
    places = (f"{one}/lib/python{series}/os.py" for one in _above(path))
    return any(tree.file(one) is not None for one in places)


def _above(path: str) -> Iterator[str]:
    """The folders that a path is in, without the root, which is nobody's prefix."""
    while path := path.rpartition("/")[0]:
        yield path


def _is_standalone(real: str, series: str, base: Base, tree: Tree, store: Store) -> bool:
    name = f"base-standalone-1-{base.manifest}-{real}"
    kept = store.record(name)
    if kept is None:
        kept = b"1" if _says_so(real, series, base, tree, store) else b"0"
        store.keep(name, kept)
    return kept == b"1"


def _says_so(real: str, series: str, base: Base, tree: Tree, store: Store) -> bool:
    for prefix in _above(real):
        library = f"{prefix}/lib/python{series}"
        for name in tree.names(library):
            file = tree.file(f"{library}/{name}") if name.startswith("_sysconfigdata") else None
            if file is not None and name.endswith(".py"):
                return _MARK.search(content_of_file(base, file, store)) is not None
    return False
