"""The entries of one layer in order: sorted, each path once, with the folders they are in."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from lading.errors import ImageError, Problem
from lading.oci.contents import Reader, plain_parts
from lading.oci.entries import Entry, Folder, Hardlink, Regular, Symlink
from lading.oci.inflating import Damaged
from lading.oci.tar import check_path

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ordered"]


def ordered(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """All entries by path, folders before what is in them.

    Raises:
        ImageError: Of two entries with one path, kind, mode, owner or bytes differ; something is
            below what is no folder; a path can't stand in a layer.
    """
    found: dict[str, Entry] = {}
    problems = []
    for entry in entries:
        check_path(entry)
        other = found.setdefault(entry.path, entry)
        if other is not entry and not _is_same(other, entry):
            problems.append(_conflict(other, entry))
    problems += _add_parents(found)
    problems += _put_files_first(found)
    if problems:
        raise ImageError(problems)
    return tuple(found[path] for path in sorted(found))


def _is_same(one: Entry, other: Entry) -> bool:
    if (one.mode, one.uid, one.gid) != (other.mode, other.uid, other.gid):
        return False
    if isinstance(one, Regular) and isinstance(other, Regular):
        return _sha256(one) == _sha256(other)
    if isinstance(one, Symlink) and isinstance(other, Symlink):
        return one.target == other.target
    if isinstance(one, Hardlink) and isinstance(other, Hardlink):
        return one.target == other.target
    return isinstance(one, Folder) and isinstance(other, Folder)


def _sha256(entry: Regular) -> str:
    """What its record says, or else what its bytes have."""
    if entry.sha256 is not None:
        return entry.sha256
    digest = hashlib.sha256()
    try:
        with Reader() as reader:
            for piece in plain_parts(entry.content, reader):
                digest.update(piece)
    except Damaged as error:
        raise ImageError(f"{entry.source}: {entry.path} {error}") from None
    return digest.hexdigest()


def _add_parents(found: dict[str, Entry]) -> list[Problem]:
    """Put the folders that are missing into `found`; what is wrong with those that are there."""
    problems = []
    for entry in tuple(found.values()):
        path = entry.path.rpartition("/")[0]
        while path and path not in found:
            found[path] = Folder(path=path, mode=0o755, source=entry.source)
            path = path.rpartition("/")[0]
        if path and not isinstance(found[path], Folder):
            problems.append(_conflict(found[path], entry))
    return problems


def _put_files_first(found: dict[str, Entry]) -> list[Problem]:
    """Of the names of one file give the first its bytes: an archive is unpacked as it is read."""
    problems, names = [], dict[str, list[Hardlink]]()
    for entry in found.values():
        if isinstance(entry, Hardlink):
            names.setdefault(entry.target, []).append(entry)
    for target, links in names.items():
        file = found.get(target)
        if not isinstance(file, Regular):
            problems += [_dangling(link) for link in links]
            continue
        first = min(target, *(link.path for link in links))
        found[first] = replace(file, path=first)
        for path in {target, *(link.path for link in links)} - {first}:
            found[path] = _link(path, found[first])
    return problems


def _link(path: str, file: Entry) -> Hardlink:
    return Hardlink(
        path=path,
        mode=file.mode,
        uid=file.uid,
        gid=file.gid,
        source=file.source,
        target=file.path,
    )


def _dangling(link: Hardlink) -> Problem:
    return Problem(
        message=f"{link.source} has the hard link {link.path} to {link.target!r}, "
        "which is no file of the same layer"
    )


def _conflict(one: Entry, other: Entry) -> Problem:
    if one.path == other.path:
        what = f"{one.source} and {other.source} both have {one.path}, and they differ"
    else:
        what = f"{other.source} has {other.path}, and {one.path} of {one.source} is no folder"
    return Problem(message=what, hint="leave one of the two out")
