"""What apt would install for some words on a base whose packages are known, without recommends.

The rules are those by which `apt-get install --no-install-recommends --no-remove` goes
(apt-pkg/depcache.cc, apt-pkg/algorithms.cc), as far as they decide anything where nothing may go:

- Of a package the candidate counts: the newest version of all suites, or what is installed where
  that is newer; or the version that the user names.
- What the user names is taken first, all of it; then what each needs, in the order of its fields,
  depth first.
- What is there already, or was taken before, will do where it fits. Of alternatives an installed
  one that only has to be newer is preferred; else the first that can be had without a conflict.
- A package of that name is preferred to what provides the name; of several that provide it, one of
  the same source, then the one of the highest priority, then the first by name.
- What is installed of the same source as something new becomes as new.
- What an installed package needs must still be there in the end: it moves along, or it is an error.
- What is on hold stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from lading.debian.installation import Installation, is_it, stands_for
from lading.debian.words import MissingPackage, Words, newer_than
from lading.errors import Problem, ResolutionError
from lading.grammar.invalid import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lading.debian.control import Alternatives, Relation
    from lading.debian.facts import Facts
    from lading.debian.index import Package, Packages

__all__ = ["resolve"]

_PRIORITIES: Final = ("required", "important", "standard", "optional", "extra")
_MOST_ROUNDS: Final = 50
_MIRROR: Final = "a mirror may be incomplete, or hold its suites of different days"


def resolve(
    words: Iterable[str],
    packages: Packages,
    *,
    installed: Iterable[Facts] = (),
    architecture: str,
) -> tuple[Package, ...]:
    """What has to be installed, or brought to another version, by name.

    Args:
        words: As `apt-get install` takes them: `name`, `name:arch`, `name=version`.
        packages: Where they come from.
        installed: What the base has.
        architecture: The image's, in Debian's words.

    Raises:
        MissingPackage: The archive lacks some that are named, or what they need.
        ResolutionError: Two of them can't be installed together.
    """
    there = {one.name: one for one in installed}
    asked = tuple(dict.fromkeys(words))
    avoided: set[str] = set()
    while True:
        solver = _Solver(
            packages=packages,
            architecture=architecture,
            state=Installation(dict(there), architecture),
            avoided=frozenset(avoided),
        )
        try:
            solver.install(asked)
        except _Avoidable as error:
            avoided.add(error.name)
        except Invalid as error:  # a version that none can be compared with
            raise ResolutionError(f"the package index is damaged: {error.message}") from None
        else:
            return tuple(solver.chosen[name] for name in sorted(solver.chosen))


class _Avoidable(Exception):  # noqa: N818 - it is caught, and something else tried
    """A package is in the way of another, and was taken where there was a choice."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(slots=True, kw_only=True)
