"""Looking at a decided image: what has to be read to know what it would lack, lazily.

The headers of its wheels and the names of its base's files come first. Only where they leave
something open is the archive asked what its packages have, and what the image's own packages bring.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from lading.errors import LadingError, Problem
from lading.info import InstallPython, InstallSystem, SetEnv
from lading.libraries import (
    Finding,
    Provided,
    Target,
    WheelElfs,
    find_problems,
    library_path,
    provided_by_base,
    read_wheels,
)
from lading.libraries.site import Site
from lading.libraries.table import the_table
from lading.lock.archives import trust_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from lading.bases import Base
    from lading.freeze.deciding import Decided
    from lading.freeze.freezer import Freezer
    from lading.info import ImageInfo
    from lading.libraries import Contents
    from lading.lock.model import Deb, Distribution
    from lading.store import Store

__all__ = ["Looking", "distributions_of", "series_of"]

_DEBS: Final = "the locked system packages"


@dataclass(slots=True, kw_only=True)
class Looking:
    """One image being checked.

    Attributes:
        freezer: What fetches its wheels, on which machine.
        store: What is known of wheels, bases and archives already.
        now: The time that an archive's state must still hold at.
        fetching: Whether what is not at hand is fetched.
        decided: The image.
        target: What it is for.
        wheels: What is known of its wheels.
        unchecked: What is not known.
        unread: What was not at hand.
    """

    freezer: Freezer
    store: Store
    now: datetime
    fetching: bool
    decided: Decided
    target: Target
    wheels: tuple[WheelElfs, ...] = ()
    unchecked: list[Problem] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def findings(self) -> tuple[Finding, ...]:
        """What would be missing, asking for no more than that takes."""
        known, lacking = read_wheels(
            distributions_of(self.decided),
            store=self.store,
            fetch=self._fetched_wheels,
            say=self._say,
        )
        self.wheels = (*known, *map(_unread, lacking))
        if not self.fetching and not any(map(_may_ask, known)):
            found: tuple[Finding, ...] = ()
        else:
            found = self._findings()
        return self._without_unread(found, frozenset(one.name for one in lacking))

    def _findings(self) -> tuple[Finding, ...]:
        provided = self._base()
        found = self._found(provided)
        if not _asks_packages(found):
            return found
        names, unnamed = self._held(_locked(self.decided.info))
        provided = provided.with_names(names)
        found = self._found(provided)
        if not (unnamed or _asks_packages(found)):
            return found
        contents = self._contents()
        found = self._found(self._with_others(provided, unnamed, contents), contents)
        return self._without_unlocked(found, _unlocked(self.decided, provided))

    def _without_unread(
        self, found: tuple[Finding, ...], lacking: frozenset[str]
    ) -> tuple[Finding, ...]:
        """What was found of distributions that are known with all that they require.

        A wheel for any platform makes no error that another doesn't share: it is missed only where
        something was found that it may mend.
        """
        if not lacking:
            return found
        site = Site(self.wheels, self.target.scheme)
        certain = tuple(
            one for one in found if lacking.isdisjoint(_involved(one, site)) or not _is_open(one)
        )
        asked = [one for one in self.wheels if one.name in lacking and not one.any_platform]
        count = len(lacking) if len(certain) < len(found) else len(asked)
        if count:
            self.unread.insert(0, f"{count} wheel{'' if count == 1 else 's'}")
        return certain

    def _found(self, provided: Provided, contents: Contents | None = None) -> tuple[Finding, ...]:
        return find_problems(self.wheels, target=self.target, provided=provided, contents=contents)

    def _say(self, text: str) -> None:
        """What is only looked up is not worth a word where nobody asked for a check."""
        if self.fetching:
            self.freezer.say(text)

    def _fail(self, what: str, error: LadingError, at_hand: str) -> None:
        """Something could not be looked at: what is fetched by a check alone is only left out."""
        if self.fetching:
            problem = error.problems[0]
            self.unchecked.append(Problem(message=f"{what}: {problem.message}", hint=problem.hint))
        else:
            self.unread.append(at_hand)

    def _fetched_wheels(self, wheels: Sequence[Distribution]) -> Mapping[str, Path]:
        freezer = self.freezer
        if self.fetching:
            return freezer.fetch_wheels(self.decided, wheels)
        return freezer.wheels_at_hand(self.decided, wheels)

    def _base(self) -> Provided:
        store = self.store
        try:
            base = self._found_base()
            self._say(f"reading the names of {base.name}'s files")
            folders = library_path(base, _variables(self.decided))
            return provided_by_base(base, store, platform=base.platform, folders=folders)
        except LadingError as error:
            self._fail("which libraries the base image has is not known", error, "the base image")
            return Provided(is_known=False)

    def _found_base(self) -> Base:
        from lading.bases import find_base  # noqa: PLC0415 - only where a base is read

        freezer, info = self.freezer, self.decided.info
        machine = freezer.machine
        offline = freezer.offline or not self.fetching
        return find_base(
            info.base,
            self.target.platform,
            project=self.decided.origin.project,
            store=self.store,
            http=replace(machine.http(), offline=offline),
            credentials=machine.credentials(),
            mirror=info.base_mirror,
        )

    def _contents(self) -> Contents | None:
        """Which package of the release has what; of another family no archive is asked."""
        from lading.libraries import read_contents  # noqa: PLC0415 - where something is missing

        distro, freezer = self.target.distro, self.freezer
        if distro.family != "debian":
            return None
        machine, origin = freezer.machine, self.decided.origin
        try:
            trust = trust_of(origin.asked.inputs, origin.project, distro, machine.environ)
            return read_contents(
                distro,
                self.target.platform,
                mirrors=origin.mirrors,
                http=machine.http(),
                cache=machine.cache,
                store=self.store,
                trust=replace(trust, locked=origin.archives),
                now=self.now,
                say=self._say,
                offline=freezer.offline or not self.fetching,
                snapshot=origin.image.snapshot,
                components=origin.image.components,
                host_sources=machine.apt_sources,
            )
        except LadingError as error:
            what = f"which package of {distro} has what is not known"
            self._fail(what, error, f"the contents of {distro}'s packages")
            return None

    def _with_others(
        self, provided: Provided, packages: tuple[str, ...], contents: Contents | None
    ) -> Provided:
        """What there is with those locked packages whose files are not at hand."""
        if not packages:
            return provided
        if contents is not None:
            return provided.with_names(contents.held_by(packages))
        return replace(provided, is_known=False)

    def _without_unlocked(
        self, found: tuple[Finding, ...], installed: tuple[str, ...]
    ) -> tuple[Finding, ...]:
        """What is missing, but for what packages have that the image installs unlocked."""
        found = tuple(one for one in found if not set(installed) & set(one.packages))
        if installed and _asks_packages(found):
            if not self.fetching:  # a warning is none that may be wrong
                found = tuple(one for one in found if not _is_open(one))
            what = f"what {', '.join(installed)} bring is not known: they are not locked"
            self.unchecked.append(Problem(message=what))
        return found

    def _held(self, debs: tuple[Deb, ...]) -> tuple[frozenset[str], tuple[str, ...]]:
        """What packages bring by their own lists of files, and the names of those that are left."""
        if not debs:
            return frozenset(), ()
        from lading.debs import read_names  # noqa: PLC0415 - only where some are installed

        try:
            return read_names(debs, store=self.store, fetch=self._fetched_debs)
        except LadingError as error:
            self._fail("what the locked system packages bring is not known", error, _DEBS)
            return frozenset(), tuple(one.name for one in debs)

    def _fetched_debs(self, debs: Sequence[Deb]) -> Mapping[str, Path]:
        freezer = self.freezer
        if self.fetching:
            return freezer.fetch_debs(self.decided, debs)
        return freezer.debs_at_hand(self.decided, debs)


def _is_open(finding: Finding) -> bool:
    """Whether something else of the image may mend it: a package, or another wheel."""
    return finding.kind in {"library", "program"}


def _asks_packages(found: Iterable[Finding]) -> bool:
    return any(map(_is_open, found))


def _unread(one: Distribution) -> WheelElfs:
    """What stands for a wheel that is not at hand."""
    is_any = one.filename.endswith("-any.whl")
    return WheelElfs(name=one.name, version=one.version or "", any_platform=is_any)


def _may_ask(wheel: WheelElfs) -> bool:
    return bool(wheel.files or the_table().opened_by(wheel.name))


def _involved(finding: Finding, site: Site) -> tuple[str, ...]:
    """The distribution of a finding, and all that it requires."""
    name = finding.distribution.partition(" ")[0]
    return (name, *site.required_by(name))


def _unlocked(decided: Decided, provided: Provided) -> tuple[str, ...]:
    """The system packages that the image installs and no lock knows, as it names them."""
    info = decided.info
    steps = [step for step in info.steps if isinstance(step, InstallSystem)]
    if info.interpreter_debs is not None or any(step.debs is not None for step in steps):
        return ()
    named = (name for step in steps for name in step.packages)
    has_python = provided.has_program(f"python{series_of(info.python)}")
    return tuple(dict.fromkeys((*(() if has_python else info.interpreter_packages), *named)))


def _locked(info: ImageInfo) -> tuple[Deb, ...]:
    """The image's own system packages, as far as they are locked."""
    steps = (step for step in info.steps if isinstance(step, InstallSystem))
    every = (info.interpreter_debs, *(step.debs for step in steps))
    return tuple(deb for some in every for deb in some or ())


def series_of(python: str) -> str:
    """The series of a Python version: of `3.11.4` it is `3.11`."""
    return ".".join(python.split(".")[:2])


def distributions_of(decided: Decided) -> Iterator[Distribution]:
    """What the image installs of Python's, in the order of its installations."""
    for step in decided.info.steps:
        if isinstance(step, InstallPython):
            yield from step.distributions


def _variables(decided: Decided) -> Iterator[tuple[str, str]]:
    """What the image sets in the environment, the last of a name last."""
    for step in decided.info.steps:
        if isinstance(step, SetEnv):
            yield from step.variables
