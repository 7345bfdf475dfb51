"""The settings of a container, read off the steps of an `Image`."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from lading.grammar.base import parse_base
from lading.grammar.reference import ImageReference
from lading.image import steps
from lading.image.spans import settings
from lading.info import Config, Healthcheck, User

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lading.image import Image
    from lading.lock.model import LockedBase

__all__ = ["config_of", "workdir_of"]

T = TypeVar("T")

DEFAULT_WORKDIR = "/app"


def config_of(image: Image, base: LockedBase) -> Config:
    """How a container of `image` is run: of settings that hold one value the last counts."""
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
    )


def workdir_of(image: Image) -> str:
    """The working directory, which is where included files go."""
    step = _last(image, steps.Workdir)
    return step.path.text if step else DEFAULT_WORKDIR


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
