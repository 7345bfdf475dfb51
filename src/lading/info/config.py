"""How the container of a frozen image is run."""

from __future__ import annotations

from lading.info.steps import Part

__all__ = ["Config", "Healthcheck", "User"]


class User(Part, frozen=True, kw_only=True):
    """Who the container runs as."""

    uid: int = 10001
    gid: int = 0
    name: str = "lading"
    home: str = "/home/lading"


class Healthcheck(Part, frozen=True, kw_only=True):
    """A command that exits with 0 while the server is well; durations in Go's notation."""

    argv: tuple[str, ...]
    interval: str | None = None
    timeout: str | None = None
    start_period: str | None = None
    retries: int | None = None


class Config(Part, frozen=True, kw_only=True):
    """How the container is run.

    Attributes:
        at: The user's lines, by the name of the setting that they set.
    """

    user: User = User()
    workdir: str = "/app"
    ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    entrypoint: tuple[str, ...] | None = None
    cmd: tuple[str, ...] | None = None
    healthcheck: Healthcheck | None = None
    stop_signal: str | None = None
    at: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def folders(self) -> tuple[str, ...]:
        """Those that the user writes to."""
        return (self.user.home, self.workdir, *self.volumes)
