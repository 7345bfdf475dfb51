"""One platform's part of a lock, in the making: what is asked at once, and what waits for what."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lading.errors import LadingError, Problem, ResolutionError, SpecificationError
from lading.grammar.invalid import Invalid
from lading.grammar.requirement import Requirement
from lading.lock.base_locking import BaseLocker
from lading.lock.below import moved, said_below
from lading.lock.builds import BuildResolver
from lading.lock.deb_locking import DebLocker
from lading.lock.file_names import TOOL_LIBC
from lading.lock.groups import Group, Wanted, group_of, wanted
from lading.lock.model import PlatformLock, Tool
from lading.lock.refusals import obstacle
from lading.lock.resolve import Resolver, Settled
from lading.lock.said import build_constraints, not_isolated
from lading.lock.sources import SourceResolver
from lading.lock.target import Target
from lading.lock.tasks import settled, together

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from lading.lock.known import Known
    from lading.lock.making import LockMaker
    from lading.lock.model import Build, Distribution, Inputs
    from lading.lock.sources import SourceReader
    from lading.lock.tasks import Tasks
    from lading.machine import Reach
    from lading.mirrors import Mirrors
    from lading.platforms import Libc, Platform

__all__ = ["PlatformMaker"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformMaker:
    """The lock of an image in the making, for platforms on which it asks for the same.

    What the machine says is asked before, and in no thread: Python 3.11's `sysconfig`, by which
    uv's program is found, can't stand two at once.

    Attributes:
        maker: Who makes it.
        known: The image, and its lock so far.
        project: The project's folder, absolute.
        mirrors: What is asked in place of what.
        reach: How to reach indexes.
        requires: By name, what the user says that a source requires.
        tasks: Runs what takes long.
        reader: Reads sources.
    """

    maker: LockMaker
    known: Known
    project: Path
    mirrors: Mirrors
    reach: Reach
    requires: Mapping[str, tuple[str, ...]]
    tasks: Tasks
    reader: SourceReader

    def platform(self, platform: Platform) -> Callable[[], PlatformLock]:
        """Starts the parts of one platform's lock at once; the call it gives waits for them."""
        earlier = self.known.part(platform)
        below = self.known.part_of_below(platform)
        # What takes longest begins first.
        found = self.tasks.start(lambda: self._packages(platform, earlier))
        tools = self.tasks.start(lambda: self._tools(platform, earlier))
        base = self.tasks.start(lambda: self._bases.locked(platform, earlier))

        def wait() -> PlatformLock:
            failed: list[LadingError] = []
            results = (settled(base, failed), settled(tools, failed), settled(found, failed))
            if results[0] is None or results[1] is None or results[2] is None:
                raise together(failed)
            part = PlatformLock(
                platform=str(platform),
                base=results[0],
                tools=results[1],
                distributions=results[2][0],
                builds=results[2][1],
                below=said_below(below) if below else (),
            )
            return self._debs.locked(part, platform, earlier)

        return wait

    @property
    def _debs(self) -> DebLocker:
        maker = self.maker
        return DebLocker(
            known=self.known,
            project=self.project,
            mirrors=self.mirrors,
            machine=maker.machine,
            reader=self.reader,
            now=maker.now(),
            say=maker.say,
            takes_older=maker.allow_older_index,
        )

    @property
    def _bases(self) -> BaseLocker:
        maker = self.maker
        return BaseLocker(
            known=self.known,
            project=self.project,
            mirrors=self.mirrors,
            machine=maker.machine,
            say=maker.say,
            allow_unpinned_base=maker.allow_unpinned_base,
        )

    def _tools(self, platform: Platform, earlier: PlatformLock | None) -> tuple[Tool, ...]:
        """The uv that installs, where there is anything to install."""
        if not self.known.asked.groups:
            return ()
        below = self.known.part_of_below(platform)
        if below is not None and below.tools:
            return below.tools
        before = [tool for tool in earlier.tools if tool.name == "uv"] if earlier else []
        if before and self.known.renewal.keeps("uv"):
            return (before[0],)
        return (self._newest_uv(platform),)

    def _newest_uv(self, platform: Platform) -> Tool:
        mirror = self.mirrors.uv or self.mirrors.python
        resolver = self._resolver(platform, TOOL_LIBC)
        resolver = replace(resolver, inputs=_for_tools(resolver.inputs), python_mirror=mirror)
        wanted = Group(requirements=(Wanted(requirement=Requirement.parse("uv")),))
        try:
            found = resolver.distributions((wanted,), (), self.known.renewal)
        except ResolutionError as error:
            detail = error.problems[0].detail
            message = (
                obstacle(detail or "")
                or f"uv, which installs the packages, is on no index for {platform}"
            )
            hint = error.problems[0].hint or "add an index that has it: index(url)"
            raise ResolutionError(Problem(message=message, detail=detail, hint=hint)) from None
        uv = next(one for one in found if one.name == "uv")
        if uv.kind != "wheel" or uv.version is None:
            raise ResolutionError("no index gives uv, which the build needs, as a wheel with a URL")
        # So that freezing needs no network.
        replace(self.reader, mirror=mirror).fetch(uv)
        return Tool(name=uv.name, version=uv.version, url=uv.url, sha256=str(uv.sha256))

    def _packages(
        self, platform: Platform, earlier: PlatformLock | None
    ) -> tuple[tuple[Distribution, ...], tuple[Build, ...]]:
        """What is installed, and what its sources are built with."""
        image, asked = self.known.image, self.known.asked
        if not image.lock_python_packages or not asked.groups:
            return (), ()
        distro = image.distro
        if distro is None:
            message = (
                "Python packages are locked for a libc, and the base image does not tell its own"
            )
            hint = 'name the distro: Image(base_image=..., distro="debian:bookworm")'
            problem = Problem(message=message, hint=hint, location=image.location)
            raise SpecificationError(problem)
        resolver = self._resolver(platform, distro.libc)
        self.maker.say(f"resolving for {resolver.target}")
        groups = [
            group_of(group, project=self.project, uv=self.reach.uv, target=resolver.target)
            for group in asked.groups
        ]
        sources = SourceResolver(resolver=resolver, reader=self.reader, requires=self.requires)
        pins = self.known.pins(earlier)
        below = self.known.part_of_below(platform)
        settled = self._settled(below)
        found = sources.distributions(groups, pins, self.known.renewal, settled=settled)
        builds = BuildResolver(
            resolver=self._resolver(platform, distro.libc, prerelease=False),
            reader=self.reader,
            renewal=self.known.renewal,
            tasks=self.tasks,
            places=sum(groups, Group()).places(),
            constraints=tuple(wanted(build_constraints(image.steps), resolver.target.markers())),
        )
        before = self.known.builds(earlier)
        there = {build.name: build for build in below.builds} if below else {}
        made = builds.builds(found, before, not_isolated=not_isolated(image), there=there)
        return found, made

    def _settled(self, below: PlatformLock | None) -> Settled:
        if below is None:
            return Settled()
        if problems := tuple(moved(self.known.image, below)):
            raise SpecificationError(problems)
        return Settled(
            distributions=below.distributions,
            groups=self.known.asked.inputs.below[-1],
            file=self.known.file_of_below,
        )

    def _resolver(
        self, platform: Platform, libc: Libc, *, prerelease: bool | None = None
    ) -> Resolver:
        image, inputs = self.known.image, self.known.asked.inputs
        target = Target(platform=platform, libc=libc, python=image.python_version)
        try:
            target.uv_platform  # noqa: B018 - whether uv can be told of it
        except Invalid as error:
            problem = Problem(message=error.message, hint=error.hint, location=image.location)
            raise ResolutionError(problem) from None
        return Resolver(
            uv=self.reach.uv,
            project=self.project,
            target=target,
            inputs=inputs if prerelease is None else _with_prereleases(inputs, prerelease),
            mask=self.reach.mask,
            python_mirror=self.mirrors.python,
        )


def _for_tools(inputs: Inputs) -> Inputs:
    """Where a program of the build may come from: what is said of the image's packages aside.

    Never a pre-release. `--no-index` is said of packages in a folder, and a program has a URL.
    """
    import msgspec  # noqa: PLC0415 - the model has brought it already

    pages = tuple(link for link in inputs.find_links if "://" in link)
    return msgspec.structs.replace(
        inputs, prerelease=False, no_index=False, find_links=pages, accelerator=None
    )


def _with_prereleases(inputs: Inputs, allowed: bool) -> Inputs:  # noqa: FBT001 - that is what it sets
    import msgspec  # noqa: PLC0415 - the model has brought it already

    return msgspec.structs.replace(inputs, prerelease=allowed)
