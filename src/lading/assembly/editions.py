"""By what it shows that packages are installed in another way than before.

What was kept of them, a layer or a refusal, holds while this is the same. It follows from what the
reader of packages is, so that nobody has to remember to raise a number.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

__all__ = ["reader_digest", "tables_digest"]

# Named by its folder: to import it takes time, and a layer that is there needs none of it.
_READER: Final = files("lading").joinpath("debs")
_TABLES: Final = ".toml"
_COMPILED: Final = "__pycache__"


@cache
def tables_digest(reader: Traversable = _READER) -> str:
    """Of what the tables say of scripts: what is done, and what is left out, in a layer."""
    return _digest(reader, _TABLES)


@cache
def reader_digest(reader: Traversable = _READER) -> str:
    """Of the tables and the code: which scripts can be followed at all."""
    return _digest(reader, "")


def _digest(folder: Traversable, suffix: str) -> str:
    found = hashlib.sha256()
    for name, content in _contents(folder, ""):
        if name.endswith(suffix):
            found.update(f"{name}\n{len(content)}\n".encode() + content)
    return found.hexdigest()


def _contents(folder: Traversable, before: str) -> Iterator[tuple[str, bytes]]:
    for one in sorted(folder.iterdir(), key=lambda one: one.name):
        if one.is_file():
            yield f"{before}{one.name}", one.read_bytes()
        elif one.name != _COMPILED:
            yield from _contents(one, f"{before}{one.name}/")
