"""Environment variables as instructions: all but PATH are literal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.dockerfile import instructions as docker
from lading.info.environment import search_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.dockerfile.instructions import Instruction

__all__ = ["set_variables"]


def set_variables(
    variables: tuple[tuple[str, str], ...], *, venv: str | None
) -> Iterator[Instruction]:
    """Set these variables; in PATH an entry `$PATH` is the path so far.

    Args:
        variables: Names and values.
        venv: The virtual environment, which stays on a PATH that does not refer to the former one.
    """
    others = tuple(pair for pair in variables if pair[0] != "PATH")
    if others:
        yield docker.Env(variables=others)
    for name, value in variables:
        if name == "PATH":
            found = search_path(value, venv=venv)
            if found is not None:
                yield docker.PathEnv(
                    before=found.before, inherited=found.inherited, after=found.after
                )
