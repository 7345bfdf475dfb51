"""Which Python packages an image installs by name, and whether one may be the project itself."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Final

from lading.errors import FreezeError
from lading.grammar.invalid import Invalid
from lading.grammar.requirement import Requirement, parse_package_name
from lading.info import InstallPython

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lading.freeze.collect import Project
    from lading.info import Step

__all__ = ["may_be_packaged", "required_by"]

_OWN: Final = frozenset({"file", "archive", "directory", "git"})
"""Kinds of distributions that may be made of the project's own modules."""


def may_be_packaged(file: str, decided: Iterable[Step], project: Project) -> bool:
    """Whether a module of the project may come with a package that is installed.

    Args:
        file: The module's file.
        decided: The image's steps.
        project: Where its files are.
    """
    installed = [step for step in decided if isinstance(step, InstallPython)]
    if any(one.kind in _OWN for step in installed for one in step.distributions):
        return True
    names = {one.name for one in required_by(installed)}
    names |= {one.name for step in installed for one in step.distributions}
    top = file.partition("/")[0].removesuffix(".py")
    return not names.isdisjoint({_normalized(top), _own_name(project)} - {None})


def required_by(decided: Iterable[Step]) -> Iterator[Requirement]:
    """What is installed as it is written, where nothing is locked."""
    for step in decided:
        if isinstance(step, InstallPython):
            yield from map(Requirement.parse, step.requirements)


def _own_name(project: Project) -> str | None:
    """The name that the project has as a package, where it declares one."""
    try:
        return parse_package_name(
            tomllib.loads(project.read("pyproject.toml").decode())["project"]["name"]
        )
    except (FreezeError, Invalid, ValueError, LookupError, TypeError):
        return None


def _normalized(module: str) -> str | None:
    try:
        return parse_package_name(module)
    except Invalid:
        return None
