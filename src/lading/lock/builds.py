"""What each source is built with: locked for each on its own, and never in the image.

On its own, since two sources may ask for what excludes each other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from threading import BoundedSemaphore
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from lading.errors import Problem, ResolutionError
from lading.grammar.invalid import Invalid
from lading.grammar.requirement import Requirement
from lading.lock.build_system import build_requirements, lacks_wheel
from lading.lock.groups import Group, Wanted
from lading.lock.model import Build
from lading.lock.tasks import settled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from lading.errors import LadingError, Location
    from lading.lock.model import Distribution, InputIndex
    from lading.lock.resolve import Renewal, Resolver
    from lading.lock.sources import SourceReader
    from lading.lock.tasks import Tasks

__all__ = ["BuildResolver"]

K = TypeVar("K")
V = TypeVar("V")

_AT_ONCE = BoundedSemaphore(8)  # each is a process with many connections

_WHEELS = "an index that has a wheel of it for the image's platform: index(url, packages=[...])"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """What is to be resolved for a build; two builds with the same wish get the same answer.

    Attributes:
        lines: The requirements.
        kept: What is preferred.
        present: Names that the environment of the build has already.
    """

    lines: tuple[str, ...]
    kept: tuple[Distribution, ...]
    present: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildResolver:
    """Locks what the sources of one platform are built with.

    Attributes:
        resolver: Resolves for the platform.
        reader: Reads sources.
        renewal: What is not kept.
        tasks: Runs what takes long.
        places: By name, the user's line that asks for a source.
        constraints: Versions to keep to, whatever is built.
    """

    resolver: Resolver
    reader: SourceReader
    renewal: Renewal
    tasks: Tasks
    places: Mapping[str, Location]
    constraints: tuple[Wanted, ...] = ()

    def builds(
        self,
        found: Sequence[Distribution],
        earlier: Iterable[Build],
        *,
        not_isolated: Sequence[str] = (),
        there: Mapping[str, Build] = MappingProxyType({}),
    ) -> tuple[Build, ...]:
        """A build for each source among `found`.

        Args:
            found: All that is installed.
            earlier: Builds whose choices are preferred where they still fit.
            not_isolated: Names of sources that are built in an environment that has all that the
                earlier installations bring, and those of these names that come before; what that
                has is no part of their builds.
            there: Builds of an image below, by name: they stay as they are.

        Raises:
            ResolutionError: A source can't be read, or what it asks for has no wheels; all such
                together.
        """
        new = (one for one in found if one.is_source and one.name not in there)
        sources = sorted(new, key=lambda one: one.name)
        kept = {build.name: self._kept(build.distributions) for build in earlier}
        failed: list[LadingError] = []
        asked = self._each(sources, self._requirements, failed)
        wishes = {
            one: _wish(one, lines, kept, _present(one, found, not_isolated))
            for one, lines in asked.items()
        }
        # Of builds that wish for the same, the first is asked for all, and named where that fails.
        firsts: dict[_Wish, str] = {}
        for one, wish in wishes.items():
            firsts.setdefault(wish, one.name)
        answers = self._each(firsts, lambda wish: self._resolve(firsts[wish], wish), failed)
        if failed:
            raise ResolutionError(problem for error in failed for problem in error.problems)
        made = {
            one.name: Build(name=one.name, requirements=lines, distributions=answers[wishes[one]])
            for one, lines in asked.items()
        }
        return tuple(build for _, build in sorted({**there, **made}.items()))

    def _each(
        self, keys: Iterable[K], call: Callable[[K], V], failed: list[LadingError]
    ) -> dict[K, V]:
        """What `call` gives for each key, all at the same time; the errors go into `failed`."""
        waits = {key: self.tasks.start(partial(call, key)) for key in keys}
        found = {key: settled(wait, failed) for key, wait in waits.items()}
        return {key: value for key, value in found.items() if value is not None}

    def _kept(self, distributions: Iterable[Distribution]) -> tuple[Distribution, ...]:
        return tuple(one for one in distributions if self.renewal.keeps(one.name))

    def _requirements(self, one: Distribution) -> tuple[str, ...]:
        try:
            lines = build_requirements(self.reader.texts(one))
            if not one.is_in_project:  # which is the user's own word
                _check_bound(lines, self.resolver.inputs.indexes)
        except ValueError as error:
            message = f"{one.name} can't be built: {error}"
            raise ResolutionError(
                Problem(message=message, location=self.places.get(one.name))
            ) from None
        return lines

    def _resolve(self, name: str, wish: _Wish) -> tuple[Distribution, ...]:
        found = self._resolved(name, wish)
        if lacks_wheel({one.name: one.version for one in found}):
            found = self._resolved(name, replace(wish, lines=(*wish.lines, "wheel")))
        return tuple(one for one in found if one.name not in wish.present)

    def _resolved(self, name: str, wish: _Wish) -> tuple[Distribution, ...]:
        place = self.places.get(name)
        wanted = [Requirement.parse(line) for line in wish.lines]
        group = Group(
            requirements=tuple(
                Wanted(requirement=one, location=place)
                for one in wanted
                if one.name not in wish.present
            ),
            constraints=self.constraints,
            complete=False,
        )
        try:
            with _AT_ONCE:
                found = self.resolver.distributions((group,), wish.kept, self.renewal)
        except ResolutionError as error:
            raise ResolutionError(
                _unbuildable(name, one, place) for one in error.problems
            ) from None
        sources = [one.name for one in found if one.is_source]
        if sources:
            message = f"{name} is built with {', '.join(sources)}, of which there is no wheel"
            raise ResolutionError(Problem(message=message, location=place, hint=_WHEELS))
        return found


def _check_bound(lines: Iterable[str], indexes: Iterable[InputIndex]) -> None:
    """Refuse a URL for what comes from one index and from nowhere else."""
    bound = {name: index.url for index in indexes for name in index.packages}
    for one in map(Requirement.parse, lines):
        if one.kind != "named" and one.name in bound:
            message = f"it asks for {one.text}, and {one.name} comes from {bound[one.name]} alone"
            raise Invalid(message)


def _unbuildable(name: str, problem: Problem, place: Location | None) -> Problem:
    return Problem(
        message=f"what {name} is built with can't be had as wheels: {problem.message}",
        location=place,
        detail=problem.detail,
        # To allow sources is what the resolver's own hint would say.
        hint=problem.hint if problem.hint and "no_binary" not in problem.hint else _WHEELS,
    )


def _present(
    one: Distribution, found: Iterable[Distribution], not_isolated: Sequence[str]
) -> tuple[Distribution, ...]:
    """What the environment has that a source is built in."""
    if one.name not in not_isolated:
        return ()
    before = not_isolated[: not_isolated.index(one.name)]
    return tuple(
        other
        for other in found
        if other.group < one.group or (other.group == one.group and other.name in before)
    )


def _wish(
    one: Distribution,
    lines: tuple[str, ...],
    kept: Mapping[str, tuple[Distribution, ...]],
    present: Sequence[Distribution],
) -> _Wish:
    preferred = {other.name: other for other in (*kept.get(one.name, ()), *present)}
    return _Wish(
        lines=lines,
        kept=tuple(preferred[name] for name in sorted(preferred)),
        present=frozenset(other.name for other in present),
    )
