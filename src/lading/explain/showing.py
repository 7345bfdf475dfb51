"""An image as it is written, and what it came to: all that is known without asking a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lading.explain.resolved import LockState, lock_state
from lading.explain.values import Setting, Value, argument_values, container_settings
from lading.freeze.deciding import place
from lading.image.written import written_image, written_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from lading.config import Parameter
    from lading.config.annotations import Plain
    from lading.image.steps import Step
    from lading.lock.inputs import Asked
    from lading.lock.model import Lock
    from lading.mirrors import Mirrors

__all__ = ["Call", "Mirror", "ParameterValue", "Shown", "shown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call of the user's, as code, and its line."""

    text: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterValue:
    """A parameter of the function that gave the image, and what it came to.

    Attributes:
        name: What `--set` calls it.
        type: What it takes, as code has it.
        default: None where it has none.
        value: What it is.
        required: Whether it has no default.
        origin: Who says what it is.
        otherwise: What it would be without the command line; None where that has to say it.
        at: The line of the project file that sets it, also where the command line then does.
    """

    name: str
    type: str
    default: Plain
    value: Plain
    required: bool
    origin: Literal["default", "project file", "command line"]
    otherwise: Plain
    at: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """What is asked in place of what, and where that is said."""

    name: str
    value: str
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An image, shown.

    Attributes:
        calls: As it is written, the constructor's first.
        parameters: Of the function that gave it, where one did.
        arguments: What those of the constructor came to.
        settings: How the container is run.
        mirrors: What is asked in place of what.
        lock: What is locked.
    """

    calls: tuple[Call, ...]
    parameters: tuple[ParameterValue, ...]
    arguments: tuple[Value, ...]
    settings: tuple[Setting, ...]
    mirrors: tuple[Mirror, ...]
    lock: LockState


def shown(
    asked: Asked,
    *,
    parameters: tuple[Parameter, ...],
    lock: Lock | None,
    mirrors: Mirrors,
    rebased: bool = False,
) -> Shown:
    """An image, with all that is known of it.

    Args:
        asked: The image, and what it asks to be locked.
        parameters: Of the function that gave it.
        lock: The project's lock, where there is one.
        mirrors: The project's mirrors.
        rebased: Whether the command line has named another base.

    Raises:
        SpecificationError: A step does not say what it installs on the image's distro.
    """
    image, project = asked.image, asked.project

    def at(found: Iterable[Step]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(place(step.location, project) for step in found))

    return Shown(
        calls=(
            Call(text=written_image(image), at=place(image.location, project)),
            *(Call(text=written_line(one), at=at([one])[0]) for one in image.steps),
        ),
        parameters=tuple(_parameter(one, project) for one in parameters),
        arguments=argument_values(image, lambda one: place(one, project), rebased=rebased),
        settings=container_settings(image, at),
        mirrors=tuple(_mirrors(mirrors)),
        lock=lock_state(asked, lock),
    )


def _parameter(one: Parameter, project: Path) -> ParameterValue:
    return ParameterValue(
        name=one.name,
        type=one.type,
        default=one.default,
        value=one.value,
        required=one.required,
        origin=one.origin,
        otherwise=one.otherwise,
        at=None if one.location is None else place(one.location, project),
    )


def _mirrors(mirrors: Mirrors) -> Iterator[Mirror]:
    said = dict(mirrors.said)
    named = (("python", mirrors.python), ("uv", mirrors.uv), *mirrors.archives)
    for name, value in named:
        if value is not None:
            yield Mirror(name=name, value=value, origin=said[name])
    for host, value in mirrors.registries:
        yield Mirror(name=host, value=value, origin=said["registries"])
