"""The steps of an `Image`: plain data, in the order in which the user wrote them.

A step has no behaviour. What reads steps matches over the closed set `Step` and ends in
`assert_never`. A step's location is kept for messages and is no part of what the step means: two
images are equal when their recipes are, wherever they were written.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from lading.errors import Location
    from lading.grammar.path import ContainerPath, ProjectPath
    from lading.grammar.port import Port
    from lading.grammar.requirement import Requirement

__all__ = [
    "BuildInclude",
    "Cmd",
    "Entrypoint",
    "Env",
    "Expose",
    "Healthcheck",
    "Index",
    "Label",
    "PyprojectToml",
    "PythonPackages",
    "PythonStep",
    "RequirementsFile",
    "Run",
    "RunScript",
    "Step",
    "StopSignal",
    "SystemPackages",
    "User",
    "UvLock",
    "Volume",
    "Workdir",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Located:
    location: Location = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonPackages(_Located):
    """Requirements written in the code; `no_binary` names those to compile from source."""

    requirements: tuple[Requirement, ...]
    no_binary: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementsFile(_Located):
    """A requirements.txt, or a pylock.toml (PEP 751), in the project."""

    path: ProjectPath


@dataclass(frozen=True, slots=True, kw_only=True)
class PyprojectToml(_Located):
    """The dependencies of a pyproject.toml, with some extras and dependency groups (PEP 735)."""

    path: ProjectPath
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UvLock(_Located):
    """The pins of a uv.lock, taken as they stand."""

    path: ProjectPath
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemPackages(_Located):
    """Packages of the distribution: for any distro, and more for those named."""

    packages: tuple[str, ...]
    by_distro: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(_Located):
    """A POSIX shell command, run as root; `secrets` are mounted on it and on nothing else."""

    command: str
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunScript(_Located):
    """A script of the project, run as root with these arguments."""

    path: ProjectPath
    arguments: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildInclude(_Located):
    """Files of the project, copied below `to` (the working directory where None)."""

    patterns: tuple[ProjectPath, ...]
    to: ContainerPath | None = None
    exclude: tuple[ProjectPath, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Env(_Located):
    """Environment variables, for the commands that follow and for the container."""

    variables: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Index(_Located):
    """A package index: one more to search first, or the default one."""

    url: str
    name: str | None = None
    default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Workdir(_Located):
    """The working directory of the container, and where included files go."""

    path: ContainerPath


@dataclass(frozen=True, slots=True, kw_only=True)
class User(_Located):
    """Who the container runs as: numeric ids, and the names for its passwd entry."""

    uid: int
    gid: int
    name: str
    home: ContainerPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Expose(_Located):
    """Ports that the server listens on."""

    ports: tuple[Port, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume(_Located):
    """Directories for data, writable by the container's user."""

    paths: tuple[ContainerPath, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Label(_Located):
    """Labels of the image."""

    labels: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrypoint(_Located):
    """The program that always runs, as a list of words."""

    argv: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cmd(_Located):
    """The default command or arguments, as a list of words."""

    argv: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Healthcheck(_Located):
    """A command that exits with 0 while the server is well; durations in Go's notation."""

    argv: tuple[str, ...]
    interval: str | None = None
    timeout: str | None = None
    start_period: str | None = None
    retries: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StopSignal(_Located):
    """The signal that asks the server to stop."""

    signal: str


PythonStep: TypeAlias = PythonPackages | RequirementsFile | PyprojectToml | UvLock

Step: TypeAlias = (
    PythonStep
    | SystemPackages
    | Run
    | RunScript
    | BuildInclude
    | Env
    | Index
    | Workdir
    | User
    | Expose
    | Volume
    | Label
    | Entrypoint
    | Cmd
    | Healthcheck
    | StopSignal
)
