"""uv's workspaces: which folders of the project belong together, by the names of their packages."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lading.errors import SpecificationError
from lading.grammar.invalid import Invalid
from lading.grammar.requirement import parse_package_name
from lading.requirements.document import Document

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import Any

__all__ = ["Workspace", "find_workspace"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A workspace that lies in the project.

    Attributes:
        root: The pyproject.toml that declares it.
        members: By normalized name, the document of each of its packages.
    """

    root: Document
    members: Mapping[str, Document]


def find_workspace(document: Document) -> Workspace | None:
    """The workspace that a pyproject.toml is a part of, as uv finds it; None where there is none.

    That is the one which it declares itself, or else the nearest one around it, where that has its
    folder as a member. Nothing outside of the project is looked at.

    Raises:
        SpecificationError: A pyproject.toml that has to be read can't be.
    """
    root = document if _declares(document) else _around(document)
    if root is None:
        return None
    folders = _member_folders(root)
    if root is not document and document.folder not in folders:
        return None
    return Workspace(root=root, members=_by_name(document, root, folders))


def _around(document: Document) -> Document | None:
    folder = document.folder
    while folder:
        folder = posixpath.dirname(folder)
        file = posixpath.join(folder, "pyproject.toml")
        if (document.project / file).is_file():
            found = Document.read(document.project, file)
            if _declares(found):
                return found
    return None


def _declares(document: Document) -> bool:
    return "workspace" in _table(document.tables, "tool", "uv")


def _table(tables: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    for key in keys:
        found = tables.get(key)
        tables = found if isinstance(found, dict) else {}
    return tables


def _member_folders(root: Document) -> tuple[str, ...]:
    table = root.table("tool.uv.workspace", root.uv)
    out = set(_matches(root, "exclude", table))
    found = (folder for folder in _matches(root, "members", table) if folder not in out)
    return tuple(dict.fromkeys((root.folder, *found)))


def _matches(root: Document, key: str, table: Mapping[str, Any]) -> Iterator[str]:
    for pattern in root.strings(f"tool.uv.workspace.{key}", table.get(key, [])):
        try:
            yield from _folders(root.project, root.folder, pattern)
        except (ValueError, NotImplementedError, OSError):
            message = f"tool.uv.workspace.{key} has a pattern that can't be used"
            root.problem(message, root.find(pattern, key))


def _folders(project: Path, base: str, pattern: str) -> Iterator[str]:
    if ".." in pattern.split("/"):
        raise ValueError(pattern)
    for found in sorted((project / base).glob(pattern)):
        # As uv: a folder without a pyproject.toml is none of its members. A link may lead out.
        file = found / "pyproject.toml"
        if file.is_file() and file.resolve().is_relative_to(project.resolve()):
            yield found.relative_to(project).as_posix()


def _by_name(document: Document, root: Document, folders: tuple[str, ...]) -> dict[str, Document]:
    known = {document.file: document, root.file: root}
    members: dict[str, Document] = {}
    for folder in folders:
        file = posixpath.join("" if folder == "." else folder, "pyproject.toml")
        try:
            member = known.get(file) or Document.read(root.project, file)
        except SpecificationError as error:
            document.problems += error.problems
            continue
        name = _table(member.tables, "project").get("name")
        try:
            members[parse_package_name(name)] = member  # type: ignore[arg-type]
        except Invalid:
            continue  # a root may have no project
    return members
