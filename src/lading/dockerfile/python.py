"""How a Dockerfile installs Python distributions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.dockerfile import inputs, uv
from lading.dockerfile import instructions as docker
from lading.dockerfile.compiling import sources
from lading.dockerfile.layout import (
    BUILT_WHEELS,
    CONSTRAINTS,
    MOUNTED_BUILT_WHEELS,
    MOUNTED_WHEELS,
    mounted_requirements,
    requirements_name,
)
from lading.dockerfile.places import everywhere, places
from lading.dockerfile.repositories import package_secrets
from lading.dockerfile.tasks import Task
from lading.grammar.invalid import Invalid
from lading.info import InstallPython
from lading.info.layout import wheels_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.dockerfile.instructions import Mount
    from lading.dockerfile.places import Place
    from lading.dockerfile.supply import Supply
    from lading.info import ImageInfo

__all__ = ["install_places", "installation", "late_installation"]


def install_places(info: ImageInfo, step: InstallPython) -> tuple[Place, ...]:
    """Where an installation takes its distributions from, those that need compiling apart."""
    if step.requirements:
        return (everywhere(info, step),)
    found = (one for one in step.distributions if not one.is_source)
    return places(info, found, wheels=MOUNTED_WHEELS)


def installation(
    info: ImageInfo, step: InstallPython, number: int, supply: Supply, built: str | None
) -> Task | None:
    """What installs `step`, but for what is compiled in the environment that this makes.

    Args:
        info: The image.
        step: One of its installations.
        number: Which, counted from 1.
        supply: How a step gets what it needs.
        built: The stage that has the wheels of its sources.

    Returns:
        The task, or None where nothing is left to do.

    Raises:
        Invalid: It can't be done in this order.
    """
    found = install_places(info, step)
    compiled = sources(step, isolated=True)
    if not (number == 1 or found or compiled):
        return None
    made = uv.environment(info) if number == 1 else ()
    installed = _unlocked(info, step, found[0]) if step.requirements else _locked(info, step, found)
    late = sources(step, isolated=False)
    if late and step.requirements:
        # All of them are one call, for which this one would have to be compiled already.
        raise Invalid(f"{late[0].name} can't be compiled without isolation and without the lock")
    files = tuple(_files(info, step, number, found))
    return _task(
        info,
        step,
        supply,
        commands=(*made, *_bytecode(info), *installed, *(() if late else _check(info, step))),
        needs=(*files, *_built_wheels(built)),
        logins=found,
        replaces=bool(step.requirements) and number > 1,
    )


def late_installation(info: ImageInfo, step: InstallPython, supply: Supply, built: str) -> Task:
    """What installs the sources of `step` that were compiled in the image's own environment."""
    late = sources(step, isolated=False)
    installed = uv.built_install(late, MOUNTED_BUILT_WHEELS, *_into(info))
    commands = (*_bytecode(info), installed, *_check(info, step))
    return _task(info, step, supply, commands=commands, needs=_built_wheels(built))


def _task(  # noqa: PLR0913 - what two installations have in common
    info: ImageInfo,
    step: InstallPython,
    supply: Supply,
    *,
    commands: tuple[str, ...],
    needs: tuple[Mount, ...],
    logins: tuple[Place, ...] = (),
    replaces: bool = False,
) -> Task:
    trusted = supply.ca_mount()
    trust = (uv.TRUST_CA,) if trusted else ()
    cache = uv.cache(info, supply, locked=not step.requirements)
    return Task(
        commands=(*trust, uv.settings(info, supply.uv_cache), *commands, uv.unlocked(info)),
        needs=(uv.PROGRAM, *needs, *cache, *trusted),
        secrets=package_secrets(step),
        logins=tuple(secret for place in logins for secret in place.secrets),
        keeps=(str(info.venv),),
        replaces=replaces,
        inputs=inputs.of_installing(info, step),
    )


def _bytecode(info: ImageInfo) -> tuple[str, ...]:
    # PEP 552. uv would else write each source's time into its bytecode, which differs by build.
    return ("export PYC_INVALIDATION_MODE=UNCHECKED_HASH",) if info.compile_bytecode else ()


def _into(info: ImageInfo) -> tuple[str, ...]:
    return ("--python", str(info.venv), *(("--compile-bytecode",) if info.compile_bytecode else ()))


def _locked(info: ImageInfo, step: InstallPython, found: tuple[Place, ...]) -> Iterator[str]:
    for place in found:
        yield uv.hashed_install(place, mounted_requirements(place.name), *_into(info))
    if compiled := sources(step, isolated=True):
        yield uv.built_install(compiled, MOUNTED_BUILT_WHEELS, *_into(info))


def _unlocked(info: ImageInfo, step: InstallPython, place: Place) -> Iterator[str]:
    # A source of an index would be compiled here, in the image, with the step's secrets and logins.
    words = ["--only-binary", ":all:", *(("--prerelease", "allow") if info.prerelease else ())]
    words += place.words
    if any(one.kind == "file" for one in step.distributions):
        words += ("--find-links", MOUNTED_WHEELS)
    if sources(step, isolated=True):
        words += ("--constraints", f"{MOUNTED_BUILT_WHEELS}/{CONSTRAINTS}")
    for one in step.distributions:
        words += ("--refresh-package", one.name)
    yield uv.install(place, *_into(info), *words, "-r", mounted_requirements(place.name))


def _files(
    info: ImageInfo, step: InstallPython, number: int, found: tuple[Place, ...]
) -> Iterator[Mount]:
    for place in found:
        name = requirements_name(number, place.name)
        yield docker.BindMount(source=name, target=mounted_requirements(place.name))
    local = any(one.kind == "file" for one in step.distributions)
    vendored = info.vendored and any(not one.is_source for one in step.distributions)
    if local or vendored:
        yield docker.BindMount(source=wheels_folder(number), target=MOUNTED_WHEELS)


def _built_wheels(stage: str | None) -> tuple[Mount, ...]:
    if stage is None:
        return ()
    return (docker.BindMount(from_stage=stage, source=BUILT_WHEELS, target=MOUNTED_BUILT_WHEELS),)


def _check(info: ImageInfo, step: InstallPython) -> Iterator[str]:
    """A look at what all packages really require, once all are there, where some was assumed."""
    installs = [one for one in info.steps if isinstance(one, InstallPython)]
    assumed = any(one.assumed for install in installs for one in install.distributions)
    if assumed and step is installs[-1]:
        yield uv.uv("pip", "check", "--python", str(info.venv))
