"""What no header says: what Python code opens by name, and what it loads before it is asked for."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Final, Literal

import msgspec

__all__ = ["OnDemand", "Opened", "Preloaded", "Table", "the_table"]

_FILE: Final = Path(__file__).with_name("table.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What a distribution opens by its name.

    Attributes:
        distribution: Normalised.
        libraries: By the name that the loader looks for; ` | ` stands between those of which one
            will do.
        programs: The same of the search path.
        unless: Distributions any of which brings them.
        when: `import` where importing it fails without; `use` where a part of it does.
        why: What it needs them for: the rest of the sentence "it is missing, ...".
        source: Where that is written: a file of the distribution, or its documentation.
        version: The version that was read.
    """

    distribution: str
    libraries: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    when: Literal["import", "use"] = "use"
    why: str
    source: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDemand:
    """Files that a distribution loads only where they are asked for, and does without otherwise.

    Attributes:
        distribution: Normalised; a pattern.
        members: Patterns of their names in the wheel.
        but: Patterns of those among them that it can't do without.
        why: When they are loaded.
        source: Where that is written.
    """

    distribution: str
    members: tuple[str, ...]
    but: tuple[str, ...] = ()
    why: str
    source: str

    def has(self, member: str) -> bool:
        """Whether a file is one of them."""
        return _matches(member, self.members) and not _matches(member, self.but)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preloaded:
    """Libraries of other wheels that a distribution loads before any of its own needs them.

    Attributes:
        distribution: Normalised.
        members: Patterns of their names in those wheels.
        why: How.
        source: Where that is written.
    """

    distribution: str
    members: tuple[str, ...]
    why: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """All of it.

    Attributes:
        opened: What is opened by name.
        on_demand: What is loaded on demand.
        preloaded: What is loaded before.
        driver: The libraries of the host's graphics driver, which a container is given when it
            starts, and what package they are of there.
        packages: By family of distributions, the package of each of a few libraries.
    """

    opened: tuple[Opened, ...] = ()
    on_demand: tuple[OnDemand, ...] = ()
    preloaded: tuple[Preloaded, ...] = ()
    driver: dict[str, str] = field(default_factory=dict)
    packages: dict[str, dict[str, str]] = field(default_factory=dict)

    def opened_by(self, distribution: str) -> tuple[Opened, ...]:
        """What a distribution opens by name."""
        return tuple(one for one in self.opened if one.distribution == distribution)

    def is_on_demand(self, distribution: str, member: str) -> bool:
        """Whether a file of a distribution is loaded only where it is asked for."""
        return any(
            fnmatchcase(distribution, one.distribution) and one.has(member)
            for one in self.on_demand
        )

    def preloads(self, distribution: str, member: str) -> bool:
        """Whether a distribution loads a file of another one first."""
        return any(
            one.distribution == distribution and _matches(member, one.members)
            for one in self.preloaded
        )


def _matches(member: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(member, pattern) for pattern in patterns)


@cache
def the_table() -> Table:
    """The table that comes with Lading."""
    return msgspec.convert(tomllib.loads(_FILE.read_text("utf-8")), Table)
