"""What an image came to by its lock: where that fits, and in what it does not elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lading.lock.below import own_lock, part_below
from lading.lock.debs import unlocked_packages
from lading.lock.file import lock_name
from lading.lock.fit import misfits
from lading.platforms import Platform

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lading.explain.packages import Kind
    from lading.lock.inputs import Asked
    from lading.lock.model import Lock, PlatformLock

__all__ = [
    "LockState",
    "ModelFiles",
    "OfBelow",
    "Packages",
    "Resolved",
    "ResolvedPackage",
    "lock_state",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Packages:
    """Locked packages of one kind.

    Attributes:
        count: How many are installed.
        download: The bytes of their files, as far as they are known.
        unsized: Of how many no index told the size.
    """

    count: int
    download: int
    unsized: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedPackage:
    """A locked package.

    Attributes:
        kind: Python's, the distribution's, or the distribution's for building alone.
        name: The package.
        version: None where only a build would tell.
        size: The bytes of its file; None where no index told.
        source: Where it is from: the URL of an index or `default`, its own URL or its path in the
            project, or a suite.
        asked: Whether the image asks for it by itself.
        needed_by: Where "auto" has brought it, what of it each distribution needs.
    """

    kind: Kind
    name: str
    version: str | None
    size: int | None
    source: str
    asked: bool
    needed_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OfBelow:
    """What of an image is that of the image below, which `from_image` names.

    Attributes:
        lock: The lock that this has itself; None where it has none that fits.
        python: Its distributions.
        system: Its packages of the distribution.
    """

    lock: str | None
    python: Packages
    system: Packages


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """What an image came to on one platform.

    Attributes:
        base: The base image's reference.
        digest: Of what it names; None where it has none.
        manifest: Of the platform's own manifest.
        python: The distributions.
        compiled: Those of them that are compiled from source, as `name version`.
        system: Debian's packages, without those for compiling.
        compiling: The packages that are only there for compiling.
        unlocked: The system packages that are asked for, where they are not locked.
        packages: Every locked package.
        below: What of these is the image below's; None where there is none.
    """

    platform: str
    base: str
    digest: str | None
    manifest: str | None
    python: Packages
    compiled: tuple[str, ...]
    system: Packages
    compiling: Packages
    unlocked: tuple[str, ...]
    packages: tuple[ResolvedPackage, ...]
    below: OfBelow | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFiles:
    """The files of models that are locked: how many they are, and how many bytes they have."""

    count: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LockState:
    """The lock beside the project.

    Attributes:
        state: Whether it is what the image asks for.
        drifted: What is not; empty where it fits or is missing.
        models: What it has of models, where it fits.
        platforms: What it has, where it fits.
    """

    file: str
    state: Literal["missing", "drifted", "fits"]
    drifted: tuple[str, ...] = ()
    models: ModelFiles = ModelFiles()
    platforms: tuple[Resolved, ...] = ()


def lock_state(asked: Asked, lock: Lock | None) -> LockState:
    """What a lock has of an image, and whether that is what this asks for."""
    file = lock_name(asked.image)
    if lock is None:
        return LockState(file=file, state="missing")
    names = [part.platform for part in lock.platforms]
    # Whether a base may go without a digest is asked where the image is made.
    drifted = misfits(lock, asked, names, allow_unpinned_base=True)
    if drifted:
        return LockState(file=file, state="drifted", drifted=drifted)
    below = asked.below
    own = own_lock(below) if below else None
    name = own[0] if own else None
    platforms = tuple(
        _resolved(part, asked.on(Platform.parse(part.platform)), name) for part in lock.platforms
    )
    models = {one for part in lock.platforms for one in lock.inputs_of(part).models}
    return LockState(
        file=file,
        state="fits",
        models=ModelFiles(count=len(models), size=sum(one.size for one in models)),
        platforms=platforms,
    )


def _resolved(part: PlatformLock, asked: Asked, name: str | None) -> Resolved:
    image = asked.image
    debs = [one.size for one in part.debs if one.group]
    tools = [one.size for one in part.debs if not one.group]
    return Resolved(
        platform=part.platform,
        base=part.base.reference,
        digest=part.base.digest,
        manifest=part.base.manifest,
        python=_packages([one.size for one in part.distributions]),
        compiled=tuple(
            f"{one.name} {one.version or ''}".rstrip()
            for one in part.distributions
            if one.is_source
        ),
        system=_packages(debs),
        compiling=_packages(tools),
        unlocked=unlocked_packages(image, part),
        packages=(*_distributions(part, asked), *_debs(part)),
        below=_of_below(part_below(image, part), name) if image.below else None,
    )


def _distributions(part: PlatformLock, asked: Asked) -> Iterator[ResolvedPackage]:
    """Those that are asked for by name are, and those by their place: no index has them."""
    sets = (found for group in asked.groups for _, found in group)
    names = {one.requirement.name for found in sets for one in found.requirements}
    for one in part.distributions:
        yield ResolvedPackage(
            kind="python",
            name=one.name,
            version=one.version,
            size=one.size,
            source=one.index or one.url,
            asked=one.name in names or one.index is None,
        )


def _debs(part: PlatformLock) -> Iterator[ResolvedPackage]:
    groups = part.debs_for.installations if part.debs_for else ()
    words = {_package(word) for group in groups for word in group}
    auto = {one.package: one.needed_by for one in part.auto}
    building = {_package(word) for word in part.debs_for.compiling} if part.debs_for else set()
    for one in part.debs:
        yield ResolvedPackage(
            kind="system" if one.group else "compiling",
            name=one.name,
            version=one.version,
            size=one.size,
            source=one.suite,
            asked=one.name in (words | auto.keys() if one.group else building),
            needed_by=auto.get(one.name, ()),
        )


def _package(word: str) -> str:
    """The name in a word such as `name=version` or `name:arch`."""
    return word.partition("=")[0].partition(":")[0]


def _of_below(part: PlatformLock, name: str | None) -> OfBelow:
    return OfBelow(
        lock=name,
        python=_packages([one.size for one in part.distributions]),
        system=_packages([one.size for one in part.debs if one.group]),
    )


def _packages(sizes: Sequence[int | None]) -> Packages:
    known = [size for size in sizes if size is not None]
    return Packages(count=len(sizes), download=sum(known), unsized=len(sizes) - len(known))
