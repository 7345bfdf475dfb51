"""What a dialect can't express: an error that names the user's line, and never a step less."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.distros import has_shell
from lading.dockerfile.compiling import build_places, sources
from lading.dockerfile.python import install_places
from lading.dockerfile.repositories import over_ssh
from lading.errors import FreezeError, Location, Problem
from lading.grammar.base import LocalImage, Scratch, parse_base
from lading.grammar.dockerfile_base import DockerfileBase
from lading.info import InstallPython, InstallSystem, RunCommand, RunScript

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.info import ImageInfo, Step
    from lading.lock.model import Distribution

__all__ = ["refuse_base", "refuse_for_classic"]

_NO_ENGINE = "make the image without an engine: lading build -o image.tar"
_LOCK = "leave out lock_system_packages=False"
_LOCK_ALL = "leave out lock_python_packages=False"
_RELEASE = 'name a release whose packages make a base, with a shell: distro="debian:trixie"'
_HINT = "build with dialect='buildkit': what a classic builder is given stays in the image"


def refuse_base(info: ImageInfo) -> None:
    """Refuse a base that no Dockerfile can start from.

    Raises:
        FreezeError: It is one of the project; or it is nothing, which has no shell, and something
            has to be run.
    """
    base = parse_base(info.base.reference)
    if isinstance(base, LocalImage):
        message = f"a Dockerfile can't start from {base}, which is a file or folder of the project"
        hint = f"{_NO_ENGINE}, or push the base to a registry and name it there"
        raise FreezeError(message, hint=hint)
    if isinstance(base, DockerfileBase) and info.base_built is None:
        message = f"nothing says what the base is called that {base.path} makes"
        raise FreezeError(message, hint="freeze the image again")
    if isinstance(base, Scratch):
        _refuse_on_scratch(info)


def _refuse_on_scratch(info: ImageInfo) -> None:
    found = [
        Problem(message=message, location=_location(step), hint=hint)
        for step in info.steps
        for message, hint in _impossible_on_scratch(info, step)
    ]
    if found:
        raise FreezeError(found)


def _impossible_on_scratch(info: ImageInfo, step: Step) -> Iterator[tuple[str, str]]:
    is_empty = info.interpreter_debs is None
    match step:
        case InstallSystem() | InstallPython() if is_empty:
            yield "a base from scratch is made of locked packages, and these are not locked", _LOCK
        case InstallPython() if step.requirements and any(_compiled(step)):
            names = ", ".join(one.name for one in _compiled(step))
            yield f"{names} can't be compiled on scratch without a lock of the compiler", _LOCK_ALL
        case RunCommand() | RunScript() if not has_shell(info.interpreter_packages):
            yield "nothing can be run on scratch, which has no shell", _RELEASE
        case _:
            pass


def _compiled(step: InstallPython) -> tuple[Distribution, ...]:
    return (*sources(step, isolated=True), *sources(step, isolated=False))


def refuse_for_classic(info: ImageInfo) -> None:
    """Refuse an image that takes a secret or an ssh agent, which only a mount can bring.

    Raises:
        FreezeError: With all such steps.
    """
    found = [
        Problem(message=message, location=_location(step), hint=_HINT)
        for step in info.steps
        for message in dict.fromkeys(_wanting(info, step))
    ]
    if found:
        raise FreezeError(found)


def _wanting(info: ImageInfo, step: Step) -> Iterator[str]:
    if isinstance(step, (InstallPython, RunCommand, RunScript)):
        for secret in step.secrets:
            yield f"the classic dialect has no way to hand over the secret {secret.id}"
    if not isinstance(step, InstallPython):
        return
    compiled = _compiled(step)
    asked = [*install_places(info, step)]
    asked += (place for one in compiled for place in build_places(info, step, one.name))
    for place in asked:
        for secret in place.secrets:
            yield f"the classic dialect can't log in to an index, with the secret {secret.id}"
    if not info.vendored and any(over_ssh(one) for one in compiled):
        yield "the classic dialect can't clone a repository over ssh"


def _location(step: Step) -> Location | None:
    """The first of the step's lines."""
    if not step.at:
        return None
    file, _, line = step.at[0].rpartition(":")
    return Location(file, int(line)) if line.isdigit() else None
