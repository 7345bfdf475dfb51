"""The Debian packages of an image: which it asks for, and what of a lock they are."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Protocol

from lading.distros import (
    UNNEEDED,
    base_image,
    debian_architecture,
    interpreter_packages,
    root_packages,
    root_tools,
    toolchain,
)
from lading.errors import Problem, ResolutionError, SpecificationError
from lading.grammar.base import SCRATCH
from lading.grammar.invalid import Invalid
from lading.grammar.reference import ImageReference
from lading.image import steps
from lading.image.spans import settings, spans
from lading.image.system import packages_for
from lading.lock.model import Archive, Deb, DebsFor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from lading.debian import Facts
    from lading.distros import Distro
    from lading.errors import Location
    from lading.grammar.python_version import PythonVersion
    from lading.http import HttpSettings
    from lading.image import Image
    from lading.lock.model import Distribution, PlatformLock
    from lading.machine import Machine
    from lading.mirrors import Mirrors
    from lading.platforms import Platform

__all__ = [
    "KnownBase",
    "debs_drift",
    "debs_for",
    "interpreter_of",
    "is_lockable",
    "unlocked_packages",
    "with_debs",
]

_FAMILY = "debian"


class KnownBase(Protocol):
    """What is asked of a base."""

    def dpkg_status(self) -> str:
        """What dpkg has recorded there."""

    def has_python(self) -> bool:
        """Whether it has the image's interpreter."""


def debs_for(image: Image, part: PlatformLock, *, base_has_python: bool = False) -> DebsFor | None:
    """The system packages that are locked for an image; None where none are.

    Args:
        image: The image.
        part: Its lock for a platform, whose sources have to be compiled.
        base_has_python: Whether the base was found to have an interpreter that may not be there.

    Raises:
        SpecificationError: A step does not say what it installs on the image's distro.
    """
    if not is_lockable(image):
        return None
    return _asked(image, part, () if base_has_python else interpreter_of(image))


def unlocked_packages(image: Image, part: PlatformLock) -> tuple[str, ...]:
    """The system packages that a build installs and that no lock knows.

    Raises:
        SpecificationError: A step does not say what it installs on the image's distro.
    """
    asked = _asked(image, part, interpreter_of(image)) if part.debs_for is None else None
    if asked is None:
        return ()
    installed = (one for some in asked.installations for one in some)
    return tuple(sorted({*asked.interpreter, *installed, *asked.compiling}))


def debs_drift(image: Image, part: PlatformLock) -> tuple[str, ...]:
    """What of the system packages in a lock is not as the image asks, in words.

    Raises:
        SpecificationError: A step does not say what it installs on the image's distro.
    """
    wanted = debs_for(image, part) if part.base.is_pinned else None
    if part.debs_for in {wanted, _on_python(image, part)}:
        return ()
    old, new = part.debs_for or DebsFor(), wanted or DebsFor()
    found = tuple(
        f"{what}: {one}"
        for what, some in (
            ("not locked", _flat(new) - _flat(old)),
            ("locked, and no longer asked for", _flat(old) - _flat(new)),
        )
        for one in sorted(some)
    )
    if old.snapshot != new.snapshot:
        found += (f"snapshot {old.snapshot} is locked, {new.snapshot} is asked for",)
    return found or ("the order in which system packages are installed has changed",)


def _flat(asked: DebsFor) -> set[str]:
    return {
        *(f"system package {one}, for the interpreter" for one in asked.interpreter),
        *(f"system package {one}" for some in asked.installations for one in some),
        *(f"system package {one}, for compiling" for one in asked.compiling),
    }


def _on_python(image: Image, part: PlatformLock) -> DebsFor | None:
    """What is asked for on a base that has the interpreter, as nothing never has."""
    if image.base_image == SCRATCH:
        return debs_for(image, part)
    return debs_for(image, part, base_has_python=True) if part.base.is_pinned else None


def _asked(image: Image, part: PlatformLock, interpreter: tuple[str, ...]) -> DebsFor | None:
    distro = image.distro
    if distro is None:
        return None
    problems: list[Problem] = []
    asked = [_named(span.system, distro, problems) for span in spans(image.steps)]
    building = _named(settings(image.steps, steps.BuildPackages), distro, problems)
    if problems:
        raise SpecificationError(problems)
    found = DebsFor(
        interpreter=interpreter if part.tools or image.base_image == SCRATCH else (),
        installations=tuple(packages for packages in asked if packages),
        compiling=_beside(image, part, building, image.python_version if interpreter else None),
        snapshot=image.snapshot,
    )
    return found if found != DebsFor(snapshot=image.snapshot) else None


def _beside(
    image: Image,
    part: PlatformLock,
    building: tuple[str, ...],
    python_from_distro: PythonVersion | None,
) -> tuple[str, ...]:
    """What stages beside the image have more: those that compile, and on scratch others too."""
    assert image.distro is not None  # noqa: S101 - whoever asks has looked
    sources = [one for one in part.distributions if one.is_source]
    compiling = _compiling(sources, image.distro, building, python_from_distro) if sources else ()
    if image.base_image != SCRATCH or not part.tools:
        return compiling
    tools = root_tools(shell=needs_shell(image), compiles=bool(sources))
    return tuple(sorted({*tools, *compiling}))


