"""The build secrets that the calls of an image name, each id with one source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.errors import Problem
from lading.image import steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.errors import Location
    from lading.grammar.secret import Secret
    from lading.image.builder import Image

__all__ = ["different_sources", "secrets_of"]


def different_sources(image: Image) -> Iterator[Problem]:
    """Each call that gives an id another source than a call before: either would be a guess."""
    first: dict[str, tuple[Secret, Location]] = {}
    for secret, location in secrets_of(image):
        known, where = first.setdefault(secret.id, (secret, location))
        if _source(known) != _source(secret):
            message = (
                f"the secret {secret.id!r} has another source than in the call of {where}: "
                f"{_said(secret)}, not {_said(known)}"
            )
            hint = "declare it once, secret = secret(...), and name that in both calls"
            yield Problem(message=message, hint=hint, location=location)


def secrets_of(image: Image) -> Iterator[tuple[Secret, Location]]:
    """All secrets that the calls of an image name, with the calls' lines."""
    for step in image.steps:
        match step:
            case (
                steps.PythonPackages()
                | steps.RequirementsFile()
                | steps.PyprojectToml()
                | steps.UvLock()
                | steps.ScriptRequirements()
                | steps.Run()
                | steps.RunScript()
                | steps.Index()
            ):
                for secret in step.secrets:
                    yield secret, step.location
            case _:
                pass


def _source(secret: Secret) -> tuple[str | None, str | None, tuple[str, ...]]:
    env = secret.env
    if env is None and secret.file is None and not secret.command:
        env = secret.id
    return env, secret.file, secret.command


def _said(secret: Secret) -> str:
    env, file, command = _source(secret)
    if file is not None:
        return f"the file {file}"
    return f"the command {command[0]}" if command else f"the variable {env}"
