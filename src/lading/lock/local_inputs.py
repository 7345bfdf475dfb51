"""Wheels, source archives and folders of the project: what of them decides, and what they hold."""

from __future__ import annotations

import configparser
import hashlib
import posixpath
import tomllib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lading.errors import Problem
from lading.grammar.invalid import Invalid
from lading.grammar.requirement import parse_package_name
from lading.requirements.source import project_file, read_text
from lading.trees import digest_of, tree_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from lading.requirements import RequirementSet, SourcedRequirement

__all__ = ["digest_at", "folders_of", "with_names"]

_DECLARATIONS = ("pyproject.toml", "setup.py", "setup.cfg")


def digest_at(project: Path, path: str) -> str:
    """The SHA-256, in hexadecimal, of a file of the project, or of all that a folder of it holds.

    Raises:
        Invalid: A file of the folder leaves the project, or can't be read.
    """
    if (project / path).is_dir():
        return digest_of(tree_of(project, path))
    with (project / path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folders_of(tables: Mapping[str, Any], project: Path, folder: str) -> tuple[str, ...]:
    """The packages in the project that a uv.lock in `folder` refers to, sorted; not its own."""
    found: set[str] = set()
    for package in tables.get("package", ()):
        source = package.get("source", {})
        for kind in ("directory", "editable", "path"):
            if isinstance(path := source.get(kind), str):
                found.add(posixpath.normpath(posixpath.join(folder, path)))
    found -= {folder or "."}
    inside = (path for path in found if not path.startswith(("/", "..")))
    return tuple(sorted(path for path in inside if (project / path).exists()))


def with_names(found: RequirementSet, project: Path, problems: list[Problem]) -> RequirementSet:
    """The same requirements; each of a path with the name of what is there.

    A resolver that must not run a source's code has to be told of it by name.

    Args:
        found: What a file or a call asks for.
        project: The project's folder.
        problems: Told which paths can't be locked: what isn't there, leaves the project, or is no
            package.
    """
    return replace(found, requirements=tuple(_named(found.requirements, project, problems)))


def _named(
    requirements: tuple[SourcedRequirement, ...], project: Path, problems: list[Problem]
) -> Iterator[SourcedRequirement]:
    for one in requirements:
        path = one.requirement.path
        if path is None:
            yield one
            continue
        try:
            name = _check(path, project) if one.requirement.name is None else None
            if one.requirement.name is not None:
                _check_there(path, project)
        except Invalid as error:
            problems.append(Problem(message=error.message, hint=error.hint, location=one.location))
            yield one
        else:
            named = one.requirement if name is None else replace(one.requirement, name=name)
            yield replace(one, requirement=named)


def _check(path: str, project: Path) -> str:
    _check_there(path, project)
    name = _folder_name(project / path) if (project / path).is_dir() else _archive_name(path)
    if name is None:
        hint = f"write its name before its path: name @ ./{path}"
        raise Invalid(f"{path} does not tell the name of its package as data", hint=hint)
    return name


def _check_there(path: str, project: Path) -> None:
    folder = project / path
    if not folder.is_dir():
        project_file(project, path)
    elif not folder.resolve().is_relative_to(project.resolve()):
        raise Invalid(f"{path} is a link that leaves the project", hint="put a copy in its place")
    elif not any((folder / name).is_file() for name in _DECLARATIONS):
        hint = f"it has none of {', '.join(_DECLARATIONS)}"
        raise Invalid(f"{path} is a folder without a Python package's source", hint=hint)


def _archive_name(path: str) -> str | None:
    """PEP 625; what a forge gives (`v1.0.tar.gz`) tells none."""
    from packaging.utils import InvalidSdistFilename, parse_sdist_filename  # noqa: PLC0415 - 20 ms

    try:
        return parse_sdist_filename(path.rpartition("/")[2])[0]
    except InvalidSdistFilename:
        return None


def _folder_name(folder: Path) -> str | None:
    """What pyproject.toml (PEP 621) or setup.cfg says; setup.py would have to be run."""
    for read in (_pyproject_name, _setup_cfg_name):
        name = read(folder)
        if isinstance(name, str):
            return parse_package_name(name)
    return None


def _pyproject_name(folder: Path) -> object:
    file = folder / "pyproject.toml"
    if not file.is_file():
        return None
    text = read_text(file).replace("\r\n", "\n")
    try:
        tables = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid(f"{folder.name}/pyproject.toml is not valid TOML: {error}") from None
    project = tables.get("project")
    poetry = tables.get("tool", {}).get("poetry") if isinstance(tables.get("tool"), dict) else None
    named = project if isinstance(project, dict) and "name" in project else poetry
    return named.get("name") if isinstance(named, dict) else None


def _setup_cfg_name(folder: Path) -> object:
    file = folder / "setup.cfg"
    if not file.is_file():
        return None
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(read_text(file))
    except configparser.Error:
        return None
    return parser.get("metadata", "name", fallback=None)
