"""The packages that a uv.lock takes from folders: whether uv can read them without running them."""

from __future__ import annotations

import posixpath
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from lading.errors import Problem, SpecificationError
from lading.grammar.invalid import Invalid
from lading.grammar.words import shown
from lading.requirements.source import read_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["local_folders", "refuse_builds"]


def local_folders(folder: str, tables: Mapping[str, Any]) -> set[str]:
    """The lock's own folder, and each that it takes a package from; relative to the project."""
    folders = {folder}
    for package in tables.get("package", ()):
        source = package.get("source", {})
        for kind in ("directory", "editable", "virtual"):
            if kind in source:
                folders.add(posixpath.normpath(posixpath.join(folder, source[kind])))
    return folders


def refuse_builds(project: Path, folder: str, tables: Mapping[str, Any]) -> None:
    """See that uv finds all that it asks of local packages written down, and so builds none.

    Looked at are those of the lock, and, as it may be out of date, those that a pyproject.toml
    names; they may lie outside of the project.
    """
    left = [(project / each).resolve() for each in sorted(local_folders(folder, tables))]
    # uv takes a lock for that of the workspace around it, wherever that begins.
    around = (project / folder).resolve().parents
    left += [each for each in around if "workspace" in _uv(_declared(each / "pyproject.toml"))]
    seen: set[Path] = set()
    problems = []
    while left:
        package = left.pop()
        if package in seen or not _is_folder(package):
            continue
        seen.add(package)
        file = package / "pyproject.toml"
        declared = _declared(file)
        if _needs_build(package, declared):
            problems.append(_unwritten(file, project))
        left += _named_folders(package, declared)
    if problems:
        raise SpecificationError(problems)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name that is too long
        return False


def _declared(file: Path) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415 - only where a TOML file is read

    if not file.is_file():
        return {}
    try:
        return tomllib.loads(read_text(file).replace("\r\n", "\n"))
    except Invalid as error:
        raise SpecificationError(f"{file}: {error.message}", hint=error.hint) from None
    except ValueError as error:  # also a number of more digits than Python reads
        raise SpecificationError(f"{file} is not valid TOML: {error}") from None
    except RecursionError:
        raise SpecificationError(f"{file} is not valid TOML: it is nested too deeply") from None


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
                # No path of a folder has a NUL, or is in a circle of links.
                with suppress(ValueError, OSError, RuntimeError):
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