class _Solver:
    """One search.

    Attributes:
        packages: Where packages come from.
        architecture: The image's.
        state: What is installed so far.
        avoided: What is not taken where something else will do: an earlier search got stuck by it.
        chosen: What of it is new, or another version.
    """

    packages: Packages
    architecture: str
    state: Installation
    avoided: frozenset[str] = frozenset()
    chosen: dict[str, Package] = field(default_factory=dict)
    _forced: dict[str, Package] = field(default_factory=dict)
    _why: dict[str, str] = field(default_factory=dict)
    _optional: set[str] = field(default_factory=set)

    def install(self, words: Iterable[str]) -> None:
        """Take what the words name, and all that it needs."""
        named = self._words().named(words)
        self._forced |= {package.name: package for package in named}
        for package in named:
            self._put(package)
        for package in named:
            self._settle_conflicts(package)
        for package in named:
            self._take_needed(package)
        self._mend()

    def _words(self) -> Words:
        return Words(
            packages=self.packages, architecture=self.architecture, installed=self.state.current
        )

    # Packages.

    def _take(self, package: Package) -> None:
        """Install it, and what it needs."""
        self._put(package)
        self._settle_conflicts(package)
        self._take_needed(package)

    def _put(self, package: Package) -> None:
        self.state.put(package)
        self.chosen[package.name] = package

    def _take_needed(self, package: Package) -> None:
        """What it needs, depth first; a stack of our own, since chains are long."""
        stack = [(package, iter(package.depends))]
        while stack:
            owner, groups = stack[-1]
            alternatives = next(groups, None)
            if alternatives is None:
                stack.pop()
            elif not self.state.satisfies(alternatives):
                chosen = self._choose(owner, alternatives)
                self._why.setdefault(chosen.name, owner.name)
                self._put(chosen)
                self._settle_conflicts(chosen)
                stack.append((chosen, iter(chosen.depends)))

    def _choose(self, owner: Facts, alternatives: Alternatives) -> Package:
        """What `owner` gets of these."""
        every = [one for relation in alternatives for one in self._candidates(owner, relation)]
        found = [one for one in every if one.name not in self.avoided] or every
        if len({one.name for one in found}) > 1:
            self._optional.update(one.name for one in found)
        newer = [one for one in found if self.state.has(one.name)]
        for one in (*newer, *found):
            if all(self._can_move(other, one) for other, _ in self.state.conflicts(one)):
                return one
        if found:
            return found[0]  # whose conflict is told
        needed = " | ".join(map(str, alternatives))
        held = next((self._held(one) for one in alternatives if self._held(one)), None)
        if held is not None:
            raise ResolutionError(
                f"{owner.name} {owner.version} needs {needed}, and the base image has "
                f"{held.name} {held.version} on hold{self._chain(owner.name)}",
                hint="take a base image that does not hold it",
            )
        lacks = f"{owner.name} {owner.version} needs {needed}, which the archive lacks"
        raise MissingPackage(
            [Problem(message=f"{lacks}{self._chain(owner.name)}", hint=_MIRROR)],
            tuple(one.name for one in alternatives),
            is_named=False,
        )

    def _held(self, relation: Relation) -> Facts | None:
        there = self.state.current.get(relation.name)
        return there if there is not None and there.held else None

    def _candidates(self, owner: Facts, relation: Relation) -> Iterator[Package]:
        """What would satisfy it, the best first."""
        candidate = self._candidate(relation.name)
        if candidate is not None and is_it(candidate, relation, self.architecture):
            yield candidate
        providers = (
            candidate
            for one in self.packages.providing(relation.name)
            if stands_for(one, relation, self.architecture)
            and (candidate := self._candidate(one.name)) is not None
        )
        yield from sorted(providers, key=lambda one: _rank(owner, one))

    def _candidate(self, name: str) -> Package | None:
        """The version that may be installed; None where what is there stays, new enough or held."""
        if name in self._forced:
            return self._forced[name]
        if name in self.state.current and self.state.current[name].held:
            return None
        known = self.packages.named(name)
        return newer_than(self.state.current.get(name), known[0]) if known else None

    # Conflicts.

    def _settle_conflicts(self, package: Package) -> None:
        """Bring what is in its way to a version that is not; nothing is ever removed."""
        for other, why in tuple(self.state.conflicts(package)):
            if self.state.current.get(other.name) is not other:
                continue  # moved for another conflict
            if not self._can_move(other, package):
                for one in (other, package):
                    is_new = one.name in self.chosen and one.name not in self.avoided
                    if one.name in self._optional and is_new:
                        raise _Avoidable(one.name)
                raise self._refused(package, other, why)
            candidate = self._candidate(other.name)
            assert candidate is not None  # noqa: S101 - it can move
            self._take(candidate)

    def _can_move(self, other: Facts, package: Package) -> bool:
        """Whether there is a newer version of `other` that is not in the way of `package`."""
        candidate = self._candidate(other.name)
        if candidate is None or other.name in self.chosen:
            return False
        beside = Installation({package.name: package}, self.architecture)
        return not any(True for _ in beside.conflicts(candidate))

    def _refused(self, package: Facts, other: Facts, why: str) -> ResolutionError:
        return ResolutionError(
            f"{package.name} {package.version}{self._chain(package.name)} and {other.name} "
            f"{other.version}{self._chain(other.name)} can't be installed together: {why}",
            hint="leave one of them out",
        )

    def _chain(self, name: str) -> str:
        """Why it is there, in words, where the user has not named it."""
        if name in self._forced:
            return ""
        if name in self._why:
            return f" (which {self._why[name]} needs)"
        there = self.state.current.get(name)
        if there is None:
            return ""
        return " (on hold in the base image)" if there.held else " (of the base image)"

    # What was installed before.

    def _mend(self) -> None:
        """Let what is installed move along where something that it needs has moved."""
        for _ in range(_MOST_ROUNDS):
            for package in tuple(self._siblings()):
                if package.name not in self.chosen:
                    self._why.setdefault(package.name, "another package of its source")
                    self._take(package)
            broken = list(self._broken())
            if not broken:
                return
            for one, alternatives in broken:
                self._mend_one(one, alternatives)

    def _siblings(self) -> Iterator[Package]:
        """The newer versions of what is installed of the sources that something new is of."""
        sources = {one.source for one in self.chosen.values()}
        for one in self.state.current.values():
            if one.source in sources and one.name not in self.chosen:
                newer = self._candidate(one.name)
                if newer is not None:
                    yield newer

    def _mend_one(self, one: Facts, alternatives: Alternatives) -> None:
        has_moved = self.state.current.get(one.name) is not one
        if has_moved or self.state.satisfies(alternatives):
            return
        newer = self._candidate(one.name)
        if newer is not None and one.name not in self.chosen:
            self._why.setdefault(one.name, "the version of what it needs")
            self._take(newer)
        else:
            self._take(self._choose(one, alternatives))

    def _broken(self) -> Iterator[tuple[Facts, Alternatives]]:
        """What has a dependency that something new of ours has unsettled."""
        for one in tuple(self.state.current.values()):
            for alternatives in one.depends:
                touched = any(relation.name in self.chosen for relation in alternatives)
                if touched and not self.state.satisfies(alternatives):
                    yield one, alternatives


def _rank(owner: Facts, provider: Package) -> tuple[bool, int, str]:
    """As apt has it: the same source, the priority, the name."""
    priority = provider.priority
    return (
        provider.source != owner.source,
        _PRIORITIES.index(priority) if priority in _PRIORITIES else len(_PRIORITIES),
        provider.name,
    )
