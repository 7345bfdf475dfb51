"""What a lock records of each installation of Python packages: its requirements and its files."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from lading.errors import Problem, SpecificationError
from lading.grammar.invalid import Invalid
from lading.image import steps
from lading.lock.groups import is_lock
from lading.lock.local_inputs import digest_at
from lading.lock.model import InputFile, InputGroup, InputRequires
from lading.lock.said import build_constraints
from lading.requirements import RequirementSet

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lading.requirements import SourcedRequirement

__all__ = ["Sets", "group_inputs", "requires_of"]

Sets: TypeAlias = tuple[tuple[steps.PythonStep, RequirementSet], ...]
"""The steps of one installation, and what each asks for."""


def requires_of(step: steps.PythonStep) -> tuple[InputRequires, ...]:
    """What a step says that its sources require."""
    if not isinstance(step, steps.PythonPackages):
        return ()
    return tuple(
        InputRequires(name=name, requirements=tuple(sorted({one.text for one in requirements})))
        for name, requirements in step.requires
    )


def group_inputs(groups: Iterable[Sets], project: Path) -> tuple[InputGroup, ...]:
    """What a lock records of these installations.

    Raises:
        SpecificationError: A folder of the project can't be described.
    """
    try:
        return tuple(_group_inputs(group, project) for group in groups)
    except Invalid as error:
        raise SpecificationError(Problem(message=error.message, hint=error.hint)) from None


def _group_inputs(group: Sets, project: Path) -> InputGroup:
    read = [found for step, found in group if not is_lock(step)]
    files = [
        *(
            _lock_file(step, project, path)
            for step, found in group
            for path in _pinning(step, found)
        ),
        *(
            InputFile(path=path, sha256=digest_at(project, path))
            for _, found in group
            for one in found.requirements
            if (path := one.requirement.path) is not None
        ),
    ]
    requires = {one.name: one for step, _ in group for one in requires_of(step)}
    return InputGroup(
        requirements=_lines(one for found in read for one in found.requirements),
        constraints=_lines(one for found in read for one in found.constraints),
        no_binary=tuple(sorted({name for found in read for name in found.no_binary})),
        only_binary=tuple(sorted({name for found in read for name in found.only_binary})),
        requires=tuple(requires[name] for name in sorted(requires)),
        build_constraints=_lines(build_constraints(step for step, _ in group)),
        files=tuple(dict.fromkeys(files)),
    )


def _pinning(step: steps.PythonStep, found: RequirementSet) -> tuple[str, ...]:
    """Files that are recorded by digest, since they decide by more than the lines read here.

    Those that another tool has resolved, and the projects of a workspace: the sources of its root
    decide where the members' own dependencies come from.
    """
    if is_lock(step):
        return found.files
    projects = [file for file in found.files if file.rpartition("/")[2] == "pyproject.toml"]
    return tuple(projects) if len(projects) > 1 else ()


def _lock_file(step: steps.PythonStep, project: Path, path: str) -> InputFile:
    chosen = isinstance(step, steps.UvLock) and path == step.path.text
    return InputFile(
        path=path,
        sha256=digest_at(project, path),
        extras=step.extras if chosen and isinstance(step, steps.UvLock) else (),
        groups=step.groups if chosen and isinstance(step, steps.UvLock) else (),
    )


def _lines(requirements: Iterable[SourcedRequirement]) -> tuple[str, ...]:
    return tuple(sorted({_line(one) for one in requirements}))


def _line(one: SourcedRequirement) -> str:
    hashes = (f"--hash={digest}" for digest in one.requirement.hashes)
    line = " ".join((one.requirement.text, *hashes))
    return f"{line} # from {one.index}" if one.index is not None else line
