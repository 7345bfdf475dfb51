"""Which packages an installation may need, on whatever base of the release it takes place.

apt itself chooses, at the build, from what is found here and what its base has. So this holds all
that any base may lack, and more than one base will install:

- Depends and Pre-Depends of every package, in turn, down to libc and beyond; no Recommends.
- Of alternatives the first that the archive has. Another is taken at the build only where the base
  has it already.
- What several packages provide: the one that apt prefers. One that is here anyway will do.
- Of each package the newest version that the relation allows, as apt's default priorities have it.
- Packages that bases are made of (essential, required or important ones, those of `_OFTEN`, and
  what they need) where they are made of the same source as one that is here: they depend on each
  other by their exact version, and so `libstdc++6` must move when `gcc-12-base` does.

Where a base holds further packages, in older versions that must move together with one of these,
apt refuses to install at the build.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

from lading.debian.version import satisfies
from lading.errors import Problem, ResolutionError
from lading.grammar.invalid import Invalid
from lading.grammar.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lading.debian.control import Alternatives, Relation
    from lading.debian.index import Package, Packages

__all__ = ["closure"]

_WORD: Final = re.compile(r"(?P<name>[^:=]+)(?::(?P<architecture>[^=]+))?(?:=(?P<version>.+))?")
_PRIORITIES: Final = ("required", "important", "standard", "optional", "extra")
_SHOWN: Final = 8

_OFTEN: Final = ("ca-certificates", "netbase", "python3", "tzdata")
"""What official images and bases with the release's own Python have besides."""


def closure(words: Iterable[str], packages: Packages, *, architecture: str) -> tuple[Package, ...]:
    """All that installing these packages may need, by name and version.

    Args:
        words: As `apt-get install` takes them: `name`, `name:arch`, `name=version`.
        packages: Where they come from.
        architecture: The image's.

    Raises:
        ResolutionError: The archive lacks one, with all that it lacks.
    """
    try:
        found = _closure(dict.fromkeys(words), packages, architecture)
    except Invalid as error:  # a version that none can be compared with
        raise ResolutionError(f"the package index is damaged: {error.message}") from None
    return tuple(sorted(found, key=lambda one: (one.name, one.version)))


def _closure(words: Iterable[str], packages: Packages, architecture: str) -> Iterable[Package]:
    search = _Search(packages, architecture)
    problems = [problem for word in words if (problem := search.take_word(word)) is not None]
    if problems:
        raise ResolutionError(problems)
    search.finish()
    return search.found.values()


