"""A TOML text of the project that declares requirements: its tables, and where words stand."""

from __future__ import annotations

import posixpath
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from lading.errors import Location, Problem, SpecificationError
from lading.grammar.invalid import Invalid
from lading.grammar.requirement import Requirement, parse_package_name
from lading.grammar.words import shown
from lading.requirements.model import SourcedRequirement
from lading.requirements.source import find_line, invalid_problem, read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Document", "parse_pep508", "python_versions"]


class Document:
    """One TOML text, and all that is found wrong with it.

    Attributes:
        project: The project's folder.
        file: Where the text stands, relative to the project.
        tables: What it says.
        problems: What is wrong, in the order in which it was found.
        text: All of it.
    """

    def __init__(
        self,
        project: Path,
        file: str,
        text: str,
        tables: Mapping[str, Any],
        *,
        before: int = 0,
    ) -> None:
        """Keep a text, before which so many lines of its file stand."""
        self.project = project
        self.file = file
        self.tables = tables
        self.problems: list[Problem] = []
        self.text = text
        self._lines = [line.strip() for line in text.splitlines()]
        self._before = before

    @classmethod
    def read(cls, project: Path, path: str) -> Document:
        """The document that a file of the project is.

        Raises:
            SpecificationError: It is missing, outside of the project, or no TOML.
        """
        return cls(project, *read_toml(project, path))

    @property
    def folder(self) -> str:
        """The folder that paths in it start from, relative to the project."""
        return posixpath.dirname(self.file)

    @property
    def uv(self) -> Mapping[str, Any]:
        """Its `[tool.uv]`."""
        return self.table("tool.uv", self.table("tool", self.tables))

    def place(self, *starts: str) -> Location:
        """The first line that begins with one of these, tried in turn; else the first line."""
        found = (
            number
            for start in starts
            for number, line in enumerate(self._lines, start=1)
            if line.startswith(start)
        )
        return self._at(next(found, 1))

    def find(self, needle: str, key: str, table: str | None = None) -> Location:
        """The line of a string in the value of a key, or in a table."""
        keys = (f"{key} ", f"{key}=", f'"{key}"', f"'{key}'")
        anchor = next((line for line in self._lines if line.startswith(keys)), table or key)
        return self._at(find_line(self.text, needle, after=anchor))

    def _at(self, line: int) -> Location:
        return Location(self.file, self._before + line)

    def problem(
        self, message: str, place: Location | None = None, *, hint: str | None = None
    ) -> None:
        """Note that something is wrong."""
        place = place or self._at(1)
        self.problems.append(Problem(message=message, location=place, hint=hint))

    def invalid(self, error: Invalid, place: Location) -> None:
        """Note that a word is wrong."""
        self.problems.append(invalid_problem(error, place))

    def finish(self) -> None:
        """Raise what is wrong.

        Raises:
            SpecificationError: Something is.
        """
        if self.problems:
            raise SpecificationError(dict.fromkeys(self.problems))

    # What is written, whatever its type.

    def table(self, name: str, tables: Mapping[str, Any]) -> Mapping[str, Any]:
        """One of the tables; `name` is its full one."""
        key = name.rpartition(".")[2]
        value = tables.get(key, {})
        if isinstance(value, dict):
            return value
        self.problem(f"{name} is not a table", self.place(key))
        return {}

    def named(self, table: str, values: Mapping[str, Any]) -> dict[str, tuple[str, Any]]:
        """By normalized name (PEP 685, PEP 735), each key as written, and its value."""
        named: dict[str, tuple[str, Any]] = {}
        for written, value in values.items():
            try:
                name = parse_package_name(written)
            except Invalid as error:
                message = f"{table}: {error.message}"
                self.problem(message, self.place(written), hint=error.hint)
                continue
            if name in named:
                both = f"{shown(named[name][0])} and {shown(written)}"
                self.problem(f"{table} has {both}, which are one name", self.place(written))
            named[name] = (written, value)
        return named

    def strings(self, name: str, value: object) -> list[str]:
        """A list of strings."""
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return value
        self.problem(f"{name} is not a list of strings", self.place(name.rpartition(".")[2]))
        return []

    def requirement(
        self, text: str, key: str, table: str | None = None
    ) -> SourcedRequirement | None:
        """A requirement (PEP 508) in the value of a key."""
        place = self.find(text, key, table)
        try:
            return SourcedRequirement(requirement=parse_pep508(text), location=place)
        except Invalid as error:
            self.invalid(error, place)
            return None


def parse_pep508(text: str) -> Requirement:
    """One requirement as PEP 508 has it, without what pip and uv add to that.

    Raises:
        Invalid: It is none.
    """
    requirement = Requirement.parse(text)
    if requirement.name is None or requirement.kind == "path":
        hint = 'PEP 508 knows no paths; hand them in with .python_packages("./path")'
        raise Invalid(f"{shown(text)} is not a PEP 508 requirement", hint=hint)
    return requirement


def python_versions(document: Document, value: object) -> str | None:
    """The canonical form of a `requires-python`."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # noqa: PLC0415 - 20 ms

    if value is None:
        return None
    if isinstance(value, str):
        with suppress(InvalidSpecifier):
            return str(SpecifierSet(value))
    place = document.place("requires-python")
    document.problem(f"requires-python {shown(value)} is not a set of versions", place)
    return None
