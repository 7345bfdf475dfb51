"""What one set of entries has that another has not: a layer on top of the layer of that one."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from lading.errors import ImageError, Problem
from lading.oci.contents import Reader, plain_parts
from lading.oci.entries import Hardlink, Literal, Regular

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lading.oci.entries import Entry

__all__ = ["added"]

_NOTHING: Final = Literal(data=b"")


def added(entries: Iterable[Entry], below: Iterable[Entry]) -> tuple[Entry, ...]:
    """The entries that are new, or other than those of the layer below.

    Args:
        entries: What there has to be.
        below: What there is.

    Raises:
        ImageError: Something that is there would have to go, which is no part of a layer.
    """
    wanted = {one.path: one for one in entries}
    there = {one.path: one for one in below}
    if gone := sorted(there.keys() - wanted.keys()):
        raise ImageError(
            Problem(message=f"/{path} is in the image below, and would have to go")
            for path in gone[:1]
        )
    with Reader() as reader:
        new = {
            path: one
            for path, one in wanted.items()
            if path not in there or _described(one, reader) != _described(there[path], reader)
        }
    # A hard link is a file of the same layer.
    targets = (one.target for one in new.values() if isinstance(one, Hardlink))
    new |= {path: wanted[path] for path in tuple(targets) if path in wanted}
    return tuple(new[path] for path in sorted(new))


def _described(entry: Entry, reader: Reader) -> Entry | tuple[Entry, str]:
    """All that an entry is; of a file not where its bytes are, but what they are."""
    if not isinstance(entry, Regular):
        return replace(entry, source="")
    digest = hashlib.sha256()
    for part in plain_parts(entry.content, reader):
        digest.update(part)
    plain = replace(entry, content=_NOTHING, sha256=None, source="")
    return plain, digest.hexdigest()
