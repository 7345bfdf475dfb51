"""What an image's arguments and settings came to, and where each value is from."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from lading.freeze.config import config_of
from lading.grammar.base import SCRATCH
from lading.image import steps
from lading.image.on_platform import named_platforms, on_platform
from lading.image.pythons import told_python
from lading.image.spans import settings
from lading.lock.inputs import base_of
from lading.lock.model import LockedBase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from lading.errors import Location
    from lading.image import Image
    from lading.info import Config, Healthcheck

__all__ = [
    "Origin",
    "Setting",
    "Value",
    "argument_values",
    "container_settings",
    "said_settings",
]

Origin: TypeAlias = Literal[
    "declared", "command line", "base image", "distro", "python version", "default"
]

Places: TypeAlias = "Callable[[Iterable[steps.Step]], tuple[str, ...]]"
"""Gives the user's lines of steps."""

_WHY: dict[Origin, str] = {
    "declared": "as it is written",
    "command line": "from --base-image",
    "base image": "told by the base image's name",
    "distro": "the newest of the distro's own archive",
    "python version": "the distro's own image for that Python",
    "default": "the default",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """What an argument of the constructor came to.

    Attributes:
        name: The argument.
        value: None where there is none.
        origin: Who has decided it.
        why: The same in words.
        at: The user's line that has it, where one does.
    """

    name: str
    value: str | bool | None
    origin: Origin
    why: str
    at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How the container is run, as far as anything says so.

    Attributes:
        name: Such as `workdir`.
        value: In words.
        at: The user's lines; none where it is the default.
        platform: The one that it holds on, where it is another on the others.
    """

    name: str
    value: str
    at: tuple[str, ...] = ()
    platform: str | None = None


def argument_values(
    image: Image, at: Callable[[Location], str], *, rebased: bool = False
) -> tuple[Value, ...]:
    """The constructor's arguments, in its order.

    Args:
        image: The image.
        at: Gives a user's line in words.
        rebased: Whether the command line has named another base.
    """
    found = (
        _base_image(image, rebased=rebased),
        _distro(image),
        _python_version(image),
        _plain(image, "lock_python_packages", image.lock_python_packages),
        _plain(image, "lock_system_packages", image.lock_system_packages),
        _plain(image, "components", " ".join(image.components) or None),
        _plain(image, "snapshot", image.snapshot),
        _plain(image, "shell", image.shell),
        _plain(image, "compile_bytecode", image.compile_bytecode),
        _plain(image, "accelerator", image.accelerator),
    )
    return tuple(
        replace(one, at=at(image._line_of(one.name)))  # noqa: SLF001 - the same distribution
        if one.origin == "declared"
        else one
        for one in found
    )


def _base_image(image: Image, *, rebased: bool) -> Value:
    named: Origin = "command line" if rebased else "declared"
    origin = "python version" if image.base_image is None else named
    return _value("base_image", str(base_of(image)), origin)


def _distro(image: Image) -> Value:
    if image.declared_distro is not None:
        return _value("distro", str(image.declared_distro), "declared")
    if image.base_image is None:
        return _value("distro", str(image.distro), "default")
    if image.distro is not None:
        return _value("distro", str(image.distro), "base image")
    nothing = "there is none" if image.base_image == SCRATCH else "the base image's name tells none"
    return Value(name="distro", value=None, origin="base image", why=nothing)


def _python_version(image: Image) -> Value:
    if image.declared_python is not None:
        return _value("python_version", str(image.declared_python), "declared")
    version, origin = told_python(image.distro, image.base_image)
    return _value("python_version", str(version), origin)


def _plain(image: Image, name: str, value: str | bool | None) -> Value:  # noqa: FBT001 - it is the value
    return _value(name, value, "declared" if name in dict(image.lines) else "default")


def _value(name: str, value: str | bool | None, origin: Origin) -> Value:  # noqa: FBT001 - the same
    return Value(name=name, value=value, origin=origin, why=_WHY[origin])


def container_settings(image: Image, at: Places) -> tuple[Setting, ...]:
    """How a container of the image is run: what it says, and the defaults of what every one has.

    What is another on a platform that some step names follows, with that platform.

    Args:
        image: The image.
        at: Gives the user's lines of steps.
    """
    common = _settings(on_platform(image, None), at)
    others = (
        replace(one, platform=str(platform))
        for platform in named_platforms(image.steps)
        for one in _settings(on_platform(image, platform), at)
        if one not in common
    )
    return (*common, *others)


def _settings(image: Image, at: Places) -> tuple[Setting, ...]:
    config = config_of(image, LockedBase(reference=str(base_of(image))), at)
    lines = dict(config.at)
    said = (
        Setting(name=name, value=value, at=lines.get(name, ()))
        for name, value in said_settings(config)
    )
    return (*said, *_labels(config, image, at), *_variables(image, at))


def said_settings(config: Config) -> Iterator[tuple[str, str]]:
    """The settings of a container but for labels, each with its value in words."""
    user = config.user
    yield "user", f"{user.uid}:{user.gid} ({user.name}, {user.home})"
    yield "workdir", config.workdir
    if config.ports:
        yield "ports", " ".join(config.ports)
    if config.volumes:
        yield "volumes", " ".join(config.volumes)
    if config.entrypoint is not None:
        yield "entrypoint", _argv(config.entrypoint)
    if config.cmd is not None:
        yield "cmd", _argv(config.cmd)
    if config.healthcheck is not None:
        yield "healthcheck", _check(config.healthcheck)
    if config.stop_signal is not None:
        yield "stop_signal", config.stop_signal


def _labels(config: Config, image: Image, at: Places) -> Iterator[Setting]:
    """The labels, each where it is set last; that of the base's name is on every image."""
    setting = {name: step for step in settings(image.steps, steps.Label) for name, _ in step.labels}
    for name, value in config.labels:
        lines = at([setting[name]]) if name in setting else ()
        yield Setting(name=f"label {name}", value=value, at=lines)


def _variables(image: Image, at: Places) -> Iterator[Setting]:
    """The variables, each where it is set last; PATH may grow at each of its lines."""
    found: dict[str, list[steps.Env]] = {}
    for step in settings(image.steps, steps.Env):
        for name, _ in step.variables:
            found.setdefault(name, []).append(step)
    for name, setting in found.items():
        value = dict(setting[-1].variables)[name]
        lines = at(setting if name == "PATH" else setting[-1:])
        yield Setting(name=f"env {name}", value=value, at=lines)


def _check(check: Healthcheck) -> str:
    limits = {
        "interval": check.interval,
        "timeout": check.timeout,
        "start_period": check.start_period,
        "retries": check.retries,
    }
    said = (f"{name}={value}" for name, value in limits.items() if value is not None)
    return " ".join((_argv(check.argv), *said))


def _argv(words: tuple[str, ...]) -> str:
    return json.dumps(words, ensure_ascii=False)
