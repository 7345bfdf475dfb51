"""Finding the `Image` that a TARGET names, and the project that it belongs to."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lading.cli.child import found_by_child
from lading.cli.excerpt import excerpt
from lading.cli.importing import excerpted, import_file, import_module, importing, users_code
from lading.cli.modules import ProjectModules
from lading.config import ProjectImages
from lading.errors import Problem, SpecificationError
from lading.grammar.credentials import redact
from lading.grammar.nearest import did_you_mean
from lading.image import Image
from lading.project_file import read_project_file
from lading.services import image_of, service_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lading.services import Service

__all__ = ["Target", "image_in", "load_target"]

_FORM = (
    "name it as path/service.py:image, package.module:image, or a folder with "
    '[tool.lading] image = "service:image"'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An image as it is written, and the folder that its paths start from."""

    image: Image
    project: Path


def load_target(text: str, *, project: str | None = None) -> Target:
    """The image that `text` names.

    Args:
        text: `path/service.py:image`, `package.module:attr`, or a folder, with the name of one of
            its project file's images after a colon where there are several.
        project: The project's folder; left out, it is the file's folder, the folder itself, or for
            a module this folder.

    Raises:
        SpecificationError: There is no such image, or its module can't be imported.
    """
    if "://" in text:
        # Refused before a path is made of it, in which credentials could not be told any more.
        raise SpecificationError(f"{redact(text)!r} names no image", hint=_FORM)
    where, colon, name = text.rpartition(":") if ":" in text else (text, "", "")
    if _is_project(Path(where), named=bool(colon)):
        root = Path(where)
        image = _from_project(root, name if colon else None)
    elif where.endswith(".py"):
        root = Path(where).parent
        image = _in_code(root, where, name)
    elif colon and where.strip(".") and "/" not in where:
        root = Path()
        image = _in_code(root, where, name)
    elif where and Path(where).is_dir():
        raise _no_project_file(Path(where))
    else:
        raise SpecificationError(f"{text!r} names no image", hint=_hint(where))
    return Target(image=image, project=(Path(project) if project else root).resolve())


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


def _from_project(folder: Path, name: str | None) -> Image:
    file = read_project_file(folder)
    if file is None:
        raise _no_project_file(folder)

    def load(reference: str) -> Image:
        module, _, attribute = reference.rpartition(":")
        where = str(folder / module) if module.endswith(".py") else module
        return _in_code(folder, where, attribute)

    image = ProjectImages(file=file, load=load).image(name)
    return image._copy(name=name)  # noqa: SLF001 - the same distribution


def _in_code(root: Path, where: str, attribute: str) -> Image:
    """The image of that name, found with as little of its module as it takes."""
    attribute = attribute or "image"
    modules = ProjectModules(root)
    file = Path(where) if where.endswith(".py") else modules.file(where)
    source = _text(file)
    taken = excerpt(source, attribute, modules.text) if source is not None else None
    if taken is not None and file is not None:
        with importing(root), excerpted(taken.statements, file) as module:
            found = _image(vars(module), taken.name, _Place(root, where, attribute))
            return _called(found, attribute)
    image, brings_engines = found_by_child(root.resolve(), where, attribute, os.environ)
    found = image_in(root, where, attribute) if brings_engines else image
    return _called(found, attribute)


def _called(image: Image, name: str | None) -> Image:
    """The image by the name that it has in the project; a service may have said another."""
    return image if image.name else image._copy(name=name)  # noqa: SLF001 - the same distribution


def image_in(root: Path, where: str, attribute: str) -> Image:
    """The image of that name, with its whole module imported here.

    Raises:
        SpecificationError: There is no such image, or the module can't be imported.
    """
    with importing(root):
        module = import_file(Path(where)) if where.endswith(".py") else import_module(where, root)
        return _image(vars(module), attribute, _Place(root, where, attribute))


def _text(file: Path | None) -> str | None:
    try:
        return file.read_text("utf-8-sig") if file is not None and file.is_file() else None
    except (OSError, UnicodeDecodeError):
        return None


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the user's code an image is looked for."""

    root: Path
    where: str
    attribute: str

    @property
    def module(self) -> str:
        return Path(self.where).stem if self.where.endswith(".py") else self.where

    def __str__(self) -> str:
        return f"{self.where}:{self.attribute}"


def _image(names: Mapping[str, object], name: str, place: _Place) -> Image:
    if name not in names:
        known = [one for one, value in names.items() if _is_named(value)]
        hint = did_you_mean(name, known) or (f"it has {', '.join(known)}" if known else None)
        raise SpecificationError(f"{place.where} has no {name!r}", hint=hint)
    found = names[name]
    service = service_of(found)
    if service is not None:
        return _of_service(service, place)
    if callable(found) and not isinstance(found, type):
        # A function keeps `import lading` out of a module that also runs where Lading is not.
        with users_code(f"{place} can't be called"):
            found = found()
    if not isinstance(found, Image):
        message = f"{place} is no Image, but of type {type(found).__name__}"
        hint = "name an Image, a function that returns one, or a service"
        raise SpecificationError(message, hint=hint)
    return found


def _is_named(value: object) -> bool:
    return isinstance(value, Image) or service_of(value) is not None


def _of_service(service: Service, place: _Place) -> Image:
    """The image of a service, with its code, which is found without running it."""
    modules, served = ProjectModules(place.root), service.served
    if served is not None and served.place is not None:
        module, _, attribute = served.place.partition(":")
        if modules.file(module) is None:
            message = f"there is no module {module} in {place.root.resolve().name}"
            raise SpecificationError(Problem(message=message, location=service.location))
        served = modules.served(module, attribute)
    else:
        module, attribute = place.module, place.attribute
        served = served or modules.served(module, attribute)
    return image_of(replace(service, served=served), modules.code(module, attribute))
