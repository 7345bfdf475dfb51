"""Packages that are installed together: what they provide, and what they bar (Policy 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lading.debian.version import satisfies

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lading.debian.control import Alternatives, Relation
    from lading.debian.facts import Facts

__all__ = ["Installation", "is_it", "stands_for", "unmet"]

_ANY: Final = "any"
_ALL: Final = "all"
_NATIVE: Final = frozenset({None, "native"})


class Installation:
    """What is installed at some point of the search, for one architecture."""

    def __init__(self, current: dict[str, Facts], architecture: str) -> None:
        self.current = current
        self._architecture = architecture
        self._providers: dict[str, dict[str, None]] = {}
        self._barred: dict[str, dict[str, list[Relation]]] = {}
        for one in current.values():
            self._enter(one)

    def put(self, one: Facts) -> None:
        """Install it, in the place of another version."""
        before = self.current.get(one.name)
        if before is not None:
            for provided in before.provides:
                self._providers.get(provided.name, {}).pop(before.name, None)
            for relation in before.conflicts:
                self._barred.get(relation.name, {}).pop(before.name, None)
        self.current[one.name] = one
        self._enter(one)

    def _enter(self, one: Facts) -> None:
        for provided in one.provides:
            self._providers.setdefault(provided.name, {})[one.name] = None
        for relation in one.conflicts:
            self._barred.setdefault(relation.name, {}).setdefault(one.name, []).append(relation)

    def has(self, name: str) -> bool:
        """Whether some version of a package is there, and not only held to be."""
        there = self.current.get(name)
        return there is not None and not there.stands_in

    def satisfies(self, alternatives: Alternatives) -> bool:
        """Whether something that is there will do."""
        return any(self._holds(one) for one in alternatives)

    def _holds(self, relation: Relation) -> bool:
        there = self.current.get(relation.name)
        if there is not None and is_it(there, relation, self._architecture):
            return True
        providers = self._providers.get(relation.name, ())
        return any(
            stands_for(self.current[name], relation, self._architecture) for name in providers
        )

    def conflicts(self, one: Facts) -> Iterator[tuple[Facts, str]]:
        """What must not be there together with it, each with the reason."""
        for relation in one.conflicts:
            for name in (relation.name, *self._providers.get(relation.name, ())):
                other = self.current.get(name)
                if other is not None and other.name != one.name and self._bars(relation, other):
                    yield other, f"{one.name} conflicts with {relation}"
        for name in (one.name, *(provided.name for provided in one.provides)):
            for owner, relations in self._barred.get(name, {}).items():
                if owner != one.name:
                    for relation in relations:
                        if self._bars(relation, one):
                            yield self.current[owner], f"{owner} conflicts with {relation}"

    def _bars(self, relation: Relation, one: Facts) -> bool:
        """Whether a conflict is with this package, by its name or by what it provides."""
        return is_it(one, relation, self._architecture) or stands_for(
            one, relation, self._architecture, everywhere=True
        )


def unmet(
    packages: Iterable[Facts], standing: Iterable[Facts], architecture: str
) -> Iterator[tuple[Facts, str]]:
    """What packages need that none of them is or provides, with the one that needs it.

    Args:
        packages: All that is installed.
        standing: What is held to be there besides.
        architecture: The image's, in Debian's words.
    """
    every = tuple(packages)
    there = {one.name: one for one in (*standing, *every)}
    state = Installation(there, architecture)
    for one in every:
        for alternatives in one.depends:
            if not state.satisfies(alternatives):
                yield one, " | ".join(map(str, alternatives))


def is_it(one: Facts, relation: Relation, architecture: str) -> bool:
    """Whether a relation takes a package, of this architecture or of all, by its own name."""
    return (
        one.name == relation.name
        and _is_allowed(one.version, relation)
        and (relation.architecture == _ALL or _fits(one, architecture, relation, architecture))
    )


def stands_for(
    one: Facts, relation: Relation, architecture: str, *, everywhere: bool = False
) -> bool:
    """Whether a relation takes a package by what it provides (Policy 7.5).

    Args:
        one: The package.
        relation: What is asked for, or barred.
        architecture: The one that all is installed for.
        everywhere: Whether a relation that names no architecture is about each, as conflicts are.
    """
    return any(
        provided.name == relation.name
        and _is_provided(provided.version, relation)
        and (
            (everywhere and relation.architecture is None)
            or _fits(one, provided.architecture or architecture, relation, architecture)
        )
        for provided in one.provides
    )


def _fits(one: Facts, offered: str, relation: Relation, architecture: str) -> bool:
    """As apt reads qualifiers: `any` is for those that allow it; what is for all is native."""
    if relation.architecture == _ANY:
        return one.multi_arch == "allowed"
    wanted = architecture if relation.architecture in _NATIVE else relation.architecture
    return offered == wanted


def _is_allowed(version: str, relation: Relation) -> bool:
    """Whether a relation takes this version of the package that it names."""
    if relation.operator is None or relation.version is None:
        return True
    return satisfies(version, relation.operator, relation.version)


def _is_provided(version: str | None, relation: Relation) -> bool:
    """Policy 7.5: only a provision with a version satisfies a relation with one."""
    return relation.version is None or (version is not None and _is_allowed(version, relation))