@dataclass(slots=True)
class _Search:
    """What was found up to now, and what of it has still to be looked at."""

    packages: Packages
    architecture: str
    found: dict[tuple[str, str], Package] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    queue: deque[Package] = field(default_factory=deque)

    def take(self, package: Package) -> None:
        key = (package.name, package.version)
        if key not in self.found:
            self.found[key] = package
            self.names.add(package.name)
            self.names.update(provided.name for provided in package.provides)
            self.queue.append(package)

    def take_word(self, word: str) -> Problem | None:
        """Take what the user names, or say why that can't be."""
        match = _WORD.fullmatch(word)
        if match is None:
            return Problem(message=f'"{word}" is not the name of a package')
        if match["architecture"] not in {None, "any", "native", "all", self.architecture}:
            return Problem(
                message=f"{word} is for another architecture than the image, {self.architecture}",
                hint=f"name {match['name']} alone",
            )
        known = self.packages.named(match["name"])
        if not known:
            return self._take_provider(match["name"], versioned=match["version"] is not None)
        wanted = [one for one in known if _is_version(one.version, match["version"])]
        if not wanted:
            versions = ", ".join(one.version for one in known[:_SHOWN])
            return Problem(message=f"the archive has no {word}", hint=f"it has {versions}")
        self.take(wanted[0])
        return None

    def _take_provider(self, name: str, *, versioned: bool) -> Problem | None:
        """Take the only package that provides a name, as apt does."""
        providers = sorted({one.name for one, _ in self.packages.providing(name)})
        if len(providers) == 1 and not versioned:
            self.take(self.packages.named(providers[0])[0])
            return None
        if providers:
            names = ", ".join(providers[:_SHOWN])
            return Problem(
                message=f"{name} is not a package, but what several provide",
                hint=f"name one of {names}",
            )
        guesses = " or ".join(dict.fromkeys(self._alike(name)))
        suites = ", ".join(dict.fromkeys(index.suite for index in self.packages.indexes))
        return Problem(
            message=f"no package is named {name} in {suites}",
            hint=f"did you mean {guesses}?" if guesses else None,
        )

    def _alike(self, name: str) -> Iterator[str]:
        """The packages that a name nobody has was perhaps meant for."""
        start = name
        while "-" in start:  # libgl1-mesa-glx became libgl1
            start = start.rpartition("-")[0]
            if self.packages.named(start):
                yield start
                break
        guess = nearest(name, self.packages.names())
        if guess is not None:
            yield guess

    def finish(self) -> None:
        """Take all that is needed by what was taken."""
        basics = _Basics(self.packages, self.architecture)
        while self.queue:
            package = self.queue.popleft()
            self._take_needed(package)
            for basic in basics.moving_with(package):
                self.take(basic)

    def _take_needed(self, package: Package) -> None:
        for alternatives in package.depends:
            chosen = self.choose(package, alternatives)
            if chosen is None:
                needed = " | ".join(map(str, alternatives))
                raise ResolutionError(
                    f"{package.name} {package.version} needs {needed}, which the archive lacks",
                    hint="a mirror may be incomplete, or hold its suites of different days",
                )
            self.take(chosen)

    def choose(self, package: Package, alternatives: Alternatives) -> Package | None:
        """What `package` gets of these, or None where there is none of them."""
        choices = (self._best(package, one) for one in alternatives)
        return next((one for one in choices if one is not None), None)

    def _best(self, package: Package, relation: Relation) -> Package | None:
        if relation.architecture not in {None, "any", self.architecture}:
            return None
        for known in self.packages.named(relation.name):
            if _is_allowed(known.version, relation):
                return known
        return min(
            (
                provider
                for provider, version in self.packages.providing(relation.name)
                if _is_provided(version, relation)
            ),
            key=lambda one: self._rank(package, one),
            default=None,
        )

    def _rank(self, package: Package, provider: Package) -> tuple[bool, bool, int, str]:
        """What is here already, then as apt has it: the same source, and the priority."""
        priority = provider.priority
        return (
            (provider.name, provider.version) not in self.found,
            provider.source != package.source,
            _PRIORITIES.index(priority) if priority in _PRIORITIES else len(_PRIORITIES),
            provider.name,
        )


@dataclass(frozen=True)
class _Basics:
    """The packages that a base is made of, which a build may have to bring up to date as well."""

    packages: Packages
    architecture: str

    def moving_with(self, package: Package) -> tuple[Package, ...]:
        """Those made of the same source."""
        return self._by_source.get(package.source, ())

    @cached_property
    def _by_source(self) -> dict[str, tuple[Package, ...]]:
        found: defaultdict[str, list[Package]] = defaultdict(list)
        for package in self._every():
            found[package.source].append(package)
        return {source: tuple(packages) for source, packages in found.items()}

    def _every(self) -> tuple[Package, ...]:
        search = _Search(self.packages, self.architecture)
        often = (known[0] for name in _OFTEN if (known := self.packages.named(name)))
        for package in (*self.packages.basic(), *often):
            search.take(package)
        while search.queue:
            package = search.queue.popleft()
            for alternatives in package.depends:
                chosen = search.choose(package, alternatives)
                if chosen is not None:
                    search.take(chosen)
        return tuple(search.found.values())


def _is_allowed(version: str, relation: Relation) -> bool:
    if relation.operator is None or relation.version is None:
        return True
    return satisfies(version, relation.operator, relation.version)


def _is_provided(version: str | None, relation: Relation) -> bool:
    """Policy 7.5: only a provision with a version satisfies a relation with one."""
    return relation.version is None or (version is not None and _is_allowed(version, relation))


def _is_version(version: str, wanted: str | None) -> bool:
    if wanted is None:
        return True
    if wanted.endswith("*"):
        return version.startswith(wanted[:-1])
    return version == wanted
