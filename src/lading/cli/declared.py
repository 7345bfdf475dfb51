"""What a module declares: Images and their variants, functions that give one, and services."""

from __future__ import annotations

import inspect
import json
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lading.cli.above import check_within, hint_above
from lading.cli.beside import check_beside
from lading.cli.bindings import binds, body_of, names_in
from lading.cli.importing import hint_at, users_code
from lading.cli.modules import ProjectModules
from lading.cli.overlooked import overlooked
from lading.cli.redeclared import declared_there
from lading.cli.together import together
from lading.cli.unbound import lacking
from lading.config import Parameter, Setting, bound, name_with, no_parameters
from lading.errors import Location, Problem, SpecificationError
from lading.grammar.nearest import did_you_mean
from lading.image import Image, Variants, steps
from lading.services import (
    Served,
    Service,
    image_of,
    kind_of,
    service_of,
    services_in_words,
    services_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Declared", "Wanted", "declared"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is looked for in the user's code.

    Attributes:
        root: The folder that modules are imported from.
        where: The module's file, or its name.
        attribute: What is looked for in it, with a variant's name after a dot; where every image
            is wanted, it may be empty, for all that the module has.
        settings: What its parameters are.
        every: Whether all are wanted that this stands for, and not one.
        strict: Whether it must have each parameter that the command line sets.
        sure: Whether a function counts only where it says that it gives an image: no other is
            called.
        target: The TARGET that stands for it, without a variant; None where none does.
    """

    root: Path
    where: str
    attribute: str
    settings: tuple[Setting, ...] = ()
    every: bool = False
    strict: bool = True
    sure: bool = False
    target: str | None = None

    @property
    def name(self) -> str:
        """What the module has to bind."""
        return self.attribute.partition(".")[0]

    @property
    def variant(self) -> str | None:
        """Which variant is meant, where that is said."""
        return self.attribute.partition(".")[2] or None

    @property
    def module(self) -> str:
        """The module's name, as it is imported in a container."""
        if not self.where.endswith(".py"):
            return self.where
        file, root = Path(self.where).resolve(), self.root.resolve()
        # A project file may name one of a folder below: it is imported from the project's own.
        below = file.relative_to(root) if file.is_relative_to(root) else Path(file.name)
        return ".".join(below.with_suffix("").parts)

    def __str__(self) -> str:
        return f"{self.where}:{self.attribute}"

    def to_json(self) -> str:
        """This for another process; `from_json` reads it."""
        settings = [
            (one.name, one.value, one.location and (one.location.file, one.location.line))
            for one in self.settings
        ]
        rest = (self.every, self.strict, self.sure, self.target)
        return json.dumps((str(self.root), self.where, self.attribute, settings, *rest))

    @classmethod
    def from_json(cls, text: str) -> Wanted:
        """What `to_json` wrote."""
        root, where, attribute, settings, *rest = json.loads(text)
        every, strict, sure, target = rest
        return cls(
            root=Path(root),
            where=where,
            attribute=attribute,
            settings=tuple(
                Setting(name=name, value=value, location=place and Location(*place))
                for name, value, place in settings
            ),
            every=every,
            strict=strict,
            sure=sure,
            target=target,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """An image that was found.

    Attributes:
        image: The image.
        name: What it is called in the project; None where it needs no name.
        variant: Which of several variants it is.
        parameters: What the function that gave it was called with.
    """

    image: Image
    name: str | None = None
    variant: str | None = None
    parameters: tuple[Parameter, ...] = ()

    @property
    def label(self) -> str:
        """What it is called among the images of its project, however its parameters are set."""
        return ".".join(filter(None, (self.name, self.variant))) or "image"

    @property
    def named(self) -> Image:
        """The image by the name that its lock has too."""
        name = name_with(self.label, self.parameters)
        return self.image._copy(name=name)  # noqa: SLF001 - the same distribution


def declared(names: Mapping[str, object], name: str, wanted: Wanted) -> tuple[Declared, ...]:
    """The images that are looked for, of those that a module declares.

    Args:
        names: What the module binds.
        name: What is looked for is called so among them; empty for all that there are.
        wanted: What is looked for.

    Raises:
        SpecificationError: There is none, there are several and one is wanted, or it can't be made
            with these settings.
    """
    if not wanted.attribute:
        return _all(names, wanted)
    if name not in names:
        raise lacking(wanted, dict(_named(names)))
    found = names[name]
    services = services_of(found)
    if services:
        return _of_service(declared_there(found, services, wanted), wanted)
    if wanted.sure and not _is_image(found):
        raise SpecificationError(f"{wanted} does not say that it gives an image")
    given, parameters = _given(found, wanted)
    return tuple(
        Declared(image=image, name=wanted.name, variant=variant, parameters=parameters)
        for variant, image in _chosen(given, wanted)
    )


def _all(names: Mapping[str, object], wanted: Wanted) -> tuple[Declared, ...]:
    """The services that a module declares; the images, where it has none."""
    source = ProjectModules(wanted.root).source(wanted.where)
    own = [one for one in names_in(source or "") if one in names and not one.startswith("_")]
    services = _services(names, own, wanted)
    chosen = services or [one for one in own if _is_image(names[one])]
    if not chosen:
        raise SpecificationError(
            f"{wanted.where} has no image and no service", hint=_hint_at_image(source or "")
        )
    return tuple(
        found
        for each in together(
            (one, partial(declared, names, one, replace(wanted, attribute=one))) for one in chosen
        )
        for found in each
    )


def _services(names: Mapping[str, object], own: list[str], wanted: Wanted) -> list[str]:
    """One name for each service: the one that its declaration binds, as far as the text tells."""
    read = ProjectModules(wanted.root).services(wanted.where)
    told = [one.name for one in read.declarations if one.name in names]
    told += _in_words(names, wanted)
    found: dict[int, list[str]] = {}
    unsure = []
    for one in dict.fromkeys((*own, *told)):
        services = [each for each in services_of(names[one]) if each.served is not None]
        try:
            if services:
                there = declared_there(names[one], services, replace(wanted, attribute=one))
                found.setdefault(id(there), []).append(one)
        except SpecificationError:
            unsure.append((one, services))
    # What several names declare as services of their own is none of these itself.
    apart = [one for one, services in unsure if not all(id(each) in found for each in services)]
    chosen = (next((one for one in each if one in read.names), each[0]) for each in found.values())
    return [*chosen, *apart]


def _in_words(names: Mapping[str, object], wanted: Wanted) -> Iterator[str]:
    """The names of services that the module declares in words.

    Raises:
        SpecificationError: One has no name: nothing else in the module stands for it.
    """
    modules = ProjectModules(wanted.root)
    file = modules.path(wanted.where)
    named = {name: value for name, value in names.items() if isinstance(value, Service)}
    problems = []
    for one in services_in_words():
        place, served = one.served_at, one.served
        if place is None or served is None or file is None or place.file != str(file.resolve()):
            continue
        bound = next((name for name, value in named.items() if value == one), None)
        if bound is not None:
            yield bound
        else:
            message = "a service that is declared in words has no name here, and can't be found"
            hint = f'give it one: web = lading.service(...)("{served.place}")'
            problems.append(Problem(message=message, location=place, hint=hint))
    if problems:
        raise SpecificationError(problems)


def _hint_at_image(source: str) -> str:
    """Where one could be meant, and how it is written."""
    unsaid = overlooked(source, ())
    if not unsaid:
        return 'write one, image = Image(...), or a function that says so: def image() -> "Image"'
    one = unsaid[0]
    return f'{one.name} in line {one.line} may say that it gives one: def {one.name}() -> "Image"'


def _named(names: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """The images and services of a module, each with what its image is called."""
    for name, value in names.items():
        service = service_of(value)
        if service is not None or isinstance(value, Image | Variants):
            yield name, (service and service.name) or name


def _is_image(value: object) -> bool:
    """Whether it is one, or a function that says that it gives one."""
    if not inspect.isroutine(value):
        return isinstance(value, Image | Variants)
    given = getattr(value, "__annotations__", {}).get("return")
    text = given if isinstance(given, str) else getattr(given, "__name__", "")
    return text.strip("\"'").rpartition(".")[2] in {"Image", "Variants"}


def _given(found: object, wanted: Wanted) -> tuple[object, tuple[Parameter, ...]]:
    """What a function gives, and what it was called with; all else is itself.

    A function keeps `import lading` out of a module that also runs where Lading is not.
    """
    if inspect.isroutine(found) or isinstance(found, partial):
        arguments = bound(found, wanted.settings, str(wanted), strict=wanted.strict)
        with users_code(f"{wanted} can't be called", called=True):
            return found(*arguments.words, **arguments.options), arguments.parameters
    _no_settings(wanted, f"{wanted} is no function")
    is_made = isinstance(found, type) or kind_of(found) is not None  # no call of it gives an image
    if callable(found) and not is_made:
        with users_code(f"{wanted} can't be called", called=True):
            return found(), ()
    return found, ()


def _no_settings(wanted: Wanted, what: str) -> None:
    """Refuse settings for what takes none; of several images, others may take them."""
    settings = [one for one in wanted.settings if one.location or wanted.strict]
    if settings:
        raise no_parameters(settings, what)


def _chosen(given: object, wanted: Wanted) -> tuple[tuple[str | None, Image], ...]:
    """Each image that is meant, with its name among variants."""
    name, variant = f"{wanted.where}:{wanted.name}", wanted.variant
    if isinstance(given, Variants):
        return _variants(given, wanted)
    if not isinstance(given, Image):
        if inspect.iscoroutine(given):
            given.close()  # Python would warn that nobody has waited for it
        message = f"{name} is no Image, but of type {type(given).__name__}"
        hint = "name an Image, a function that returns one, or a service"
        raise SpecificationError(message, hint=hint)
    if variant is not None:
        message = f"{name} is an Image without variants, and has no {variant!r}"
        raise SpecificationError(message, hint=f"name it as {name}")
    return ((None, given),)


def _variants(given: Variants, wanted: Wanted) -> tuple[tuple[str, Image], ...]:
    name, variant = f"{wanted.where}:{wanted.name}", wanted.variant
    if variant is None and not wanted.every:
        message = f"{name} has several variants: {', '.join(given)}"
        one = f"{wanted.target or name}.{next(iter(given))}"
        every = f"; `lading build {wanted.target} --all` takes all" if wanted.target else ""
        raise SpecificationError(message, hint=f"name one: {one}{every}")
    if variant is None:
        return tuple(given.items())
    if variant not in given:
        hint = did_you_mean(variant, given) or f"it has {', '.join(given)}"
        raise SpecificationError(f"{name} has no variant {variant!r}", hint=hint)
    return ((variant, given[variant]),)


def _of_service(service: Service, wanted: Wanted) -> tuple[Declared, ...]:
    """The images of a service, with its code, which is found without running it."""
    _no_settings(wanted, f"{wanted} is a service, and no function")
    modules, served = ProjectModules(wanted.root), service.served
    if served is not None and served.place is not None:
        module, _, attribute = served.place.partition(":")
        if modules.file(module) is None:
            root = wanted.root.resolve()
            message = f"there is no module {module} in {root.name or root}"
            hint = hint_above(module, wanted) or hint_at(module, wanted.root)
            raise SpecificationError(Problem(message=message, hint=hint, location=service.location))
        _check_bound(modules, module, attribute, service)
        served = modules.served(module, attribute)
    else:
        module, attribute = wanted.module, wanted.name
        told = modules.services(wanted.where).served.get(attribute, Served())
        # That a function gives an application is in its annotation alone, which may be a text, and
        # what a command needs in its decorators.
        is_factory = served is not None and served.kind == "function" and told.is_factory
        is_command = told.kind in {"command", "group"}
        served = told if served is None or is_factory or is_command else served
    service, code = replace(service, served=served), modules.code(module, attribute)
    chosen = _chosen(service.image, wanted)
    if service.command is None and not all(_is_started(image) for _, image in chosen):
        _check_another(modules, module, attribute, service)
        check_within(modules, module, wanted)
        check_beside(modules, module, service, (image for _, image in chosen))
    return tuple(
        Declared(
            image=image_of(service, environment, code),
            name=service.name or wanted.name,
            variant=variant,
        )
        for variant, environment in chosen
    )


def _is_started(image: Image) -> bool:
    """Whether it has a command of its own, which a service leaves as it is."""
    return any(isinstance(one, steps.Cmd | steps.Entrypoint) for one in image.steps)


def _check_another(modules: ProjectModules, module: str, attribute: str, service: Service) -> None:
    """Refuse words that name the service itself: it is nothing that can be started."""
    own = modules.services(module).of(attribute)
    place = f"{module}:{attribute}"
    bound = [one for one in body_of(modules.text(module)) if attribute in binds(one)]
    if own is not None and own.words == place and len(bound) == 1:
        message = f"{place} is the service itself, and nothing else is called so"
        hint = f"say in words what it serves, or bind that before: {attribute} = ..."
        raise SpecificationError(Problem(message=message, hint=hint, location=service.location))


def _check_bound(modules: ProjectModules, module: str, attribute: str, service: Service) -> None:
    """Refuse a name that the module's text does not bind, where it has one that is much like it."""
    names = names_in(modules.text(module) or "")
    hint = None if attribute in names else did_you_mean(attribute, names)
    if hint is not None:
        message = f"{module} has no {attribute!r}"
        raise SpecificationError(Problem(message=message, hint=hint, location=service.location))
