"""Where a package is that a release lacks: in another of its components, or in another release."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from lading.debian.index import Packages
from lading.distros import SUPPORTED, archive_suites
from lading.errors import Problem, ResolutionError
from lading.grammar.component import COMPONENTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lading.debian.archive import Reader
    from lading.debian.words import MissingPackage
    from lading.distros import ArchiveSuite, Distro

__all__ = ["told_elsewhere"]


def told_elsewhere(
    error: MissingPackage,
    suite: ArchiveSuite,
    *,
    distro: Distro,
    roots: Iterable[tuple[str, str]],
    reader: Reader,
) -> ResolutionError:
    """The same error with where each package is; an archive that can't be read is left out.

    Args:
        error: What is missing.
        suite: The release, with the components that were searched.
        distro: That release.
        roots: Where archives are.
        reader: Reads them.
    """
    names = {_name(word) for word in error.names}
    components = _having(names, _components(suite, distro), reader)
    releases: dict[str, list[str]] = {}
    if error.is_named:  # else another release has another package that needs it
        lacking = names - components.keys()
        releases = _having(lacking, _releases(distro, tuple(roots), reader), reader)
    return ResolutionError(
        _hinted(one, suite, components=components, releases=releases) for one in error.problems
    )


def _name(word: str) -> str:
    return word.partition("=")[0].partition(":")[0]


def _components(suite: ArchiveSuite, distro: Distro) -> Iterator[tuple[str, ArchiveSuite]]:
    """The release in each component that was not searched."""
    for one in COMPONENTS if distro.name == "debian" else ():
        if one not in suite.components:
            yield one, replace(suite, components=(one,))


def _releases(
    distro: Distro, roots: tuple[tuple[str, str], ...], reader: Reader
) -> Iterator[tuple[str, ArchiveSuite]]:
    """The other releases of the distribution, each with its first suite."""
    for other in SUPPORTED:
        if other.name == distro.name and other != distro:
            suites = archive_suites(other, architecture=reader.architecture, roots=roots)
            yield str(other), suites[0]


def _having(
    names: Iterable[str], places: Iterable[tuple[str, ArchiveSuite]], reader: Reader
) -> dict[str, list[str]]:
    """Of each name the places that have a package of it."""
    found: dict[str, list[str]] = {}
    wanted = sorted(names)
    for place, suite in places if wanted else ():
        with suppress(ResolutionError):
            packages = Packages(reader.read(suite)[1])
            for name in wanted:
                if packages.named(name):
                    found.setdefault(name, []).append(place)
    return found


def _hinted(
    problem: Problem,
    suite: ArchiveSuite,
    *,
    components: Mapping[str, list[str]],
    releases: Mapping[str, list[str]],
) -> Problem:
    words = {_name(word) for word in re.split(r"[\s,|]+", problem.message)}
    component = next((components[word][0] for word in words if word in components), None)
    if component is not None:
        asked = [one for one in COMPONENTS if one == component or one in suite.components]
        listed = ", ".join(f'"{one}"' for one in asked)
        return replace(problem, hint=f"it is in {component}: Image(components=[{listed}])")
    found = next((releases[word] for word in words if word in releases), None)
    if found is None:
        return problem
    hints = (problem.hint, f"{' and '.join(found)} {'has' if len(found) == 1 else 'have'} it")
    return replace(problem, hint="; ".join(filter(None, hints)))
