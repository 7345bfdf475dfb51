"""The values of build secrets: where they are, and how they are read when they are needed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lading import process
from lading.errors import BuildError
from lading.grammar.environment import parse_env_name
from lading.grammar.invalid import Invalid
from lading.grammar.secret_id import parse_secret_id

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lading.grammar.secret import Secret

__all__ = ["LARGEST_SECRET", "SecretSource", "read_secret", "source_of"]

LARGEST_SECRET = 500 * 1024
"""In bytes: what BuildKit hands to a build at most."""

COMMAND_SECONDS = 60.0
"""How long a command may take: long enough to touch a key or to confirm on a phone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretSource:
    """A build secret: the id that the steps name, and where its value is.

    Attributes:
        id: The id that a step's mount names.
        file: The file that holds the value, or None.
        variable: The environment variable that holds the value, or None.
        command: The command that prints the value, or nothing. One of the three is given.
    """

    id: str
    file: Path | None = None
    variable: str | None = None
    command: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        parse_secret_id(self.id)
        given = (self.file, self.variable, self.command or None)
        if sum(source is not None for source in given) != 1:
            raise Invalid(
                f"secret {self.id!r} needs one source",
                hint="give a file or the name of an environment variable, not both",
            )
        if self.variable is not None:
            parse_env_name(self.variable)


def source_of(
    secret: Secret, given: Mapping[str, SecretSource], *, project: Path, home: Path
) -> SecretSource:
    """Where the value of `secret` is: where the command line says, else where the Image does.

    Args:
        secret: The secret.
        given: The sources of the command line, by id.
        project: The folder that the path of a file starts from.
        home: The folder that `~/` stands for.
    """
    if secret.id in given:
        return given[secret.id]
    if secret.file is not None:
        below_home = secret.file.startswith("~/")
        file = home / secret.file[2:] if below_home else project / secret.file
        return SecretSource(id=secret.id, file=file)
    if secret.command:
        return SecretSource(id=secret.id, command=secret.command)
    if secret.env is None:
        _check_is_variable(secret.id)
    return SecretSource(id=secret.id, variable=secret.env or secret.id)


def read_secret(source: SecretSource, environ: Mapping[str, str], *, project: Path) -> bytes:
    """The value: that of a variable and a file as it is, what a command prints less a line end.

    Args:
        source: Where it is.
        environ: The environment, for a variable and for a command.
        project: The folder that a command runs in.

    Raises:
        BuildError: It isn't there, it is empty or too large, or the command failed. No message has
            the value or a part of it.
    """
    value = _read(source, environ, project)
    if not value.strip():
        raise BuildError(f"the secret {source.id!r} is empty", hint=_whence(source))
    if len(value) > LARGEST_SECRET:
        message = f"the secret {source.id!r} has more than {LARGEST_SECRET // 1024} KiB"
        raise BuildError(message, hint=_whence(source))
    return value


def _check_is_variable(name: str) -> None:
    try:
        parse_env_name(name)
    except Invalid:
        raise BuildError(
            f"the secret {name!r} is not given, and is no name of an environment variable",
            hint=f"--secret id={name},src=FILE, or id={name},env=VARIABLE",
        ) from None


def _read(source: SecretSource, environ: Mapping[str, str], project: Path) -> bytes:
    if source.variable is not None:
        return _in_variable(source.id, source.variable, environ)
    if source.file is not None:
        return _in_file(source.id, source.file)
    return _printed(source, environ, project)


def _in_variable(name: str, variable: str, environ: Mapping[str, str]) -> bytes:
    if variable not in environ:
        raise BuildError(
            f"secret {name!r}: the environment variable {variable} is not set",
            hint=f"set {variable}, or name another source: --secret id={name},src=FILE",
        )
    return os.fsencode(environ[variable])


def _in_file(name: str, file: Path) -> bytes:
    try:
        if file.exists() and not file.is_file():  # a pipe could be waited for without end
            raise BuildError(f"secret {name!r}: {file} is not a file")
        with file.open("rb") as opened:
            return opened.read(LARGEST_SECRET + 1)
    except OSError as error:
        why = (error.strerror or "it can't be read").lower()
        raise BuildError(f"secret {name!r}: {file}: {why}") from None


def _printed(source: SecretSource, environ: Mapping[str, str], project: Path) -> bytes:
    """What the command prints; what else it says is not shown, since it may hold the secret."""
    program = source.command[0]
    try:
        done = process.capture(
            source.command,
            env=environ,
            cwd=project,
            timeout=COMMAND_SECONDS,
            limit=LARGEST_SECRET + 2,  # a line end is not counted
        )
    except (process.ProgramNotFound, process.ProgramTimedOut) as error:
        raise BuildError(
            f"secret {source.id!r}: {error}", hint="the command runs without a terminal"
        ) from None
    if done.returncode and not done.cut:
        message = f"secret {source.id!r}: {program} failed (exit code {done.returncode})"
        raise BuildError(message, hint=f"what it says is not shown; run it to see: {program} ...")
    return done.output.removesuffix(b"\n").removesuffix(b"\r")


def _whence(source: SecretSource) -> str:
    if source.variable is not None:
        return f"it is the environment variable {source.variable}"
    if source.file is not None:
        return f"it is the file {source.file}"
    return f"it is what {source.command[0]} prints"
