"""Images are decided for `lading build`, and what of them has to be executed is found out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from lading.cli.libraries import refuse_missing, warn_of_missing
from lading.errors import ImageError
from lading.platforms import Platform

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lading.assembly import Installer, MustExecute, Needed
    from lading.bases import Base
    from lading.cli.asked import Order
    from lading.cli.display import Display
    from lading.cli.target import Target
    from lading.freeze import Freezer
    from lading.freeze.deciding import Decided
    from lading.info import ImageInfo
    from lading.machine import Machine
    from lading.store import Store

__all__ = ["Planning", "default_image"]


def default_image(project: Path) -> Path:
    """The layout that an image goes to which nobody takes."""
    return project / ".lading" / "image"


@dataclass(slots=True, kw_only=True)
class Planning:
    """What is known of one image before any of it is made.

    Attributes:
        order: What was asked for.
        found: The image.
        machine: How to reach what is needed.
        shown: Told what is going on.
        workdir: A folder for what is there during the build alone.
        kept: The layers that were made so far, where others use them too.
    """

    order: Order
    found: Target
    machine: Machine
    shown: Display
    workdir: Path
    kept: Store | None = None
    _bases: dict[Platform, Base] = field(default_factory=dict)
    _installers: dict[Platform, Installer] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        """The layers that were made so far."""
        if self.kept is None:
            self.kept = self.machine.store()
        return self.kept

    def decide(self, *, for_engine: bool = False) -> tuple[Decided, ...]:
        """The image for each platform; only the lock may be written.

        Args:
            for_engine: Whether a container engine is to build it.

        Raises:
            LadingError: It can't be decided.
        """
        # What goes below .lading is no file of a model.
        beside = () if self.order.output is None else self.found.beside()
        return tuple(
            self.freezer().decide(
                self.found.image,
                platform=str(platform),
                project=self.found.project,
                outputs=tuple(self._outputs()),
                beside=beside,
                for_engine=for_engine,
            )
            for platform in self.order.platforms
        )

    def refuse_missing(self, decided: tuple[Decided, ...]) -> None:
        """Where that is asked, refuse an image that would lack libraries.

        Raises:
            LadingError: It would, or that can't be found out.
        """
        if self.order.strict:
            refuse_missing(self.freezer(), decided)

    def warn_of_missing(self, decided: tuple[Decided, ...]) -> None:
        """Say which libraries it would lack: what was made of it is at hand by now."""
        if not (self.order.strict or self.order.quiet):
            warn_of_missing(self.freezer(), decided)

    def obstacles(self, decided: tuple[Decided, ...]) -> tuple[MustExecute, ...]:
        """What of it must be executed; the bases are looked at only where the steps are none.

        Raises:
            LadingError: A base can't be had, or has another interpreter.
        """
        from lading.assembly import must_execute  # noqa: PLC0415 - only where images are made

        steps = [one for each in decided for one in must_execute(each.info)]
        if not steps:
            lacking = (each.info for each in decided if not self._has_python(each))
            steps = [one for info in lacking for one in must_execute(info, interpreter=False)]
        if not steps:
            steps = [one for each in decided for one in self._scripts(each)]
        return tuple(dict.fromkeys(steps))

    def base(self, decided: Decided) -> Base:
        """Its base; one for each platform.

        Raises:
            LadingError: It can't be had.
        """
        from lading.bases import find_base  # noqa: PLC0415 - only where images are made

        platform = Platform.parse(decided.info.platform)
        if platform not in self._bases:
            self._bases[platform] = find_base(
                decided.info.base,
                platform,
                project=self.found.project,
                store=self.store,
                http=replace(self.machine.http(), offline=self.order.offline),
                credentials=self.machine.credentials(),
                mirror=decided.info.base_mirror,
            )
        return self._bases[platform]

    def installer(self, decided: Decided) -> Installer:
        """What puts system packages into it; one for each platform."""
        from lading.assembly import Installer  # noqa: PLC0415 - only where images are made

        platform = Platform.parse(decided.info.platform)
        if platform not in self._installers:
            fetch = partial(self.freezer().fetch_debs, decided)
            self._installers[platform] = Installer(
                store=self.store, fetch=fetch, workdir=self.workdir
            )
        return self._installers[platform]

    def freezer(self) -> Freezer:
        """What decides it, and fetches what its lock names."""
        from lading.freeze import Freezer  # noqa: PLC0415 - only for this command

        order = self.order
        return Freezer(
            machine=self.machine,
            locked=order.locked,
            allow_unpinned_base=order.allow_unpinned_base,
            offline=order.offline,
            say=self.shown.say,
        )

    def _scripts(self, decided: Decided) -> tuple[MustExecute, ...]:
        """The maintainer scripts of system packages that have to be run.

        Raises:
            LadingError: A package is not as it must be, or can't be had.
        """
        from lading.assembly import (  # noqa: PLC0415 - only where images are made
            scripts_to_run,
            unfit,
            unpackable,
        )

        if not decided.info.installed_debs:
            return ()
        try:
            needed = tuple(
                one for info in decided.info.stack for one in self._needed(decided, info)
            )
        except ImageError as error:
            from lading.debs import Unfit  # noqa: PLC0415 - packages have been read by now

            if not isinstance(error, Unfit):  # no engine is given what is damaged
                raise
            return tuple(unfit(one.message) for one in error.problems)
        found = scripts_to_run(decided.info, needed)
        if found and decided.info.on_scratch:
            raise unpackable(found)
        return found

    def _needed(self, decided: Decided, info: ImageInfo) -> tuple[Needed, ...]:
        """The same of an image, or of one below it."""
        from lading.assembly import Upon  # noqa: PLC0415 - only where images are made

        below = info.below
        over = below.installed_debs if below else ()
        upon = Upon(debs=over, user=below.config.user) if below and over else None
        installer, base = self.installer(decided), self.base(decided)
        return installer.needed_scripts(info.installed_debs, base, info.config.user, upon)

    def _has_python(self, decided: Decided) -> bool:
        from lading.bases import interpreter  # noqa: PLC0415 - only where images are made
        from lading.grammar.python_version import PythonVersion  # noqa: PLC0415

        info = decided.info
        if info.venv is None:
            return True
        found = interpreter(
            self.base(decided),
            PythonVersion.parse(info.python),
            self.store,
            installable=bool(info.interpreter_packages),
        )
        return found is not None

    def _outputs(self) -> Iterator[Path]:
        yield default_image(self.found.project)
        if self.order.output is not None:
            yield self.order.output.path
