"""Checking a decided image for libraries that it would lack, with the user's lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lading.distros import parse_distro
from lading.errors import FreezeError, Problem
from lading.freeze.known import keep_sound
from lading.freeze.looking import Looking, distributions_of, series_of
from lading.image.steps import PythonPackages
from lading.libraries import Finding, Report, Target, WheelElfs, report_problems
from lading.libraries.findings import in_order
from lading.libraries.site import requirements_reaching
from lading.platforms import Platform

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from lading.errors import Location
    from lading.freeze.deciding import Decided
    from lading.freeze.freezer import Freezer
    from lading.info import ImageInfo
    from lading.store import Store

__all__ = ["LibraryCheck"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryCheck:
    """Checks decided images.

    Attributes:
        freezer: What fetches their wheels, on which machine.
        store: What is known of wheels, bases and archives already.
        now: The time that an archive's state must still hold at.
        fetching: Whether what is not at hand is fetched; without, no network is touched, and the
            report names what was left out.
    """

    freezer: Freezer
    store: Store
    now: datetime
    fetching: bool = True

    def report(self, decided: Decided) -> Report:
        """What the image would lack at run time, and what could not be looked at.

        Raises:
            ResolutionError: A wheel can't be fetched.
            ImageError: A wheel is damaged.
        """
        obstacle = _obstacle(decided)
        if obstacle is not None:
            return Report(unchecked=(obstacle,))
        looking = Looking(
            freezer=self.freezer,
            store=self.store,
            now=self.now,
            fetching=self.fetching,
            decided=decided,
            target=_target(decided.info),
        )
        found = (*looking.findings(), *_compiled(decided))
        report = Report(
            findings=in_order(found),
            unchecked=tuple(looking.unchecked),
            unread=tuple(looking.unread),
        )
        keep_sound(decided.info, report, self.store)
        return report.located(_places(decided, looking.wheels))

    def insist(self, decided: Decided) -> None:
        """Refuse an image that would lack something, or of which that is not known.

        Raises:
            FreezeError: It would, or something could not be looked at; all such together.
            ResolutionError: A wheel can't be fetched.
            ImageError: A wheel is damaged.
        """
        problems = report_problems(self.report(decided))
        if problems:
            raise FreezeError(problems)


def _obstacle(decided: Decided) -> Problem | None:
    """Why nothing of an image can be checked."""
    if decided.info.distro is None:
        hint = 'name the distro: Image(base_image=..., distro="debian:bookworm")'
        return Problem(message="the image's distro is not known", hint=hint)
    if not decided.origin.image.lock_python_packages:
        return Problem(message="the image is not locked: its wheels are not known")
    return None


def _target(info: ImageInfo) -> Target:
    return Target.of(
        parse_distro(info.distro or ""),
        Platform.parse(info.platform),
        python=series_of(info.python),
        prefix=info.venv or "/usr",
    )


def _compiled(decided: Decided) -> Iterator[Finding]:
    """The distributions whose files are not there before they are compiled."""
    for one in distributions_of(decided):
        if one.is_source:
            yield Finding(
                kind="source",
                level="note",
                distribution=f"{one.name} {one.version or ''}".strip(),
                what="what it links to",
                reason="is known when it is compiled, and not before",
                advice="check the built image, or lock a wheel of it",
            )


def _places(decided: Decided, wheels: Iterable[WheelElfs]) -> Mapping[str, Location]:
    """Of each distribution the user's line that asks for it, or for what requires it."""
    lines: dict[str, Location] = {}
    first = None
    for group in decided.origin.asked.groups:
        for step, found in group:
            first = first or step.location
            for one in found.requirements:
                # In the code it is the call that is the user's line, and in a file the file's.
                own = step.location if isinstance(step, PythonPackages) else one.location
                lines.setdefault(str(one.requirement.name), own)
    places = {
        name: lines[root] for name, root in requirements_reaching(wheels, tuple(lines)).items()
    }
    rest = {one.name: first for one in distributions_of(decided) if first is not None}
    return {**rest, **places, **lines}
