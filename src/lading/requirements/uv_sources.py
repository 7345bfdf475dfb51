"""`[tool.uv.sources]`: from where uv takes the packages that a project names itself."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lading.errors import SpecificationError
from lading.grammar.invalid import Invalid
from lading.grammar.marker import all_of, any_of, decided, negated, parse_marker
from lading.grammar.nearest import did_you_mean
from lading.grammar.requirement import Requirement
from lading.grammar.words import shown
from lading.requirements.document import Document
from lading.requirements.uv_settings import LOCK_HINT, named_indexes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lading.requirements.model import SourcedRequirement
    from lading.requirements.workspace import Workspace

__all__ = ["Sources"]

_TABLE = "tool.uv.sources"
_KINDS = {
    "index": {"index"},
    "git": {"git", "rev", "tag", "branch", "subdirectory"},
    "url": {"url", "subdirectory"},
    "path": {"path", "editable"},
    "workspace": {"workspace", "editable"},
}
_WHERE = {"marker", "extra", "group"}


class Sources:
    """The sources of one document, and of the workspace around it.

    Attributes:
        files: Each pyproject.toml that was read for them, besides that of the document.
    """

    def __init__(self, document: Document, workspace: Workspace | None = None) -> None:
        """Read them, and note in the document what is wrong."""
        self._document = document
        self._workspace = workspace
        self._indexes = named_indexes(document)
        self._sources = _named(document)
        self.files: dict[str, None] = {}
        root = workspace.root if workspace is not None else document
        if root is not document:
            # The root's apply to each member that does not say otherwise.
            self.files[root.file] = None
            self._indexes = named_indexes(root) | self._indexes
            self._sources = _named(root) | self._sources

    def of(
        self, found: SourcedRequirement, *, extra: str | None = None, group: str | None = None
    ) -> tuple[SourcedRequirement, ...]:
        """What stands for a requirement: for each source that it may have, with its marker.

        Args:
            found: The requirement as written.
            extra: The extra that it stands in.
            group: The dependency group that it stands in.
        """
        name = str(found.requirement.name)
        try:
            document, tables = self._tables(name)
            chosen = [
                (_marker(table), table)
                for table in tables
                if table.get("extra", extra) == extra and table.get("group", group) == group
            ]
            return tuple(self._alternatives(found, document, chosen))
        except Invalid as error:
            place = self._document.place(name, f"[{_TABLE}") if self._sources else found.location
            self._document.invalid(error, place)
            return ()

    def _tables(self, name: str) -> tuple[Document, list[Mapping[str, Any]]]:
        document, value = self._sources.get(name, (self._document, []))
        tables = value if isinstance(value, list) else [value]
        if not all(isinstance(table, dict) for table in tables):
            raise Invalid(f"{_TABLE}: that of {shown(name)} is not a table")
        members = self._workspace.members if self._workspace is not None else {}
        if name in members and not (tables and all("workspace" in table for table in tables)):
            # uv refuses it, too: an index may have a package of that name.
            hint = f"write {name} = {{ workspace = true }} into [{_TABLE}]"
            raise Invalid(f"{shown(name)} is a member of the workspace", hint=hint)
        return document, tables

    def _alternatives(
        self,
        found: SourcedRequirement,
        document: Document,
        chosen: list[tuple[str | None, Mapping[str, Any]]],
    ) -> Iterator[SourcedRequirement]:
        own = found.requirement.marker
        for marker, table in chosen:
            where = all_of(own, marker)
            if _can_hold(where):
                yield self._sourced(found, document, table, where)
        markers = [marker for marker, _ in chosen if marker is not None]
        if len(markers) < len(chosen):
            return  # one of them is for everywhere
        # As in uv: where no source applies, it comes from where all else does.
        left = all_of(own, negated(any_of(markers)) if markers else None)
        if _can_hold(left):
            yield replace(found, requirement=replace(found.requirement, marker=left))

    def _sourced(
        self,
        found: SourcedRequirement,
        document: Document,
        table: Mapping[str, Any],
        marker: str | None,
    ) -> SourcedRequirement:
        kind = _kind(table, found.requirement)
        requirement = replace(found.requirement, marker=marker)
        if kind == "index":
            return replace(found, requirement=requirement, index=self._index(table["index"]))
        target = self._target(kind, str(requirement.name), document, table)
        extras = f"[{','.join(requirement.extras)}]" if requirement.extras else ""
        line = f"{requirement.name}{extras} @ {target}{f' ; {marker}' if marker else ''}"
        return replace(found, requirement=Requirement.parse(line, folder=document.folder))

    def _index(self, name: object) -> str:
        if isinstance(name, str) and name in self._indexes:
            return self._indexes[name].url
        hint = did_you_mean(str(name), sorted(self._indexes)) or (
            f"declare it: [[tool.uv.index]] with name = {shown(name)} and its url"
        )
        raise Invalid(f"no index is called {shown(name)}", hint=hint)

    def _target(self, kind: str, name: str, document: Document, table: Mapping[str, Any]) -> str:
        match kind:
            case "git":
                return _git(name, table)
            case "url":
                return f"{table['url']}{_subdirectory(table)}"
            case "path":
                return self._path(name, document, str(table["path"]))
            case _:
                return self._member(name, document, table)

    def _path(self, name: str, document: Document, path: str) -> str:
        if path.startswith(("/", "~")) or path[1:2] == ":":
            hint = "copy it into the project, and write its path from there"
            raise Invalid(f"path {shown(path)} is not in the project", hint=hint)
        self._look_into(posixpath.normpath(posixpath.join(document.folder, path)), name)
        return f"./{path}"

    def _member(self, name: str, document: Document, table: Mapping[str, Any]) -> str:
        if table["workspace"] is not True:
            raise Invalid(f"{_TABLE}: workspace of {shown(name)} is not true")
        if self._workspace is None:
            hint = "the root of the workspace must lie in the image's project, and name its members"
            raise Invalid(f"no workspace is around for {shown(name)}", hint=hint)
        member = self._workspace.members.get(name)
        if member is None:
            nearest = did_you_mean(name, sorted(self._workspace.members))
            raise Invalid(f"{shown(name)} is no member of the workspace", hint=nearest)
        self._look_into(member.folder, name)
        return f"./{posixpath.relpath(member.folder or '.', document.folder or '.')}"

    def _look_into(self, folder: str, name: str) -> None:
        """Refuse a folder of which uv installs only what it requires; note its file."""
        file = posixpath.join(folder, "pyproject.toml")
        if folder.startswith("..") or not (self._document.project / file).is_file():
            return
        try:
            document = Document.read(self._document.project, file)
        except SpecificationError as error:
            self._document.problems += error.problems
            return
        self.files[document.file] = None
        if document.uv.get("package") is False:
            message = f"{shown(name)} is virtual: its pyproject.toml says package = false"
            raise Invalid(f"not supported: {message}", hint=LOCK_HINT)


def _named(document: Document) -> dict[str, tuple[Document, Any]]:
    named = document.named(_TABLE, document.table(_TABLE, document.uv))
    return {name: (document, value) for name, (_, value) in named.items()}


def _can_hold(marker: str | None) -> bool:
    return marker is None or decided(marker) is not False


def _marker(table: Mapping[str, Any]) -> str | None:
    marker = table.get("marker")
    if marker is None:
        return None
    if not isinstance(marker, str):
        raise Invalid(f"{_TABLE}: a marker is not a string")
    return parse_marker(marker)


def _kind(table: Mapping[str, Any], requirement: Requirement) -> str:
    """Which kind of source a table is; refused where a part of it is not known."""
    name = shown(requirement.name)
    kind = next((kind for kind in _KINDS if kind in table), None)
    if kind is None:
        raise Invalid(f"{_TABLE}: that of {name} is none of {', '.join(_KINDS)}")
    for key, value in table.items():
        if key not in _KINDS[kind] | _WHERE:
            raise Invalid(f"not supported: {key} in the {kind} source of {name}", hint=LOCK_HINT)
        if not isinstance(value, str) and key not in {"editable", "workspace"}:
            raise Invalid(f"{_TABLE}: {key} of {name} is not a string")
    if kind != "index" and requirement.kind != "named":
        hint = "write it in one place only"
        raise Invalid(f"{name} has a URL, and a source besides", hint=hint)
    return "workspace_member" if kind == "workspace" else kind


def _git(name: str, table: Mapping[str, Any]) -> str:
    revisions = [f"@{table[key]}" for key in ("rev", "tag", "branch") if key in table]
    if len(revisions) > 1:
        hint = "keep one of rev, tag and branch"
        raise Invalid(f"{shown(name)} has more than one revision", hint=hint)
    url = str(table["git"]).removeprefix("git+")
    return f"git+{url}{''.join(revisions)}{_subdirectory(table)}"


def _subdirectory(table: Mapping[str, Any]) -> str:
    return f"#subdirectory={table['subdirectory']}" if "subdirectory" in table else ""
