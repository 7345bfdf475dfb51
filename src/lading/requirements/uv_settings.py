"""`[tool.uv]`: where uv looks for distributions, and what it takes from there."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lading.grammar.invalid import Invalid
from lading.grammar.marker import parse_marker
from lading.grammar.requirement import parse_package_name
from lading.grammar.url import parse_index_url
from lading.grammar.words import expect_text
from lading.requirements.model import Indexes, SourcedRequirement, SourcedUrl
from lading.requirements.options import find_links_place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from lading.requirements.document import Document

__all__ = ["LOCK_HINT", "Settings", "named_indexes", "read_settings"]

LOCK_HINT = 'lock it with `uv lock`, and call .uv_lock("uv.lock") instead'
"""The way out for what only uv itself can read."""

# Settings that change what is found or how it is built, and the value that each has without being
# set. Reading on without them would lock something else than `uv sync` installs.
_REFUSED: Mapping[str, object] = {
    "allow-insecure-host": [],
    "build-constraint-dependencies": [],
    "config-settings": {},
    "config-settings-package": {},
    "dependency-metadata": [],
    "exclude-dependencies": [],
    "exclude-newer": None,
    "exclude-newer-package": {},
    "extra-build-dependencies": {},
    "extra-build-variables": {},
    "index-strategy": "first-index",
    "no-build-isolation": False,
    "no-build-isolation-package": [],
    "no-sources": False,
    "no-sources-package": [],
    "override-dependencies": [],
    "prerelease": "if-necessary-or-explicit",
    "resolution": "highest",
    "torch-backend": None,
}
_HINTS = {
    "build-constraint-dependencies": "write .python_packages(..., build_constraints=[...]) instead",
    "allow-insecure-host": "leave it out, and hand in the host's CA certificate with --ca-bundle",
    "dependency-metadata": 'write .python_packages(..., requires={"name": [...]}) instead',
    "no-build-isolation": 'write .python_packages(..., no_build_isolation=["name"]) instead',
    "no-build-isolation-package": "write .python_packages(..., no_build_isolation=[...]) instead",
    "torch-backend": 'leave it out, and write Image(accelerator="cpu")',
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `[tool.uv]` says of all that is installed.

    Attributes:
        indexes: Where to look for what has no source of its own.
        constraints: Versions to keep to.
        no_binary: Names to compile from source; `(":all:",)` for all.
        only_binary: Names never to compile; `(":all:",)` for all.
        pre: Whether pre-releases may be taken.
        environments: Markers, one of which the target must satisfy, where there are any.
    """

    indexes: Indexes = field(default_factory=Indexes)
    constraints: tuple[SourcedRequirement, ...] = ()
    no_binary: tuple[str, ...] = ()
    only_binary: tuple[str, ...] = ()
    pre: bool = False
    environments: tuple[str, ...] = ()


def read_settings(document: Document) -> Settings:
    """The settings of a document, whose problems are noted in it."""
    uv = document.uv
    _refuse(document, uv)
    constraints = document.strings(
        "tool.uv.constraint-dependencies", uv.get("constraint-dependencies", [])
    )
    read = (document.requirement(line, "constraint-dependencies") for line in constraints)
    return Settings(
        indexes=_indexes(document, uv),
        constraints=tuple(found for found in read if found is not None),
        no_binary=_names(document, uv, "no-binary"),
        only_binary=_names(document, uv, "no-build"),
        pre=uv.get("prerelease") == "allow",
        environments=_environments(document, uv),
    )


def named_indexes(document: Document) -> dict[str, SourcedUrl]:
    """By name, the indexes that sources of packages may refer to."""
    return {
        str(table["name"]): url
        for table, url in _web_indexes(document)
        if isinstance(table.get("name"), str)
    }


