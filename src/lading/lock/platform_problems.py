"""What keeps several platforms from being locked: told once where it is the same for each."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from lading.errors import LadingError, Problem
    from lading.platforms import Platform

__all__ = ["of_platforms"]

_NAMES: Final = "\0"
"""Stands for the platforms' names: no message has it."""


def of_platforms(
    failed: Mapping[Platform, LadingError], asked: Collection[Platform]
) -> LadingError:
    """One error of the first one's kind, with the problems of all, each once.

    One that is not on all platforms says on which it is.

    Args:
        failed: What went wrong, at least on one platform.
        asked: All platforms that are locked.
    """
    found: dict[Problem, dict[Platform, None]] = {}
    for platform, error in failed.items():
        for problem in error.problems:
            found.setdefault(_nameless(problem, platform), {})[platform] = None
    kind = type(next(iter(failed.values())))
    return kind(
        _named(problem, platforms, everywhere=len(platforms) == len(asked))
        for problem, platforms in found.items()
    )


def _nameless(problem: Problem, platform: Platform) -> Problem:
    name = rf"(?<![\w/]){re.escape(str(platform))}(?![\w/])"
    return replace(problem, message=re.sub(name, _NAMES, problem.message))


def _named(problem: Problem, platforms: Collection[Platform], *, everywhere: bool) -> Problem:
    names = " and ".join(map(str, platforms))
    said = problem.message.replace(_NAMES, names)
    is_told = everywhere or said != problem.message
    return replace(problem, message=said if is_told else f"{names}: {said}")
