"""The image of a bento: a user's `Image`, and around it what every bento's container has."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lading.bentos.layout import (
    BENTO_PATH,
    BENTO_UID,
    BENTO_USER,
    ENTRYPOINT,
    PORTS,
    SOURCES,
    VARIABLES,
)
from lading.image import Secret, steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lading.image import Image
    from lading.image.steps import Step

__all__ = ["compose"]

_PYTHON = (
    steps.PythonPackages,
    steps.RequirementsFile,
    steps.PyprojectToml,
    steps.UvLock,
    steps.ScriptRequirements,
)
_READING = (*_PYTHON, steps.Run, steps.RunScript)
"""The steps that see the variables of the stage `build`."""


def compose(
    image: Image,
    *,
    requirement: str | None,
    variables: Mapping[str, str],
    secrets: Iterable[str] = (),
) -> Image:
    """The image that serves a bento.

    Args:
        image: What the service's code says.
        requirement: BentoML itself, where the image does not name it.
        variables: Environment variables, which every command sees.
        secrets: Environment variables of the build alone.

    Raises:
        SpecificationError: A variable is invalid, or holds a credential.
    """
    nothing = image._copy(steps=())  # noqa: SLF001 - the same distribution
    before = nothing.env({**VARIABLES, **variables}).user(BENTO_UID, name=BENTO_USER)
    if image.distro is not None and image.distro.name == "alpine":
        before = before.system_packages("bash")  # what BentoML's entrypoint is written in
    if any(map(_is_included, image.steps)):
        before = before.run(_writable(image))
    after = (
        nothing.workdir(BENTO_PATH)
        .expose(*PORTS)
        # By bash itself, so that the file's mode does not matter.
        .entrypoint("bash", f"{BENTO_PATH}/{ENTRYPOINT}")
    )
    server = _at(image, nothing.python_packages(requirement).steps) if requirement else ()
    named = tuple(Secret(id=name, variable=name) for name in secrets)
    reading = (_reading(step, named) for step in _beside(image.steps, server))
    every = (*_at(image, before.steps), *reading, *_at(image, after.steps))
    return image._copy(steps=every)  # noqa: SLF001 - the same distribution


def _writable(image: Image) -> str:
    """Makes the folder of the sources, which a server may write to, before files are put there."""
    users = [step for step in image.steps if isinstance(step, steps.User)]
    owner = f"{users[-1].uid}:{users[-1].gid}" if users else f"{BENTO_UID}:0"
    return f"mkdir {SOURCES} && chown {owner} {SOURCES} && chmod g=u {SOURCES}"


def _at(image: Image, added: tuple[Step, ...]) -> tuple[Step, ...]:
    """What every bento has, as if it stood in the line of the user's Image: it was called here."""
    return tuple(replace(step, location=image.location) for step in added)


def _beside(found: tuple[Step, ...], server: tuple[Step, ...]) -> tuple[Step, ...]:
    """The server's packages, and all included files, beside the first Python packages.

    One installation then has all packages; and as in BentoML, what is included is there for every
    command after them, wherever it was called.
    """
    included = tuple(step for step in found if _is_included(step))
    others = tuple(step for step in found if not _is_included(step))
    places = [place for place, step in enumerate(others, 1) if isinstance(step, _PYTHON)]
    place = places[0] if places else len(others)
    return (*others[:place], *server, *included, *others[place:])


def _is_included(step: Step) -> bool:
    return isinstance(step, steps.BuildInclude) and str(step.to) == SOURCES


def _reading(step: Step, secrets: tuple[Secret, ...]) -> Step:
    if not secrets or not isinstance(step, _READING):
        return step
    given = {one.id for one in step.secrets}
    return replace(step, secrets=(*step.secrets, *(one for one in secrets if one.id not in given)))
