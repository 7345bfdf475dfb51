"""Making the lock of an image: resolving what changed, keeping what did not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lading.download import fetch
from lading.errors import LadingError, Problem, RegistryError, ResolutionError, SpecificationError
from lading.lock.groups import resolvable
from lading.lock.inputs import base_reference
from lading.lock.model import Lock, LockedBase, PlatformLock, Tool
from lading.lock.resolve import Group, Renewal, Resolver
from lading.lock.target import Target
from lading.platforms import Libc

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from lading.image import Image
    from lading.lock.inputs import Asked
    from lading.lock.model import Distribution
    from lading.lock.uv import Uv
    from lading.machine import Machine
    from lading.platforms import Platform

__all__ = ["LockMaker"]

_UV_LIBC = Libc(name="musl", version=(1, 2))
"""The uv of the build is the statically linked one, which runs whatever libc the base has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockMaker:
    """Makes locks on one machine.

    Attributes:
        machine: How to reach registries and indexes.
        allow_unpinned_base: Whether a base image may go without a digest where no registry tells it.
        say: Told, in a few words, what is going on.
    """

    machine: Machine
    allow_unpinned_base: bool = False
    say: Callable[[str], None] = lambda _: None

    def make(
        self,
        image: Image,
        asked: Asked,
        project: Path,
        platforms: Sequence[Platform],
        *,
        earlier: Lock | None,
        renewal: Renewal = Renewal(),
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
            ResolutionError: There is no solution for a platform.
            RegistryError: The base image's registry does not tell its digest.
        """
        make = _Making(self, image, asked, project, earlier, renewal)
        with ThreadPoolExecutor(max_workers=8) as pool:
            parts = [make.platform(pool, platform) for platform in platforms]
            made = _collect(parts)
        return Lock(
            inputs=asked.inputs, platforms=tuple(sorted(made, key=lambda part: part.platform))
        )


class _Making:
    """One lock in the making."""

    def __init__(  # noqa: PLR0913, PLR0917 - what LockMaker.make was handed
        self,
        maker: LockMaker,
        image: Image,
        asked: Asked,
        project: Path,
        earlier: Lock | None,
        renewal: Renewal,
    ) -> None:
        self._maker = maker
        self._image = image
        self._asked = asked
        self._project = project
        self._earlier = earlier
        self._renewal = renewal
        self._is_same = earlier is not None and earlier.inputs == asked.inputs

    def platform(
        self, pool: ThreadPoolExecutor, platform: Platform
    ) -> Callable[[], PlatformLock]:
        """Starts the parts of one platform's lock at once; the call that it returns waits for them."""
        earlier = self._earlier.platform(str(platform)) if self._earlier else None
        if earlier and self._is_same and not self._renews_anything and self._is_complete(earlier):
            return lambda: earlier
        uv = self._maker.machine.uv()
        base = pool.submit(self._base, platform, earlier)
        tool = pool.submit(self._uv_tool, platform, earlier, uv)
        pins = earlier.distributions if earlier else ()
        found = pool.submit(self._distributions, platform, pins, uv)

        def wait() -> PlatformLock:
            results = _collect([base.result, tool.result, found.result])
            return PlatformLock(
                platform=str(platform), base=results[0], tools=(results[1],), distributions=results[2]
            )

        return wait

    @property
    def _renews_anything(self) -> bool:
        return self._renewal.everything or bool(self._renewal.packages)

    def _is_complete(self, earlier: PlatformLock) -> bool:
        return earlier.base.digest is not None or self._maker.allow_unpinned_base

    def _base(self, platform: Platform, earlier: PlatformLock | None) -> LockedBase:
        from lading.registry import resolve_base  # noqa: PLC0415 - only where a registry is asked

        reference = base_reference(self._image)
        known = earlier.base if earlier else None
        if known and known.digest and known.reference == str(reference):
            if not self._renewal.everything:
                return known
        self._maker.say(f"asking {reference.domain} for {reference.familiar}")
        machine = self._maker.machine
        try:
            found = resolve_base(
                reference, platform, http=machine.http(), credentials=machine.credentials()
            )
        except RegistryError as error:
            if self._maker.allow_unpinned_base:
                self._maker.say(f"{reference.familiar} goes without a digest: {error.problems[0].message}")
                return LockedBase(reference=str(reference))
            raise RegistryError(
                Problem(message=one.message, hint=one.hint, detail=one.detail, location=self._image.location)
                for one in error.problems
            ) from None
        return LockedBase(
            reference=str(reference), digest=str(found.digest), manifest=str(found.manifest)
        )

    def _uv_tool(self, platform: Platform, earlier: PlatformLock | None, uv: Uv) -> Tool:
        known = next((tool for tool in earlier.tools if tool.name == "uv"), None) if earlier else None
        if known and self._renewal.keeps("uv"):
            return known
        target = Target(platform=platform, libc=_UV_LIBC, python=self._image.python_version)
        resolver = Resolver(uv=uv, project=self._project, target=target, inputs=self._asked.inputs)
        found = resolver.distributions((Group(requirements=("uv",)),), (), self._renewal)
        tool = _tool(next(one for one in found if one.name == "uv"))
        machine = self._maker.machine
        fetch(tool.url, tool.sha256, cache=machine.cache, http=machine.http())
        return tool

    def _distributions(
        self, platform: Platform, pins: tuple[Distribution, ...], uv: Uv
    ) -> tuple[Distribution, ...]:
        if not self._image.lock_python_packages or not self._asked.groups:
            return ()
        distro = self._image.distro
        if distro is None:
            message = "Python packages are locked for a libc, and the base image does not tell its own"
            hint = 'name the distro: Image(base_image=..., distro="debian:bookworm")'
            raise SpecificationError(
                Problem(message=message, hint=hint, location=self._image.location)
            )
        target = Target(platform=platform, libc=distro.libc, python=self._image.python_version)
        self._maker.say(f"resolving for {target}")
        groups = [
            resolvable(group, project=self._project, uv=uv) for group in self._asked.groups
        ]
        resolver = Resolver(uv=uv, project=self._project, target=target, inputs=self._asked.inputs)
        return resolver.distributions(groups, pins, self._renewal)


def _tool(distribution: Distribution) -> Tool:
    digests = [digest for digest in distribution.hashes if digest.startswith("sha256:")]
    if not digests or distribution.version is None:
        raise ResolutionError("the index gives no SHA-256 for uv, which the build needs")
    return Tool(
        name=distribution.name,
        version=distribution.version,
        url=distribution.url,
        sha256=digests[0].removeprefix("sha256:"),
    )


def _collect(waits: Sequence[Callable[[], object]]) -> list:
    """All results, or one error with the problems of all that failed."""
    results: list[object] = []
    failed: list[LadingError] = []
    for wait in waits:
        try:
            results.append(wait())
        except LadingError as error:
            failed.append(error)
    if failed:
        problems = dict.fromkeys(problem for error in failed for problem in error.problems)
        raise type(failed[0])(problems)
    return results
