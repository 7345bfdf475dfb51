"""Runs an engine's commands, shows their output live, and says what failed."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from lading import process
from lading.engines.hints import hint_for
from lading.engines.redaction import masking
from lading.errors import BuildError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lading.engines.engine import Command, Engine
    from lading.engines.request import BuildRequest, SecretSource
    from lading.process import StreamResult

__all__ = ["build"]


def build(
    engine: Engine,
    request: BuildRequest,
    environment: Mapping[str, str],
    on_line: Callable[[str], None] | None = None,
) -> None:
    """Builds the image with this engine, and pushes it where that is asked.

    Args:
        engine: The engine, as `find_engine` gives it.
        request: What to build.
        environment: The whole environment of the engine's commands.
        on_line: Gets each line of their output, secrets masked. Without it the output goes to
            stderr: masked, or where that is a terminal and no secret is given, straight from the
            engine. A quiet request keeps it back.

    Raises:
        BuildError: If an input is missing, or the engine can't do what is asked, or it failed; then
            with its exit code and, unless stderr has them already, its last lines.
    """
    missing = tuple(_missing(request, environment))
    if missing:
        raise BuildError(missing)
    mask = masking(request, environment)
    quiet = request.progress == "quiet"
    if quiet:
        # An engine's own quiet mode leaves out what a step said before it failed.
        request = replace(request, progress="plain")
    said = on_line is None and not quiet
    on_line = on_line or _reader(request, quiet=quiet)
    with ExitStack() as stack:
        if request.scratch is None:
            folder = stack.enter_context(TemporaryDirectory(prefix="lading-"))
            request = replace(request, scratch=Path(folder))
        for command in engine.commands(request, environment):
            ended = _run(engine.name, command, environment, _shown(mask, on_line))
            if ended.returncode:
                problem = _problem(engine.name, command, ended, mask, request.ca_bundle)
                if said:
                    problem = replace(problem, detail=None)
                raise BuildError(problem, exit_code=ended.returncode)


def _run(
    name: str,
    command: Command,
    environment: Mapping[str, str],
    on_line: Callable[[str], None] | None,
) -> StreamResult:
    env = {**environment, **dict(command.env)}
    try:
        return process.stream(command.argv, env=env, on_line=on_line)
    except process.ProgramNotFound as error:
        raise BuildError(
            f"{name} could not {command.purpose}: {error}", hint="see `lading doctor`"
        ) from error


def _problem(
    name: str,
    command: Command,
    ended: StreamResult,
    mask: Callable[[str], str],
    ca_bundle: Path | None,
) -> Problem:
    return Problem(
        message=f"{name} could not {command.purpose} ({_ending(ended.returncode)})",
        hint=hint_for(ended.returncode, ended.tail, ca_bundle=ca_bundle),
        detail="\n".join(mask(line) for line in ended.tail) or None,
    )


def _reader(request: BuildRequest, *, quiet: bool) -> Callable[[str], None] | None:
    """Who gets the lines where the caller does not say."""
    if quiet:
        return _keep_back
    # What an engine writes to a terminal itself can't be masked.
    return process.write_line if request.secrets else None


def _keep_back(line: str) -> None:
    """Shows nothing: the last lines come with the failure, where there is one."""
    del line


def _shown(
    mask: Callable[[str], str], on_line: Callable[[str], None] | None
) -> Callable[[str], None] | None:
    """Where a line goes; None leaves the terminal to the engine."""
    if on_line is None and sys.stderr.isatty():
        return None
    write = on_line or process.write_line
    return lambda line: write(mask(line))


def _ending(returncode: int) -> str:
    return f"exit code {returncode}" if returncode > 0 else f"ended by signal {-returncode}"


def _missing(request: BuildRequest, environment: Mapping[str, str]) -> Iterator[Problem]:
    """The inputs that aren't there, all of them, before an engine stumbles over the first."""
    if not request.dockerfile.is_file():
        yield Problem(
            message=f"there is no {request.file} in {request.context}",
            hint="write the context with `lading freeze`",
        )
    for secret in request.all_secrets:
        yield from _missing_secret(secret, environment)
    if request.ssh and not environment.get("SSH_AUTH_SOCK"):
        yield Problem(
            message="a step clones a repository over ssh, and no ssh agent is here: SSH_AUTH_SOCK "
            "is not set",
            hint="start one (eval $(ssh-agent); ssh-add), or name the key as a secret of that step",
        )
    for name in request.proxies:
        if name not in environment:
            yield Problem(message=f"the proxy variable {name} is not set")


def _missing_secret(secret: SecretSource, environment: Mapping[str, str]) -> Iterator[Problem]:
    if secret.file is not None and not secret.file.is_file():
        yield Problem(message=f"secret {secret.id!r}: there is no file {secret.file}")
    # Docker and BuildKit would take an unset variable for an empty secret.
    if secret.variable is not None and secret.variable not in environment:
        yield Problem(
            message=f"secret {secret.id!r}: environment variable {secret.variable} is not set",
            hint=f"set {secret.variable}, or name another source",
        )
