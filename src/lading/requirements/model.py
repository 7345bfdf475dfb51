"""What a file that lists requirements says, whatever its format."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lading.errors import Location
    from lading.grammar.requirement import Requirement

__all__ = ["Indexes", "RequirementSet", "SourcedRequirement", "SourcedUrl", "requirements_text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcedRequirement:
    """A requirement, and the line that it was read from.

    Attributes:
        requirement: What to install.
        location: File (relative to the project) and line; no part of what it means.
        index: The index that a lock file says it came from; None where the file does not say.
    """

    requirement: Requirement
    location: Location = field(compare=False)
    index: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcedUrl:
    """An index's URL, or the project's path of a folder of wheels, and where it is written."""

    url: str
    location: Location = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexes:
    """Where distributions are looked for.

    Attributes:
        default: The index in place of the resolver's own.
        extra: More indexes, in the order in which they were written, each once.
        find_links: Pages of links, and folders of the project (POSIX), each once.
        no_index: No index is asked: `find_links` is all there is.
    """

    default: SourcedUrl | None = None
    extra: tuple[SourcedUrl, ...] = ()
    find_links: tuple[SourcedUrl, ...] = ()
    no_index: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementSet:
    """All that one file and the files it includes ask for; empty where they ask for nothing.

    Attributes:
        requirements: What to install, in the order in which it was written.
        constraints: Versions to keep to, should the project be installed.
        indexes: Where to look.
        no_binary: Normalized names to compile from source, sorted; `(":all:",)` for all.
        only_binary: Normalized names never to compile, sorted; `(":all:",)` for all.
        pre: Whether pre-releases may be taken.
        requires_python: The Python versions that the file is meant for (PEP 440).
        environments: Markers, one of which the target must satisfy, where there are any (PEP 751).
        files: Each file of the project that was read, in that order: the inputs of a lock.
    """

    requirements: tuple[SourcedRequirement, ...] = ()
    constraints: tuple[SourcedRequirement, ...] = ()
    indexes: Indexes = field(default_factory=Indexes)
    no_binary: tuple[str, ...] = ()
    only_binary: tuple[str, ...] = ()
    pre: bool = False
    requires_python: str | None = None
    environments: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


def requirements_text(requirements: Iterable[Requirement], *, hashes: bool) -> str:
    """Return the text of a requirements file that holds exactly these, in this order.

    Reading it with `parse_requirements` gives the same again (with `hashes`).
    """
    return "".join(_lines(requirement, hashes=hashes) for requirement in requirements)


def _lines(requirement: Requirement, *, hashes: bool) -> str:
    found = requirement.hashes if hashes else ()
    return " \\\n    ".join((requirement.text, *(f"--hash={digest}" for digest in found))) + "\n"
