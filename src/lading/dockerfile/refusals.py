"""What a dialect can't express: an error that names the user's line, and never a step less."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.dockerfile.compiling import build_places, sources
from lading.dockerfile.python import install_places
from lading.dockerfile.repositories import over_ssh
from lading.errors import FreezeError, Location, Problem
from lading.info import InstallPython, RunCommand, RunScript

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.info import ImageInfo, Step

__all__ = ["refuse_for_classic"]

_HINT = "build with dialect='buildkit': what a classic builder is given stays in the image"


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
    compiled = (*sources(step, isolated=True), *sources(step, isolated=False))
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
