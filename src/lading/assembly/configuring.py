"""What a container of an assembled image runs as: what docker makes of the Dockerfile's words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lading.assembly.environment import variables
from lading.grammar.duration import nanoseconds
from lading.oci.config import Execution, Healthcheck

if TYPE_CHECKING:
    from lading.info import Healthcheck as Wanted
    from lading.info import ImageInfo
    from lading.oci.media_types import Vocabulary

__all__ = ["NO_HEALTHCHECK", "execution"]

NO_HEALTHCHECK = (
    "the health check is left out: OCI images know none; "
    "build with docker's media types to have it, or let the platform ask"
)


def execution(info: ImageInfo, base: Execution, vocabulary: Vocabulary) -> Execution:
    """How a container is started.

    Args:
        info: The image.
        base: How one of its base is.
        vocabulary: Only docker's images have health checks.
    """
    config = info.config
    entrypoint, cmd = base.entrypoint, base.cmd
    if config.entrypoint is not None:
        # Dockerfile reference, CMD: another entrypoint drops the base's command.
        entrypoint, cmd = config.entrypoint, ()
    return replace(
        base,
        user=f"{config.user.uid}:{config.user.gid}",
        env=variables(info, base.env),
        entrypoint=entrypoint,
        cmd=cmd if config.cmd is None else config.cmd,
        ports=tuple(sorted({*base.ports, *config.ports})),
        volumes=tuple(sorted({*base.volumes, *config.volumes})),
        working_dir=config.workdir,
        labels=tuple(sorted({**dict(base.labels), **dict(config.labels)}.items())),
        stop_signal=config.stop_signal or base.stop_signal,
        healthcheck=_healthcheck(config.healthcheck, base, vocabulary),
        unknown=(),  # what else a base of docker's says is of the machine that built it
    )


def _healthcheck(
    wanted: Wanted | None, base: Execution, vocabulary: Vocabulary
) -> Healthcheck | None:
    if vocabulary == "oci":
        return None
    if wanted is None:
        return base.healthcheck
    return Healthcheck(
        test=("CMD", *wanted.argv),
        interval=_time(wanted.interval),
        timeout=_time(wanted.timeout),
        start_period=_time(wanted.start_period),
        retries=wanted.retries or 0,
    )


def _time(text: str | None) -> int:
    return 0 if text is None else nanoseconds(text)
