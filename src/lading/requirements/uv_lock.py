"""`uv.lock`: read by uv itself, which alone knows its format and whether it is up to date."""

from __future__ import annotations

import dataclasses
import posixpath
import re
from typing import TYPE_CHECKING, Any

from lading.errors import Location, Problem, SpecificationError
from lading.grammar.foreign_file import refuse_foreign_file
from lading.grammar.invalid import Invalid
from lading.grammar.url import parse_index_url, redact
from lading.grammar.words import shown
from lading.requirements.file import parse_requirements
from lading.requirements.local_packages import local_folders, refuse_builds
from lading.requirements.source import invalid_problem, project_file, read_toml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from lading.process import Completed
    from lading.requirements.model import RequirementSet, SourcedRequirement

__all__ = ["export_uv_lock", "read_toml_lock"]

_SECONDS = 120.0
# --locked fails where the lock does not fit its pyproject.toml; --offline keeps uv from resolving;
# --no-build forbids all builds but those of editable packages, which `refuse_builds` looks for.
_EXPORT = (
    *("export", "--locked", "--offline", "--no-build", "--format", "requirements.txt"),
    *("--no-emit-project", "--no-editable", "--no-default-groups"),
    *("--no-header", "--no-annotate", "--no-progress", "--color", "never"),
)
_STALE = re.compile(r"needs to be updated|No solution found|network was disabled")
_NOT_DEFINED = re.compile(r"(Extra|Group) `([^`]+)` is not defined")


def export_uv_lock(  # noqa: PLR0913 - the machine's part is handed in, each piece by its name
    project: Path,
    path: str = "uv.lock",
    *,
    uv: str,
    env: Mapping[str, str],
    extras: Sequence[str] = (),
    groups: Sequence[str] = (),
    python: str | None = None,
) -> RequirementSet:
    """Read the pins of a uv.lock with their hashes, as they stand.

    The project itself is left out, and so are development groups that are not named.

    Args:
        project: The folder of the image's project.
        path: The lock file, relative to `project`; its pyproject.toml stands beside it.
        uv: The uv program.
        env: All the environment that uv gets.
        extras: Names of the project's extras to add.
        groups: Names of its dependency groups to add.
        python: An interpreter for uv, which wants one that suits the project's
            `requires-python`; left out, uv looks for one.

    Raises:
        SpecificationError: The lock is missing, out of date, or refused by uv. It is never
            resolved anew. Or uv would have to run a package's build backend to learn what the
            package requires: nothing of a project is executed here.
    """
    file, text, tables = read_toml_lock(project, path)
    folder = posixpath.dirname(file)
    places = _places(text)
    _refuse_archives(file, tables, places)
    refuse_builds(project, folder, tables)
    choice = _choice(extras, groups, python)
    completed = _export((uv, *_EXPORT, *choice), env, project / folder)
    if completed.returncode != 0:
        raise SpecificationError(_refusal(completed, file))
    read = parse_requirements(completed.stdout, file=file, folder=folder)
    try:
        indexes = _indexes(tables, folder)
    except Invalid as error:
        raise SpecificationError(invalid_problem(error, Location(file, 1))) from None
    return dataclasses.replace(
        read,
        requirements=tuple(_placed(found, file, places, indexes) for found in read.requirements),
        requires_python=tables.get("requires-python"),
        files=(file, *_declarations(project, folder, tables)),
    )


def read_toml_lock(project: Path, path: str) -> tuple[str, str, dict[str, Any]]:
    """Read a uv.lock as TOML, and see that a pyproject.toml stands beside it.

    Returns:
        Its path relative to the project, its text, and its tables.

    Raises:
        SpecificationError: One of the two is missing, or the lock is no TOML or not in its shape.
    """
    try:
        refuse_foreign_file(path, "uv_lock")
        file, text, tables = read_toml(project, path)
    except Invalid as error:
        raise SpecificationError(error.message, hint=error.hint) from None
    except SpecificationError as error:
        hint = "make it with `uv lock`, and commit it"
        raise SpecificationError(
            dataclasses.replace(problem, hint=problem.hint or hint) for problem in error.problems
        ) from None
    problems = [*_malformed(file, tables)]
    if problems:
        raise SpecificationError(problems)
    folder = posixpath.dirname(file)
    try:
        project_file(project, "pyproject.toml", folder=folder)
    except Invalid:
        message = f"no pyproject.toml stands beside {shown(file)}, so that uv can't check it"
        raise SpecificationError(message, hint="keep both in one folder") from None
    return file, text, tables


