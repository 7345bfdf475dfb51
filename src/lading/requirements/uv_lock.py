"""`uv.lock`: read by uv itself, which alone knows its format and whether it is up to date."""

from __future__ import annotations

import dataclasses
import posixpath
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from lading.errors import Location, Problem, SpecificationError
from lading.grammar.invalid import Invalid
from lading.grammar.url import parse_index_url, redact
from lading.grammar.words import shown
from lading.requirements.file import parse_requirements
from lading.requirements.source import invalid_problem, project_file, read_text, read_toml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from lading.process import Completed
    from lading.requirements.model import RequirementSet, SourcedRequirement

__all__ = ["export_uv_lock", "read_toml_lock"]

_SECONDS = 120.0
# --locked fails where the lock does not fit its pyproject.toml; --offline keeps uv from resolving;
# --no-build forbids all builds but those of editable packages, which `_refuse_builds` looks for.
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
    _refuse_builds(project, folder, tables)
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
        requirements=tuple(_placed(found, file, text, indexes) for found in read.requirements),
        requires_python=tables.get("requires-python"),
        files=(file, *_declarations(project, folder, tables)),
    )


def read_toml_lock(project: Path, path: str) -> tuple[str, str, dict[str, Any]]:
    """Read a uv.lock as TOML, and see that a pyproject.toml stands beside it.

    Returns:
        Its path relative to the project, its text, and its tables.

    Raises:
        SpecificationError: One of the two is missing, or the lock is no TOML.
    """
    try:
        file, text, tables = read_toml(project, path)
    except SpecificationError as error:
        hint = "make it with `uv lock`, and commit it"
        raise SpecificationError(
            dataclasses.replace(problem, hint=problem.hint or hint) for problem in error.problems
        ) from None
    folder = posixpath.dirname(file)
    try:
        project_file(project, "pyproject.toml", folder=folder)
    except Invalid:
        message = f"no pyproject.toml stands beside {shown(file)}, so that uv can't check it"
        raise SpecificationError(message, hint="keep both in one folder") from None
    return file, text, tables


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
    found: SourcedRequirement, file: str, text: str, indexes: Mapping[tuple[str, str], str]
) -> SourcedRequirement:
    requirement = found.requirement
    wanted = f'name = "{requirement.name}"'
    if requirement.path is not None:
        written = posixpath.relpath(requirement.path, posixpath.dirname(file) or ".")
        wanted = f'= "{written}"'
    return dataclasses.replace(
        found,
        location=Location(file, _line(text, wanted)),
        index=indexes.get((requirement.name or "", requirement.specifier)),
    )


def _line(text: str, wanted: str) -> int:
    for number, line in enumerate(text.splitlines(), start=1):
        if line == wanted or (line.startswith("source = {") and wanted in line):
            return number
    return 1


def _declarations(project: Path, folder: str, tables: Mapping[str, Any]) -> tuple[str, ...]:
    """Every pyproject.toml that the lock was made from: the project's, and its local packages'."""
    folders = _local_folders(folder, tables)
    files = {posixpath.normpath(posixpath.join(each, "pyproject.toml")) for each in folders}
    inside = (file for file in files if not file.startswith(("..", "/")))
    return tuple(sorted(file for file in inside if (project / file).is_file()))


def _local_folders(folder: str, tables: Mapping[str, Any]) -> set[str]:
    folders = {folder}
    for package in tables.get("package", ()):
        source = package.get("source", {})
        for kind in ("directory", "editable", "virtual"):
            if kind in source:
                folders.add(posixpath.normpath(posixpath.join(folder, source[kind])))
    return folders


def _refuse_builds(project: Path, folder: str, tables: Mapping[str, Any]) -> None:
    """See that uv finds all that it asks of local packages written down, and so builds none.

    Looked at are those of the lock, and, as it may be out of date, those that a pyproject.toml
    names; they may lie outside of the project.
    """
    left = [(project / each).resolve() for each in sorted(_local_folders(folder, tables))]
    # uv takes a lock for that of the workspace around it, wherever that begins.
    around = (project / folder).resolve().parents
    left += [each for each in around if "workspace" in _uv(_declared(each / "pyproject.toml"))]
    seen: set[Path] = set()
    problems = []
    while left:
        package = left.pop()
        if package in seen or not package.is_dir():
            continue
        seen.add(package)
        file = package / "pyproject.toml"
        declared = _declared(file)
        if _needs_build(package, declared):
            problems.append(_unwritten(file, project))
        left += _named_folders(package, declared)
    if problems:
        raise SpecificationError(problems)


def _declared(file: Path) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415 - only where a TOML file is read

    if not file.is_file():
        return {}
    try:
        return tomllib.loads(read_text(file).replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        raise SpecificationError(f"{file} is not valid TOML: {error}") from None
    except Invalid as error:
        raise SpecificationError(f"{file}: {error.message}", hint=error.hint) from None


def _needs_build(package: Path, declared: Mapping[str, Any]) -> bool:
    stated = _table(declared, "project")
    if "project" not in declared:
        return "build-system" in declared or (package / "setup.py").exists()
    if "dependencies" in str(stated.get("dynamic")):  # optional-dependencies too
        return True
    # uv takes them as dynamic here, too: Poetry's own table may say more.
    return "dependencies" not in stated and "poetry" in _table(declared, "tool")


def _unwritten(file: Path, project: Path) -> Problem:
    root = project.resolve()
    shortened = file.relative_to(root) if file.is_relative_to(root) else file
    return Problem(
        message=f"{shown(str(shortened))} leaves its dependencies to a build backend",
        hint="write them statically, as dependencies and optional-dependencies in [project]: "
        "nothing of a project is executed on your machine",
    )


def _named_folders(package: Path, declared: Mapping[str, Any]) -> Iterator[Path]:
    """The folders of `tool.uv`'s sources, and of its workspace's members."""
    uv = _uv(declared)
    for source in _table(uv, "sources").values():
        for one in source if isinstance(source, list) else (source,):
            if isinstance(one, dict) and isinstance(one.get("path"), str):
                yield (package / one["path"]).resolve()
    members = _table(uv, "workspace").get("members")
    for pattern in members if isinstance(members, list) else ():
        # Python refuses the patterns that uv does: an empty or an absolute one, or "a**".
        with suppress(ValueError, NotImplementedError):
            yield from (found.resolve() for found in package.glob(str(pattern)))


def _uv(declared: Mapping[str, Any]) -> dict[str, Any]:
    return _table(_table(declared, "tool"), "uv")


def _table(tables: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = tables.get(key)
    return found if isinstance(found, dict) else {}
