"""Making the lock of an image: resolving what changed, keeping what did not."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lading.errors import (
    LadingError,
    Problem,
    ResolutionError,
    SpecificationError,
)
from lading.grammar.invalid import Invalid
from lading.grammar.requirement import Requirement
from lading.image import steps
from lading.image.spans import settings
from lading.lock.access import git_access
from lading.lock.base_locking import BaseLocker
from lading.lock.below import lock_below, moved, names_in, own_lock, said_below
from lading.lock.builds import BuildResolver
from lading.lock.deb_locking import DebLocker
from lading.lock.file_names import TOOL_LIBC
from lading.lock.git import Git
from lading.lock.groups import Group, Wanted, group_of, wanted
from lading.lock.integrity import refuse_contradicting
from lading.lock.known import Known, check_known
from lading.lock.model import Lock, PlatformLock, Tool
from lading.lock.platform_problems import of_platforms
from lading.lock.refusals import obstacle
from lading.lock.resolve import Renewal, Resolver, Settled
from lading.lock.said import (
    build_constraints,
    check_said,
    not_isolated,
    said_requirements,
)
from lading.lock.sources import SourceReader, SourceResolver
from lading.lock.target import Target
from lading.lock.tasks import Tasks, collected, settled, together
from lading.mirrors import read_mirrors

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from lading.lock.inputs import Asked
    from lading.lock.model import Build, Distribution, Inputs
    from lading.machine import Machine, Reach
    from lading.mirrors import Mirrors
    from lading.platforms import Libc, Platform

__all__ = ["LockMaker"]

_NOTHING_RENEWED = Renewal()


@dataclass(frozen=True, slots=True, kw_only=True)
class LockMaker:
    """Makes locks on one machine.

    Attributes:
        machine: How to reach registries and indexes.
        allow_unpinned_base: Whether a base image may go without a digest.
        allow_older_index: Whether a state of a Debian archive may be older than one that was seen.
        say: Told, in a few words, what is going on.
        now: The time, by which a signed archive may be out of date.
    """

    machine: Machine
    allow_unpinned_base: bool = False
    allow_older_index: bool = False
    say: Callable[[str], None] = lambda _: None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def make(
        self,
        asked: Asked,
        platforms: Sequence[Platform],
        *,
        earlier: Lock | None,
        renewal: Renewal = _NOTHING_RENEWED,
    ) -> Lock:
        """The lock of an image for exactly these platforms.

        No secret is read where the earlier lock fits.

        Args:
            asked: What the image asks for in its project.
            platforms: The platforms.
            earlier: The project's lock so far; what it pins stays, where it still fits.
            renewal: What of it is to be resolved anew all the same.

        Raises:
            SpecificationError: The image does not say what its packages are to be locked for.
            ResolutionError: There is no solution for a platform, or one that contradicts what was
                kept for another.
            RegistryError: The base image's registry does not tell its digest.
            BuildError: A secret that an index needs can't be read.
        """
        made = self._made(asked, platforms, earlier, renewal, {})
        refuse_contradicting(made)
        return made

    def _made(
        self,
        asked: Asked,
        platforms: Sequence[Platform],
        earlier: Lock | None,
        renewal: Renewal,
        locks: dict[str, Lock | None],
    ) -> Lock:
        """The lock; `locks` are those of the project that were read, by name."""
        # Read before what is below is asked for: that is a part of it.
        on = {platform: asked.on(platform) for platform in dict.fromkeys(platforms)}
        below, file = self._below(asked, platforms, earlier, renewal, locks)
        whole = Known(
            asked=asked, earlier=earlier, renewal=renewal, below=below, file_of_below=file
        )
        known = {platform: replace(whole, asked=one) for platform, one in on.items()}
        check_known(renewal, on.values(), earlier)
        fitting = {
            platform: one.fitting(platform, allow_unpinned_base=self.allow_unpinned_base)
            for platform, one in known.items()
        }
        parts = [part for part in fitting.values() if part is not None]
        missing = [platform for platform, part in fitting.items() if part is None]
        if missing:
            parts += self._make({platform: known[platform] for platform in missing}, known)
        images = {str(platform): one.image for platform, one in known.items()}
        if asked.image.lock_python_packages and missing:
            check_said([(images[part.platform], part) for part in parts], self.say)
        return _of_parts(asked.inputs, parts, {str(one): on[one].inputs for one in on})

    def _below(
        self,
        asked: Asked,
        platforms: Sequence[Platform],
        earlier: Lock | None,
        renewal: Renewal,
        locks: dict[str, Lock | None],
    ) -> tuple[Lock | None, str | None]:
        """The lock of the image below, and its file: where it has none, what that would be."""
        below = asked.below
        if below is None:
            return None, None
        found = own_lock(below, locks)
        if found is not None:
            name, own = found
            self.say(f"what is below stays as {name} has it")
            return self._made(below, platforms, own, _NOTHING_RENEWED, locks), name
        known = lock_below(asked, earlier) if earlier else None
        names = names_in(known) if known else ()
        packages = tuple(name for name in renewal.packages if name in names)
        narrowed = replace(renewal, packages=packages)
        return self._made(below, platforms, known, narrowed, locks), None

    def _make(
        self, known: Mapping[Platform, Known], asked: Collection[Platform]
    ) -> list[PlatformLock]:
        """The parts for these platforms; those that ask for the same reach it in one way.

        Args:
            known: What each of these asks for.
            asked: All platforms of the lock, those too that stay as they are.
        """
        with ExitStack() as stack, Tasks() as tasks:
            making: list[_Making] = []
            waits = {}
            for platform, one in known.items():
                if not making or making[-1].known.asked is not one.asked:
                    making.append(stack.enter_context(self._making(one, tasks)))
                waits[platform] = making[-1].platform(platform)
            _import_what_follows()
            found, failed = collected(waits)
            if failed:
                raise of_platforms(failed, asked)
            return found

    @contextmanager
    def _making(self, known: Known, tasks: Tasks) -> Iterator[_Making]:
        machine, project = self.machine, known.asked.project.resolve()
        mirrors = read_mirrors(project, machine.environ)
        indexes = settings(known.image.steps, steps.Index)
        with (
            machine.logged_in(indexes, project=project) as reach,
            git_access(known.asked, machine, project, self.say) as access,
        ):
            environment = {**reach.uv.environment, **access}
            uv = replace(reach.uv, environment=environment, stopping=tasks.stopping)
            yield _Making(
                maker=self,
                known=known,
                project=project,
                mirrors=mirrors,
                reach=replace(reach, uv=uv),
                requires=said_requirements(known.image),
                tasks=tasks,
                reader=SourceReader(
                    project=project,
                    cache=machine.cache,
                    http=reach.http,
                    git=Git(environment=environment, stopping=tasks.stopping),
                    mirror=mirrors.python,
                ),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Making:
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


def _of_parts(inputs: Inputs, parts: Iterable[PlatformLock], own: Mapping[str, Inputs]) -> Lock:
    """The lock of these parts, each with its own inputs where they are not the lock's."""
    import msgspec  # noqa: PLC0415 - the model has brought it already

    told = (
        msgspec.structs.replace(
            part, inputs=None if own[part.platform] == inputs else own[part.platform]
        )
        for part in sorted(parts, key=lambda part: part.platform)
    )
    return Lock(inputs=inputs, platforms=tuple(told))


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


def _import_what_follows() -> None:
    """Loads what reads the resolver's answer, while the resolver is at work."""
    import packaging.pylock  # noqa: F401, PLC0415 - this is the place
    import tomli_w  # noqa: F401, PLC0415
