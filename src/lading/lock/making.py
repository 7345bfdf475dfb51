"""Making the lock of an image: resolving what changed, keeping what did not."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lading.image import steps
from lading.image.spans import settings
from lading.lock.access import git_access
from lading.lock.below import lock_below, names_in, own_lock
from lading.lock.git import Git
from lading.lock.integrity import refuse_contradicting
from lading.lock.known import Known, check_known
from lading.lock.model import Lock, PlatformLock
from lading.lock.platform_making import PlatformMaker
from lading.lock.platform_problems import of_platforms
from lading.lock.resolve import Renewal
from lading.lock.said import (
    check_said,
    said_requirements,
)
from lading.lock.sources import SourceReader
from lading.lock.tasks import Tasks, collected
from lading.mirrors import read_mirrors

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from lading.lock.inputs import Asked
    from lading.lock.model import Inputs
    from lading.machine import Machine
    from lading.platforms import Platform

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
            making: list[PlatformMaker] = []
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
    def _making(self, known: Known, tasks: Tasks) -> Iterator[PlatformMaker]:
        machine, project = self.machine, known.asked.project.resolve()
        mirrors = read_mirrors(project, machine.environ)
        indexes = settings(known.image.steps, steps.Index)
        with (
            machine.logged_in(indexes, project=project) as reach,
            git_access(known.asked, machine, project, self.say) as access,
        ):
            environment = {**reach.uv.environment, **access}
            uv = replace(reach.uv, environment=environment, stopping=tasks.stopping)
            yield PlatformMaker(
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


def _import_what_follows() -> None:
    """Loads what reads the resolver's answer, while the resolver is at work."""
    import packaging.pylock  # noqa: F401, PLC0415 - this is the place
    import tomli_w  # noqa: F401, PLC0415
