"""Finding the `Image` that a TARGET names, and the project that it belongs to."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lading.cli.child import found_by_child
from lading.cli.declared import Declared, Wanted, declared
from lading.cli.excerpt import excerpt
from lading.cli.importing import excerpted, import_file, import_module, importing
from lading.cli.modules import ProjectModules
from lading.config import ProjectImages, Setting, name_with, no_parameters
from lading.errors import SpecificationError
from lading.grammar.credentials import redact
from lading.project_file import read_project_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lading.config import Parameter
    from lading.image import Image

__all__ = ["Target", "imported", "load_target"]

_FORM = (
    "name it as path/service.py:image, package.module:image, or a folder with "
    '[tool.lading] image = "service:image"'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An image as it is written, and the folder that its paths start from.

    Attributes:
        image: The image.
        project: The folder, absolute.
        parameters: What the function that gave the image was called with.
    """

    image: Image
    project: Path
    parameters: tuple[Parameter, ...] = ()


def load_target(
    text: str, *, project: str | None = None, settings: Sequence[Setting] = ()
) -> Target:
    """The image that `text` names.

    Args:
        text: `path/service.py:image`, `package.module:attr`, or a folder, with the name of one of
            its project file's images after a colon where there are several.
        project: The project's folder; left out, it is the file's folder, the folder itself, or for
            a module this folder.
        settings: What the parameters of the image are.

    Raises:
        SpecificationError: There is no such image, its module can't be imported, or it has no such
            parameters.
    """
    if "://" in text:
        # Refused before a path is made of it, in which credentials could not be told any more.
        raise SpecificationError(f"{redact(text)!r} names no image", hint=_FORM)
    where, colon, name = text.rpartition(":") if ":" in text else (text, "", "")
    if _is_project(Path(where), named=bool(colon)):
        root = Path(where)
        found = _from_project(root, name if colon else None, tuple(settings))
    elif where.endswith(".py"):
        root = Path(where).parent
        found = _in_code(_wanted(root, where, name, tuple(settings)))
    elif colon and where.strip(".") and "/" not in where:
        root = Path()
        found = _in_code(_wanted(root, where, name, tuple(settings)))
    elif where and Path(where).is_dir():
        raise _no_project_file(Path(where))
    else:
        raise SpecificationError(f"{text!r} names no image", hint=_hint(where))
    return Target(
        image=found.named,
        project=(Path(project) if project else root).resolve(),
        parameters=found.parameters,
    )


def _wanted(root: Path, where: str, name: str, settings: tuple[Setting, ...]) -> Wanted:
    return Wanted(root=root, where=where, attribute=name or "image", settings=settings)


def _is_project(folder: Path, *, named: bool) -> bool:
    """Whether it is a folder with images; with a name after it, a package is more likely meant."""
    return folder.is_dir() and (not named or read_project_file(folder) is not None)


def _hint(where: str) -> str:
    place = Path(where)
    if place.name and place.with_suffix(".py").is_file():
        return f"did you mean {place.with_suffix('.py')}:image?"
    return _FORM


def _no_project_file(folder: Path) -> SpecificationError:
    message = f"there is no pyproject.toml and no lading.toml in {folder.resolve().name}"
    return SpecificationError(message, hint=_FORM)


def _from_project(folder: Path, name: str | None, settings: tuple[Setting, ...]) -> Declared:
    file = read_project_file(folder)
    if file is None:
        raise _no_project_file(folder)
    parameters: list[Parameter] = []

    def load(reference: str, said: tuple[Setting, ...]) -> Image:
        module, _, attribute = reference.rpartition(":")
        where = str(folder / module) if module.endswith(".py") else module
        found = _in_code(_wanted(folder, where, attribute, (*said, *settings)))
        parameters.extend(found.parameters)
        return found.image

    image = ProjectImages(file=file, load=load).image(name)
    if settings and not parameters:
        raise no_parameters(settings, f"{name or 'the image'} is described in {file.path.name}")
    image = image._copy(name=None)  # noqa: SLF001 - the same distribution
    named = name_with(name, parameters)
    return Declared(image=image, name=named, parameters=tuple(parameters))


def _in_code(wanted: Wanted) -> Declared:
    """The image of that name, found with as little of its module as it takes."""
    modules = ProjectModules(wanted.root)
    file = Path(wanted.where) if wanted.where.endswith(".py") else modules.file(wanted.where)
    source = _text(file)
    taken = excerpt(source, wanted.attribute, modules.text) if source is not None else None
    if taken is not None and file is not None:
        with importing(wanted.root), excerpted(taken.statements, file) as module:
            return declared(vars(module), taken.name, wanted)
    found, brings_engines = found_by_child(wanted, os.environ)
    return imported(wanted) if brings_engines else found


def imported(wanted: Wanted) -> Declared:
    """The image of that name, with its whole module imported here.

    Raises:
        SpecificationError: There is no such image, or the module can't be imported.
    """
    where = wanted.where
    with importing(wanted.root):
        module = import_file(Path(where)) if where.endswith(".py") else import_module(where)
        return declared(vars(module), wanted.attribute, wanted)


def _text(file: Path | None) -> str | None:
    try:
        return file.read_text("utf-8-sig") if file is not None and file.is_file() else None
    except (OSError, UnicodeDecodeError):
        return None
