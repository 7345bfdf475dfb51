"""An image as it is written, and what it came to: all that is known without asking a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lading.explain.values import Setting, Value, argument_values, container_settings
from lading.explain.written import written_image, written_step
from lading.freeze.deciding import place
from lading.lock.below import own_lock, part_below
from lading.lock.debs import unlocked_packages
from lading.lock.file import lock_name
from lading.lock.fit import misfits
from lading.platforms import Platform

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from lading.config import Parameter
    from lading.config.annotations import Plain
    from lading.image import Image
    from lading.image.steps import Step
    from lading.lock.inputs import Asked
    from lading.lock.model import Lock, PlatformLock
    from lading.mirrors import Mirrors

__all__ = [
    "Call",
    "LockState",
    "Mirror",
    "ModelFiles",
    "OfBelow",
    "Packages",
    "ParameterValue",
    "Resolved",
    "Shown",
    "shown",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call of the user's, as code, and its line."""

    text: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterValue:
    """A parameter of the function that gave the image, and what it came to.

    Attributes:
        name: What `--set` calls it.
        type: What it takes, as code has it.
        default: None where it has none.
        value: What it is.
        required: Whether it has no default.
        origin: Who says what it is.
        otherwise: What it would be without the command line; None where that has to say it.
        at: The line of the project file that sets it, also where the command line then does.
    """

    name: str
    type: str
    default: Plain
    value: Plain
    required: bool
    origin: Literal["default", "project file", "command line"]
    otherwise: Plain
    at: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """What is asked in place of what, and where that is said."""

    name: str
    value: str
    origin: str


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An image, shown.

    Attributes:
        calls: As it is written, the constructor's first.
        parameters: Of the function that gave it, where one did.
        arguments: What those of the constructor came to.
        settings: How the container is run.
        mirrors: What is asked in place of what.
        lock: What is locked.
    """

    calls: tuple[Call, ...]
    parameters: tuple[ParameterValue, ...]
    arguments: tuple[Value, ...]
    settings: tuple[Setting, ...]
    mirrors: tuple[Mirror, ...]
    lock: LockState


def shown(
    asked: Asked, *, parameters: tuple[Parameter, ...], lock: Lock | None, mirrors: Mirrors
) -> Shown:
    """An image, with all that is known of it.

    Args:
        asked: The image, and what it asks to be locked.
        parameters: Of the function that gave it.
        lock: The project's lock, where there is one.
        mirrors: The project's mirrors.

    Raises:
        SpecificationError: A step does not say what it installs on the image's distro.
    """
    image, project = asked.image, asked.project

    def at(found: Iterable[Step]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(place(step.location, project) for step in found))

    return Shown(
        calls=(
            Call(text=written_image(image), at=place(image.location, project)),
            *(Call(text=f".{written_step(one)}", at=at([one])[0]) for one in image.steps),
        ),
        parameters=tuple(_parameter(one, project) for one in parameters),
        arguments=argument_values(image),
        settings=container_settings(image, at),
        mirrors=tuple(_mirrors(mirrors)),
        lock=_lock_state(asked, lock),
    )


def _parameter(one: Parameter, project: Path) -> ParameterValue:
    return ParameterValue(
        name=one.name,
        type=one.type,
        default=one.default,
        value=one.value,
        required=one.required,
        origin=one.origin,
        otherwise=one.otherwise,
        at=None if one.location is None else place(one.location, project),
    )


def _mirrors(mirrors: Mirrors) -> Iterator[Mirror]:
    said = dict(mirrors.said)
    named = (("python", mirrors.python), ("uv", mirrors.uv), *mirrors.archives)
    for name, value in named:
        if value is not None:
            yield Mirror(name=name, value=value, origin=said[name])
    for host, value in mirrors.registries:
        yield Mirror(name=host, value=value, origin=said["registries"])


def _lock_state(asked: Asked, lock: Lock | None) -> LockState:
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
        _resolved(part, asked.on(Platform.parse(part.platform)).image, name)
        for part in lock.platforms
    )
    models = {one for part in lock.platforms for one in lock.inputs_of(part).models}
    return LockState(
        file=file,
        state="fits",
        models=ModelFiles(count=len(models), size=sum(one.size for one in models)),
        platforms=platforms,
    )


def _resolved(part: PlatformLock, image: Image, name: str | None) -> Resolved:
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
        below=_of_below(part_below(image, part), name) if image.below else None,
    )


def _of_below(part: PlatformLock, name: str | None) -> OfBelow:
    return OfBelow(
        lock=name,
        python=_packages([one.size for one in part.distributions]),
        system=_packages([one.size for one in part.debs if one.group]),
    )


def _packages(sizes: Sequence[int | None]) -> Packages:
    known = [size for size in sizes if size is not None]
    return Packages(count=len(sizes), download=sum(known), unsized=len(sizes) - len(known))
