"""Making the lock of an image: resolving what changed, keeping what did not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from lading.errors import LadingError, Problem, RegistryError, ResolutionError, SpecificationError
from lading.grammar.invalid import Invalid
from lading.grammar.requirement import Requirement
from lading.lock.drift import is_pinned
from lading.lock.groups import Group, Wanted, group_of
from lading.lock.inputs import base_reference
from lading.lock.model import Lock, LockedBase, PlatformLock, Tool
from lading.lock.resolve import Renewal, Resolver
from lading.lock.target import Target
from lading.lock.tasks import Tasks
from lading.platforms import Libc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from lading.image import Image
    from lading.lock.inputs import Asked
    from lading.lock.model import Distribution, Inputs
    from lading.lock.uv import Uv
    from lading.machine import Machine
    from lading.platforms import Platform

__all__ = ["LockMaker"]

T = TypeVar("T")

_UV_LIBC = Libc(name="musl", version=(1, 2))
"""The uv of the build is the statically linked one, which runs whatever libc the base has."""

_NOTHING_RENEWED = Renewal()


@dataclass(frozen=True, slots=True, kw_only=True)
class LockMaker:
    """Makes locks on one machine.

    Attributes:
        machine: How to reach registries and indexes.
        allow_unpinned_base: Whether a base image may go without a digest.
        say: Told, in a few words, what is going on.
    """

    machine: Machine
    allow_unpinned_base: bool = False
    say: Callable[[str], None] = lambda _: None

    def make(  # noqa: PLR0913 - an image, where it is, and what is known of it
        self,
        image: Image,
        asked: Asked,
        project: Path,
        platforms: Sequence[Platform],
        *,
        earlier: Lock | None,
        renewal: Renewal = _NOTHING_RENEWED,
    ) -> Lock:
        """The lock of `image` for exactly these platforms.

        Args:
            image: What to lock.
            asked: What it asks for in its project.
            project: The project's folder, absolute.
            platforms: The platforms.
            earlier: The project's lock so far; what it pins stays, where it still fits.
            renewal: What of it is to be resolved anew all the same.

        Raises:
            SpecificationError: The image does not say what its packages are to be locked for.
            ResolutionError: There is no solution for a platform.
            RegistryError: The base image's registry does not tell its digest.
        """
        _check_known(renewal, asked, earlier)
        with Tasks() as tasks:
            make = _Making(
                maker=self,
                image=image,
                asked=asked,
                project=project.resolve(),
                earlier=earlier,
                renewal=renewal,
                tasks=tasks,
                uv=replace(self.machine.uv(), stopping=tasks.stopping),
            )
            waits = [make.platform(platform) for platform in dict.fromkeys(platforms)]
            _import_what_follows()
            made = _collect(waits)
        parts = sorted(made, key=lambda part: part.platform)
        return Lock(inputs=asked.inputs, platforms=tuple(parts))


@dataclass(slots=True, kw_only=True)
class _Making:
    """One lock in the making; the attributes are what `LockMaker.make` was handed.

    What the machine says is asked here and in no thread: Python 3.11's `sysconfig`, by which uv's
    program is found, can't stand two at once.
    """

    maker: LockMaker
    image: Image
    asked: Asked
    project: Path
    earlier: Lock | None
    renewal: Renewal
    tasks: Tasks
    uv: Uv

    def platform(self, platform: Platform) -> Callable[[], PlatformLock]:
        """Starts the parts of one platform's lock at once; the call it gives waits for them."""
        earlier = self.earlier.platform(str(platform)) if self.earlier else None
        if earlier is not None and self._still_fits(earlier):
            return lambda: earlier
        # What takes longest begins first.
        found = self.tasks.start(lambda: self._distributions(platform, earlier))
        tools = self.tasks.start(lambda: self._tools(platform, earlier))
        base = self.tasks.start(lambda: self._base(platform, earlier))

        def wait() -> PlatformLock:
            failed: list[LadingError] = []
            results = (_settled(base, failed), _settled(tools, failed), _settled(found, failed))
            if results[0] is None or results[1] is None or results[2] is None:
                raise _together(failed)
            return PlatformLock(
                platform=str(platform), base=results[0], tools=results[1], distributions=results[2]
            )

        return wait

    def _still_fits(self, earlier: PlatformLock) -> bool:
        is_same = self.earlier is not None and self.earlier.inputs == self.asked.inputs
        is_complete = is_pinned(earlier.base) or self.maker.allow_unpinned_base
        return is_same and is_complete and not self.renewal

    def _base(self, platform: Platform, earlier: PlatformLock | None) -> LockedBase:
        from lading.registry import resolve_base  # noqa: PLC0415 - only where a registry is asked

        reference = base_reference(self.image)
        known = earlier.base if earlier else None
        is_known = known is not None and known.digest and known.reference == str(reference)
        if known is not None and is_known and not self.renewal.everything:
            return known
        self.maker.say(f"asking {reference.domain} for {reference.familiar}")
        machine = self.maker.machine
        try:
            found = resolve_base(
                reference, platform, http=machine.http(), credentials=machine.credentials()
            )
        except RegistryError as error:
            if self.maker.allow_unpinned_base:
                why = error.problems[0].message
                self.maker.say(f"{reference.familiar} goes without a digest: {why}")
                return LockedBase(reference=str(reference))
            raise RegistryError(_placed(error.problems, self.image)) from None
        return LockedBase(
            reference=str(reference), digest=str(found.digest), manifest=str(found.manifest)
        )

    def _tools(self, platform: Platform, earlier: PlatformLock | None) -> tuple[Tool, ...]:
        """The uv that installs, where there is anything to install."""
        if not self.asked.groups:
            return ()
        known = [tool for tool in earlier.tools if tool.name == "uv"] if earlier else []
        return (known[0] if known and self.renewal.keeps("uv") else self._newest_uv(platform),)

    def _newest_uv(self, platform: Platform) -> Tool:
        # Never a pre-release, whatever is allowed for the packages of the image.
        inputs = _without_prereleases(self.asked.inputs)
        resolver = self._resolver(platform, _UV_LIBC, inputs)
        wanted = Group(requirements=(Wanted(requirement=Requirement.parse("uv")),))
        try:
            found = resolver.distributions((wanted,), (), self.renewal)
        except ResolutionError as error:
            detail = error.problems[0].detail
            message = f"uv, which installs the packages, is on no index for {platform}"
            hint = error.problems[0].hint or "add an index that has it: index(url)"
            raise ResolutionError(Problem(message=message, detail=detail, hint=hint)) from None
        tool = _tool(found)
        self._keep(tool.url, tool.sha256)
        return tool

    def _keep(self, url: str, sha256: str) -> None:
        """Puts a file of the build context into the cache, so that freezing needs no network."""
        from lading.download import fetch  # noqa: PLC0415 - while the resolver is at work

        machine = self.maker.machine
        fetch(url, sha256, cache=machine.cache, http=machine.http())

    def _distributions(
        self, platform: Platform, earlier: PlatformLock | None
    ) -> tuple[Distribution, ...]:
        if not self.image.lock_python_packages or not self.asked.groups:
            return ()
        distro = self.image.distro
        if distro is None:
            message = (
                "Python packages are locked for a libc, and the base image does not tell its own"
            )
            hint = 'name the distro: Image(base_image=..., distro="debian:bookworm")'
            problem = Problem(message=message, hint=hint, location=self.image.location)
            raise SpecificationError(problem)
        resolver = self._resolver(platform, distro.libc, self.asked.inputs)
        self.maker.say(f"resolving for {resolver.target}")
        groups = [
            group_of(group, project=self.project, uv=self.uv, target=resolver.target)
            for group in self.asked.groups
        ]
        found = resolver.distributions(groups, self._pins(earlier), self.renewal)
        for one in found:
            if one.kind == "sdist" and one.sha256 is not None:
                self._keep(one.url, one.sha256)
        return found

    def _pins(self, earlier: PlatformLock | None) -> tuple[Distribution, ...]:
        """What is preferred; a platform that is new prefers what the others have."""
        if earlier is not None:
            return earlier.distributions
        others = self.earlier.platforms if self.earlier else ()
        found = {one.name: one for part in others for one in part.distributions}
        return tuple(found.values())

    def _resolver(self, platform: Platform, libc: Libc, inputs: Inputs) -> Resolver:
        target = Target(platform=platform, libc=libc, python=self.image.python_version)
        try:
            target.uv_platform  # noqa: B018 - whether uv can be told of it
        except Invalid as error:
            problem = Problem(message=error.message, hint=error.hint, location=self.image.location)
            raise ResolutionError(problem) from None
        return Resolver(uv=self.uv, project=self.project, target=target, inputs=inputs)


