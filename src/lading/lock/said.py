"""What an image's steps say of single packages: what a source requires, and how it is compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.errors import Problem, SpecificationError
from lading.grammar.nearest import did_you_mean
from lading.image import steps
from lading.image.spans import settings
from lading.lock.pylock import DEFAULT_INDEX
from lading.requirements import SourcedRequirement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from lading.errors import Location
    from lading.image import Image
    from lading.lock.model import Distribution, PlatformLock

__all__ = ["build_constraints", "check_said", "not_isolated", "said_requirements"]


def said_requirements(image: Image) -> dict[str, tuple[str, ...]]:
    """By name, what the user says that a source requires."""
    found = settings(image.steps, steps.PythonPackages)
    return {
        name: tuple(one.text for one in requirements)
        for step in found
        for name, requirements in step.requires
    }


def build_constraints(asked: Iterable[steps.Step]) -> tuple[SourcedRequirement, ...]:
    """The versions to keep to of what sources are built with."""
    return tuple(
        SourcedRequirement(requirement=one, location=step.location)
        for step in settings(asked, steps.PythonPackages)
        for one in step.build_constraints
    )


def not_isolated(image: Image) -> tuple[str, ...]:
    """The names of what is compiled in the environment that it goes into, in that order."""
    found = settings(image.steps, steps.PythonPackages)
    return tuple(dict.fromkeys(name for step in found for name in step.no_build_isolation))


def check_said(locked: Sequence[tuple[Image, PlatformLock]], say: Callable[[str], None]) -> None:
    """Refuse what is said of packages and would not be heeded.

    Args:
        locked: The image on each platform, and its lock there.
        say: Told what is of no use for these platforms, and may be for others.

    Raises:
        SpecificationError: The image has no such package on any platform, or it is a source that
            declares itself what it requires.
    """
    problems = []
    for (keyword, name, location), found in _all_named(locked).items():
        same = [one for one in found if one.name == name]
        if not same:
            message = f"{keyword} names {name}, which is not among the image's packages"
            hint = did_you_mean(name, sorted({one.name for one in found}))
            problems.append(Problem(message=message, hint=hint, location=location))
        if keyword != "requires" or not same or any(one.assumed for one in same):
            continue
        if any(one.is_source for one in same):
            message = f"requires= says what {name} requires, which its source declares itself"
            hint = f"leave {name} out of requires="
            problems.append(Problem(message=message, hint=hint, location=location))
        else:
            say(f"requires= is not heeded for {name}: a wheel of it is taken, which says it itself")
    if problems:
        raise SpecificationError(problems)
    heeded = [
        _is_of_no_other_index(one, image) for image, part in locked for one in part.distributions
    ]
    accelerator = locked[0][0].accelerator
    if accelerator and not any(heeded):
        say(f'accelerator="{accelerator}" is not heeded: no package comes from its index')


def _all_named(
    locked: Iterable[tuple[Image, PlatformLock]],
) -> dict[tuple[str, str, Location], list[Distribution]]:
    """What is said of packages, and what there is on the platforms that it is said of."""
    found: dict[tuple[str, str, Location], list[Distribution]] = {}
    for image, part in locked:
        for named in _named(image):
            found.setdefault(named, []).extend(part.distributions)
    return found


def _is_of_no_other_index(one: Distribution, image: Image) -> bool:
    declared = {step.url for step in settings(image.steps, steps.Index)}
    return one.index is not None and one.index not in {DEFAULT_INDEX, *declared}


def _named(image: Image) -> Iterator[tuple[str, str, Location]]:
    for step in settings(image.steps, steps.PythonPackages):
        for name, _ in step.requires:
            yield "requires", name, step.location
        for name in step.no_build_isolation:
            yield "no_build_isolation", name, step.location
        for name in step.no_binary:
            yield "no_binary", name, step.location
