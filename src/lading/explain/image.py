"""A decided image, explained: its packages by graphs of requirements, its layers by the plan."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from lading.assembly import must_execute, plan
from lading.distros import parse_distro
from lading.explain.layers import planned_report
from lading.explain.naming import by_name
from lading.explain.packages import Explained, Locked, explained
from lading.explain.reading import PackageReader
from lading.explain.requirements import auto_graph, python_graph, system_graph
from lading.explain.roots import (
    building_roots,
    python_roots,
    system_roots,
)
from lading.grammar.python_version import PythonVersion
from lading.info import InstallPython, InstallSystem
from lading.lock.target import Target
from lading.platforms import Platform

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lading.assembly import PlannedLayer
    from lading.explain.graph import Root
    from lading.explain.layers import LayerReport
    from lading.explain.packages import Kind, PackageReport
    from lading.explain.reading import DebSays, WheelSays
    from lading.freeze import Freezer
    from lading.freeze.deciding import Decided
    from lading.image import Image
    from lading.info import ImageInfo
    from lading.lock.model import Deb, Distribution, PlatformLock
    from lading.store import Store

__all__ = ["ImageExplainer"]


@dataclass(frozen=True, kw_only=True)
class ImageExplainer:
    """Explains parts of one image; what that takes is read when it is asked.

    Attributes:
        freezer: What gets files.
        decided: The image.
        written: The same with the steps of all platforms.
        locked: What the lock has for it.
        store: Where what was read of packages is kept.
    """

    freezer: Freezer
    decided: Decided
    written: Image
    locked: PlatformLock
    store: Store

    def packages(self, name: str) -> tuple[PackageReport, ...]:
        """Why packages of this name are there: Python's, the distribution's, or both.

        Raises:
            LadingError: The project's files can't be read.
        """
        normal = re.sub(r"[-_.]+", "-", name).lower()  # PEP 503
        found = []
        if normal in {one.name for one in self._distributions}:
            found.append(explained(normal, self._python, self._platform))
        if name in {one.name for one in self._installed}:
            found.append(explained(name, self._system("system"), self._platform))
        elif name in {one.name for one in self._info.build_debs or ()}:
            found.append(explained(name, self._system("compiling"), self._platform))
        return tuple(found)

    def layers(self, name: str) -> tuple[LayerReport, ...]:
        """The planned layers of this name, or whose names begin so."""
        found = by_name(name, ((one.name, one) for one in self._plan))
        return tuple(
            planned_report(one, self._platform, below=self._is_below(one)) for one in found
        )

    def names(self) -> tuple[str, ...]:
        """All that can be asked for."""
        debs = (one.name for one in (*self._installed, *(self._info.build_debs or ())))
        layers = (one.name for one in self._plan)
        return tuple(dict.fromkeys((*(one.name for one in self._distributions), *debs, *layers)))

    def built_with(self, name: str) -> tuple[str, ...]:
        """The distributions that a package is there to build, which the image itself has not."""
        steps = (step for step in self._info.steps if isinstance(step, InstallPython))
        return tuple(
            build.name
            for step in steps
            for build in step.builds
            if name in {one.name for one in build.distributions}
        )

    @property
    def _info(self) -> ImageInfo:
        return self.decided.info

    @property
    def _platform(self) -> str:
        return self._info.platform

    @cached_property
    def _plan(self) -> tuple[PlannedLayer, ...]:
        """The layers; none where an engine makes them."""
        return () if must_execute(self._info) else plan(self._info)

    @cached_property
    def _distributions(self) -> tuple[Distribution, ...]:
        """Each once: of one that is installed twice the later counts."""
        steps = (step for step in self._info.steps if isinstance(step, InstallPython))
        every = {one.name: one for step in steps for one in step.distributions}
        return tuple(every.values())

    @cached_property
    def _installed(self) -> tuple[Deb, ...]:
        steps = (step for step in self._info.steps if isinstance(step, InstallSystem))
        debs = (one for step in steps for one in step.debs or ())
        return (*(self._info.interpreter_debs or ()), *debs)

    @cached_property
    def _reader(self) -> PackageReader:
        origin = self.decided.origin
        return PackageReader(
            freezer=self.freezer,
            decided=self.decided,
            asked=origin.asked,
            store=self.store,
        )

    @cached_property
    def _python(self) -> Explained:
        says, unknown = self._reader.distributions(self._distributions)
        markers, asked = self._markers(), self._reader.asked
        project = self.decided.origin.project
        roots = tuple(python_roots(asked, project, markers, self._distributions, self.written))
        requires = {one.name: () for one in self._distributions} | {
            name: found.requires for name, found in says.items()
        }
        layers = {one.name: layer for layer in self._plan for one in layer.distributions}
        return Explained(
            kind="python",
            packages=dict(self._locked(self._distributions, says, layers)),
            roots=roots,
            graph=python_graph(requires, markers, [one for root in roots for one in root.targets]),
            unknown=unknown,
        )

    def _markers(self) -> dict[str, str]:
        """The environment that markers are evaluated in."""
        distro = parse_distro(self._info.distro or "")
        target = Target(
            platform=Platform.parse(self._platform),
            libc=distro.libc,
            python=PythonVersion.parse(self._info.python),
        )
        return target.markers()

    def _system(self, kind: Kind) -> Explained:
        """The distribution's packages; those for compiling stand on those that are installed."""
        info = self._info
        debs = (*self._installed, *((info.build_debs or ()) if kind == "compiling" else ()))
        says, unknown = self._reader.debs(debs)
        project = self.decided.origin.project
        roots: tuple[Root, ...] = tuple(system_roots(info, self.written, project))
        if kind == "compiling":
            asked = _asked_for_building(self.locked)
            roots = (*roots, *building_roots(info, self.written, project, asked))
        layers = {one.name: layer for layer in self._plan for one in layer.debs}
        return Explained(
            kind=kind,
            packages=dict(self._locked(debs, says, layers)),
            roots=roots,
            graph={
                **system_graph(one.facts for one in says.values()),
                **auto_graph(self.locked.auto),
            },
            unknown=unknown,
        )

    def _locked(
        self,
        packages: Iterable[Distribution] | Iterable[Deb],
        says: Mapping[str, WheelSays] | Mapping[str, DebSays],
        layers: Mapping[str, PlannedLayer],
    ) -> Iterator[tuple[str, Locked]]:
        for one in packages:
            said, layer = says.get(one.name), layers.get(one.name)
            yield (
                one.name,
                Locked(
                    name=one.name,
                    version=one.version,
                    download=one.size,
                    installed=said.installed if said else None,
                    layer=layer.name if layer else None,
                    below=layer is not None and self._is_below(layer),
                ),
            )

    def _is_below(self, layer: PlannedLayer) -> bool:
        """Whether a layer is one of the image below."""
        return layer.image < len(self._info.stack) - 1


def _asked_for_building(part: PlatformLock) -> tuple[str, ...]:
    """The packages that stages beside the image have, those of images below too."""
    own = part.debs_for.compiling if part.debs_for else ()
    return (*own, *(word for one in part.below for word in one.compiling))
