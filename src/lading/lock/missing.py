"""What `system_packages("auto")` stands for: packages with what the wheels need and the base lacks.

The headers of all locked wheels are read for it, and the names of the base's files; where
these leave something open, the archive's index says which package has it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lading.errors import LadingError, Problem, ResolutionError, SpecificationError
from lading.grammar.system_package import AUTO
from lading.image import steps
from lading.image.spans import settings
from lading.image.system import packages_for
from lading.lock.fetching import Wanted, fetch_all, together
from lading.lock.model import AutoPackage
from lading.lock.target import VENV

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from lading.debian import Trust
    from lading.distros import Distro
    from lading.errors import Location
    from lading.http import HttpSettings
    from lading.image import Image
    from lading.libraries import Contents, Finding
    from lading.lock.base_facts import BaseFacts
    from lading.lock.model import DebsFor, Distribution, PlatformLock
    from lading.lock.sources import SourceReader
    from lading.mirrors import Mirrors

__all__ = [
    "Completing",
    "Missing",
    "auto_group",
    "auto_location",
    "chosen",
    "kept",
    "refuse_unpinned",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Finds what the wheels of an image need and its base lacks.

    Attributes:
        image: The image.
        mirrors: Where archives are, where they are elsewhere.
        base: Tells of the base.
        reader: Fetches wheels.
        trust: Whose word counts for archives.
        now: The time, by which an archive's state may be out of date.
        say: Told what is going on.
    """

    image: Image
    mirrors: Mirrors
    base: BaseFacts
    reader: SourceReader
    trust: Trust
    now: datetime
    say: Callable[[str], None]

    def findings(self, distributions: Iterable[Distribution]) -> tuple[Finding, ...]:
        """What importing the distributions fails for, and some package has.

        Raises:
            ResolutionError: A wheel, the base or the archive can't be had or read.
        """
        try:
            found = self._found(distributions)
        except LadingError as error:
            location = auto_location(self.image)
            raise ResolutionError(
                replace(
                    one,
                    message=f'system_packages("{AUTO}"): {one.message}',
                    location=one.location or location,
                )
                for one in error.problems
            ) from None
        return tuple(one for one in found if one.level == "error" and one.packages)

    def _found(self, distributions: Iterable[Distribution]) -> tuple[Finding, ...]:
        from lading.libraries import Target, find_problems, read_wheels  # noqa: PLC0415 - where asked

        machine, distro = self.base.machine, _distro(self.image)
        wheels, _ = read_wheels(
            distributions, store=machine.store(), fetch=self._fetched, say=self.say
        )
        target = Target.of(
            distro, self.base.platform, python=self.image.python_version.series, prefix=VENV
        )
        provided = self.base.libraries(
            pair for step in settings(self.image.steps, steps.Env) for pair in step.variables
        )
        found = find_problems(wheels, target=target, provided=provided)
        if all(one.kind not in {"library", "program"} for one in found):
            return ()
        return find_problems(
            wheels, target=target, provided=provided, contents=self._contents(distro)
        )

    def _contents(self, distro: Distro) -> Contents:
        from lading.libraries import read_contents  # noqa: PLC0415 - where something is missing

        machine = self.base.machine
        return read_contents(
            distro,
            self.base.platform,
            mirrors=self.mirrors,
            http=machine.http(),
            cache=machine.cache,
            store=machine.store(),
            trust=self.trust,
            now=self.now,
            say=self.say,
            snapshot=self.image.snapshot,
            components=self.image.components,
            host_sources=machine.apt_sources,
        )

    def _fetched(self, wheels: Sequence[Distribution]) -> Mapping[str, Path]:
        own = {
            one.sha256 or "": self.reader.project / one.url for one in wheels if one.is_in_project
        }
        wanted = [self._wanted(one) for one in wheels if not one.is_in_project]
        if wanted:
            several = f"{len(wanted)} wheels" if len(wanted) > 1 else wanted[0].name
            self.say(f"fetching {several}, to see what is needed")
        found, failed = fetch_all(
            wanted, lambda one: one.fetch(self.reader.http, False), say=self.say
        )
        if failed:
            raise together(failed)
        return {**own, **found}

    def _wanted(self, one: Distribution) -> Wanted:
        def fetch(_: HttpSettings, __: bool) -> Path:  # noqa: FBT001 - see Fetch
            return self.reader.fetch(one)

        return Wanted(name=one.filename, sha256=str(one.sha256), fetch=fetch)


