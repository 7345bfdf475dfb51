"""Locking the base of an image: by the digests of what its reference names, or what it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lading.errors import ImageError, Problem, RegistryError, ResolutionError, SpecificationError
from lading.grammar.base import LocalImage, Scratch
from lading.grammar.dockerfile_base import DockerfileBase
from lading.grammar.invalid import Invalid
from lading.grammar.reference import ImageReference
from lading.lock.inputs import base_of
from lading.lock.known import placed
from lading.lock.model import LockedBase

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lading.lock.known import Known
    from lading.lock.model import PlatformLock
    from lading.machine import Machine
    from lading.mirrors import Mirrors
    from lading.platforms import Platform

__all__ = ["BaseLocker"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseLocker:
    """Locks the base of one image.

    Attributes:
        known: The image, and its lock so far.
        project: The project's folder, absolute.
        mirrors: Where registries are, where they are elsewhere.
        machine: How to reach registries.
        say: Told what is going on.
        allow_unpinned_base: Whether it may go without a digest.
    """

    known: Known
    project: Path
    mirrors: Mirrors
    machine: Machine
    say: Callable[[str], None]
    allow_unpinned_base: bool = False

    def locked(self, platform: Platform, earlier: PlatformLock | None) -> LockedBase:
        """The base of one platform: that of the image below, where there is one.

        Args:
            platform: The platform.
            earlier: The lock before, whose digest stays where the same is asked for.

        Raises:
            SpecificationError: Its reference can't be reached in place of what it names.
            ResolutionError: It is in the project, and can't be read or is for another platform.
            RegistryError: Its registry does not tell its digest, which nobody allowed.
        """
        below = self.known.part_of_below(platform)
        if below is not None:
            return below.base
        base = base_of(self.known.image)
        match base:
            case Scratch() | DockerfileBase():
                return LockedBase(reference=str(base))
            case LocalImage():
                return self._local(base, platform)
            case ImageReference():
                return self._of_registry(base, platform, earlier)

    def _local(self, base: LocalImage, platform: Platform) -> LockedBase:
        from lading.bases import read_local  # noqa: PLC0415 - only for such a base

        try:
            found = read_local(base, self.project)
            manifest = found.image(platform).descriptor.digest
        except ImageError as error:
            raise ResolutionError(placed(error.problems, self.known.image)) from None
        return LockedBase(reference=str(base), digest=str(found.digest), manifest=str(manifest))

    def _of_registry(
        self, reference: ImageReference, platform: Platform, earlier: PlatformLock | None
    ) -> LockedBase:
        from lading.registry import resolve_base  # noqa: PLC0415 - only where a registry is asked

        before = earlier.base if earlier else None
        is_known = before is not None and before.digest and before.reference == str(reference)
        if before is not None and is_known and not self.known.renewal.everything:
            return before
        try:
            asked = self.mirrors.base(reference)
            self.say(f"asking {asked.domain} for {asked.familiar}")
            found = resolve_base(
                asked, platform, http=self.machine.http(), credentials=self.machine.credentials()
            )
        except Invalid as error:
            problem = Problem(message=error.message, hint=error.hint)
            raise SpecificationError(placed([problem], self.known.image)) from None
        except RegistryError as error:
            if self.allow_unpinned_base:
                why = error.problems[0].message
                self.say(f"{reference.familiar} goes without a digest: {why}")
                return LockedBase(reference=str(reference))
            raise RegistryError(placed(error.problems, self.known.image)) from None
        return LockedBase(
            reference=str(reference), digest=str(found.digest), manifest=str(found.manifest)
        )
