"""What each installation asks for, as lines for the resolver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.image import steps
from lading.lock.resolve import Group
from lading.requirements import RequirementSet, export_uv_lock

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lading.lock.uv import Uv

__all__ = ["resolvable"]


def resolvable(
    asked: Iterable[tuple[steps.PythonStep, RequirementSet]], *, project: Path, uv: Uv
) -> Group:
    """The group that stands for the steps of one installation.

    Raises:
        SpecificationError: A uv.lock is out of date.
    """
    parts = [_part(step, found, project, uv) for step, found in asked]
    return sum(parts, Group())


def _part(step: steps.PythonStep, found: RequirementSet, project: Path, uv: Uv) -> Group:
    if isinstance(step, steps.UvLock):
        found = export_uv_lock(
            project,
            step.path.text,
            uv=uv.program,
            env=uv.environment,
            extras=step.extras,
            groups=step.groups,
            python=uv.interpreter,
        )
    named = [one for one in found.requirements if one.requirement.name]
    return Group(
        requirements=tuple(one.requirement.text for one in found.requirements),
        constraints=tuple(one.requirement.text for one in found.constraints),
        no_binary=found.no_binary,
        only_binary=found.only_binary,
        hashes=tuple(
            (str(one.requirement.name), one.requirement.hashes)
            for one in named
            if one.requirement.hashes
        ),
        places=tuple((str(one.requirement.name), one.location) for one in named),
    )