def _without_prereleases(inputs: Inputs) -> Inputs:
    import msgspec  # noqa: PLC0415 - the model has brought it already

    return msgspec.structs.replace(inputs, prerelease=False)


def _check_known(renewal: Renewal, asked: Asked, earlier: Lock | None) -> None:
    """A name to upgrade that nothing knows is a mistake that nothing else would show."""
    from lading.grammar.nearest import did_you_mean  # noqa: PLC0415 - for this error only

    known = {
        one.requirement.name or ""
        for group in asked.groups
        for _, found in group
        for one in found.requirements
    }
    for part in earlier.platforms if earlier else ():
        known |= {one.name for one in part.distributions}
        known |= {tool.name for tool in part.tools}
    problems = [
        Problem(
            message=f"{name} can't be upgraded: it is not in the lock",
            hint=did_you_mean(name, sorted(known)),
        )
        for name in renewal.packages
        if name not in known
    ]
    if problems:
        raise ResolutionError(problems)


def _import_what_follows() -> None:
    """Loads what reads the resolver's answer, while the resolver is at work."""
    import packaging.pylock  # noqa: F401, PLC0415 - this is the place
    import tomli_w  # noqa: F401, PLC0415


def _placed(problems: Iterable[Problem], image: Image) -> list[Problem]:
    return [
        Problem(message=one.message, hint=one.hint, detail=one.detail, location=image.location)
        for one in problems
    ]


def _tool(found: Iterable[Distribution]) -> Tool:
    uv = next(one for one in found if one.name == "uv")
    if uv.sha256 is None or uv.version is None or "://" not in uv.url:
        raise ResolutionError("no index gives uv, which the build needs, with a URL and a SHA-256")
    return Tool(name=uv.name, version=uv.version, url=uv.url, sha256=uv.sha256)


def _settled(wait: Callable[[], T], failed: list[LadingError]) -> T | None:
    try:
        return wait()
    except LadingError as error:
        failed.append(error)
        return None


def _collect(waits: Iterable[Callable[[], PlatformLock]]) -> list[PlatformLock]:
    """All results, or one error with the problems of all that failed."""
    failed: list[LadingError] = []
    results = [_settled(wait, failed) for wait in waits]
    if failed:
        raise _together(failed)
    return [result for result in results if result is not None]


def _together(failed: Sequence[LadingError]) -> LadingError:
    problems = dict.fromkeys(problem for error in failed for problem in error.problems)
    return type(failed[0])(problems)
