"""The frozen image: every version, file, variable and setting, and the order of the steps.

`ImageInfo` is what both generators read. It is data: immutable, comparable, and the same bytes as
canonical JSON wherever it was made. Paths of files are those in the frozen folder; `at` names the
user's lines, for comments and messages, and is no part of what an image is.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from lading.errors import FreezeError
from lading.lock.model import Distribution, LockedBase, Tool  # noqa: TC001 - msgspec reads fields

if TYPE_CHECKING:
    from typing import Self

__all__ = [
    "Config",
    "ContextFile",
    "CopyFiles",
    "Healthcheck",
    "ImageInfo",
    "InstallPython",
    "InstallSystem",
    "RunCommand",
    "RunScript",
    "SetEnv",
    "Step",
    "User",
]

FORMAT = 1


class _Part(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A part of the frozen image."""


class ContextFile(_Part, frozen=True, kw_only=True):
    """A file of the frozen folder.

    Attributes:
        path: Below the folder of the step that it belongs to, with `/` between names.
        sha256: Of its content.
        size: In bytes.
        executable: Whether it has the executable bits; no other mode bit survives freezing.
    """

    path: str
    sha256: str
    size: int
    executable: bool = False


class InstallSystem(_Part, frozen=True, kw_only=True, tag="system-packages"):
    """Packages of the distribution, installed together."""

    packages: tuple[str, ...]
    at: tuple[str, ...] = ()


class InstallPython(_Part, frozen=True, kw_only=True, tag="python-packages"):
    """Python distributions, installed together into the virtual environment.

    Attributes:
        distributions: What to install; all of it where the image is locked, else only what comes
            from files or repositories.
        requirements: Where the image is not locked: the requirements as the user wrote them.
        environment: Variables to set while compiling, where anything is compiled.
    """

    distributions: tuple[Distribution, ...] = ()
    requirements: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    at: tuple[str, ...] = ()


class RunCommand(_Part, frozen=True, kw_only=True, tag="run"):
    """A POSIX shell command, run as root."""

    command: str
    secrets: tuple[str, ...] = ()
    at: tuple[str, ...] = ()


class RunScript(_Part, frozen=True, kw_only=True, tag="run-script"):
    """A script, run as root: its place in the frozen folder carries the hash of its content."""

    script: ContextFile
    arguments: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    at: tuple[str, ...] = ()


class CopyFiles(_Part, frozen=True, kw_only=True, tag="copy"):
    """Files, copied from `source` in the frozen folder to below `destination`."""

    source: str
    destination: str
    files: tuple[ContextFile, ...]
    at: tuple[str, ...] = ()


class SetEnv(_Part, frozen=True, kw_only=True, tag="env"):
    """Environment variables, set for all that follows and for the container."""

    variables: tuple[tuple[str, str], ...]
    at: tuple[str, ...] = ()


Step: TypeAlias = InstallSystem | InstallPython | RunCommand | RunScript | CopyFiles | SetEnv


class User(_Part, frozen=True, kw_only=True):
    """Who the container runs as."""

    uid: int = 10001
    gid: int = 0
    name: str = "lading"
    home: str = "/home/lading"


class Healthcheck(_Part, frozen=True, kw_only=True):
    """A command that exits with 0 while the server is well; durations in Go's notation."""

    argv: tuple[str, ...]
    interval: str | None = None
    timeout: str | None = None
    start_period: str | None = None
    retries: int | None = None


class Config(_Part, frozen=True, kw_only=True):
    """How the container is run."""

    user: User = User()
    workdir: str = "/app"
    ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    entrypoint: tuple[str, ...] | None = None
    cmd: tuple[str, ...] | None = None
    healthcheck: Healthcheck | None = None
    stop_signal: str | None = None


class ImageInfo(_Part, frozen=True, kw_only=True):
    """An image, decided completely.

    Attributes:
        platform: `linux/amd64`.
        distro: `debian:bookworm`, or None where it is not known and nothing needs it.
        base: The base image and its digests.
        python: The version, `3.11` or `3.11.9`.
        python_from_distro: Whether the interpreter is a package of the distro.
        interpreter_packages: The packages that bring it, where the base may have it or not.
        venv: Where the Python packages are, or None where there are none.
        compile_bytecode: Whether the installed modules are byte-compiled.
        indexes: URLs of the package indexes to search before the default one.
        default_index: URL of the index that replaces the installer's default one.
        find_links: More places to look for distributions.
        no_index: Whether no index is searched at all.
        prerelease: Whether an image without a lock may install pre-releases.
        tools: The programs that the build uses.
        steps: In the order in which they are to be done.
        config: How the container is run.
    """

    format: int = FORMAT
    platform: str
    distro: str | None = None
    base: LockedBase
    python: str
    python_from_distro: bool = False
    interpreter_packages: tuple[str, ...] = ()
    venv: str | None = None
    compile_bytecode: bool = False
    indexes: tuple[str, ...] = ()
    default_index: str | None = None
    find_links: tuple[str, ...] = ()
    no_index: bool = False
    prerelease: bool = False
    tools: tuple[Tool, ...] = ()
    steps: tuple[Step, ...] = ()
    config: Config = Config()

    @property
    def key(self) -> str:
        """`sha256:...` over everything that matters: equal keys are equal images."""
        content = msgspec.json.encode(_without_places(self._data()), order="sorted")
        return f"sha256:{hashlib.sha256(content).hexdigest()}"

    @property
    def dockerfile(self) -> str:
        """The text of the Dockerfile that builds this image."""
        from lading.dockerfile import dockerfile  # noqa: PLC0415 - the door to a generator; ADR 1

        return dockerfile(self)

    def to_json(self) -> str:
        """Canonical JSON: sorted keys, indented, ending in a newline."""
        compact = msgspec.json.encode(self._data(), order="sorted")
        return msgspec.json.format(compact, indent=2).decode() + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The image that `to_json` wrote.

        Raises:
            FreezeError: The text is not such JSON; the message has the path of what is wrong.
        """
        try:
            found = msgspec.json.decode(text.encode(), type=_Head).format
            if found != FORMAT:
                message = f"the frozen image has format {found}; this Lading reads format {FORMAT}"
                raise FreezeError(message, hint="freeze again")
            return msgspec.json.decode(text.encode(), type=cls)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise FreezeError(f"not a frozen image: {error}") from None

    def _data(self) -> dict[str, object]:
        return {"format": self.format, **msgspec.to_builtins(self)}


class _Head(msgspec.Struct, frozen=True):
    """What tells a frozen image's format, whatever else it holds."""

    format: int


def _without_places(value: object) -> object:
    match value:
        case dict():
            return {key: _without_places(part) for key, part in value.items() if key != "at"}
        case list() | tuple():
            return [_without_places(part) for part in value]
        case _:
            return value
