"""What is known before a lock is made: the image, and the lock that there was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace as replaced

from lading.errors import Problem, ResolutionError
from lading.lock.below import part_below
from lading.lock.debs import debs_drift
from lading.lock.models import without_models

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lading.image import Image
    from lading.lock.inputs import Asked
    from lading.lock.model import Build, Distribution, Inputs, Lock, PlatformLock
    from lading.lock.resolve import Renewal
    from lading.platforms import Platform

__all__ = ["Known", "check_known", "placed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What an image asks for, its lock so far, and what of that is to be resolved anew.

    Attributes:
        below: The lock of the image below, by which its layers are what they are.
        file_of_below: The file that it is from, where that image has one of its own.
    """

    asked: Asked
    earlier: Lock | None
    renewal: Renewal
    below: Lock | None = None
    file_of_below: str | None = None

    @property
    def image(self) -> Image:
        """The image."""
        return self.asked.image

    def part(self, platform: Platform) -> PlatformLock | None:
        """The earlier lock for a platform."""
        return self.earlier.platform(str(platform)) if self.earlier else None

    def fitting(self, platform: Platform, *, allow_unpinned_base: bool) -> PlatformLock | None:
        """The earlier lock for a platform where it still fits; None where it has to be made."""
        part = self.part(platform)
        if part is None or self.renewal:
            return None
        before = self.inputs_before(part)
        is_same = before is not None and without_models(before) == without_models(self.asked.inputs)
        is_complete = part.base.is_pinned or part.base.is_built or allow_unpinned_base
        if not is_same or not is_complete or not self.keeps_below(part, platform):
            return None
        return None if debs_drift(self.image, part) else part

    def inputs_before(self, part: PlatformLock) -> Inputs | None:
        """What a part of the earlier lock was made from."""
        return self.earlier.inputs_of(part) if self.earlier else None

    def part_of_below(self, platform: Platform) -> PlatformLock | None:
        """The lock of the image below for a platform, where there is such an image."""
        return self.below.platform(str(platform)) if self.below else None

    def keeps_below(self, part: PlatformLock, platform: Platform) -> bool:
        """Whether a part has of the image below what that has; where it was read is no matter."""
        below = self.part_of_below(platform)
        if below is None:
            return True
        ours = part_below(self.image, part)
        return replaced(ours, archives=()) == replaced(below, archives=(), inputs=None)

    def pins(self, earlier: PlatformLock | None) -> tuple[Distribution, ...]:
        """What is preferred; what is new on a platform is preferred as the others have it."""
        found = {one.name: one for part in self._parts(earlier) for one in part.distributions}
        return tuple(found.values())

    def builds(self, earlier: PlatformLock | None) -> tuple[Build, ...]:
        """The builds whose choices are preferred, by the same rule."""
        found = {build.name: build for part in self._parts(earlier) for build in part.builds}
        return tuple(found.values())

    def _parts(self, own: PlatformLock | None) -> tuple[PlatformLock, ...]:
        """The earlier lock's, that of the platform itself last."""
        parts = self.earlier.platforms if self.earlier else ()
        return (*(part for part in parts if part is not own), *((own,) if own else ()))


def check_known(renewal: Renewal, asked: Iterable[Asked], earlier: Lock | None) -> None:
    """Refuse a name to upgrade that nothing knows: a mistake that nothing else would show.

    Args:
        renewal: What is to be upgraded.
        asked: What the image asks for on each platform.
        earlier: Its lock so far.

    Raises:
        ResolutionError: There are such names.
    """
    from lading.grammar.nearest import did_you_mean  # noqa: PLC0415 - for this error only

    known = {
        wanted.requirement.name or ""
        for one in asked
        for group in one.groups
        for _, found in group
        for wanted in found.requirements
    }
    for part in earlier.platforms if earlier else ():
        known |= {one.name for one in part.distributions}
        known |= {one.name for build in part.builds for one in build.distributions}
        known |= {tool.name for tool in part.tools}
        known |= {deb.name for deb in part.debs}
    problems = [
        Problem(
            message=f"{name} can't be upgraded: it is not in the lock",
            hint=did_you_mean(name, sorted(known)),
        )
        for name in renewal.packages
        if name not in known
    ]
    if problems:
        raise ResolutionError(problems)


def placed(problems: Iterable[Problem], image: Image) -> list[Problem]:
    """The problems, at the image's own line."""
    return [
        Problem(message=one.message, hint=one.hint, detail=one.detail, location=image.location)
        for one in problems
    ]
