"""What each installation asks for, ready for the resolver."""

from __future__ import annotations

import posixpath
import tomllib
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lading.errors import Problem, ResolutionError, SpecificationError
from lading.grammar.invalid import Invalid
from lading.image import steps
from lading.lock.local_inputs import with_names
from lading.requirements import RequirementSet, export_uv_lock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from lading.errors import Location
    from lading.grammar.requirement import Requirement
    from lading.lock.target import Target
    from lading.lock.uv import Uv
    from lading.requirements import SourcedRequirement

__all__ = ["Group", "Holder", "Wanted", "exported", "group_of", "is_lock", "wanted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """The image below, whose versions stay what they are.

    Attributes:
        file: The lock of its own that says which; None where it has none.
    """

    file: str | None

    def __str__(self) -> str:
        return f"the image below, by {self.file}" if self.file else "the image below"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A requirement that applies to the target.

    Attributes:
        requirement: What is wanted.
        location: The user's line.
        index: The only index that it may come from, where a lock file says so.
        holder: What keeps it at that version, where that is no line of the user's.
    """

    requirement: Requirement
    location: Location | None = None
    index: str | None = None
    holder: Holder | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The requirements of one installation, or of several together.

    Attributes:
        requirements: What to install.
        constraints: What only limits versions.
        no_binary: Names to compile from source.
        only_binary: Names never to compile.
        complete: Whether the requirements are all there is to install: another tool has resolved
            them, and its choice is not made anew.
    """

    requirements: tuple[Wanted, ...] = ()
    constraints: tuple[Wanted, ...] = ()
    no_binary: tuple[str, ...] = ()
    only_binary: tuple[str, ...] = ()
    complete: bool = True

    def __add__(self, other: Group) -> Group:
        return Group(
            requirements=self.requirements + other.requirements,
            constraints=self.constraints + other.constraints,
            no_binary=self.no_binary + other.no_binary,
            only_binary=self.only_binary + other.only_binary,
            complete=self.complete and other.complete,
        )

    def places(self) -> dict[str, Location]:
        """By name, the first line of the user's that asks for it."""
        found: dict[str, Location] = {}
        for one in (*self.requirements, *self.constraints):
            if one.requirement.name is not None and one.location is not None:
                found.setdefault(one.requirement.name, one.location)
        return found

    def allows(self, name: str, digests: Iterable[str]) -> bool:
        """Whether each requirement of that name that lists hashes lists one of `digests`."""
        known = set(digests)
        return all(
            known & set(one.requirement.hashes)
            for one in (*self.requirements, *self.constraints)
            if one.requirement.name == name and one.requirement.hashes
        )


def is_lock(step: steps.PythonStep) -> bool:
    """Whether the step's file holds what another tool has resolved."""
    match step:
        case steps.UvLock():
            return True
        case steps.RequirementsFile(path=path):
            return path.text.rpartition("/")[2].startswith("pylock.")
        case _:
            return False


def group_of(
    asked: Iterable[tuple[steps.PythonStep, RequirementSet]],
    *,
    project: Path,
    uv: Uv,
    target: Target,
) -> Group:
    """The group that stands for the steps of one installation.

    Raises:
        SpecificationError: A uv.lock is out of date.
        ResolutionError: A lock file was made for other environments than the target.
    """
    environment = target.markers()
    parts = [_part(step, found, project, uv, target, environment) for step, found in asked]
    return sum(parts, Group())


def _part(  # noqa: PLR0913, PLR0917 - what group_of was handed
    step: steps.PythonStep,
    found: RequirementSet,
    project: Path,
    uv: Uv,
    target: Target,
    environment: Mapping[str, str],
) -> Group:
    if isinstance(step, steps.UvLock):
        found = _pinned(step, project, uv)
    elif any(one.index for one in found.requirements) and is_lock(step):
        # A lock names the default index too, in whose place the image may have another.
        default = uv.default_index(project)
        found = replace(
            found,
            requirements=tuple(
                replace(one, index=None) if one.index == default else one
                for one in found.requirements
            ),
        )
    if found.environments and not any(
        _applies(marker, environment) for marker in found.environments
    ):
        name = found.files[0] if found.files else "the lock file"
        message = f"{name} was made for other environments than {target}"
        detail = "\n".join(found.environments)
        raise ResolutionError(Problem(message=message, location=step.location, detail=detail))
    return Group(
        requirements=tuple(wanted(found.requirements, environment)),
        constraints=tuple(wanted(found.constraints, environment)),
        no_binary=found.no_binary,
        only_binary=found.only_binary,
        complete=is_lock(step),
    )


def wanted(
    sourced: Iterable[SourcedRequirement], environment: Mapping[str, str]
) -> Iterator[Wanted]:
    """Those whose marker holds in the target's environment (PEP 508)."""
    for one in sourced:
        if _applies(one.requirement.marker, environment):
            yield Wanted(requirement=one.requirement, location=one.location, index=one.index)


def _applies(marker: str | None, environment: Mapping[str, str]) -> bool:
    from packaging.markers import Marker  # noqa: PLC0415 - 20 ms

    if marker is None:
        return True
    return Marker(marker).evaluate({**environment, "extra": ""})


def exported(step: steps.UvLock, project: Path, uv: Uv) -> RequirementSet:
    """What a uv.lock pins of the extras and groups that a step names.

    Raises:
        SpecificationError: It is missing, out of date, or refused by uv.
    """
    return export_uv_lock(
        project,
        step.path.text,
        uv=uv.program,
        env=uv.environment,
        extras=step.extras,
        groups=step.groups,
        python=uv.interpreter,
    )


def _pinned(step: steps.UvLock, project: Path, uv: Uv) -> RequirementSet:
    found = exported(step, project, uv)
    # uv.lock names an index for each package. Only those that the project declares are its choice:
    # the others are the default one, in whose place the image may have a mirror.
    declared = _declared_indexes(project / posixpath.dirname(step.path.text) / "pyproject.toml")
    requirements = tuple(
        replace(one, index=one.index if one.index in declared else None)
        for one in found.requirements
    )
    problems: list[Problem] = []
    named = with_names(replace(found, requirements=requirements), project, problems)
    if problems:
        raise SpecificationError(problems)
    return named


def _declared_indexes(pyproject: Path) -> frozenset[str]:
    from lading.grammar.url import parse_index_url  # noqa: PLC0415 - only for a uv.lock

    tables = tomllib.loads(pyproject.read_text("utf-8-sig"))
    found: set[str] = set()
    for index in tables.get("tool", {}).get("uv", {}).get("index", ()):
        # A folder beside the project, or a URL with credentials: no index that a build can ask.
        with suppress(Invalid):
            found.add(parse_index_url(index["url"]))
    return frozenset(found)