def _compiling(
    sources: Iterable[Distribution],
    distro: Distro,
    building: tuple[str, ...],
    python_from_distro: PythonVersion | None,
) -> tuple[str, ...]:
    repositories = [one for one in sources if one.kind == "git"]
    needed = toolchain(
        distro,
        python_from_distro=python_from_distro,
        git=bool(repositories),
        ssh=any(one.url.startswith("ssh://") for one in repositories),
    )
    return tuple(sorted({*needed, *building}))


def interpreter_of(image: Image) -> tuple[str, ...]:
    """The distro's packages of the interpreter, where the base may come without one."""
    distro, python = image.distro, image.python_version
    if distro is None:
        return ()
    if image.base_image is None:
        return base_image(distro, python).interpreter_packages
    if image.base_image == SCRATCH:
        return root_packages(distro, python, shell=needs_shell(image))
    if isinstance(image.base_image, ImageReference):
        name = image.base_image.path.rpartition("/")[2]
        if name == "python":
            return ()
    return interpreter_packages(distro, python) or ()


def needs_shell(image: Image) -> bool:
    """Whether a base from scratch has a shell: it was asked for, or a step is run by one."""
    return image.shell or any(isinstance(one, steps.Run | steps.RunScript) for one in image.steps)


def is_lockable(image: Image) -> bool:
    """Whether the image's system packages are locked: Debian's and Ubuntu's are, unless it says so.

    What is installed on a base depends on it, so that one without a digest has none to lock.
    """
    return (
        image.lock_system_packages and image.distro is not None and image.distro.family == _FAMILY
    )


def with_debs(  # noqa: PLR0913 - what is wanted, for which target, and how it is reached
    part: PlatformLock,
    earlier: PlatformLock | None,
    *,
    image: Image,
    platform: Platform,
    mirrors: Mirrors,
    http: HttpSettings,
    machine: Machine,
    now: datetime,
    base: KnownBase,
    say: Callable[[str], None],
) -> PlatformLock:
    """The same lock with its Debian packages.

    Args:
        part: The lock.
        earlier: The one before, whose packages stay where the same are asked for on the same base;
            None to choose them anew.
        image: What is locked.
        platform: For what.
        mirrors: Where archives are, where they are elsewhere.
        http: How to reach them.
        machine: Where the cache and the keyring are.
        now: The time, by which an archive's state may be out of date.
        base: Tells of the base; asked where that is needed.
        say: Told what is going on.

    Raises:
        SpecificationError: The image does not say what it installs on its distro.
        ResolutionError: The archive can't be read, lacks a package, or there is none.
        LadingError: The base can't be read.
    """
    import msgspec  # noqa: PLC0415 - the model has brought it already

    wanted = debs_for(image, part)
    if wanted is None or image.distro is None:
        return part
    is_same = earlier is not None and earlier.base == part.base
    if earlier is not None and is_same and earlier.debs_for in {wanted, _on_python(image, part)}:
        return msgspec.structs.replace(
            part, archives=earlier.archives, debs_for=earlier.debs_for, debs=earlier.debs
        )
    from lading.debian import lock_debs  # noqa: PLC0415 - only where some are asked

    try:
        if wanted.interpreter and base.has_python():
            wanted = _on_python(image, part)
        if wanted is None:
            return part
        found = lock_debs(
            (*([wanted.interpreter] if wanted.interpreter else ()), *wanted.installations),
            compiling=wanted.compiling,
            installed=_there(
                image, base, part.base.reference, debian_architecture(platform.architecture)
            ),
            distro=image.distro,
            platform=platform,
            mirrors=mirrors,
            http=http,
            cache=machine.cache,
            environ=machine.environ,
            now=now,
            say=say,
            snapshot=wanted.snapshot,
            host_sources=machine.apt_sources,
        )
    except ResolutionError as error:
        raise ResolutionError(_placed(error.problems, image)) from None
    return msgspec.structs.replace(
        part,
        archives=tuple(Archive(**asdict(one)) for one in found.archives),
        debs_for=wanted,
        debs=tuple(Deb(**asdict(one)) for one in found.debs),
    )


def _there(image: Image, base: KnownBase, name: str, architecture: str) -> tuple[Facts, ...]:
    """What need not be installed."""
    from lading.debian import installed_in, unneeded  # noqa: PLC0415 - only where some are asked

    if image.base_image == SCRATCH:
        return unneeded(UNNEEDED)
    return installed_in(base.dpkg_status(), what=name, architecture=architecture)


def _named(
    found: Iterable[steps.SystemPackages], distro: Distro | None, problems: list[Problem]
) -> tuple[str, ...]:
    return tuple(sorted(dict.fromkeys(_words(found, distro, problems))))


def _words(
    found: Iterable[steps.SystemPackages], distro: Distro | None, problems: list[Problem]
) -> Iterator[str]:
    for step in found:
        try:
            yield from packages_for(step, distro)
        except Invalid as error:
            problems.append(Problem(message=error.message, hint=error.hint, location=step.location))


def _placed(problems: Iterable[Problem], image: Image) -> list[Problem]:
    """The problems, each at the line that asks for what it names, or else at the first such."""
    asked = settings(image.steps, steps.SystemPackages)
    first = asked[0].location if asked else image.location
    return [
        Problem(
            message=one.message,
            hint=one.hint,
            detail=one.detail,
            location=one.location or _line(one.message, asked, image) or first,
        )
        for one in problems
    ]


def _line(message: str, asked: Iterable[steps.SystemPackages], image: Image) -> Location | None:
    words = message.split()
    for step in asked:
        if any(package in words for package in packages_for(step, image.distro)):
            return step.location
    return None
