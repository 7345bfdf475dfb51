"""Environment variables, as steps set them one after another."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from lading.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lading.image import steps

__all__ = ["not_on_path", "variables"]


def variables(env: Iterable[steps.Env], before: Mapping[str, str]) -> dict[str, str]:
    """The variables of `before` with those of `env`: of a name the last counts, but PATH grows."""
    found = dict(before)
    for step in env:
        for name, value in step.variables:
            so_far = found.get(name) if name == "PATH" else None
            found[name] = value if so_far is None else _on_path(value, so_far)
    return found


def _on_path(value: str, so_far: str) -> str:
    entries = value.split(":")
    return ":".join(so_far if entry in {"$PATH", "${PATH}"} else entry for entry in entries)


def not_on_path(env: Iterable[steps.Env]) -> Iterator[Problem]:
    """What can't stand in a PATH."""
    for step in env:
        for name, value in step.variables:
            if name == "PATH" and (word := _not_on_path(value)) is not None:
                message = f"PATH has the entry {word!r}, which is no absolute path"
                hint = "write absolute paths, and $PATH for what the image has there"
                yield Problem(message=message, hint=hint, location=step.location)


def _not_on_path(value: str) -> str | None:
    """The first entry of a PATH that is neither an absolute path nor the former PATH."""
    entries = (entry for entry in value.split(":") if entry not in {"", "$PATH", "${PATH}"})
    return next((one for one in entries if not PurePosixPath(one).is_absolute()), None)
