"""The project's files as entries: what COPY makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from lading.assembly.folders import parents
from lading.errors import ImageError, Problem
from lading.oci.entries import Literal, Regular, Slice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from lading.assembly.folders import Folders
    from lading.assembly.ground import Ground
    from lading.assembly.plan import Included, PlannedLayer
    from lading.info import ContextFile, CopyFiles
    from lading.oci.entries import Content, Entry

__all__ = ["Contents", "Copied", "copied", "included"]

Contents: TypeAlias = "Mapping[str, bytes | Path]"
"""The project's files, by their path in the frozen folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """A file, and where it goes.

    Attributes:
        path: As an entry names it.
        file: What it is.
        key: Its path in the frozen folder.
    """

    path: str
    file: ContextFile
    key: str


def copied(
    layer: PlannedLayer, ground: Ground, folders: Folders, before: Mapping[str, Copied]
) -> tuple[dict[str, Copied], Folders]:
    """The files of one layer, later ones in the place of earlier ones; and the folders after it.

    Args:
        layer: The layer.
        ground: What the image is put on.
        folders: The image's folders.
        before: The files of the layers below it, by path.

    Raises:
        ImageError: A file is where a folder is, or the other way around.
    """
    found: dict[str, Copied] = {}
    for one in layer.included:
        destination = ground.resolved(one.step.destination)
        files = {copy.path: copy for copy in _placed(one.step, ground)}
        _check(one, {**before, **found}, files, folders)
        found |= files
        outside = {destination, *parents(destination)}
        inside = {folder for path in files for folder in parents(path)} - outside
        folders = folders.taken(inside)
    return dict(sorted(found.items())), folders


def included(copies: Iterable[Copied], contents: Contents, folders: Folders) -> tuple[Entry, ...]:
    """The entries of files that are copied."""
    found = [_entry(one, contents[one.key]) for one in copies]
    return (*folders.above(one.path for one in found), *found)


def _placed(step: CopyFiles, ground: Ground) -> Iterator[Copied]:
    for file in step.files:
        inner, _, name = file.path.rpartition("/")
        folder = ground.resolved(f"{step.destination.rstrip('/')}/{inner}")
        path = f"{folder}/{name}".lstrip("/")
        yield Copied(path=path, file=file, key=f"{step.source}/{file.path}")


def _check(
    one: Included, before: Mapping[str, Copied], files: Mapping[str, Copied], known: Folders
) -> None:
    """COPY puts no file in the place of a folder, and the other way around."""
    folders = {folder for path in files for folder in parents(path)}
    former = {folder for path in (*before, *known.found) for folder in parents(path)}
    former |= known.found.keys()
    clashes = sorted((folders & before.keys()) | (former & files.keys()))
    if clashes:
        where = f"{one.step.at[0]}: " if one.step.at else ""
        raise ImageError(
            Problem(
                message=f"{where}/{path} is a file and a folder",
                hint="include it under another path",
            )
            for path in clashes
        )


def _entry(one: Copied, content: bytes | Path) -> Regular:
    file = one.file
    found: Content = (
        Literal(data=content) if isinstance(content, bytes) else Slice(path=content, size=file.size)
    )
    return Regular(
        path=one.path,
        mode=0o755 if file.executable else 0o644,
        content=found,
        sha256=file.sha256,
        source=file.path,
    )
