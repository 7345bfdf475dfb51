"""What a version of a package says of itself, be it in an archive or installed (Policy 5.3, 7)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypedDict

from lading.debian.control import relations_in
from lading.grammar.invalid import Invalid
from lading.grammar.words import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lading.debian.control import Alternatives, Relation

__all__ = ["WORD", "Facts", "facts_in", "matching"]

WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9+.:~_-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One version of a package.

    Attributes:
        name: The package.
        version: Debian's, with epoch and revision.
        architecture: In Debian's words; `all` where it fits each.
        source: The source package that it was made of.
        priority: `required`, `important`, `standard`, `optional` or `extra`.
        multi_arch: `same`, `foreign`, `allowed` or `no`.
        depends: What has to be installed with it, before or after.
        provides: What it stands for, with the version where it says one.
        conflicts: What must not be installed with it: its Conflicts and Breaks.
        held: Whether it is installed, and must stay as it is.
        stands_in: Whether it is not there, and only held to be where others need it to be
            installed: what does need it, needs it installed.
    """

    name: str
    version: str
    architecture: str
    source: str
    priority: str
    multi_arch: str
    depends: tuple[Alternatives, ...] = field(repr=False)
    provides: tuple[Relation, ...] = field(repr=False)
    conflicts: tuple[Relation, ...] = field(repr=False)
    held: bool = False
    stands_in: bool = False


class _Facts(TypedDict):
    name: str
    version: str
    architecture: str
    source: str
    priority: str
    multi_arch: str
    depends: tuple[Alternatives, ...]
    provides: tuple[Relation, ...]
    conflicts: tuple[Relation, ...]


def facts_in(fields: Mapping[str, str]) -> _Facts:
    """What a stanza says, as the arguments of `Facts`.

    Raises:
        Invalid: A field is outside its grammar.
        KeyError: One that must be there is missing.
    """
    return {
        "name": matching(WORD, fields["package"]),
        "version": matching(WORD, fields["version"]),
        "architecture": matching(WORD, fields["architecture"]),
        "source": fields.get("source", fields["package"]).partition(" ")[0],
        "priority": fields.get("priority", "optional"),
        "multi_arch": fields.get("multi-arch", "no"),
        "depends": relations_in(_joined(fields, "pre-depends", "depends")),
        "provides": _single(fields.get("provides", "")),
        "conflicts": _single(_joined(fields, "conflicts", "breaks")),
    }


def _joined(fields: Mapping[str, str], *names: str) -> str:
    return ", ".join(filter(None, map(fields.get, names)))


def _single(text: str) -> tuple[Relation, ...]:
    """Relations of a field that has no alternatives."""
    return tuple(one for (one, *_) in relations_in(text))


def matching(form: re.Pattern[str], text: str) -> str:
    """The text, where it has this form.

    Raises:
        Invalid: It has not.
    """
    if not form.fullmatch(text):
        raise Invalid(f"{shown(text)} can't be a package's name, version, architecture or hash")
    return text
