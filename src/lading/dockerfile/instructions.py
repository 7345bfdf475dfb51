"""The closed set of Dockerfile instructions that Lading writes, as values.

A value that exists can be written: whatever would let one field become another instruction, a flag
or an expansion is refused here, and `lading.dockerfile.serialize` quotes the rest. All strings are
literal; none is expanded by the builder, except the `${PATH}` that a `PathEnv` itself stands for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from lading.dockerfile import fields
from lading.dockerfile.andlist import unjoinable
from lading.dockerfile.mounts import BindMount, CacheMount, Mount, SecretMount, SshMount
from lading.grammar.invalid import Invalid

__all__ = [
    "Add",
    "BindMount",
    "Blank",
    "CacheMount",
    "Cmd",
    "Comment",
    "Copy",
    "Entrypoint",
    "Env",
    "Expose",
    "From",
    "Healthcheck",
    "Instruction",
    "Label",
    "Mount",
    "PathEnv",
    "Run",
    "RunAll",
    "SecretMount",
    "Shell",
    "SshMount",
    "StopSignal",
    "User",
    "Volume",
    "Workdir",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class From:
    """Begins a stage on top of an image or of an earlier stage."""

    image: str
    stage: str | None = None

    def __post_init__(self) -> None:
        fields.match(fields.IMAGE, self.image, "base image")
        if self.stage is not None:
            fields.match(fields.STAGE, self.stage, "stage name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Runs one text of POSIX shell, of any number of lines, that reaches `sh -c` unchanged."""

    command: str
    mounts: tuple[Mount, ...] = ()

    def __post_init__(self) -> None:
        fields.encodable(self.command, "command")
        if not self.command.strip():
            raise Invalid("the command is empty")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunAll:
    """Runs one-line shell commands in order until one fails, laid out one a line.

    Attributes:
        commands: Each a pipeline or a compound command that `&&` can join to its neighbours.
        mounts: What is present during all of them.
    """

    commands: tuple[str, ...]
    mounts: tuple[Mount, ...] = ()

    def __post_init__(self) -> None:
        fields.some(self.commands, "commands")
        for command in self.commands:
            fields.one_line(command, "command")
            if reason := unjoinable(command):
                raise Invalid(f"command {command!r} can't be joined by &&: {reason}")

    @property
    def script(self) -> str:
        """The commands as one line of shell."""
        return " && ".join(self.commands)


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """Copies files, named literally, into the image.

    Attributes:
        sources: Paths in the context or stage, literal: a star is a star.
        destination: A path in the image; a folder where it ends in a slash.
        from_stage: The stage or image that holds the sources; the build context where None.
        owner: Whose the files become, as `uid:gid`; root's where None.
    """

    sources: tuple[str, ...]
    destination: str
    from_stage: str | None = None
    owner: str | None = None

    def __post_init__(self) -> None:
        fields.some(self.sources, "sources")
        for path in (*self.sources, self.destination):
            fields.one_line(path, "path")
            if not path:
                raise Invalid("a path to copy is empty")
        self._check_sources()
        if self.from_stage is not None:
            fields.match(fields.IMAGE, self.from_stage, "stage to copy from")
        if self.owner is not None:
            fields.match(fields.ACCOUNT, self.owner, "owner")

    def _check_sources(self) -> None:
        for source in self.sources:
            # A source with a scheme is a download to a builder, never a file.
            if "://" in source:
                raise Invalid(f"{source!r} is a URL, not a path to copy")
        if len(self.sources) > 1 and not self.destination.endswith("/"):
            raise Invalid(
                f"several sources need a folder, and {self.destination!r} has no final slash",
                hint=f"{self.destination + '/'!r}",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Add:
    """Unpacks an archive of the context, named literally, into a folder of the image.

    Attributes:
        archive: Its path in the context; it ends in `.tar.gz`, so that it can't be taken for a URL,
            a repository, or a file to be copied as it stands.
        folder: Where it is unpacked.
    """

    archive: str
    folder: str

    def __post_init__(self) -> None:
        fields.match(fields.ARCHIVE, self.archive, "archive")
        fields.absolute(self.folder, "folder")


@dataclass(frozen=True, slots=True, kw_only=True)
class Env:
    """Sets environment variables to literal values."""

    variables: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        fields.some(self.variables, "variables")
        for name, value in self.variables:
            fields.match(fields.NAME, name, "environment name")
            fields.one_line(value, f"value of {name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PathEnv:
    """Sets PATH to literal folders around what the base image has there.

    Attributes:
        before: Folders that are searched first.
        inherited: Whether the base image's own PATH stays, between the two.
        after: Folders that are searched last.
    """

    before: tuple[str, ...] = ()
    inherited: bool = True
    after: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        fields.some((*self.before, *self.after), "folders")
        for folder in (*self.before, *self.after):
            fields.absolute(folder, "folder on PATH")
            if ":" in folder:
                raise Invalid(f"folder on PATH {folder!r} holds a colon, which separates folders")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """Sets the shell that runs the text of each `RUN` from here on."""

    argv: tuple[str, ...]

    def __post_init__(self) -> None:
        fields.some(self.argv, "arguments")
        fields.words(self.argv, "argument")


@dataclass(frozen=True, slots=True, kw_only=True)
class Workdir:
    """Sets the working directory."""

    path: str

    def __post_init__(self) -> None:
        fields.absolute(self.path, "working directory")


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Sets the user, and group after a colon, of what follows and of the container."""

    user: str

    def __post_init__(self) -> None:
        fields.match(fields.ACCOUNT, self.user, "user")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expose:
    """Names ports, such as `8080` or `53/udp`."""

    ports: tuple[str, ...]

    def __post_init__(self) -> None:
        fields.some(self.ports, "ports")
        for port in self.ports:
            fields.match(fields.PORT, port, "port")


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """Names folders that hold data of the container's own."""

    paths: tuple[str, ...]

    def __post_init__(self) -> None:
        fields.some(self.paths, "volumes")
        for path in self.paths:
            fields.absolute(path, "volume")


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """Sets labels to literal values."""

    pairs: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        fields.some(self.pairs, "labels")
        for key, value in self.pairs:
            fields.one_line(key, "label")
            # A builder cuts the word at its first "=", whether or not it is quoted.
            if not key or "=" in key:
                raise Invalid(f"invalid label {key!r}")
            fields.one_line(value, f"value of {key}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrypoint:
    """Sets the program that a container runs; none of it where empty."""

    argv: tuple[str, ...]

    def __post_init__(self) -> None:
        fields.words(self.argv, "argument")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cmd:
    """Sets the default arguments of a container; none where empty."""

    argv: tuple[str, ...]

    def __post_init__(self) -> None:
        fields.words(self.argv, "argument")


@dataclass(frozen=True, slots=True, kw_only=True)
class Healthcheck:
    """Sets how a container is asked for its health, or with `argv=None` that it is not.

    Attributes:
        argv: The program to run inside the container; exit code 0 is healthy.
        interval: The time between two checks, in Go's notation: `30s`, `1m30s`, `500ms`.
        timeout: The time that one check may take.
        start_period: The time during which failures don't count.
        retries: Failures in a row that make the container unhealthy.
    """

    argv: tuple[str, ...] | None
    interval: str | None = None
    timeout: str | None = None
    start_period: str | None = None
    retries: int | None = None

    def __post_init__(self) -> None:
        if self.argv is not None:
            fields.some(self.argv, "arguments")
            fields.words(self.argv, "argument")
        self._check_times()

    def _check_times(self) -> None:
        times = (self.interval, self.timeout, self.start_period)
        if self.argv is None and any(given is not None for given in (*times, self.retries)):
            raise Invalid("a health check that is switched off takes no times or retries")
        for time in times:
            if time is not None:
                fields.match(fields.DURATION, time, "time of a health check")
        if self.retries is not None and self.retries < 1:
            raise Invalid(f"invalid retries of a health check: {self.retries}")


@dataclass(frozen=True, slots=True, kw_only=True)
class StopSignal:
    """Sets the signal that ends a container, such as `SIGTERM`."""

    signal: str

    def __post_init__(self) -> None:
        fields.match(fields.SIGNAL, self.signal, "signal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """A remark of one or more lines, which no builder acts on."""

    text: str

    def __post_init__(self) -> None:
        fields.encodable(self.text, "comment")


@dataclass(frozen=True, slots=True, kw_only=True)
class Blank:
    """An empty line between two groups."""


Instruction: TypeAlias = (
    From
    | Run
    | RunAll
    | Copy
    | Add
    | Env
    | PathEnv
    | Shell
    | Workdir
    | User
    | Expose
    | Volume
    | Label
    | Entrypoint
    | Cmd
    | Healthcheck
    | StopSignal
    | Comment
    | Blank
)
