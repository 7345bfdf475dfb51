"""The layers of a plan on a base: each with its key, and what makes its entries."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from lading.assembly.folders import Folders
from lading.assembly.includes import check_order, copied, included
from lading.assembly.keys import environment_key, files_key, packages_key, sha256_of
from lading.assembly.packages import ENVIRONMENT
from lading.assembly.plan import weight
from lading.assembly.skeleton import skeleton
from lading.assembly.system import SYSTEM, Upon, added_key, system_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from lading.assembly.ground import Ground
    from lading.assembly.includes import Contents, Copied
    from lading.assembly.packages import Packaging
    from lading.assembly.plan import PlannedLayer
    from lading.assembly.system import Installer
    from lading.info import ImageInfo
    from lading.oci.entries import Entry
    from lading.store import LayerKey

__all__ = ["Job", "Parts", "Wheels", "environment_job", "jobs", "system_job"]

Wheels: TypeAlias = "Mapping[str, Path]"
"""Their files by their SHA-256."""

PROJECT = ""
"""What owns the project's files, which may take the place of any other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a layer is made of.

    Attributes:
        entries: By what they belong to: a distribution, the environment, the project.
        remarks: What a user has to know of it, whenever it is part of an image.
    """

    entries: Mapping[str, tuple[Entry, ...]]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A layer to be looked up, or made.

    Attributes:
        layer: What it is.
        key: What it is known by.
        size: How large it is held to be, in bytes.
        parts: Gives what it is made of, of the wheels that it has. Files that entries refer to are
            there during the block.
        files: The paths of the project's files, each with the user's line.
    """

    layer: PlannedLayer
    key: LayerKey
    size: int
    parts: Callable[[Wheels], AbstractContextManager[Parts]]
    files: Mapping[str, str] = field(default_factory=dict, repr=False)


def jobs(  # noqa: PLR0913 - what, on what, and of what
    info: ImageInfo,
    layers: Iterable[PlannedLayer],
    *,
    ground: Ground,
    packaging: Packaging | None,
    contents: Contents,
    installer: Installer,
) -> Iterator[Job]:
    """The layers of `info`, from the lowest up. No file is opened.

    Args:
        info: The image.
        layers: Its plan.
        ground: What it is put on.
        packaging: How its wheels become entries, where it has any.
        contents: The project's files.
        installer: Installs its system packages.

    Raises:
        ImageError: Files of the project are in each other's way.
    """
    folders = Folders.of_base()
    there: dict[str, Copied] = {}
    for number, image in enumerate(info.stack):
        user, on = image.config.user, ground.under(image)
        folders = folders.given(on.given(image), user.uid, user.gid)
        for layer in (one for one in layers if one.image == number):
            if layer.kind == "system":
                yield system_job(layer, image, on, installer)
            elif layer.kind == "environment":
                yield environment_job(layer, skeleton(image, on, folders))
            elif layer.kind == "packages":
                assert packaging is not None  # noqa: S101 - with wheels there is an environment
                yield _packages(layer, packaging, folders)
            else:
                copies, folders = copied(layer, on, folders, there)
                there |= copies
                if packaging is not None:
                    check_order(copies.values(), image, packaging.root)
                yield _files(layer, tuple(copies.values()), folders, contents)


def system_job(layer: PlannedLayer, info: ImageInfo, ground: Ground, installer: Installer) -> Job:
    """The layer of system packages: of an image on one of one's own, what is not below."""
    user, below = info.config.user, info.below
    debs = (*layer.over, *layer.debs)
    upon = Upon(debs=layer.over, user=below.config.user) if layer.over and below else None

    @contextmanager
    def parts(_: Wheels) -> Iterator[Parts]:
        work = (
            installer.installed(debs, ground.base, user)
            if upon is None
            else installer.added(debs, upon, ground.base, user)
        )
        with work as found:
            yield Parts(entries={SYSTEM: found.entries}, remarks=found.remarks)

    base = ground.base
    return Job(
        layer=layer,
        key=added_key(debs, upon, base, user) if upon else system_key(debs, base, user),
        size=sum(one.size for one in layer.debs),
        parts=parts,
    )


def environment_job(layer: PlannedLayer, entries: tuple[Entry, ...]) -> Job:
    """The layer of the environment and the folders, which are all in memory."""

    def parts(_: Wheels) -> AbstractContextManager[Parts]:
        return nullcontext(Parts(entries={ENVIRONMENT: entries}))

    return Job(layer=layer, key=environment_key(entries), size=0, parts=parts)


def _packages(layer: PlannedLayer, packaging: Packaging, folders: Folders) -> Job:
    above = tuple(folders.above([f"{packaging.root}/bin/python"]))

    def parts(wheels: Wheels) -> AbstractContextManager[Parts]:
        found: dict[str, tuple[Entry, ...]] = {PROJECT: above} if above else {}
        for one in layer.distributions:
            found[f"{one.name} {one.version}"] = packaging.entries(one, wheels[sha256_of(one)])
        return nullcontext(Parts(entries=found))

    return Job(
        layer=layer,
        key=packages_key(layer.distributions, packaging, above),
        size=sum(map(weight, layer.distributions)),
        parts=parts,
    )


def _files(
    layer: PlannedLayer, copies: Sequence[Copied], folders: Folders, contents: Contents
) -> Job:
    def parts(_: Wheels) -> AbstractContextManager[Parts]:
        return nullcontext(Parts(entries={PROJECT: included(copies, contents, folders)}))

    return Job(
        layer=layer,
        key=files_key(layer.kind, copies, tuple(folders.above(one.path for one in copies))),
        size=sum(one.file.size for one in copies),
        parts=parts,
        files={one.path: one.at for one in copies},
    )