def _malformed(file: str, tables: Mapping[str, Any]) -> Iterator[Problem]:
    """What of a lock has another shape than uv gives it, as after a merge that went wrong."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # noqa: PLC0415 - 20 ms

    place, hint = Location(file, 1), "make it again with `uv lock`"
    requires = tables.get("requires-python", "")
    try:
        if not isinstance(requires, str):
            raise InvalidSpecifier  # noqa: TRY301 - one kind of mistake
        SpecifierSet(requires)
    except InvalidSpecifier:
        message = f"requires-python {shown(requires)} is not a set of versions"
        yield Problem(message=message, location=place, hint=hint)
    packages = tables.get("package", [])
    if not isinstance(packages, list) or not all(map(_is_package, packages)):
        yield Problem(message="not a valid uv.lock: its packages", location=place, hint=hint)


def _is_package(table: object) -> bool:
    if not isinstance(table, dict) or not isinstance(table.get("name"), str):
        return False
    source = table.get("source", {})
    return isinstance(source, dict) and all(
        isinstance(value, str) and "\0" not in value for value in source.values()
    )


def _choice(extras: Sequence[str], groups: Sequence[str], python: str | None) -> tuple[str, ...]:
    return (
        *(f"--extra={extra}" for extra in extras),
        *(f"--group={group}" for group in groups),
        *((f"--python={python}",) if python else ()),
    )


def _export(argv: Sequence[str], env: Mapping[str, str], folder: Path) -> Completed:
    from lading import process  # noqa: PLC0415 - only where uv is run

    # Not --no-config: the indexes in the project's [tool.uv] are part of what makes a lock current.
    known = {name: value for name, value in env.items() if name != "UV_NO_CONFIG"}
    try:
        return process.run(argv, env=known, cwd=folder, timeout=_SECONDS)
    except (process.ProgramNotFound, process.ProgramTimedOut) as error:
        raise SpecificationError(f"uv.lock can't be read: {error}") from None


def _refusal(completed: Completed, file: str) -> Problem:
    words = redact(completed.stderr.strip())
    location = Location(file, 1)
    unknown = _NOT_DEFINED.search(words)
    if unknown is not None:
        message = f"the project has no {unknown[1].lower()} {shown(unknown[2])}"
        return Problem(message=message, location=location)
    if _STALE.search(words):
        return Problem(
            message=f"{shown(file)} is out of date with its pyproject.toml",
            location=location,
            detail=words,
            hint="run `uv lock`, and commit the result",
        )
    hint = "see whether `uv export --locked` works in that folder"
    return Problem(
        message=f"uv can't read {shown(file)}", location=location, detail=words, hint=hint
    )


def _indexes(tables: Mapping[str, Any], folder: str) -> dict[tuple[str, str], str]:
    # By name and version: one name may have a version, and an index, for each marker.
    return {
        (package["name"], f"=={package.get('version')}"): _index(source["registry"], folder)
        for package in tables.get("package", ())
        if "registry" in (source := package.get("source", {}))
    }


def _index(registry: str, folder: str) -> str:
    if "://" in registry:
        return parse_index_url(registry)
    return posixpath.normpath(posixpath.join(folder, registry))


def _placed(
    found: SourcedRequirement,
    file: str,
    places: Mapping[str, int],
    indexes: Mapping[tuple[str, str], str],
) -> SourcedRequirement:
    requirement = found.requirement
    wanted = f'name = "{requirement.name}"'
    if requirement.path is not None:
        written = posixpath.relpath(requirement.path, posixpath.dirname(file) or ".")
        wanted = f'"{written}"'
    return dataclasses.replace(
        found,
        location=Location(file, places.get(wanted, 1)),
        index=indexes.get((requirement.name or "", requirement.specifier)),
    )


def _places(text: str) -> dict[str, int]:
    """The first line of each package, by its name and by the path that it comes from."""
    places: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        path = re.fullmatch(r"source = \{ (?:path|directory|editable) = (\".*\") \}", line)
        if path is not None or line.startswith("name = "):
            places.setdefault(path[1] if path is not None else line, number)
    return places


def _declarations(project: Path, folder: str, tables: Mapping[str, Any]) -> tuple[str, ...]:
    """Every pyproject.toml that the lock was made from: the project's, and its local packages'."""
    folders = local_folders(folder, tables)
    files = {posixpath.normpath(posixpath.join(each, "pyproject.toml")) for each in folders}
    inside = (file for file in files if not file.startswith(("..", "/")))
    return tuple(sorted(file for file in inside if (project / file).is_file()))


def _refuse_archives(file: str, tables: Mapping[str, Any], places: Mapping[str, int]) -> None:
    """See that no package comes from a source archive beside the lock.

    uv would say whether the lock is up to date only where it may build them: --no-build is an
    error then, and without it, an out-of-date lock may make it build others.
    """
    problems = [
        Problem(
            message=f"not supported: {shown(package['name'])} is a source archive of the project",
            location=Location(file, places.get(f'"{path}"', 1)),
            hint="let its source name a wheel of it, or a folder that it is unpacked in, and "
            "run `uv lock`",
        )
        for package in tables.get("package", ())
        if not (path := package.get("source", {}).get("path", ".whl")).lower().endswith(".whl")
    ]
    if problems:
        raise SpecificationError(problems)
