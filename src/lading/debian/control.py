"""Control data: stanzas of fields (Debian Policy 5.1), and relations between packages (7.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

from lading.grammar.invalid import Invalid
from lading.grammar.words import shown

__all__ = ["Alternatives", "Relation", "fields_as_written", "fields_of", "relations_in"]

_FIELD: Final = re.compile(r"(?P<name>[!-,.-9;-~][!-9;-~]*):[ \t]*(?P<value>.*)")

_COMMENT: Final = re.compile(r"^#.*\n?", re.MULTILINE)

_RELATION: Final = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9+.-]*)"
    r"(?::(?P<architecture>[a-z0-9-]+))?"
    r"\s*(?:\(\s*(?P<operator><<|<=|=|>=|>>|<|>)\s*(?P<version>[^\s()<>=]+)\s*\))?"
)

# Policy 7.1: obsolete, and what they mean.
_OBSOLETE: Final = {"<": "<=", ">": ">="}


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """One package that a relation names.

    Attributes:
        name: A package, or what packages provide.
        architecture: `any`, `native`, or one by name, where the relation is limited to it.
        operator: `<<`, `<=`, `=`, `>=` or `>>`, where a version is asked for.
        version: That version.
    """

    name: str
    architecture: str | None = None
    operator: str | None = None
    version: str | None = None

    def __str__(self) -> str:
        name = self.name if self.architecture is None else f"{self.name}:{self.architecture}"
        return name if self.version is None else f"{name} ({self.operator} {self.version})"


Alternatives: TypeAlias = tuple[Relation, ...]
"""Relations any of which will do, the preferred one first."""


def fields_of(stanza: str) -> dict[str, str]:
    """The fields of one stanza by name in lower case; lines of a value are joined by newlines.

    Comments, which files that people write may have, are left out.

    Raises:
        Invalid: A line is no field, or a field is there twice.
    """
    if stanza.startswith("#") or "\n#" in stanza:
        stanza = _COMMENT.sub("", stanza)
    return {
        key: "\n".join(map(str.strip, value.split("\n"))) if "\n" in value else value
        for key, (_, value) in fields_as_written(stanza).items()
    }


def fields_as_written(stanza: str) -> dict[str, tuple[str, str]]:
    """The fields of one stanza by name in lower case: each its name and its value as they stand.

    A value keeps its lines, of which all but the first begin with a blank.

    Raises:
        Invalid: A line is no field, or a field is there twice.
    """
    found: dict[str, tuple[str, str]] = {}
    last = ""
    for line in stanza.split("\n"):
        if not line.strip():
            continue
        if line[0] in " \t" and last:
            name, value = found[last]
            found[last] = (name, f"{value}\n{line.rstrip()}")
            continue
        match = _FIELD.fullmatch(line)
        last = match["name"].lower() if match else ""
        if match is None or last in found:
            raise Invalid(f"{shown(line)} is not a field, or one that is there already")
        found[last] = (match["name"], match["value"].strip())
    return found


@lru_cache(maxsize=4096)
def relations_in(text: str) -> tuple[Alternatives, ...]:
    """What a field such as Depends asks for: all of these, by any of the alternatives of each.

    Raises:
        Invalid: It is outside the grammar of a binary package.
    """
    groups = (group.strip() for group in text.split(","))
    return tuple(tuple(map(_relation, group.split("|"))) for group in groups if group)


def _relation(text: str) -> Relation:
    match = _RELATION.fullmatch(text.strip())
    if match is None:
        raise Invalid(f"{shown(text.strip())} is not a relation to a package")
    operator = match["operator"]
    return Relation(
        name=match["name"],
        architecture=match["architecture"],
        operator=_OBSOLETE.get(operator, operator),
        version=match["version"],
    )
