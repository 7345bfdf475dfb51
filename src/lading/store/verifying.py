"""Hashing all that the store holds; what is damaged is removed."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lading.grammar.invalid import Invalid
from lading.grammar.reference import Digest
from lading.oci.marking import mark
from lading.store.blobs import hashes_to
from lading.store.pruning import remove, survey
from lading.store.selfchecked import decoded, read_small

if TYPE_CHECKING:
    from pathlib import Path

    from lading.progress import Progress
    from lading.store.folder import StoreFolder
    from lading.store.pruning import Entry, Survey

__all__ = ["Flaw", "Verified", "verify"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """A part of the store that was damaged, and has been removed.

    Attributes:
        name: What it was told by: a blob by its digest.
        why: What was wrong, in a few words.
    """

    name: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was looked at.

    Attributes:
        files: How many files.
        size: How many bytes.
        flaws: What was damaged.
    """

    files: int = 0
    size: int = 0
    flaws: tuple[Flaw, ...] = ()


def verify(folder: StoreFolder, progress: Progress) -> Verified:
    """Hash every blob, and look at every record and fact; builds may go on meanwhile.

    Args:
        folder: The store's.
        progress: Told of one piece, `verify`, in bytes.

    Raises:
        ImageError: The store can't be used.
    """
    with folder.explained():
        if not folder.is_there():
            return Verified()
        with folder.gate():
            found = survey(folder, whole=True)
        size = sum(entry.size for entry in found.entries)
        progress.begin("verify", size)
        flaws = [*_blobs(folder, found, progress), *_records(folder, found), *_facts(folder, found)]
        progress.end("verify", "verified", size)
    files = sum(len(entry.paths) for entry in found.entries) + len(found.useless)
    return Verified(files=files, size=size, flaws=tuple(flaws))


def _blobs(folder: StoreFolder, found: Survey, progress: Progress) -> list[Flaw]:
    entries = (entry for entry in found.entries if entry.kind in {"layer", "base"})
    flaws = ((entry, _flaw_of(folder, entry, progress)) for entry in entries)
    return [Flaw(name=entry.name, why=why) for entry, why in flaws if why is not None]


def _flaw_of(folder: StoreFolder, entry: Entry, progress: Progress) -> str | None:
    """What was wrong with a blob, which then is gone, as are its records; None for nothing."""
    path = entry.paths[-1]
    try:
        digest = Digest.parse(entry.name)
        before = path.lstat()
    except Invalid:
        _remove(folder, *entry.paths)
        return "its name is no digest"
    except FileNotFoundError:  # a build has pruned it meanwhile
        return None
    if hashes_to(path, digest, lambda amount: progress.advance("verify", amount)):
        with suppress(OSError):
            mark(path, digest, before.st_atime_ns)  # being looked at here is no use of it
        return None
    with folder.gate(removing=True):
        if _changed(path, before):  # a build has replaced it meanwhile
            return None
        remove(entry.paths)
    return "its bytes are not what its digest says"


def _changed(path: Path, before: os.stat_result) -> bool:
    try:
        return not os.path.samestat(path.lstat(), before)
    except FileNotFoundError:
        return True


def _records(folder: StoreFolder, found: Survey) -> list[Flaw]:
    _remove(folder, *found.useless)
    return [
        *(Flaw(name=path.name, why="this record can't be read") for path in found.damaged),
        *(
            Flaw(name=path.name, why="the layer of this record is missing")
            for path in found.dangling
        ),
    ]


def _facts(folder: StoreFolder, found: Survey) -> list[Flaw]:
    flaws = []
    for entry in found.entries:
        if entry.kind == "fact":
            data = read_small(entry.paths[0])
            if data is not None and decoded("fact", entry.name, data) is None:
                _remove(folder, entry.paths[0])
                flaws.append(Flaw(name=entry.name, why="this fact can't be read"))
    return flaws


def _remove(folder: StoreFolder, *paths: Path) -> None:
    with folder.gate(removing=True):
        remove(paths)
