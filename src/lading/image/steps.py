"""The steps of an `Image`: plain data, in the order in which the user wrote them.

A step has no behaviour. What reads steps matches over the closed set `Step` and ends in
`assert_never`. A step's location is kept for messages and is no part of what the step means: two
images are equal when their recipes are, wherever they were written.

A step may be for some platforms only. Who locks or freezes asks `lading.image.on_platform` for the
image on one platform first, and then has every step that it sees.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from lading.errors import Location
    from lading.grammar.path import ContainerPath, ProjectPath
    from lading.grammar.port import Port
    from lading.grammar.requirement import Requirement
    from lading.grammar.secret import Secret
    from lading.platforms import Platform

__all__ = [
    "BuildInclude",
    "BuildPackages",
    "Cmd",
    "Entrypoint",
    "Env",
    "Expose",
    "FromImage",
    "Healthcheck",
    "Index",
    "Label",
    "Model",
    "PyprojectToml",
    "PythonPackages",
    "PythonStep",
    "RequirementsFile",
    "Run",
    "RunScript",
    "ScriptRequirements",
    "Step",
    "StopSignal",
    "SystemPackages",
    "TextFile",
    "User",
    "UvLock",
    "Volume",
    "Workdir",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Located:
    """What every step has.

    Attributes:
        location: The user's line.
        platforms: Those that the step is for; all where empty.
    """

    location: Location = field(compare=False)
    platforms: tuple[Platform, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Installing(_Located):
    """What installs Python packages; `secrets` are mounted on its installation and compilation."""

    secrets: tuple[Secret, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonPackages(_Installing):
    """Requirements written in the code.

    Attributes:
        requirements: What to install.
        no_binary: Names of those to compile from source.
        no_build_isolation: Names of those to compile in the environment that they go into, after
            all that the installations before have brought.
        requires: By name, what a source depends on that only its own code could tell.
        build_constraints: Versions to keep to of what sources are built with.
    """

    requirements: tuple[Requirement, ...]
    no_binary: tuple[str, ...] = ()
    no_build_isolation: tuple[str, ...] = ()
    requires: tuple[tuple[str, tuple[Requirement, ...]], ...] = ()
    build_constraints: tuple[Requirement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementsFile(_Installing):
    """A requirements.txt, or a pylock.toml (PEP 751), in the project."""

    path: ProjectPath


@dataclass(frozen=True, slots=True, kw_only=True)
class PyprojectToml(_Installing):
    """The dependencies of a pyproject.toml, with some extras and dependency groups (PEP 735)."""

    path: ProjectPath
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UvLock(_Installing):
    """The pins of a uv.lock, taken as they stand."""

    path: ProjectPath
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptRequirements(_Installing):
    """What the inline metadata of a script of the project asks for (PEP 723)."""

    path: ProjectPath


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemPackages(_Located):
    """Packages of the distribution: for any distro, and more for those named."""

    packages: tuple[str, ...]
    by_distro: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildPackages(SystemPackages):
    """Packages of the distribution for compiling Python packages, which the image does not get."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(_Located):
    """A POSIX shell command, run as root; `secrets` are mounted on it and on nothing else."""

    command: str
    secrets: tuple[Secret, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunScript(_Located):
    """A script of the project, run as root with these arguments."""

    path: ProjectPath
    arguments: tuple[str, ...] = ()
    secrets: tuple[Secret, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildInclude(_Located):
    """Files of the project, copied below `to` (the working directory where None)."""

    patterns: tuple[ProjectPath, ...]
    to: ContainerPath | None = None
    exclude: tuple[ProjectPath, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Model(_Located):
    """Files of a model, copied below `to` (the working directory where None), in own layers.

    Attributes:
        layer_size: How many bytes several of them may have together in one layer.
    """

    patterns: tuple[ProjectPath, ...]
    to: ContainerPath | None = None
    exclude: tuple[ProjectPath, ...] = ()
    layer_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFile(_Located):
    """A file that no project has, below the working directory."""

    path: ProjectPath
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Env(_Located):
    """Environment variables, for the commands that follow and for the container."""

    variables: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Index(_Located):
    """A package index: one more to search first, the default one, or that of some packages only.

    Attributes:
        url: Without credentials.
        name: What its credentials and messages call it.
        default: Whether it takes the place of the resolver's own default index.
        packages: Names of those that come from here and nowhere else; then nothing else does.
        username: Who `secret` is the password of.
        secret: The password or token.
        netrc: A netrc file with the logins.
        client_certificate: A PEM file with a certificate and its key.
    """

    url: str
    name: str | None = None
    default: bool = False
    packages: tuple[str, ...] = ()
    username: str | None = None
    secret: Secret | None = None
    netrc: Secret | None = None
    client_certificate: Secret | None = None

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """The secrets that it takes to be let in."""
        named = (self.secret, self.netrc, self.client_certificate)
        return tuple(one for one in named if one is not None)


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
    """The default command or arguments, as a list of words.

    Attributes:
        argv: The words.
        brought_by: The Python package that has the program, where nobody wrote its name.
        module: The module of the project that is started, where nobody wrote the words.
    """

    argv: tuple[str, ...]
    brought_by: str | None = None
    module: str | None = None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class FromImage(_Located):
    """Whatever stands before it is another image, whose layers stay as that has them.

    Attributes:
        name: What that is called, where it is known.
    """

    name: str | None = field(default=None, compare=False)


PythonStep: TypeAlias = (
    PythonPackages | RequirementsFile | PyprojectToml | UvLock | ScriptRequirements
)

Step: TypeAlias = (
    PythonStep
    | SystemPackages
    | BuildPackages
    | Run
    | RunScript
    | BuildInclude
    | Model
    | TextFile
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
    | FromImage
)
