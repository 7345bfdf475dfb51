"""What a module declares under a name: an Image, a function that gives one, or a service."""

from __future__ import annotations

import functools
import inspect
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lading.cli.importing import users_code
from lading.cli.modules import ProjectModules
from lading.config import Parameter, Setting, bound, name_with, no_parameters
from lading.errors import Location, Problem, SpecificationError
from lading.grammar.nearest import did_you_mean
from lading.image import Image
from lading.services import image_of, service_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lading.services import Service

__all__ = ["Declared", "Wanted", "declared"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is looked for in the user's code.

    Attributes:
        root: The folder that modules are imported from.
        where: The module's file, or its name.
        attribute: What is looked for in it.
        settings: What its parameters are.
    """

    root: Path
    where: str
    attribute: str
    settings: tuple[Setting, ...] = ()

    @property
    def module(self) -> str:
        """The module's name, as it is imported in a container."""
        return Path(self.where).stem if self.where.endswith(".py") else self.where

    def __str__(self) -> str:
        return f"{self.where}:{self.attribute}"

    def to_json(self) -> str:
        """This for another process; `from_json` reads it."""
        settings = [
            (one.name, one.value, one.location and (one.location.file, one.location.line))
            for one in self.settings
        ]
        return json.dumps((str(self.root), self.where, self.attribute, settings))

    @classmethod
    def from_json(cls, text: str) -> Wanted:
        """What `to_json` wrote."""
        root, where, attribute, settings = json.loads(text)
        return cls(
            root=Path(root),
            where=where,
            attribute=attribute,
            settings=tuple(
                Setting(name=name, value=value, location=place and Location(*place))
                for name, value, place in settings
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """An image that was found.

    Attributes:
        image: It; a service may have given it a name.
        name: What it is called in the project, with what its parameters are.
        parameters: What the function that gave it was called with.
    """

    image: Image
    name: str | None = None
    parameters: tuple[Parameter, ...] = ()

    @property
    def named(self) -> Image:
        """The image by its name, which its lock has too."""
        return self.image if self.image.name else _named(self.image, self.name)


def declared(names: Mapping[str, object], name: str, wanted: Wanted) -> Declared:
    """The image that a module declares.

    Args:
        names: What the module binds.
        name: What is looked for is called so among them.
        wanted: What is looked for.

    Raises:
        SpecificationError: There is none, or it can't be made with these settings.
    """
    if name not in names:
        known = [one for one, value in names.items() if _is_named(value)]
        hint = did_you_mean(name, known) or (f"it has {', '.join(known)}" if known else None)
        raise SpecificationError(f"{wanted.where} has no {name!r}", hint=hint)
    found = names[name]
    service = service_of(found)
    if service is not None:
        return Declared(image=_of_service(service, wanted), name=wanted.attribute)
    found, parameters = _given(found, wanted)
    if not isinstance(found, Image):
        message = f"{wanted} is no Image, but of type {type(found).__name__}"
        hint = "name an Image, a function that returns one, or a service"
        raise SpecificationError(message, hint=hint)
    called = name_with(wanted.attribute, parameters)
    return Declared(image=found, name=called, parameters=parameters)


def _is_named(value: object) -> bool:
    return isinstance(value, Image) or service_of(value) is not None


def _given(found: object, wanted: Wanted) -> tuple[object, tuple[Parameter, ...]]:
    """What a function gives, and what it was called with; all else is itself.

    A function keeps `import lading` out of a module that also runs where Lading is not.
    """
    if inspect.isroutine(found) or isinstance(found, functools.partial):
        arguments = bound(found, wanted.settings, str(wanted))
        with users_code(f"{wanted} can't be called"):
            return found(*arguments.words, **arguments.options), arguments.parameters
    if wanted.settings:
        raise no_parameters(wanted.settings, f"{wanted} is no function")
    if callable(found) and not isinstance(found, type):
        with users_code(f"{wanted} can't be called"):
            return found(), ()
    return found, ()


def _named(image: Image, name: str | None) -> Image:
    return image._copy(name=name)  # noqa: SLF001 - the same distribution


def _of_service(service: Service, wanted: Wanted) -> Image:
    """The image of a service, with its code, which is found without running it."""
    if wanted.settings:
        raise no_parameters(wanted.settings, f"{wanted} is a service, and no function")
    modules, served = ProjectModules(wanted.root), service.served
    if served is not None and served.place is not None:
        module, _, attribute = served.place.partition(":")
        if modules.file(module) is None:
            message = f"there is no module {module} in {wanted.root.resolve().name}"
            raise SpecificationError(Problem(message=message, location=service.location))
        served = modules.served(module, attribute)
    else:
        module, attribute = wanted.module, wanted.attribute
        served = served or modules.served(module, attribute)
    return image_of(replace(service, served=served), modules.code(module, attribute))
