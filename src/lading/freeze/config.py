"""The settings of a container, read off the steps of an `Image`."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final, TypeVar

from lading.errors import Problem
from lading.grammar.base import parse_base
from lading.grammar.reference import ImageReference
from lading.image import steps
from lading.image.container import workdir_of
from lading.image.spans import settings
from lading.info import Config, Healthcheck, User

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from lading.image import Image
    from lading.lock.model import LockedBase

__all__ = ["check_environment", "config_of"]

T = TypeVar("T")

_ADDED: Final[tuple[tuple[str, type[steps.Step]], ...]] = (
    ("labels", steps.Label),
    ("ports", steps.Expose),
    ("volumes", steps.Volume),
)
_REPLACED: Final[tuple[tuple[str, type[steps.Step]], ...]] = (
    ("user", steps.User),
    ("workdir", steps.Workdir),
    ("entrypoint", steps.Entrypoint),
    ("cmd", steps.Cmd),
    ("healthcheck", steps.Healthcheck),
    ("stop_signal", steps.StopSignal),
)


def config_of(
    image: Image, base: LockedBase, at: Callable[[Iterable[steps.Step]], tuple[str, ...]]
) -> Config:
    """How a container of `image` is run: of settings that hold one value the last counts.

    Args:
        image: The image.
        base: What it is built on.
        at: Gives the user's lines of steps.
    """
    written = image.steps
    user = _last(image, steps.User)
    entrypoint = _last(image, steps.Entrypoint)
    cmd = _last(image, steps.Cmd)
    signal = _last(image, steps.StopSignal)
    return Config(
        user=User(uid=user.uid, gid=user.gid, name=user.name, home=user.home.text)
        if user
        else User(),
        workdir=workdir_of(image),
        ports=_unique(str(port) for step in settings(written, steps.Expose) for port in step.ports),
        volumes=_unique(
            path.text for step in settings(written, steps.Volume) for path in step.paths
        ),
        labels=_labels(image, base),
        entrypoint=entrypoint.argv if entrypoint else None,
        cmd=cmd.argv if cmd else None,
        healthcheck=_healthcheck(image),
        stop_signal=signal.signal if signal else None,
        at=tuple((name, at(found)) for name, found in _setting(image) if found),
    )


def _setting(image: Image) -> Iterator[tuple[str, tuple[steps.Step, ...]]]:
    """The steps that count for each setting, by its name."""
    for name, kind in _ADDED:
        yield name, settings(image.steps, kind)
    for name, kind in _REPLACED:
        yield name, settings(image.steps, kind)[-1:]


def check_environment(image: Image, venv: str) -> Iterator[Problem]:
    """Refuse folders of the user in the environment: there its packages are, which are root's."""
    for step in image.steps:
        match step:
            case steps.Workdir(path=path):
                paths = [path.text]
            case steps.User(home=home):
                paths = [home.text]
            case steps.Volume():
                paths = [one.text for one in step.paths]
            case _:
                continue
        for one in paths:
            if posixpath.normpath(one).startswith(f"{venv}/"):
                yield Problem(
                    message=f"{one} is in {venv}, where the Python packages are",
                    hint="name a folder elsewhere",
                    location=step.location,
                )


def _labels(image: Image, base: LockedBase) -> tuple[tuple[str, str], ...]:
    # OCI image-spec, annotations: what the image was built on. A file of the project has no name
    # that means anything elsewhere, and `scratch` is no image.
    labels = {}
    if isinstance(parse_base(base.reference), ImageReference):
        labels["org.opencontainers.image.base.name"] = base.reference
    if base.manifest:
        labels["org.opencontainers.image.base.digest"] = base.manifest
    for step in settings(image.steps, steps.Label):
        labels |= dict(step.labels)
    return tuple(sorted(labels.items()))


def _healthcheck(image: Image) -> Healthcheck | None:
    step = _last(image, steps.Healthcheck)
    if step is None:
        return None
    return Healthcheck(
        argv=step.argv,
        interval=step.interval,
        timeout=step.timeout,
        start_period=step.start_period,
        retries=step.retries,
    )


def _last(image: Image, kind: type[T]) -> T | None:
    found = settings(image.steps, kind)
    return found[-1] if found else None


def _unique(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
