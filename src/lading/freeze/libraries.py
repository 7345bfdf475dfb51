"""Checking a decided image for libraries that it would lack: what has to be read for it is, lazily.

The headers of its wheels and the names of its base's files come first. Only where they leave
something open is the archive asked what its packages have, and what the image's own packages bring.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from lading.distros import parse_distro
from lading.errors import LadingError
from lading.image.steps import PythonPackages
from lading.info import InstallPython, InstallSystem, SetEnv
from lading.libraries import (
    Contents,
    Finding,
    Provided,
    Report,
    Target,
    WheelElfs,
    find_problems,
    kept_libraries,
    provided_by_base,
    read_contents,
    wheel_libraries,
)
from lading.libraries.findings import in_order
from lading.libraries.site import requirements_reaching
from lading.lock.archives import trust_of
from lading.lock.inputs import read_inputs
from lading.platforms import Platform

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from lading.bases import Base
    from lading.distros import Distro
    from lading.errors import Location
    from lading.freeze.deciding import Decided
    from lading.freeze.freezing import Freezer
    from lading.info import ImageInfo
    from lading.lock.model import Deb, Distribution
    from lading.store import Store

__all__ = ["LibraryCheck"]

_READERS: Final = 4

_ASKING_PACKAGES: Final = frozenset({"library", "program"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryCheck:
    """Checks decided images.

    Attributes:
        freezer: What fetches their wheels, on which machine.
        store: What is known of wheels, bases and archives already.
        now: The time that an archive's state must still hold at.
    """

    freezer: Freezer
    store: Store
    now: datetime

    def report(self, decided: Decided) -> Report:
        """What the image would lack at run time, and what could not be looked at.

        Raises:
            ResolutionError: A wheel can't be fetched.
            ImageError: A wheel is damaged.
        """
        info = decided.info
        if info.distro is None:
            return Report(unchecked=("the image's distro is not known: nothing can be checked",))
        if not decided.origin.image.lock_python_packages:
            return Report(unchecked=("the image is not locked: its wheels are not known",))
        distro, unchecked = parse_distro(info.distro), list[str]()
        wheels = self._wheels(decided)
        target = Target.of(
            distro,
            Platform.parse(info.platform),
            python=_series(info.python),
            prefix=info.venv or "/usr",
        )
        provided = self._base(decided, unchecked)
        found = find_problems(wheels, target=target, provided=provided)
        if _ASKING_PACKAGES & {one.kind for one in found}:
            found = self._with_packages(decided, target, wheels, provided, unchecked)
        report = Report(
            findings=in_order((*found, *_compiled(decided))), unchecked=tuple(unchecked)
        )
        return report.located(_places(decided, wheels))

    def _wheels(self, decided: Decided) -> tuple[WheelElfs, ...]:
        """Each wheel; of a distribution that is installed twice the later one."""
        every = {one.name: one for one in _distributions(decided)}.values()
        known = [one for one in map(self._known, every) if one is not None]
        names = {one.name for one in known}
        lacking = [one for one in every if one.name not in names]
        if not lacking:
            return tuple(known)
        paths = self.freezer.fetch_wheels(decided, lacking)
        self.freezer.say(f"reading {len(lacking)} wheel{'' if len(lacking) == 1 else 's'}")

        def read(one: Distribution) -> WheelElfs:
            sha256 = one.sha256 or ""
            return wheel_libraries(
                paths[sha256], filename=one.filename, sha256=sha256, store=self.store
            )

        # Inflating lets other threads run.
        with ThreadPoolExecutor(max_workers=_READERS) as pool:
            return (*known, *pool.map(read, lacking))

    def _known(self, one: Distribution) -> WheelElfs | None:
        """What is known without the wheel: one that is compiled has no files yet."""
        if one.is_source:
            return WheelElfs(name=one.name, version=one.version or "")
        return kept_libraries(filename=one.filename, sha256=one.sha256 or "", store=self.store)

    def _base(self, decided: Decided, unchecked: list[str]) -> Provided:
        try:
            base = self._found_base(decided)
            self.freezer.say(f"reading the names of {base.name}'s files")
            return provided_by_base(
                base,
                self.store,
                platform=base.platform,
                folders=_library_path(decided, base),
            )
        except LadingError as error:
            unchecked.append(
                f"which libraries the base image has is not known: {error.problems[0].message}"
            )
            return Provided(is_known=False)

    def _found_base(self, decided: Decided) -> Base:
        from lading.bases import find_base  # noqa: PLC0415 - only where a base is read

        machine = self.freezer.machine
        return find_base(
            decided.info.base,
            Platform.parse(decided.info.platform),
            project=decided.origin.project,
            store=self.store,
            http=replace(machine.http(), offline=self.freezer.offline),
            credentials=machine.credentials(),
            mirror=decided.info.base_mirror,
        )

    def _with_packages(
        self,
        decided: Decided,
        target: Target,
        wheels: tuple[WheelElfs, ...],
        provided: Provided,
        unchecked: list[str],
    ) -> tuple[Finding, ...]:
        """What is still missing with the image's own packages, and the packages that have it."""
        provided = self._with_locked(decided, provided, unchecked)
        found = find_problems(wheels, target=target, provided=provided)
        distro = target.distro
        if distro.family != "debian" or not _ASKING_PACKAGES & {one.kind for one in found}:
            return found
        contents = self._contents(decided, distro, unchecked)
        return find_problems(wheels, target=target, provided=provided, contents=contents)

    def _contents(self, decided: Decided, distro: Distro, unchecked: list[str]) -> Contents | None:
        machine, origin = self.freezer.machine, decided.origin
        try:
            inputs = read_inputs(origin.image, origin.project).inputs
            trust = trust_of(inputs, origin.project, distro, machine.environ)
            return read_contents(
                distro,
                Platform.parse(decided.info.platform),
                mirrors=origin.mirrors,
                http=machine.http(),
                cache=machine.cache,
                store=self.store,
                trust=replace(trust, locked=origin.archives),
                now=self.now,
                say=self.freezer.say,
                offline=self.freezer.offline,
                components=origin.image.components,
                host_sources=machine.apt_sources,
            )
        except LadingError as error:
            why = error.problems[0].message
            unchecked.append(f"which package of {distro} has what is not known: {why}")
            return None

    def _held_by_locked(self, decided: Decided, debs: tuple[Deb, ...]) -> frozenset[str]:
        """What locked packages bring, by their own lists of files.

        Raises:
            LadingError: A package can't be had.
        """
        from lading.debs import DebFile, names_in  # noqa: PLC0415 - only where some are installed

        files = self.freezer.fetch_debs(decided, debs)
        found: set[str] = set()
        for one in debs:
            deb = DebFile(
                name=one.name,
                version=one.version,
                architecture=one.architecture,
                path=files[one.sha256],
            )
            found |= names_in(deb, one.sha256, self.store)
        return frozenset(found)

    def _with_locked(self, decided: Decided, provided: Provided, unchecked: list[str]) -> Provided:
        """What there is once the image's own packages are installed."""
        names = _packages(decided, provided)
        debs = _locked(decided.info)
        try:
            if debs:
                provided = provided.with_names(self._held_by_locked(decided, debs))
        except LadingError as error:
            why = error.problems[0].message
            unchecked.append(f"what the locked system packages bring is not known: {why}")
        if names and debs is None:
            unchecked.append(f"what {', '.join(names)} bring is not known: they are not locked")
        return provided


