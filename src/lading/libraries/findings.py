"""What an image would lack, and how it is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lading.errors import Location, Problem

__all__ = ["LEVELS", "Finding", "Kind", "Level", "Report", "in_order"]

Kind = Literal[
    "library", "program", "version", "libc", "architecture", "stack", "driver", "damaged", "source"
]

Level = Literal["error", "remark", "note"]

LEVELS: Final[tuple[Level, ...]] = ("error", "remark", "note")
"""The worst first: fails when it is imported; may fail later; is as it must be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a distribution asks for and the image has not.

    Attributes:
        kind: Of what kind it is.
        level: `error` where importing the distribution fails, `remark` where a part of it does that
            need not be used, `note` where nothing can or need be done.
        distribution: Whose it is, with its version.
        what: The library, program or version.
        reason: The rest of the sentence that `what` begins.
        members: The files of the wheel that ask for it.
        packages: The packages of the target's release that have it, the likeliest first.
        advice: What to do, where it is not to install the first of the packages.
        location: The user's line.
    """

    kind: Kind
    level: Level
    distribution: str
    what: str
    reason: str
    members: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    advice: str | None = None
    location: Location | None = None

    @property
    def message(self) -> str:
        """What is wrong, in one line."""
        asking = f" ({_several(self.members)})" if self.members else ""
        return f"{self.what} {self.reason}{asking}"

    @property
    def is_of_part(self) -> bool:
        """Whether it is of files that need not be loaded: of those Qt alone has a hundred."""
        return self.kind == "library" and self.level == "remark" and bool(self.members)

    @property
    def hint(self) -> str | None:
        """What to do: a call to paste, or a sentence."""
        if self.packages:
            return f'.system_packages("{self.packages[0]}")'
        return self.advice


def _several(members: tuple[str, ...]) -> str:
    first, *others = members
    if not others:
        return first
    return f"{first} and {len(others)} other{'' if len(others) == 1 else 's'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that was found, and what could not be looked at.

    Attributes:
        findings: By distribution, the worst first.
        unchecked: What is not known, and can't be.
        unread: What is not known because it was not at hand, and nothing was to be fetched.
    """

    findings: tuple[Finding, ...] = ()
    unchecked: tuple[Problem, ...] = ()
    unread: tuple[str, ...] = ()

    def of(self, *levels: Level) -> tuple[Finding, ...]:
        """The findings of these levels."""
        return tuple(one for one in self.findings if one.level in levels)

    def packages(self, *levels: Level) -> tuple[str, ...]:
        """The packages that mend what is found, sorted: one for each library or program.

        Args:
            levels: Which findings count, `error` where left out; those of parts that need not be
                used never do.
        """
        found = (one for one in self.of(*levels or ("error",)) if not one.is_of_part)
        return tuple(sorted({one.packages[0] for one in found if one.packages}))

    def located(self, places: Mapping[str, Location]) -> Report:
        """The same with the user's lines, by the distribution's name."""
        return replace(self, findings=tuple(_at(one, places) for one in self.findings))


def _at(finding: Finding, places: Mapping[str, Location]) -> Finding:
    name = finding.distribution.partition(" ")[0]
    return replace(finding, location=places.get(name, finding.location))


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """By distribution, and of each the worst first."""
    return tuple(
        sorted(
            findings,
            key=lambda one: (one.distribution, LEVELS.index(one.level), one.kind, one.what),
        )
    )
