"""Which layers an image has, in which order: decided by the `ImageInfo` alone, without any file.

From what changes seldom to what changes daily: system packages, the environment, models, the
wheels, the project's files. The layers of models come on top of the budget, so that a model moves
no package. A large wheel is a layer of its own. Small ones are together with others by a hash of
their names, so that another version of one changes one layer, and no other package moves. The
price of the threshold between the two: a wheel that crosses it, or one more large wheel than there
are layers for, which moves it to the next step, changes more than one layer.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from lading.assembly.system import SYSTEM
from lading.info import CopyFiles, InstallPython, InstallSystem
from lading.info.naming import of_model

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lading.info import ImageInfo
    from lading.lock.model import Deb, Distribution

__all__ = ["BUDGET", "Included", "PlannedLayer", "plan", "weight"]

BUDGET: Final = 40
"""How many layers are put on the base's at most: overlay drivers stack 127 in all."""

_LEAST_BUDGET: Final = 4
_SMALLEST: Final = 64 << 10
_UNKNOWN: Final = 4 << 20
"""The weight of a wheel whose size no index told: one that may be large is better alone."""

_LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Included:
    """Files of the project, and where among the image's steps they are copied."""

    step: CopyFiles
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedLayer:
    """A layer, before anything of it was looked at.

    Attributes:
        kind: What it holds: system packages, the environment and the folders, part of a model,
            wheels, or files.
        name: What it is called in the image's history.
        debs: Its system packages.
        over: Those of the images below, on which these are installed.
        distributions: Its wheels, by name.
        included: Its files, in order: a later one replaces an earlier one.
        alone: Whether its one wheel is large enough for a layer of its own.
        at: The user's lines.
        image: How many images are below the one that has it first.
    """

    kind: Literal["system", "environment", "model", "packages", "files"]
    name: str
    debs: tuple[Deb, ...] = ()
    over: tuple[Deb, ...] = ()
    distributions: tuple[Distribution, ...] = ()
    included: tuple[Included, ...] = ()
    alone: bool = False
    at: tuple[str, ...] = ()
    image: int = 0

    @property
    def is_copied(self) -> bool:
        """Whether it holds files of the project."""
        return self.kind in {"model", "files"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shares:
    """How a budget is shared out; fixed, so that an included file moves no package."""

    groups: int
    files: int
    alone: int

    @classmethod
    def of(cls, budget: int) -> _Shares:
        budget = max(budget, _LEAST_BUDGET)
        groups, files = max(1, budget // 5), max(1, budget // 10)
        return cls(groups=groups, files=files, alone=budget - 2 - groups - files)


def plan(
    info: ImageInfo, *, budget: int = BUDGET, room: int | None = None
) -> tuple[PlannedLayer, ...]:
    """The layers to put on the base, from the lowest up.

    An image on one of one's own begins with the very layers that this has by itself.

    Args:
        info: The image; nothing of it has to be executed.
        budget: How many there may be of it, and of each image below, beside those of models; fewer
            than 4 are taken for 4.
        room: How many there may be of all together; any number where left out.
    """
    below = info.below
    lower = () if below is None else plan(below, budget=budget, room=room)
    models = tuple(_models(info))
    left = budget if room is None else min(budget, room - len(lower) - len(models))
    own = _own(info, below, models, _Shares.of(left))
    return (*lower, *(replace(one, image=len(info.stack) - 1) for one in own))


def _own(
    info: ImageInfo, below: ImageInfo | None, models: tuple[PlannedLayer, ...], shares: _Shares
) -> Iterator[PlannedLayer]:
    """The layers that the image below does not have."""
    lines = {
        one: step.at
        for step in info.own_steps
        if isinstance(step, InstallPython)
        for one in step.distributions
    }
    alone, together = _separated(tuple(lines), shares)
    yield from _system(info, below)
    if below is None or _environment(info) != _environment(below):
        yield PlannedLayer(kind="environment", name=_environment_name(info, below))
    yield from models
    yield from (_packages([one], lines, alone=True) for one in alone)
    yield from (_packages(group, lines) for group in together)
    yield from _files(info, shares.files)


def _system(info: ImageInfo, below: ImageInfo | None) -> Iterator[PlannedLayer]:
    """One layer: nothing is run between two installations of system packages."""
    over = below.installed_debs if below else ()
    debs = tuple(deb for deb in info.installed_debs if deb not in over)
    steps = [step for step in info.own_steps if isinstance(step, InstallSystem)]
    if debs:
        interpreter = () if below else info.interpreter_packages
        asked = dict.fromkeys((*interpreter, *(one for step in steps for one in step.packages)))
        name = _short(f"{SYSTEM} {', '.join(asked)}")
        yield PlannedLayer(
            kind="system", name=name, debs=debs, over=over, at=_lines(step.at for step in steps)
        )
    elif over and below and info.on_scratch and info.config.user != below.config.user:
        yield PlannedLayer(kind="system", name=f"{SYSTEM}, the user's account", over=over)


def weight(distribution: Distribution) -> int:
    """How large a wheel is held to be, in bytes."""
    return _UNKNOWN if distribution.size is None else distribution.size


def _separated(
    distributions: Sequence[Distribution], shares: _Shares
) -> tuple[list[Distribution], list[list[Distribution]]]:
    """The wheels that have a layer each, the largest class first; and the groups of the others."""
    threshold = _threshold(map(weight, distributions), shares.alone)
    alone = [one for one in distributions if weight(one) >= threshold]
    alone.sort(key=lambda one: (-_class(weight(one)), one.name))
    groups: dict[int, list[Distribution]] = {}
    for one in sorted(distributions, key=_name):
        if weight(one) < threshold:
            groups.setdefault(_group(one.name, shares.groups), []).append(one)
    return alone, [group for _, group in sorted(groups.items())]


def _threshold(weights: Iterable[int], most: int) -> int:
    """The smallest step of the ladder that no more wheels than `most` reach."""
    found, threshold = list(weights), _SMALLEST
    while sum(one >= threshold for one in found) > most:
        threshold *= 2
    return threshold


def _class(size: int) -> int:
    return (size // _SMALLEST).bit_length()


def _group(name: str, groups: int) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) % groups


def _name(distribution: Distribution) -> str:
    return distribution.name


def _packages(
    group: Sequence[Distribution],
    lines: dict[Distribution, tuple[str, ...]],
    *,
    alone: bool = False,
) -> PlannedLayer:
    names = ", ".join(f"{one.name} {one.version}" for one in group)
    return PlannedLayer(
        kind="packages",
        name=_short(f"python packages {names}"),
        distributions=tuple(group),
        alone=alone,
        at=_lines(lines[one] for one in group),
    )


def _models(info: ImageInfo) -> Iterator[PlannedLayer]:
    """A layer for each part of the image's own models, as they were cut when it was frozen."""
    for number, step in enumerate(info.steps):
        if isinstance(step, CopyFiles) and step.model and _is_own(info, number):
            yield PlannedLayer(
                kind="model",
                name=_short(f"model {of_model(step)}"),
                included=(Included(step=step, number=number),),
                at=step.at,
            )


def _is_own(info: ImageInfo, number: int) -> bool:
    """Whether a step is none of the image below."""
    return number >= len(info.steps) - len(info.own_steps)


def _files(info: ImageInfo, most: int) -> Iterator[PlannedLayer]:
    copies = [
        Included(step=step, number=number)
        for number, step in enumerate(info.steps)
        if isinstance(step, CopyFiles) and not step.model and _is_own(info, number)
    ]
    first = max(0, len(copies) - most)
    for some in (copies[: first + 1], *([one] for one in copies[first + 1 :])):
        if some:
            places = ", ".join(dict.fromkeys(one.step.destination for one in some))
            yield PlannedLayer(
                kind="files",
                name=_short(f"files to {places}"),
                included=tuple(some),
                at=_lines(one.step.at for one in some),
            )


def _environment(info: ImageInfo) -> tuple[object, ...]:
    """What the layer of the environment and the folders depends on."""
    config, user = info.config, info.config.user
    account = user if info.on_scratch and not info.installed_debs else None
    return info.venv, user.uid, user.gid, account, set(config.folders)


def _environment_name(info: ImageInfo, below: ImageInfo | None) -> str:
    folders = "folders of the user"
    has_environment = below is not None and below.venv is not None
    return f"python environment, {folders}" if info.venv and not has_environment else folders


def _lines(found: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line for lines in found for line in lines))


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME].rstrip(', ')}..."