def _refuse(document: Document, uv: Mapping[str, Any]) -> None:
    for setting, default in _REFUSED.items():
        value = uv.get(setting, default)
        if value in (default, None, [], {}) or (setting, value) == ("prerelease", "allow"):
            continue
        place = document.place(f"[[tool.uv.{setting}", f"[tool.uv.{setting}", setting, "[tool.uv")
        hint = _HINTS.get(setting, LOCK_HINT)
        document.problem(f"not supported: tool.uv.{setting}", place, hint=hint)


def _indexes(document: Document, uv: Mapping[str, Any]) -> Indexes:
    served = [(table, url) for table, url in _web_indexes(document) if not table.get("explicit")]
    defaults = [url for table, url in served if table.get("default")]
    extra = [url for table, url in served if not table.get("default")]
    for url in document.strings("tool.uv.extra-index-url", uv.get("extra-index-url", [])):
        extra += _url(document, url, "extra-index-url")
    if "index-url" in uv:
        defaults += _url(document, uv["index-url"], "index-url")
    links = [link for table, link in _flat_indexes(document) if not table.get("explicit")]
    for link in document.strings("tool.uv.find-links", uv.get("find-links", [])):
        links += _links(document, link, "find-links")
    return Indexes(
        default=defaults[0] if defaults else None,
        extra=tuple({one.url: one for one in reversed(extra)}.values())[::-1],
        find_links=tuple({one.url: one for one in reversed(links)}.values())[::-1],
        no_index=uv.get("no-index") is True,
    )


def _tables(document: Document) -> list[Mapping[str, Any]]:
    value = document.uv.get("index", [])
    if isinstance(value, list) and all(
        isinstance(table, dict) and isinstance(table.get("url"), str) for table in value
    ):
        return value
    place = document.place("[[tool.uv.index", "[tool.uv")
    document.problem("tool.uv.index is not a list of tables with a url", place)
    return []


def _web_indexes(document: Document) -> Iterator[tuple[Mapping[str, Any], SourcedUrl]]:
    for table in _tables(document):
        if table.get("format") != "flat":
            for url in _url(document, table["url"], "[[tool.uv.index"):
                yield table, url


def _flat_indexes(document: Document) -> Iterator[tuple[Mapping[str, Any], SourcedUrl]]:
    for table in _tables(document):
        if table.get("format") == "flat":
            for link in _links(document, table["url"], "[[tool.uv.index"):
                yield table, link


def _url(document: Document, text: object, key: str) -> Iterator[SourcedUrl]:
    place = document.find(str(text), key)
    try:
        yield SourcedUrl(url=parse_index_url(expect_text("index URL", text)), location=place)
    except Invalid as error:
        if re.match(r"\.{0,2}/|[\w.-]+(?:/|$)", str(text)):
            hint = 'a folder of wheels of the project has format = "flat"'
            error = Invalid(error.message, hint=hint)
        document.invalid(error, place)


def _links(document: Document, text: str, key: str) -> Iterator[SourcedUrl]:
    place = document.find(text, key)
    try:
        yield SourcedUrl(url=find_links_place(text, document.folder), location=place)
    except Invalid as error:
        document.invalid(error, place)


def _names(document: Document, uv: Mapping[str, Any], setting: str) -> tuple[str, ...]:
    if uv.get(setting) is True:
        return (":all:",)
    key = f"{setting}-package"
    found = set()
    for name in document.strings(f"tool.uv.{key}", uv.get(key, [])):
        try:
            found.add(parse_package_name(name))
        except Invalid as error:
            document.invalid(error, document.find(name, key))
    return tuple(sorted(found))


def _environments(document: Document, uv: Mapping[str, Any]) -> tuple[str, ...]:
    value = uv.get("environments", [])
    lines = document.strings("tool.uv.environments", [value] if isinstance(value, str) else value)
    found = []
    for line in lines:
        try:
            found.append(parse_marker(line))
        except Invalid as error:
            document.invalid(error, document.find(line, "environments"))
    return tuple(found)
