"""Environment variables as instructions: all but PATH are literal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.dockerfile import instructions as docker

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
            yield from _search_path(value, venv)


def _search_path(value: str, venv: str | None) -> Iterator[Instruction]:
    entries = [entry for entry in value.split(":") if entry]
    places = [place for place, entry in enumerate(entries) if entry in {"$PATH", "${PATH}"}]
    inherited = bool(places)
    before = entries[: places[0]] if inherited else [*_programs(venv), *entries]
    # The former path once more adds nothing to a search.
    after = [one for place, one in enumerate(entries) if inherited and place > places[0]]
    after = [one for one in after if one not in {"$PATH", "${PATH}"}]
    if before or after:
        yield docker.PathEnv(before=tuple(before), inherited=inherited, after=tuple(after))


def _programs(venv: str | None) -> tuple[str, ...]:
    return (f"{venv}/bin",) if venv else ()
