"""Choosing the Debian packages of a lock: what its base lacks, from an archive that is trusted."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Final

from lading.distros import UNNEEDED, debian_architecture
from lading.errors import Problem, ResolutionError
from lading.grammar.base import SCRATCH
from lading.grammar.reference import ImageReference
from lading.image import steps
from lading.image.spans import settings
from lading.image.system import packages_for
from lading.lock.archives import archives_seen, trust_of
from lading.lock.base_facts import BaseFacts
from lading.lock.below import part_below
from lading.lock.debs import debs_for, fits, is_lockable
from lading.lock.inputs import base_of
from lading.lock.missing import Completing, Missing, auto_group, kept, refuse_unpinned
from lading.lock.model import Archive, Deb, DebsFor, Provided

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from pathlib import Path

    from lading.debian import DebsBelow, Facts, LockedDebs, Trust
    from lading.distros import Distro
    from lading.errors import Location
    from lading.image import Image
    from lading.libraries import Finding
    from lading.lock.known import Known
    from lading.lock.model import AutoPackage, LockedBase, PlatformLock
    from lading.lock.sources import SourceReader
    from lading.machine import Machine
    from lading.mirrors import Mirrors
    from lading.platforms import Platform

__all__ = ["DebLocker"]

# What of a lock's inputs decides which packages there are, and whether the base has an interpreter.
_DECIDING: Final = ("distro", "python", "keyrings", "unsigned")


@dataclass(frozen=True, slots=True, kw_only=True)
class DebLocker:
    """Locks the system packages of one image.

    Attributes:
        known: The image, and its lock so far.
        project: The project's folder, absolute.
        mirrors: Where archives are, where they are elsewhere.
        machine: Where the cache and the keyring are, and how archives are reached.
        reader: Fetches wheels.
        now: The time, by which an archive's state may be out of date.
        say: Told what is going on.
        takes_older: Whether a state of the archive may be older than one that was seen.
    """

    known: Known
    project: Path
    mirrors: Mirrors
    machine: Machine
    reader: SourceReader
    now: datetime
    say: Callable[[str], None]
    takes_older: bool = False

    def locked(
        self, part: PlatformLock, platform: Platform, earlier: PlatformLock | None
    ) -> PlatformLock:
        """The part with its system packages, where these are locked.

        Args:
            part: The lock for a platform.
            platform: That platform.
            earlier: The lock before, whose packages stay where the same are asked for on the same
                base.

        Raises:
            SpecificationError: The image does not say what it installs on its distro.
            ResolutionError: The archive can't be read, lacks a package, or there is none.
            LadingError: The base can't be read.
        """
        import msgspec  # noqa: PLC0415 - the model has brought it already

        image = self.known.image
        if not is_lockable(image):
            return part
        refuse_unpinned(image, part)
        if not part.base.is_pinned:
            self.say("system packages are not locked: what is installed depends on the base")
            return part
        if earlier is not None and not self._may_stay(earlier, part, platform):
            earlier = None
        below = self.known.part_of_below(platform)
        base = self._known_base(part.base, platform)
        lacking = self._lacking(part, earlier, base)
        auto = None if earlier is None else _kept_auto(lacking, earlier, part)
        if earlier is not None and auto is not None:
            return msgspec.structs.replace(
                part,
                archives=earlier.archives,
                debs_for=earlier.debs_for,
                auto=auto,
                provided=earlier.provided,
                debs=earlier.debs,
            )
        try:
            wanted = debs_for(image, part)
            may_have_python = wanted is not None and bool(wanted.interpreter)
            if may_have_python and image.base_image != SCRATCH and _has_python(below, base):
                wanted = debs_for(image, part, base_has_python=True)
            if wanted is None:
                return part
            completing = Completing(asked=wanted, findings=lacking)
            if below is not None and not _adds(wanted, below):
                return msgspec.structs.replace(
                    part,
                    archives=below.archives,
                    debs_for=wanted,
                    auto=below.auto,
                    provided=below.provided,
                    debs=below.debs,
                )
            found = self._chosen(completing, base, platform, below)
        except ResolutionError as error:
            raise ResolutionError(_placed(error.problems, image)) from None
        return msgspec.structs.replace(
            part,
            archives=tuple(Archive(**asdict(one)) for one in found.archives),
            debs_for=wanted,
            auto=completing.auto or (below.auto if below else ()),
            provided=tuple(Provided(name=name, package=one) for name, one in found.provided),
            debs=tuple(Deb(**asdict(one)) for one in found.debs),
        )

    def _may_stay(self, earlier: PlatformLock, part: PlatformLock, platform: Platform) -> bool:
        """Whether packages fit that were chosen before, and were not to be chosen anew."""
        before, now = self.known.inputs_before(earlier), self.known.asked.inputs
        is_same = before is not None and all(
            getattr(before, name) == getattr(now, name) for name in _DECIDING
        )
        if not is_same or earlier.base != part.base or self.known.renewal.renews_debs(earlier):
            return False
        below = self.known.part_of_below(platform)
        if below is not None and part_below(self.known.image, earlier).debs != below.debs:
            return False
        return fits(self.known.image, part, earlier.debs_for)

    def _lacking(
        self, part: PlatformLock, earlier: PlatformLock | None, base: BaseFacts
    ) -> tuple[Finding, ...]:
        """What the wheels need and the base lacks, where "auto" asks for it and it may be new."""
        wanted = debs_for(self.known.image, part)
        if wanted is None or auto_group(wanted) is None or _has_distributions(earlier, part):
            return ()
        missing = Missing(
            image=self.known.image,
            mirrors=self.mirrors,
            base=base,
            reader=self.reader,
            trust=self._trust(wanted),
            now=self.now,
            say=self.say,
        )
        return missing.findings(part.distributions)

    def _trust(self, wanted: DebsFor) -> Trust:
        image = self.known.image
        assert image.distro is not None  # noqa: S101 - it has packages to lock
        inputs, environ = self.known.asked.inputs, self.machine.environ
        return replace(
            trust_of(inputs, self.project, image.distro, environ),
            locked=archives_seen(self.known.earlier, wanted.snapshot),
            takes_older=self.takes_older,
        )

    def _chosen(
        self,
        completing: Completing,
        base: BaseFacts,
        platform: Platform,
        below: PlatformLock | None,
    ) -> LockedDebs:
        from lading.debian import LockedDebs, lock_debs  # noqa: PLC0415 - only where some are asked

        wanted = completing.asked
        if not wanted:
            return LockedDebs()
        image, machine = self.known.image, self.machine
        assert image.distro is not None  # noqa: S101 - it has packages to lock
        architecture = debian_architecture(platform.architecture)
        return lock_debs(
            completing.installations(),
            compiling=wanted.compiling,
            installed=_there(image, base, architecture),
            completed=completing.completed if completing.findings else None,
            distro=image.distro,
            platform=platform,
            mirrors=self.mirrors,
            http=machine.http(),
            cache=machine.cache,
            trust=self._trust(wanted),
            now=self.now,
            say=self.say,
            snapshot=wanted.snapshot,
            components=wanted.components,
            host_sources=machine.apt_sources,
            below=self._below(below, image.distro, platform, wanted.snapshot),
        )

    def _below(
        self, below: PlatformLock | None, distro: Distro, platform: Platform, snapshot: str | None
    ) -> DebsBelow:
        """What an image below installs: chosen already, and not to be chosen anew."""
        import msgspec  # noqa: PLC0415 - the model has brought it already

        from lading.debian import DebsBelow, LockedDeb, fetch_deb  # noqa: PLC0415 - where asked

        if below is None or below.debs_for is None:
            return DebsBelow()
        asked, archives = below.debs_for, below.archives

        def fetch(deb: LockedDeb) -> Path:
            return fetch_deb(
                deb,
                archives=archives,
                distro=distro,
                platform=platform,
                mirrors=self.mirrors,
                http=self.machine.http(),
                cache=self.machine.cache,
                snapshot=snapshot,
                host_sources=self.machine.apt_sources,
            )

        return DebsBelow(
            debs=tuple(LockedDeb(**msgspec.structs.asdict(deb)) for deb in below.debs if deb.group),
            groups=bool(asked.interpreter) + len(asked.installations),
            fetch=fetch,
        )

    def _known_base(self, locked: LockedBase, platform: Platform) -> BaseFacts:
        named = base_of(self.known.image)
        mirror = self.mirrors.base(named) if isinstance(named, ImageReference) else None
        return BaseFacts(
            locked=locked,
            platform=platform,
            python=self.known.image.python_version,
            project=self.project,
            machine=self.machine,
            mirror=None if mirror is None else str(mirror),
            say=self.say,
        )


def _has_python(below: PlatformLock | None, base: BaseFacts) -> bool:
    """Whether the base has the interpreter, as it was found to have for an image below."""
    return base.has_python() if below is None else not (below.debs_for or DebsFor()).interpreter


def _adds(wanted: DebsFor, below: PlatformLock) -> bool:
    """Whether anything is asked for that the image below does not bring."""
    there = below.debs_for or DebsFor()
    return wanted.installations != there.installations or wanted.compiling != there.compiling


def _has_distributions(earlier: PlatformLock | None, part: PlatformLock) -> bool:
    return earlier is not None and earlier.distributions == part.distributions


def _kept_auto(
    lacking: tuple[Finding, ...], earlier: PlatformLock, part: PlatformLock
) -> tuple[AutoPackage, ...] | None:
    """What "auto" stands for in the earlier lock, where that is what it stands for now."""
    return earlier.auto if _has_distributions(earlier, part) else kept(lacking, earlier)


def _there(image: Image, base: BaseFacts, architecture: str) -> tuple[Facts, ...]:
    """What need not be installed."""
    from lading.debian import installed_in, unneeded  # noqa: PLC0415 - only where some are asked

    if image.base_image == SCRATCH:
        return unneeded(UNNEEDED)
    what = base.locked.reference
    return installed_in(base.dpkg_status(), what=what, architecture=architecture)


def _placed(problems: Iterable[Problem], image: Image) -> list[Problem]:
    """The problems, each at the line that asks for what it names, or else at the first such."""
    asked = settings(image.steps, steps.SystemPackages)
    first = asked[0].location if asked else image.location
    return [
        Problem(
            message=one.message,
            hint=one.hint,
            detail=one.detail,
            location=one.location or _line(one.message, asked, image) or first,
        )
        for one in problems
    ]


def _line(message: str, asked: Iterable[steps.SystemPackages], image: Image) -> Location | None:
    words = message.split()
    for step in asked:
        if any(package in words for package in packages_for(step, image.distro)):
            return step.location
    return None