def _distro(image: Image) -> Distro:
    assert image.distro is not None  # noqa: S101 - system packages are refused without
    return image.distro


@dataclass(slots=True, kw_only=True)
class Completing:
    """The installations of an image, completed with what "auto" stands for.

    Attributes:
        asked: What the image asks for.
        findings: What is missing, with the packages that have it.
        auto: What "auto" stands for, once that is known.
    """

    asked: DebsFor
    findings: tuple[Finding, ...]
    auto: tuple[AutoPackage, ...] = ()

    def installations(self) -> tuple[tuple[str, ...], ...]:
        """The words of each, one after the other."""
        first = auto_group(self.asked)
        added = {one.package for one in self.auto}
        return tuple(
            tuple(sorted({*words, *(added if number == first else ())} - {AUTO}))
            for number, words in enumerate(self.asked.groups, start=1)
        )

    def completed(self, there: frozenset[str]) -> tuple[tuple[str, ...], ...]:
        """The same with the packages that have what these, and their dependencies, don't bring."""
        self.auto = chosen(self.findings, there)
        return self.installations()


def chosen(findings: Iterable[Finding], there: Collection[str]) -> tuple[AutoPackage, ...]:
    """The first package of each that is missing, unless one that has it is there.

    Args:
        findings: What is missing, with the packages that have it.
        there: The names of what is installed anyway.
    """
    found: dict[str, list[str]] = {}
    for one in findings:
        if not set(one.packages) & set(there):
            found.setdefault(one.packages[0], []).append(_need(one))
    return _packages(found)


def kept(findings: Iterable[Finding], earlier: PlatformLock) -> tuple[AutoPackage, ...] | None:
    """The packages that an earlier lock has, with what they are needed for by now.

    None where they are too few or too many.
    """
    auto = {one.package for one in earlier.auto}
    there = {deb.name for deb in earlier.debs if deb.group}
    found: dict[str, list[str]] = {}
    for one in findings:
        own = next((name for name in one.packages if name in auto), None)
        if own is not None:
            found.setdefault(own, []).append(_need(one))
        elif not there.intersection(one.packages):
            return None
    return _packages(found) if found.keys() == auto else None


def _need(finding: Finding) -> str:
    return f"{finding.distribution.partition(' ')[0]}: {finding.what}"


def _packages(found: Mapping[str, Sequence[str]]) -> tuple[AutoPackage, ...]:
    return tuple(
        AutoPackage(package=name, needed_by=tuple(sorted(set(found[name]))))
        for name in sorted(found)
    )


def auto_group(asked: DebsFor) -> int | None:
    """The installation in which they are installed: the first that asks for them, from 1."""
    groups = enumerate(asked.groups, start=1)
    return next((number for number, words in groups if AUTO in words), None)


def auto_location(image: Image) -> Location | None:
    """The line that asks for them."""
    asked = settings(image.steps, steps.SystemPackages)
    return next((one.location for one in asked if AUTO in packages_for(one, image.distro)), None)


def refuse_unpinned(image: Image, part: PlatformLock) -> None:
    """Refuse to find out what a base lacks that may be another one tomorrow.

    Raises:
        SpecificationError: That is asked for.
    """
    location = auto_location(image)
    if location is not None and not part.base.is_pinned:
        raise SpecificationError(
            Problem(
                message=f'system_packages("{AUTO}") takes a base image with a digest, and '
                f"{part.base.reference} has none in the lock",
                hint="write the packages"
                if part.base.is_built
                else "leave out --allow-unpinned-base; or write the packages that `lading check` "
                "names",
                location=location,
            )
        )
