"""The target of a command, with the changes that its options ask for."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lading.cli.failure import Misused
from lading.cli.modules import ProjectModules, folders_of_modules
from lading.cli.options import given_settings
from lading.cli.talk import note
from lading.cli.target import Target, load_target, load_targets
from lading.errors import Problem, SpecificationError
from lading.image.spans import settings
from lading.image.steps import BuildInclude, PythonStep
from lading.project_file import read_project_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from lading.grammar.base import BaseImage
    from lading.image import Image

__all__ = ["chosen", "loaded", "loaded_all"]


def loaded(target: str, *, project: str | None, base_image: BaseImage | None) -> Target:
    """The image that a command works on, on another base where one was named.

    Each command says on stderr what may not be meant: what it makes or shows may be of another one
    than is asked for.
    """
    found = load_target(target, project=project, settings=given_settings(), told=_told())
    if project is not None:
        _check_below(target, found)
    if base_image is None:
        return found
    return replace(found, image=_rebased(found.image, base_image))


def chosen(
    target: str, *, every: bool, project: str | None, base_image: BaseImage | None
) -> tuple[Target, ...]:
    """The one image that a command works on, or all that its TARGET stands for: see `loaded`."""
    if every:
        return loaded_all(target, project=project, base_image=base_image)
    return (loaded(target, project=project, base_image=base_image),)


def loaded_all(
    target: str, *, project: str | None, base_image: BaseImage | None
) -> tuple[Target, ...]:
    """All images that a command works on, on another base where one was named."""
    found = load_targets(target, project=project, settings=given_settings(), told=_told())
    for one in found if project is not None else ():
        _check_below(target, one)
    if base_image is None:
        return found
    return tuple(replace(one, image=_rebased(one.image, base_image)) for one in found)


def _check_below(target: str, found: Target) -> None:
    """Refuse files that are in the folder of TARGET, and not in the one that --project says.

    A service's own are named from the folder that its module is imported from.
    """
    root = _folder_of(target).resolve()
    for step in settings(found.image.steps, BuildInclude) if root != found.project else ():
        names = [one.text for one in step.patterns if os.path.isfile(root / one.text)]  # noqa: PTH113 - False for any name
        missing = [one for one in names if not os.path.lexists(found.project / one)]
        if missing:
            message = (
                f"{missing[0]} is included from the folder {root.name}, which {target} is of, "
                f"and --project is {found.project.name or found.project}"
            )
            hint = _hint_at_module(target, root, found.project)
            raise SpecificationError(Problem(message=message, hint=hint, location=step.location))


def _folder_of(target: str) -> Path:
    """The folder that TARGET is of: its file's, itself, or for a module this folder."""
    where, colon, _ = target.partition(":")
    if where.endswith(".py"):
        return Path(where).parent
    folder = Path(where)
    is_project = folder.is_dir() and (not colon or read_project_file(folder) is not None)
    return folder if is_project else Path()


def _hint_at_module(target: str, root: Path, project: Path) -> str:
    """How the module of TARGET is named from the project's folder on."""
    where, _, name = target.partition(":")
    file = Path(where).resolve() if where.endswith(".py") else ProjectModules(root).file(where)
    leaving = "leave --project out"
    for folder in reversed(folders_of_modules(project)):
        if file is not None and file.is_relative_to(folder):
            module = ".".join(file.relative_to(folder).with_suffix("").parts)
            return f"{leaving}, or name it as {module}:{name}, in the folder {project}"
    return leaving


def _told() -> Callable[[str], None] | None:
    context = click.get_current_context(silent=True)
    return None if context and context.params.get("quiet") else note


def _rebased(image: Image, base: BaseImage) -> Image:
    # The steps were written for the distro and the Python that the image had before; without Python
    # packages, any Python that the base has will do, or none.
    distro = str(image.distro) if image.distro else None
    needs_python = any(isinstance(step, PythonStep) for step in image.steps)
    python = str(image.python_version) if needs_python else None
    try:
        changed = image._replaced(  # noqa: SLF001 - the same distribution
            base_image=str(base), distro=distro, python_version=python
        )
    except SpecificationError as error:
        problem = error.problems[0]
        raise Misused(f"--base-image: {problem.message}") from None
    # What is wrong with the image later is to be mended where it is written, not in this program.
    return changed._copy(location=image.location)  # noqa: SLF001 - the same distribution
