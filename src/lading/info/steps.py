"""The steps of a frozen image, and the files and secrets that they take."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from lading.lock.model import (  # noqa: TC001 - msgspec reads the fields
    Build,
    Deb,
    Distribution,
)

__all__ = [
    "ContextFile",
    "CopyFiles",
    "InstallPython",
    "InstallSystem",
    "Part",
    "RunCommand",
    "RunScript",
    "SecretUse",
    "SetEnv",
    "SourceFolder",
    "Step",
]


class Part(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A part of the frozen image."""


class ContextFile(Part, frozen=True, kw_only=True):
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


class SecretUse(Part, frozen=True, kw_only=True):
    """A build secret that a step may read; nothing here says where its value is.

    Attributes:
        id: The file below `/run/secrets` that holds the value.
        version: Changes when the step is to run again.
        variable: The environment variable that holds the value as well.
    """

    id: str
    version: str | None = None
    variable: str | None = None


class SourceFolder(Part, frozen=True, kw_only=True):
    """The files of a source that is a folder: one of the project's, or a vendored repository's.

    Attributes:
        name: The distribution that it is the source of.
        path: The folder's place in the frozen folder.
        files: What it holds.
    """

    name: str
    path: str
    files: tuple[ContextFile, ...]


class InstallSystem(Part, frozen=True, kw_only=True, tag="system-packages"):
    """Packages of the distribution, installed together.

    Attributes:
        packages: What is asked for.
        debs: What that comes to, all that the base lacks; None where it is not locked.
    """

    packages: tuple[str, ...]
    debs: tuple[Deb, ...] | None = None
    at: tuple[str, ...] = ()


class InstallPython(Part, frozen=True, kw_only=True, tag="python-packages"):
    """Python distributions, installed together into the virtual environment.

    Attributes:
        distributions: What to install; all of it where the image is locked, else only what comes
            from files or repositories.
        requirements: Where the image is not locked: the requirements as the user wrote them.
        environment: Variables to set while compiling, where anything is compiled.
        builds: What each of the sources among the distributions is made into a wheel with; empty
            where the image is not locked.
        no_build_isolation: Names of sources that are compiled in an environment that holds all that
            the earlier installations have brought.
        folders: The files of the sources that are folders.
        secrets: What the installation and the compiling may read.
    """

    distributions: tuple[Distribution, ...] = ()
    requirements: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    builds: tuple[Build, ...] = ()
    no_build_isolation: tuple[str, ...] = ()
    folders: tuple[SourceFolder, ...] = ()
    secrets: tuple[SecretUse, ...] = ()
    at: tuple[str, ...] = ()


class RunCommand(Part, frozen=True, kw_only=True, tag="run"):
    """A POSIX shell command, run as root."""

    command: str
    secrets: tuple[SecretUse, ...] = ()
    at: tuple[str, ...] = ()


class RunScript(Part, frozen=True, kw_only=True, tag="run-script"):
    """A script, run as root: its place in the frozen folder carries the hash of its content."""

    script: ContextFile
    arguments: tuple[str, ...] = ()
    secrets: tuple[SecretUse, ...] = ()
    at: tuple[str, ...] = ()


class CopyFiles(Part, frozen=True, kw_only=True, tag="copy"):
    """Files, copied from `source` in the frozen folder to below `destination`.

    Attributes:
        source: A folder that has these files and no other.
        destination: A folder of the image.
        files: They, below both.
        model: Whether they are part of a model, and a layer of their own.
    """

    source: str
    destination: str
    files: tuple[ContextFile, ...]
    model: bool = False
    at: tuple[str, ...] = ()


class SetEnv(Part, frozen=True, kw_only=True, tag="env"):
    """Environment variables, set for all that follows and for the container."""

    variables: tuple[tuple[str, str], ...]
    at: tuple[str, ...] = ()


Step: TypeAlias = InstallSystem | InstallPython | RunCommand | RunScript | CopyFiles | SetEnv
