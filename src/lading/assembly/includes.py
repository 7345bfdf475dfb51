"""The project's files as entries: what COPY makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from lading.assembly.folders import parents
from lading.errors import ImageError, Problem
from lading.info import InstallPython
from lading.oci.entries import Literal, Regular, Slice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from lading.assembly.folders import Folders
    from lading.assembly.ground import Ground
    from lading.assembly.plan import Included, PlannedLayer
    from lading.info import ContextFile, ImageInfo
    from lading.oci.entries import Content, Entry

__all__ = ["Contents", "Copied", "check_order", "copied", "included"]

Contents: TypeAlias = "Mapping[str, bytes | Path]"
"""The project's files, by their path in the frozen folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """A file, and where it goes.

    Attributes:
        path: As an entry names it.
        file: What it is.
        key: Its path in the frozen folder.
        number: Which of the image's steps copies it.
        weights: Whether it is a model's.
        at: The user's line, where it is known.
    """

    path: str
    file: ContextFile
    key: str
    number: int
    weights: bool
    at: str


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
        files = {copy.path: copy for copy in _placed(one, ground)}
        _check(one, {**before, **found}, files, folders, ground)
        found |= files
        outside = {destination, *parents(destination)}
        inside = {folder for path in files for folder in parents(path)} - outside
        folders = folders.taken(inside)
    return dict(sorted(found.items())), folders


def included(copies: Iterable[Copied], contents: Contents, folders: Folders) -> tuple[Entry, ...]:
    """The entries of files that are copied."""
    found = [_entry(one, contents[one.key]) for one in copies]
    return (*folders.above(one.path for one in found), *found)


def check_order(copies: Iterable[Copied], info: ImageInfo, environment: str) -> None:
    """Refuse files in the environment that a later installation might replace: layers can't be so.

    Raises:
        ImageError: All of them.
    """
    numbers = (number for number, step in enumerate(info.steps) if isinstance(step, InstallPython))
    last = max(numbers, default=-1)
    early = [
        one for one in copies if one.number < last and f"{one.path}/".startswith(f"{environment}/")
    ]
    if early:
        raise ImageError(
            Problem(
                message=f"{_where(one.at)}/{one.path} is included before packages are installed, "
                "which may replace it",
                hint="include it after the packages, or build with a container engine",
            )
            for one in early
        )


def _placed(included: Included, ground: Ground) -> Iterator[Copied]:
    step = included.step
    at = step.at[0] if step.at else ""
    destination = ground.resolved(step.destination)
    for file in step.files:
        inner, _, name = file.path.rpartition("/")
        folder = f"{destination}/{inner}".strip("/")
        _check_no_link(folder, at, ground)
        path = f"{folder}/{name}".lstrip("/")
        yield Copied(
            path=path,
            file=file,
            key=f"{step.source}/{file.path}",
            number=included.number,
            weights=step.model,
            at=at,
        )


def _check_no_link(folder: str, at: str, ground: Ground) -> None:
    """COPY follows the links on the way to its destination, and refuses those inside of it."""
    found = ground.resolved(folder)
    if found != folder:
        message = f"{_where(at)}/{folder} leads over a link to /{found}, and is a folder here"
        raise ImageError(message, hint=f'include what is in it with to="/{found}"')


def _check(
    one: Included,
    before: Mapping[str, Copied],
    files: Mapping[str, Copied],
    known: Folders,
    ground: Ground,
) -> None:
    """COPY puts no file in the place of a folder, and the other way around."""
    folders = {folder for path in files for folder in parents(path)}
    former = {folder for path in (*before, *known.found) for folder in parents(path)}
    former |= known.found.keys()
    clashes = (folders & before.keys()) | (former & files.keys())
    clashes |= {path for path in files.keys() - clashes if ground.has_folder(path)}
    if clashes:
        where = _where(one.step.at[0] if one.step.at else "")
        raise ImageError(
            Problem(
                message=f"{where}/{path} is a file and a folder",
                hint="include it under another path",
            )
            for path in sorted(clashes)
        )


def _where(at: str) -> str:
    return f"{at}: " if at else ""


def _entry(one: Copied, content: bytes | Path) -> Regular:
    file = one.file
    found: Content = (
        Literal(data=content)
        if isinstance(content, bytes)
        else Slice(path=content, size=file.size, weights=one.weights)
    )
    return Regular(
        path=one.path,
        mode=0o755 if file.executable else 0o644,
        content=found,
        sha256=file.sha256,
        source=file.path,
    )