def _locked(info: ImageInfo) -> tuple[Deb, ...] | None:
    """The image's own system packages; None where they are not locked."""
    steps = [step for step in info.steps if isinstance(step, InstallSystem)]
    every = [info.interpreter_debs, *(step.debs for step in steps)]
    if steps and any(step.debs is None for step in steps):
        return None
    return tuple(deb for some in every for deb in some or ())


def _series(python: str) -> str:
    return ".".join(python.split(".")[:2])


def _distributions(decided: Decided) -> Iterator[Distribution]:
    for step in decided.info.steps:
        if isinstance(step, InstallPython):
            yield from step.distributions


def _compiled(decided: Decided) -> Iterator[Finding]:
    """The distributions whose files are not there before they are compiled."""
    for one in _distributions(decided):
        if one.is_source:
            yield Finding(
                kind="source",
                level="note",
                distribution=f"{one.name} {one.version or ''}".strip(),
                what="what it links to",
                reason="is known when it is compiled, and not before",
                advice="check the built image, or lock a wheel of it",
            )


def _packages(decided: Decided, provided: Provided) -> tuple[str, ...]:
    """The system packages that the image installs, as it names them."""
    info = decided.info
    steps = (step for step in info.steps if isinstance(step, InstallSystem))
    named = (name for step in steps for name in step.packages)
    has_python = provided.has_program(f"python{_series(info.python)}")
    return tuple(dict.fromkeys((*(() if has_python else info.interpreter_packages), *named)))


def _library_path(decided: Decided, base: Base) -> tuple[str, ...]:
    """The folders of LD_LIBRARY_PATH, as the container has it."""
    said = dict(one.partition("=")[::2] for one in base.config.execution.env)
    for step in decided.info.steps:
        if isinstance(step, SetEnv):
            said |= dict(step.variables)
    return tuple(one for one in said.get("LD_LIBRARY_PATH", "").split(":") if one.startswith("/"))


def _places(decided: Decided, wheels: Iterable[WheelElfs]) -> Mapping[str, Location]:
    """Of each distribution the user's line that asks for it, or for what requires it."""
    asked = read_inputs(decided.origin.image, decided.origin.project)
    lines: dict[str, Location] = {}
    first = None
    for group in asked.groups:
        for step, found in group:
            first = first or step.location
            for one in found.requirements:
                # In the code it is the call that is the user's line, and in a file the file's.
                own = step.location if isinstance(step, PythonPackages) else one.location
                lines.setdefault(str(one.requirement.name), own)
    places = {
        name: lines[root] for name, root in requirements_reaching(wheels, tuple(lines)).items()
    }
    rest = {one.name: first for one in _distributions(decided) if first is not None}
    return {**rest, **places, **lines}
