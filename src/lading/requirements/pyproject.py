"""`pyproject.toml`: what a project declares, without the project itself (PEP 621, PEP 735)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lading.errors import Location, SpecificationError
from lading.grammar.foreign_file import refuse_foreign_file
from lading.grammar.invalid import Invalid
from lading.grammar.marker import all_of
from lading.grammar.nearest import did_you_mean
from lading.grammar.requirement import Requirement, parse_package_name
from lading.grammar.words import shown
from lading.requirements.document import Document, python_versions
from lading.requirements.dynamic import Dynamic
from lading.requirements.model import RequirementSet, SourcedRequirement
from lading.requirements.other_tools import refuse_other_tools
from lading.requirements.uv_settings import read_settings
from lading.requirements.uv_sources import Sources
from lading.requirements.workspace import find_workspace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["read_pyproject"]


def read_pyproject(
    project: Path,
    path: str = "pyproject.toml",
    *,
    extras: tuple[str, ...] = (),
    groups: tuple[str, ...] = (),
) -> RequirementSet:
    """Read the dependencies that a pyproject.toml declares.

    They come from where `[tool.uv]` says that they do: its indexes, its sources, and the workspace
    around it. What a source says is editable is a copy in an image.

    Args:
        project: The folder of the image's project; nothing outside of it is read.
        path: The file, relative to `project`.
        extras: Names of `[project.optional-dependencies]` to add.
        groups: Names of `[dependency-groups]` to add.

    Raises:
        SpecificationError: All that is wrong with the file, or what it needs is not supported.
    """
    try:
        refuse_foreign_file(path, "pyproject_toml")
    except Invalid as error:
        raise SpecificationError(error.message, hint=error.hint) from None
    document = Document.read(project, path)
    reader = _Reader(document)
    reader.read(extras, groups)
    found = reader.finish()
    document.finish()
    return found


class _Reader:
    """Collects the requirements of one pyproject.toml; what is wrong is noted in its document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        tables = document.tables
        self._visited: set[tuple[str, str, str | None]] = set()
        self._found: dict[tuple[Requirement, str | None], SourcedRequirement] = {}
        self._project = document.table("project", tables)
        self._groups = document.named(
            "dependency-groups", document.table("dependency-groups", tables)
        )
        self._extras = document.named(
            "optional-dependencies", document.table("optional-dependencies", self._project)
        )
        self._pythons: list[object] = []
        self._uv_groups = self._read_uv_groups()
        self._name = self._own_name()
        self._dynamic = Dynamic(document)
        self._workspace = find_workspace(document)
        self._sources = Sources(document, self._workspace)
        self._add_development_group()

    def read(self, extras: Iterable[str], groups: Iterable[str]) -> None:
        groups = tuple(groups)
        if not self._project and not groups:
            self._refuse_without_project()
            return
        refuse_other_tools(self._document)
        self._read_dependencies()
        for extra in extras:
            self._extra(extra, self._document.place("[project"))
        for group in groups:
            self._group(group, ())

    def finish(self) -> RequirementSet:
        document = self._document
        files = (document.file, *self._sources.files, *self._dynamic.files)
        pythons = [self._project.get("requires-python"), *self._pythons]
        versions = [python_versions(document, value) for value in pythons]
        found = RequirementSet(
            requires_python=",".join(one for one in versions if one) or None,
            files=tuple(dict.fromkeys(files)),
        )
        if not self._found:
            return found  # where to look matters only where something is looked for
        root = document if self._workspace is None else self._workspace.root
        settings = read_settings(root)
        if root is not document:
            document.problems += root.problems
        return replace(
            found,
            requirements=tuple(self._found.values()),
            constraints=settings.constraints,
            indexes=settings.indexes,
            no_binary=settings.no_binary,
            only_binary=settings.only_binary,
            pre=settings.pre,
            environments=settings.environments,
        )

    def _read_dependencies(self) -> None:
        if "dependencies" in self._dynamic.fields:
            for found in self._dynamic.dependencies():
                self._add(found)
            return
        lines = self._document.strings(
            "project.dependencies", self._project.get("dependencies", [])
        )
        for line in lines:
            self._requirement(line, "dependencies")

    def _extra(self, name: str, place: Location, marker: str | None = None) -> None:
        extra = self._lookup("extra", name, (*self._extras, *self._dynamic_extras()), place)
        if extra is None or ("extra", extra, marker) in self._visited:
            return
        self._visited.add(("extra", extra, marker))
        if extra not in self._extras:
            for found in self._dynamic.in_extra(self._dynamic_extras()[extra]):
                self._add(found, marker=marker, extra=extra)
            return
        written, value = self._extras[extra]
        for line in self._document.strings(f"optional-dependencies.{written}", value):
            table = "[project.optional-dependencies"
            self._requirement(line, written, table, marker=marker, extra=extra)

    def _dynamic_extras(self) -> dict[str, str]:
        if "optional-dependencies" not in self._dynamic.fields:
            return {}
        return {parse_package_name(name): name for name in self._dynamic.extras()}

    def _group(self, name: str, chain: tuple[str, ...]) -> None:
        document = self._document
        place = document.place("[dependency-groups")
        group = self._lookup("group", name, tuple(self._groups), place)
        if group is None:
            return
        if group in chain:
            names = " -> ".join((*chain[chain.index(group) :], group))
            document.problem(f"dependency groups include each other: {names}", place)
            return
        if ("group", group, None) in self._visited:
            return
        self._visited.add(("group", group, None))
        self._pythons.append(self._uv_groups.get(group, {}).get("requires-python"))
        written, value = self._groups[group]
        if not isinstance(value, list):
            message = f"dependency-groups.{written} is not a list"
            document.problem(message, document.place(written))
            return
        for item in value:
            self._group_item(item, written, (*chain, group))

    def _group_item(self, item: object, written: str, chain: tuple[str, ...]) -> None:
        # PEP 735: an item is a requirement, or a table with `include-group` and nothing else.
        match item:
            case str():
                self._requirement(item, written, "[dependency-groups", group=chain[-1])
            case {"include-group": str(name), **rest} if not rest:
                self._group(name, chain)
            case _:
                message = f"dependency-groups.{written} holds what is no requirement"
                self._document.problem(message, self._document.place(written))

    # One requirement.

    def _requirement(
        self, text: str, key: str, table: str | None = None, **where: str | None
    ) -> None:
        found = self._document.requirement(text, key, table)
        if found is not None:
            self._add(found, **where)

    def _add(
        self,
        found: SourcedRequirement,
        *,
        marker: str | None = None,
        extra: str | None = None,
        group: str | None = None,
    ) -> None:
        """Take a requirement in, which is for where `marker` holds."""
        where = all_of(found.requirement.marker, marker)
        requirement = replace(found.requirement, marker=where)
        if self._name is not None and requirement.name == self._name:
            # `all = ["this-project[a,b]"]`: its own extras.
            for own in requirement.extras:
                self._extra(own, found.location, where)
            return
        whole = replace(found, requirement=requirement)
        for one in self._sources.of(whole, extra=extra, group=group):
            self._found.setdefault((one.requirement, one.index), one)

    # What is written, and where.

    def _own_name(self) -> str | None:
        name = self._project.get("name")
        try:
            return parse_package_name(name) if isinstance(name, str) else None
        except Invalid as error:
            message, place = f"project.name: {error.message}", self._document.place("name")
            self._document.problem(message, place, hint=error.hint)
            return None

    def _lookup(self, kind: str, name: str, known: tuple[str, ...], place: Location) -> str | None:
        normalized = parse_package_name(name)
        if normalized in known:
            return normalized
        if kind == "extra" and "optional-dependencies" in self._dynamic.fields:
            self._dynamic.refuse("optional-dependencies")
            return None
        listed = f"it has {', '.join(sorted(known))}" if known else f"it has no {kind}s"
        hint = did_you_mean(normalized, sorted(known)) or listed
        self._document.problem(
            f"{self._document.file} has no {kind} {shown(name)}", place, hint=hint
        )
        return None

    def _read_uv_groups(self) -> dict[str, Mapping[str, Any]]:
        # uv lets a group have a `requires-python` of its own.
        table = self._document.table("tool.uv.dependency-groups", self._document.uv)
        named = self._document.named("tool.uv.dependency-groups", table)
        return {name: value for name, (_, value) in named.items() if isinstance(value, dict)}

    def _add_development_group(self) -> None:
        # uv's older form of the group "dev", to which uv adds it.
        lines: Any = self._document.uv.get("dev-dependencies")
        if isinstance(lines, list):
            written, value = self._groups.get("dev", ("dev-dependencies", []))
            self._groups["dev"] = (written, [*value, *lines] if isinstance(value, list) else value)

    def _refuse_without_project(self) -> None:
        document = self._document
        tool: Mapping[str, Any] = document.table("tool", document.tables)
        if "poetry" in tool:
            refuse_other_tools(document)
            return
        hint = "declare dependencies = [...] in [project], or name groups=[...]"
        document.problem(f"{document.file} has no [project] table", hint=hint)
