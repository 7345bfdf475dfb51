"""What became of an image: its Dockerfile as a builder reads it, or the errors in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dockerfile.parseback import argv, json_list, pairs, parse
from lading import SpecificationError
from lading.errors import FreezeError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dockerfile.parseback import Parsed
    from freeze.world import World
    from lading import Image, ImageInfo, Problem
    from lading.lock.model import Distribution

__all__ = [
    "arguments",
    "commands",
    "decide",
    "frozen",
    "instructions",
    "kinds",
    "refused",
    "runs",
    "unfrozen",
    "variables",
    "wrong",
]

BASE_PATH = "/of-the-base/bin"


def frozen(world: World, source: str, *locked: Distribution, **names: object) -> ImageInfo:
    """The image that a service.py of the project defines, decided."""
    return decide(world, world.image(source, **names), *locked)


def decide(world: World, image: Image, *locked: Distribution) -> ImageInfo:
    """This image, decided by a lock that holds these."""
    world.lock(image, *locked)
    freezer = world.freezer()
    return freezer.decide(image, platform="linux/amd64", project=world.project).info


def instructions(info: ImageInfo, *which: str) -> list[Parsed]:
    """The Dockerfile's instructions, or those of some kinds."""
    return [one for one in parse(info.dockerfile) if not which or one.kind in which]


def kinds(info: ImageInfo) -> list[str]:
    """What the instructions are called."""
    return [one.kind for one in instructions(info)]


def runs(info: ImageInfo) -> list[Parsed]:
    """All RUNs."""
    return instructions(info, "RUN")


def commands(info: ImageInfo) -> list[str]:
    """The shell text of each RUN."""
    return [argv(one.rest)[2] for one in runs(info)]


def variables(info: ImageInfo, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a container's environment is, where the base's is `base`."""
    found = dict(base or {"PATH": BASE_PATH})
    for one in instructions(info, "ENV"):
        found |= dict(pairs(one, found))
    return found


def arguments(info: ImageInfo, kind: str) -> tuple[str, ...] | None:
    """The words of the one instruction of this kind, in its exec form; None for a shell's."""
    (one,) = instructions(info, kind)
    return json_list(one.rest)


def refused(call: Callable[[], object]) -> tuple[Problem, ...]:
    """What is wrong with a call, each with the user's line."""
    with pytest.raises(SpecificationError) as caught:
        call()
    assert isinstance(caught.value, ValueError)
    assert all(problem.location is not None for problem in caught.value.problems)
    return caught.value.problems


def wrong(call: Callable[[], object]) -> str:
    """The one thing that is wrong with a call."""
    (problem,) = refused(call)
    return problem.message


def unfrozen(world: World, source: str) -> FreezeError:
    """Why the project's image can't be frozen."""
    with pytest.raises(FreezeError) as caught:
        frozen(world, source)
    return caught.value
