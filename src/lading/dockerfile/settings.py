"""How the container is run, as instructions: they change the image's configuration and no file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.dockerfile import instructions as docker
from lading.info.environment import account_variables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.dockerfile.instructions import Instruction
    from lading.info import Healthcheck, ImageInfo

__all__ = ["settings"]


def settings(info: ImageInfo) -> Iterator[Instruction]:
    """What ends the Dockerfile."""
    config = info.config
    if account := account_variables(info):
        yield docker.Env(variables=account)
    if config.labels:
        yield docker.Label(pairs=config.labels)
    if config.ports:
        yield docker.Expose(ports=config.ports)
    if config.volumes:
        yield docker.Volume(paths=config.volumes)
    if config.stop_signal:
        yield docker.StopSignal(signal=config.stop_signal)
    if config.healthcheck:
        yield _healthcheck(config.healthcheck)
    yield docker.User(user=f"{config.user.uid}:{config.user.gid}")
    if config.entrypoint is not None:
        yield docker.Entrypoint(argv=config.entrypoint)
    if config.cmd is not None:
        yield docker.Cmd(argv=config.cmd)


def _healthcheck(check: Healthcheck) -> Instruction:
    return docker.Healthcheck(
        argv=check.argv,
        interval=check.interval,
        timeout=check.timeout,
        start_period=check.start_period,
        retries=check.retries,
    )
