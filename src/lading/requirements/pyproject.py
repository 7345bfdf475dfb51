"""`pyproject.toml`: what a project declares, without the project itself (PEP 621, PEP 735)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lading.errors import Location, Problem, SpecificationError
from lading.grammar.invalid import Invalid
from lading.grammar.nearest import did_you_mean
from lading.grammar.requirement import Requirement, parse_package_name
from lading.grammar.words import shown
from lading.requirements.model import RequirementSet, SourcedRequirement
from lading.requirements.source import find_line, invalid_problem, read_toml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["read_pyproject"]

# Settings of uv that change what is found or how it is built. Reading on without them would lock
# something else than `uv sync` installs.
_UV_SETTINGS = (
    "build-constraint-dependencies",
    "dependency-metadata",
    "exclude-newer",
    "exclude-newer-package",
    "exclude-dependencies",
    "extra-index-url",
    "find-links",
    "index",
    "index-strategy",
    "index-url",
    "no-binary",
    "no-binary-package",
    "no-build-isolation-package",
    "no-index",
    "override-dependencies",
    "prerelease",
    "resolution",
)
_LOCK_HINT = 'lock it with `uv lock`, and call .uv_lock("uv.lock") instead'


def read_pyproject(
    project: Path,
    path: str = "pyproject.toml",
    *,
    extras: tuple[str, ...] = (),
    groups: tuple[str, ...] = (),
) -> RequirementSet:
    """Read the dependencies that a pyproject.toml declares.

    Args:
        project: The folder of the image's project; nothing outside of it is read.
        path: The file, relative to `project`.
        extras: Names of `[project.optional-dependencies]` to add.
        groups: Names of `[dependency-groups]` to add.

    Raises:
        SpecificationError: All that is wrong with the file, or what it needs is not supported.
    """
    file, text, tables = read_toml(project, path)
    reader = _Reader(file, text, tables)
    reader.read(extras, groups)
    if reader.problems:
        raise SpecificationError(reader.problems)
    return RequirementSet(
        requirements=tuple(reader.found.values()),
        constraints=tuple(reader.constraints),
        requires_python=reader.requires_python,
        files=(file,),
    )


class _Reader:
    """Collects the requirements of one pyproject.toml, and what is wrong with it."""

    def __init__(self, file: str, text: str, tables: Mapping[str, Any]) -> None:
        self._file = file
        self._text = text
        self._tables = tables
        self._visited: set[tuple[str, str]] = set()
        self.problems: list[Problem] = []
        self.found: dict[Requirement, SourcedRequirement] = {}
        self.constraints: list[SourcedRequirement] = []
        self.requires_python: str | None = None
        self._project = self._table("project", tables)
        self._groups = self._named("dependency-groups", self._table("dependency-groups", tables))
        extras = self._table("optional-dependencies", self._project)
        self._extras = self._named("optional-dependencies", extras)
        self._name = self._own_name()

    def read(self, extras: Iterable[str], groups: Iterable[str]) -> None:
        groups = tuple(groups)
        if not self._project and not groups:
            self._refuse_without_project()
            return
        self._read_requires_python()
        self._read_dependencies()
        for extra in extras:
            self._extra(extra, self._place("[project"))
        for group in groups:
            self._group(group, ())
        self._read_uv()

    # The tables.

    def _read_dependencies(self) -> None:
        if "dependencies" in self._dynamic():
            hint = f"write the list into {self._file}, or {_LOCK_HINT}"
            self._problem("dependencies is dynamic: only its build backend knows it", hint=hint)
            return
        lines = self._strings("project.dependencies", self._project.get("dependencies", []))
        for line in lines:
            self._requirement(line, "dependencies")

    def _read_requires_python(self) -> None:
        from packaging.specifiers import InvalidSpecifier, SpecifierSet  # noqa: PLC0415 - 20 ms

        value = self._project.get("requires-python")
        if value is None:
            return
        try:
            self.requires_python = str(SpecifierSet(value))
        except (InvalidSpecifier, TypeError):
            place = self._place("requires-python")
            self._problem(f"requires-python {shown(value)} is not a set of versions", place)

    def _extra(self, name: str, place: Location) -> None:
        extra = self._lookup("extra", name, self._extras, place)
        if extra is None or ("extra", extra) in self._visited:
            return
        self._visited.add(("extra", extra))
        written, value = self._extras[extra]
        for line in self._strings(f"optional-dependencies.{written}", value):
            self._requirement(line, written, table="[project.optional-dependencies")

    def _group(self, name: str, chain: tuple[str, ...]) -> None:
        place = self._place("[dependency-groups")
        group = self._lookup("group", name, self._groups, place)
        if group is None:
            return
        if group in chain:
            names = " -> ".join((*chain[chain.index(group) :], group))
            self._problem(f"dependency groups include each other: {names}", place)
            return
        if ("group", group) in self._visited:
            return
        self._visited.add(("group", group))
        written, value = self._groups[group]
        if not isinstance(value, list):
            self._problem(f"dependency-groups.{written} is not a list", self._place(written))
            return
        for item in value:
            self._group_item(item, written, (*chain, group))

    def _group_item(self, item: object, written: str, chain: tuple[str, ...]) -> None:
        # PEP 735: an item is a requirement, or a table with `include-group` and nothing else.
        match item:
            case str():
                self._requirement(item, written, table="[dependency-groups")
            case {"include-group": str(name), **rest} if not rest:
                self._group(name, chain)
            case _:
                place = self._place(written)
                self._problem(f"dependency-groups.{written} holds what is no requirement", place)

    def _read_uv(self) -> None:
        uv = self._table("uv", self._table("tool", self._tables))
        sources = self._named("tool.uv.sources", self._table("sources", uv))
        for name in dict.fromkeys(found.requirement.name for found in self.found.values()):
            if name in sources:
                place = self._place(sources[name][0], "[tool.uv.sources")
                message = f"not supported yet: tool.uv.sources says where {shown(name)} comes from"
                self._problem(message, place, hint=_LOCK_HINT)
        for setting in _UV_SETTINGS:
            if self.found and _matters(setting, uv.get(setting)):
                place = self._place(f"[[tool.uv.{setting}", setting, "[tool.uv")
                hint = f"{_LOCK_HINT}, or say it in the image's own calls"
                self._problem(f"not supported yet: tool.uv.{setting}", place, hint=hint)
        for line in self._strings(
            "tool.uv.constraint-dependencies", uv.get("constraint-dependencies", [])
        ):
            found = self._parse(line, "constraint-dependencies", None)
            if found is not None:
                self.constraints.append(found)

    # One requirement.

    def _requirement(self, text: str, after: str, table: str | None = None) -> None:
        found = self._parse(text, after, table)
        if found is None:
            return
        requirement = found.requirement
        if self._name is None or requirement.name != self._name:
            self.found.setdefault(requirement, found)
            return
        # `all = ["this-project[a,b]"]`: its own extras, whose dependencies stand here already.
        if requirement.marker is not None:
            message = f"not supported yet: {shown(text)} names its own project with a marker"
            self._problem(message, found.location, hint=_LOCK_HINT)
        for extra in requirement.extras:
            self._extra(extra, found.location)

    def _parse(self, text: str, after: str, table: str | None) -> SourcedRequirement | None:
        place = Location(self._file, find_line(self._text, text, after=self._anchor(after, table)))
        try:
            requirement = _parse_pep508(text)
        except Invalid as error:
            self.problems.append(invalid_problem(error, place))
            return None
        return SourcedRequirement(requirement=requirement, location=place)

    # What is written, and where.

    def _anchor(self, key: str, table: str | None) -> str:
        lines = [line.strip() for line in self._text.splitlines()]
        keys = (f"{key} ", f"{key}=", f'"{key}"', f"'{key}'")
        if any(line.startswith(keys) for line in lines):
            return next(line for line in lines if line.startswith(keys))
        return table or key

    def _place(self, *starts: str) -> Location:
        lines = [line.strip() for line in self._text.splitlines()]
        found = (
            number
            for start in starts
            for number, line in enumerate(lines, start=1)
            if line.startswith(start)
        )
        return Location(self._file, next(found, 1))

    def _table(self, name: str, tables: Mapping[str, Any]) -> Mapping[str, Any]:
        value = tables.get(name, {})
        if isinstance(value, dict):
            return value
        self._problem(f"{name} is not a table", self._place(name))
        return {}

    def _named(self, table: str, values: Mapping[str, Any]) -> dict[str, tuple[str, Any]]:
        # Names are compared in normalized form (PEP 685, PEP 735), and must then still differ.
        named: dict[str, tuple[str, Any]] = {}
        for written, value in values.items():
            try:
                name = parse_package_name(written)
            except Invalid as error:
                self._problem(f"{table}: {error.message}", self._place(written), hint=error.hint)
                continue
            if name in named:
                message = (
                    f"{table} has {shown(named[name][0])} and {shown(written)}, which are one name"
                )
                self._problem(message, self._place(written))
            named[name] = (written, value)
        return named

    def _own_name(self) -> str | None:
        name = self._project.get("name")
        try:
            return parse_package_name(name) if isinstance(name, str) else None
        except Invalid as error:
            self._problem(f"project.name: {error.message}", self._place("name"), hint=error.hint)
            return None

    def _strings(self, name: str, value: object) -> list[str]:
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return value
        self._problem(f"{name} is not a list of strings", self._place(name.rpartition(".")[2]))
        return []

    def _lookup(
        self, kind: str, name: str, known: Mapping[str, object], place: Location
    ) -> str | None:
        normalized = parse_package_name(name)
        if normalized in known:
            return normalized
        if kind == "extra" and "optional-dependencies" in self._dynamic():
            hint = f"write the table into {self._file}, or {_LOCK_HINT}"
            self._problem("optional-dependencies is dynamic", place, hint=hint)
            return None
        listed = f"it has {', '.join(sorted(known))}" if known else f"it has no {kind}s"
        hint = did_you_mean(normalized, sorted(known)) or listed
        self._problem(f"{self._file} has no {kind} {shown(name)}", place, hint=hint)
        return None

    def _dynamic(self) -> tuple[str, ...]:
        value = self._project.get("dynamic", ())
        return tuple(value) if isinstance(value, list) else ()

    def _refuse_without_project(self) -> None:
        tool = self._table("tool", self._tables)
        if "poetry" in tool:
            hint = "declare them in [project] (Poetry 2 reads it), or export a requirements file"
            self._problem("the dependencies are in [tool.poetry], which is not read", hint=hint)
            return
        hint = "declare dependencies = [...] in [project], or name groups=[...]"
        self._problem(f"{self._file} has no [project] table", hint=hint)

    def _problem(
        self, message: str, place: Location | None = None, *, hint: str | None = None
    ) -> None:
        place = place or self._place("dynamic", "[tool.poetry")
        self.problems.append(Problem(message=message, location=place, hint=hint))


def _parse_pep508(text: str) -> Requirement:
    requirement = Requirement.parse(text)
    if requirement.name is None or requirement.kind == "path":
        hint = 'PEP 508 knows no paths; hand them in with .python_packages("./path")'
        raise Invalid(f"{shown(text)} is not a PEP 508 requirement", hint=hint)
    return requirement


def _matters(setting: str, value: object) -> bool:
    if setting == "index" and isinstance(value, list):
        # An explicit index serves only the packages whose source names it.
        return any(not (isinstance(item, dict) and item.get("explicit")) for item in value)
    return value not in (None, [], {}, False)
