"""Tables of a pyproject.toml in which other tools keep requirements, or say where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.grammar.foreign_file import EXPORTS

if TYPE_CHECKING:
    from lading.requirements.document import Document

__all__ = ["refuse_other_tools"]

# Of a table in [tool.poetry.dependencies]: what says where a requirement comes from.
_PLACES = {"git", "path", "url", "file", "source"}


def refuse_other_tools(document: Document) -> None:
    """Note what Poetry or PDM would install from elsewhere, or besides.

    Both read `[project]`, too: what only packages or publishes the project is no hindrance.
    """
    tool = document.table("tool", document.tables)
    _refuse_poetry(document)
    pdm = document.table("tool.pdm", tool)
    if pdm.get("source"):
        _refuse(document, "[[tool.pdm.source]] says where packages come from", "pdm")
    if document.table("tool.pdm.resolution", pdm).get("overrides"):
        _refuse(document, "[tool.pdm.resolution] overrides versions", "pdm")


def _refuse_poetry(document: Document) -> None:
    tool = document.table("tool", document.tables)
    poetry = document.table("tool.poetry", tool)
    own = {
        name: value
        for name, value in document.table("tool.poetry.dependencies", poetry).items()
        if name != "python"
    }
    project = document.table("project", document.tables)
    if ("poetry" in tool and not project) or (own and "dependencies" not in project):
        _refuse(document, "the dependencies are in [tool.poetry], which is not read", "poetry")
    elif any(isinstance(value, dict) and _PLACES & value.keys() for value in own.values()):
        _refuse(document, "[tool.poetry.dependencies] says where packages come from", "poetry")
    elif poetry.get("source"):
        _refuse(document, "[[tool.poetry.source]] says where packages come from", "poetry")


def _refuse(document: Document, message: str, tool: str) -> None:
    place = document.place(f"[tool.{tool}", f"[[tool.{tool}")
    hint = f'{EXPORTS[tool]}, and call .requirements_file("requirements.txt")'
    document.problem(message, place, hint=hint)
