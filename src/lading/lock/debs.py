"""The Debian packages of a vendored build: which are needed, and what of a lock they are."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from lading.distros import base_image, interpreter_packages, vendored_packages
from lading.errors import Problem, ResolutionError, SpecificationError
from lading.grammar.base import SCRATCH
from lading.grammar.invalid import Invalid
from lading.grammar.reference import ImageReference
from lading.image import steps
from lading.image.spans import settings
from lading.image.system import packages_for
from lading.lock.model import Archive, Deb

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from lading.distros import Distro
    from lading.http import HttpSettings
    from lading.image import Image
    from lading.lock.model import PlatformLock
    from lading.machine import Machine
    from lading.mirrors import Mirrors
    from lading.platforms import Platform

__all__ = ["interpreter_of", "is_vendorable", "packages_of", "with_debs"]


def packages_of(image: Image, part: PlatformLock) -> tuple[str, ...]:
    """The system packages that a build of the image without a network installs, sorted.

    Args:
        image: The image.
        part: Its lock for a platform, whose sources have to be compiled.

    Raises:
        SpecificationError: A step does not say what it installs on the image's distro.
    """
    # A step for compiling only is one for packages too.
    building = settings(image.steps, steps.BuildPackages)
    installed = [one for one in settings(image.steps, steps.SystemPackages) if one not in building]
    problems: list[Problem] = []
    packages = tuple(_named(installed, image.distro, problems))
    build_packages = tuple(_named(building, image.distro, problems))
    if problems:
        raise SpecificationError(problems)
    if image.distro is None:
        return ()
    interpreter = interpreter_of(image) if part.tools else ()
    return vendored_packages(
        image.distro,
        packages=packages,
        interpreter=interpreter,
        compiles=any(one.is_source for one in part.distributions),
        python_from_distro=image.python_version if interpreter else None,
        build_packages=build_packages,
    )


def interpreter_of(image: Image) -> tuple[str, ...]:
    """The distro's packages of the interpreter, where the base may come without one."""
    distro, python = image.distro, image.python_version
    if distro is None:
        return ()
    if image.base_image is None:
        return base_image(distro, python).interpreter_packages
    if image.base_image == SCRATCH:
        return ()
    if isinstance(image.base_image, ImageReference):
        name = image.base_image.path.rpartition("/")[2]
        if name == "python":
            return ()
    return interpreter_packages(distro, python) or ()


def is_vendorable(image: Image) -> bool:
    """Whether system packages can be locked for the image's distro."""
    return image.distro is not None and image.distro.family == "debian"


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
    say: Callable[[str], None],
) -> PlatformLock:
    """The same lock with the Debian packages that a build of it without a network installs.

    Args:
        part: The lock.
        earlier: The one before, whose packages stay where the same are asked for; None to choose
            them anew.
        image: What is locked.
        platform: For what.
        mirrors: Where archives are, where they are elsewhere.
        http: How to reach them.
        machine: Where the cache and the keyring are.
        now: The time, by which an archive's state may be out of date.
        say: Told what is going on.

    Raises:
        SpecificationError: The image does not say what it installs on its distro.
        ResolutionError: The archive can't be read, lacks a package, or there is none.
    """
    import msgspec  # noqa: PLC0415 - the model has brought it already

    names = packages_of(image, part)
    if earlier is not None and earlier.debs_for == names:
        return msgspec.structs.replace(
            part, archives=earlier.archives, debs_for=names, debs=earlier.debs
        )
    if not names or image.distro is None:
        return msgspec.structs.replace(part, debs_for=names)
    from lading.debian import lock_debs  # noqa: PLC0415 - for a vendored lock only

    try:
        found = lock_debs(
            names,
            distro=image.distro,
            platform=platform,
            mirrors=mirrors,
            http=http,
            cache=machine.cache,
            environ=machine.environ,
            now=now,
            say=say,
            host_sources=machine.apt_sources,
        )
    except ResolutionError as error:
        raise ResolutionError(_placed(error.problems, image)) from None
    return msgspec.structs.replace(
        part,
        archives=tuple(Archive(**asdict(one)) for one in found.archives),
        debs_for=names,
        debs=tuple(Deb(**asdict(one)) for one in found.debs),
    )


def _named(
    found: Iterable[steps.SystemPackages], distro: Distro | None, problems: list[Problem]
) -> Iterable[str]:
    for step in found:
        try:
            yield from packages_for(step, distro)
        except Invalid as error:
            problems.append(Problem(message=error.message, hint=error.hint, location=step.location))


def _placed(problems: Iterable[Problem], image: Image) -> list[Problem]:
    """The problems, at the first line that asks for system packages."""
    asked = settings(image.steps, steps.SystemPackages)
    place = asked[0].location if asked else image.location
    return [
        Problem(
            message=one.message, hint=one.hint, detail=one.detail, location=one.location or place
        )
        for one in problems
    ]
