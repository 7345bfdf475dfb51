"""A package's control file, with its fields as they are written: deb-control(5)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from lading.debian.control import fields_as_written, relations_in
from lading.debian.facts import Facts, facts_in
from lading.debian.version import satisfies
from lading.debs.refusal import Broken
from lading.grammar.invalid import Invalid

__all__ = ["Stanza", "parse_stanza", "split_stanzas"]

_RELATIONS: Final = frozenset(
    {"pre-depends", "depends", "recommends", "suggests", "enhances"}
    | {"breaks", "conflicts", "replaces", "provides"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stanza:
    """Fields in order; a value keeps its lines, of which all but the first begin with a blank."""

    fields: dict[str, tuple[str, str]] = field(repr=False)

    def get(self, name: str) -> str:
        """A field's value, or nothing."""
        return self.fields.get(name.lower(), ("", ""))[1]

    @property
    def package(self) -> str:
        """The package's name."""
        return self.get("Package")

    @property
    def version(self) -> str:
        """Its version."""
        return self.get("Version")

    @property
    def facts(self) -> Facts:
        """What it says of itself, to whoever resolves.

        Raises:
            Broken: A field of it is outside its grammar.
        """
        try:
            return Facts(**facts_in({name: value for name, (_, value) in self.fields.items()}))
        except (KeyError, Invalid) as error:
            raise Broken(f"its control file can't be read: {error}") from None

    @property
    def label(self) -> str:
        """What dpkg calls the package's files: with the architecture where several may be there."""
        same = self.get("Multi-Arch") == "same"
        return f"{self.package}:{self.get('Architecture')}" if same else self.package

    def names_in(self, relation: str) -> tuple[tuple[str, ...], ...]:
        """The packages that a field such as Depends names, with their alternatives."""
        groups = relations_in(self.get(relation))
        return tuple(tuple(one.name for one in group) for group in groups)

    def replaces(self, other: Stanza) -> bool:
        """Whether this package may take files of another's (Policy 7.6.1)."""
        for relation, *_ in relations_in(self.get("Replaces")):
            if relation.name == other.package and (
                relation.operator is None
                or satisfies(other.version, relation.operator, relation.version or "")
            ):
                return True
        return False


def parse_stanza(text: str) -> Stanza:
    """The fields of one stanza.

    Raises:
        Broken: A line is no field, a field is there twice, or a relation can't be read.
    """
    try:
        found = fields_as_written(text)
    except Invalid as error:
        raise Broken(f"its control file can't be read: {error.message}") from None
    _check_relations(found)
    return Stanza(fields=found)


def _check_relations(found: dict[str, tuple[str, str]]) -> None:
    for name in _RELATIONS & found.keys():
        try:
            relations_in(found[name][1])
        except Invalid as error:
            raise Broken(f"its field {found[name][0]} can't be read: {error.message}") from None


def split_stanzas(text: str) -> list[str]:
    """The stanzas of a database, each as it stands there, without the empty lines between them."""
    return [part.strip("\n") for part in re.split(r"\n(?:[ \t]*\n)+", text.strip("\n")) if part]
