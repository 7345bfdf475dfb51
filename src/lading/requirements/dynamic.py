"""Dynamic dependencies that stand in files: what setuptools reads, read as data.

A backend that would have to be asked is none of this: nothing of a project is executed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.errors import Location
from lading.grammar.invalid import Invalid
from lading.requirements.document import parse_pep508
from lading.requirements.model import SourcedRequirement
from lading.requirements.source import (
    invalid_problem,
    logical_lines,
    missing,
    project_file,
    read_text,
)
from lading.requirements.uv_settings import LOCK_HINT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.requirements.document import Document
    from lading.requirements.source import LogicalLine

__all__ = ["Dynamic"]

_TABLE = "tool.setuptools.dynamic"


class Dynamic:
    """What a pyproject.toml leaves to be found out when it is built.

    Attributes:
        fields: The names in `project.dynamic`.
        files: Each file that was read for them.
    """

    def __init__(self, document: Document) -> None:
        """Read what `[tool.setuptools.dynamic]` says of them."""
        project = document.table("project", document.tables)
        fields = project.get("dynamic", [])
        self._document = document
        self.fields = tuple(fields) if isinstance(fields, list) else ()
        self.files: dict[str, None] = {}
        tool = document.table("tool", document.tables)
        self._table = document.table(_TABLE, document.table("tool.setuptools", tool))

    def dependencies(self) -> Iterator[SourcedRequirement]:
        """The project's requirements."""
        yield from self._from_files("dependencies", self._table.get("dependencies"))

    def extras(self) -> tuple[str, ...]:
        """The names of its extras."""
        return tuple(self._document.table(f"{_TABLE}.optional-dependencies", self._table))

    def in_extra(self, name: str) -> Iterator[SourcedRequirement]:
        """The requirements of one of them."""
        table = self._document.table(f"{_TABLE}.optional-dependencies", self._table)
        yield from self._from_files(f"optional-dependencies.{name}", table.get(name))

    def refuse(self, field: str) -> None:
        """Note that only a build backend could tell the value of a field."""
        document = self._document
        where = f"write {'them' if field == 'dependencies' else 'the table'} into {document.file}"
        message = f"{field} is dynamic: only its build backend knows it"
        document.problem(message, document.place("dynamic"), hint=f"{where}, or {LOCK_HINT}")

    def _from_files(self, field: str, value: object) -> Iterator[SourcedRequirement]:
        match value:
            case {"file": str(one), **rest} if not rest:
                files = [one]
            case {"file": list(many), **rest} if not rest and all(
                isinstance(one, str) for one in many
            ):
                files = many
            case _:
                self.refuse(field)
                return
        for file in files:
            yield from self._from_file(file)

    def _from_file(self, path: str) -> Iterator[SourcedRequirement]:
        project = self._document.project
        try:
            file = project_file(project, path, folder=self._document.folder)
            text = read_text(project / file)
        except Invalid as error:
            self._document.problems += missing(path, error).problems
            return
        self.files[file] = None
        for line in logical_lines(text):
            yield from self._line(line, Location(file, line.number))

    def _line(self, line: LogicalLine, place: Location) -> Iterator[SourcedRequirement]:
        try:
            line.check()
            # It takes no options: `-r` is refused as what it is.
            yield SourcedRequirement(requirement=parse_pep508(line.text), location=place)
        except Invalid as error:
            self._document.problems.append(invalid_problem(error, place))
