"""The Debian packages of an image: chosen at lock for what its base has, fetched where needed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

from lading.debian.archive import ReadArchive, Reader, setting_of
from lading.debian.deb import facts_of
from lading.debian.elsewhere import told_elsewhere
from lading.debian.index import Packages
from lading.debian.resolving import resolve
from lading.debian.sources import roots_in
from lading.debian.words import MissingPackage
from lading.distros import archive_suites, debian_architecture
from lading.download import fetch
from lading.errors import Problem, ResolutionError
from lading.grammar.invalid import Invalid
from lading.grammar.snapshot import moment_of
from lading.grammar.system_package import name_in
from lading.http import redacted_url
from lading.store import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from lading.debian.facts import Facts
    from lading.debian.index import Package
    from lading.debian.trust import Trust
    from lading.distros import ArchiveSuite, Distro
    from lading.http import HttpSettings
    from lading.mirrors import Mirrors
    from lading.platforms import Platform

__all__ = [
    "AnyArchive",
    "AnyDeb",
    "DebsBelow",
    "LockedDeb",
    "LockedDebs",
    "fetch_deb",
    "lock_debs",
]

_FAMILY: Final = "debian"
_COMPILING: Final = 0


class AnyArchive(Protocol):
    """What is asked of a locked archive."""

    @property
    def url(self) -> str: ...  # noqa: D102 - see ReadArchive

    @property
    def suite(self) -> str: ...  # noqa: D102


class AnyDeb(Protocol):
    """What is asked of a locked package."""

    @property
    def name(self) -> str: ...  # noqa: D102 - see LockedDeb

    @property
    def version(self) -> str: ...  # noqa: D102

    @property
    def architecture(self) -> str: ...  # noqa: D102

    @property
    def path(self) -> str: ...  # noqa: D102

    @property
    def sha256(self) -> str: ...  # noqa: D102

    @property
    def size(self) -> int: ...  # noqa: D102

    @property
    def suite(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedDeb:
    """One package.

    Attributes:
        name: The package.
        version: Debian's, with epoch and revision.
        architecture: `amd64`, `arm64` or `all`.
        path: Below the archive's root.
        sha256: Of the file.
        size: In bytes.
        suite: The suite that it was read from.
        group: In which installation it is installed, from 1; 0 where it is only for compiling.
    """

    name: str
    version: str
    architecture: str
    path: str
    sha256: str
    size: int
    suite: str
    group: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedDebs:
    """The packages that an image needs and its base lacks, and where they were read from.

    Attributes:
        archives: By suite; those too of which nothing is needed, since that was read off them.
        debs: By installation, name and version.
        provided: The names that are asked for and no package has, each with one that provides it.
    """

    archives: tuple[ReadArchive, ...] = ()
    debs: tuple[LockedDeb, ...] = ()
    provided: tuple[tuple[str, str], ...] = ()


def _nothing(deb: LockedDeb) -> Path:
    raise LookupError(deb.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class DebsBelow:
    """What is installed below, and stays what it is.

    Attributes:
        debs: The packages, by the installations that bring them.
        groups: How many installations these are: the first ones.
        fetch: Gets the file of one that the archive has no more.
    """

    debs: tuple[LockedDeb, ...] = ()
    groups: int = 0
    fetch: Callable[[LockedDeb], Path] = _nothing


_NOTHING_BELOW: Final = DebsBelow()


def lock_debs(  # noqa: PLR0913 - what is wanted, for which target, and how it is reached
    installations: Sequence[Sequence[str]],
    *,
    compiling: Sequence[str] = (),
    installed: Iterable[Facts] = (),
    distro: Distro,
    platform: Platform,
    mirrors: Mirrors,
    http: HttpSettings,
    cache: Path,
    trust: Trust,
    now: datetime,
    say: Callable[[str], None] | None = None,
    snapshot: str | None = None,
    components: tuple[str, ...] = (),
    host_sources: Path | None = None,
    completed: Callable[[frozenset[str]], Sequence[Sequence[str]]] | None = None,
    below: DebsBelow = _NOTHING_BELOW,
) -> LockedDebs:
    """What apt would install, one installation after the other, on a base that has `installed`.

    Args:
        installations: Words as the grammar of Debian's family has them.
        compiling: Such words, for a stage that has the base and all that is installed.
        installed: What the base has.
        distro: Debian or Ubuntu, unless nothing is named.
        platform: The target.
        mirrors: Where its archives are, where they are elsewhere.
        http: How to reach them.
        cache: Where package lists are kept, by hash.
        trust: Whose word counts for them.
        now: The time that the archive's state must still hold at.
        say: Told what is being done.
        snapshot: The moment whose state of the archive is meant; None for the present one.
        components: Of the archive, beside those that a base image's own sources name.
        host_sources: The folder of the host's own apt, by whose archives of the same name those
            without a mirror are reached. What is returned names none of them: it is the same on
            every host.
        completed: Told the names of all packages that are installed so, gives the installations
            with what is to be installed besides.
        below: What the first installations bring, whatever would be chosen for them now.

    Raises:
        ResolutionError: It is no such distribution, the archive can't be trusted or reached, it
            lacks a package, or two can't be installed together.
    """
    if not any(installations) and not compiling and completed is None:
        return LockedDebs()
    architecture, named = _suites(distro, platform, mirrors.archives, snapshot, components)
    roots = (*mirrors.archives, *_hosts(host_sources, named))
    _, suites = _suites(distro, platform, roots, snapshot, components)
    reader = Reader(
        architecture=architecture,
        trust=trust,
        http=http,
        cache=cache,
        store=open_store(cache, trust.environ),
        now=now if snapshot is None else moment_of(snapshot),
    )
    if say is not None:
        say(f"reading the package lists of {distro} for {architecture}")
    # Fetching waits for the network, and unpacking lets other threads run.
    with ThreadPoolExecutor(max_workers=len(suites)) as pool:
        read = tuple(pool.map(reader.read, suites))
    packages = Packages(tuple(index for _, indexes in read for index in indexes))
    try:
        found = _in_turn(installations, compiling, packages, installed, architecture, below)
        if completed is not None:
            names = frozenset(deb.name for deb in found.debs if deb.group != _COMPILING)
            whole = completed(names)
            found = _in_turn(whole, compiling, packages, installed, architecture, below)
    except MissingPackage as error:
        raise told_elsewhere(error, suites[0], distro=distro, roots=roots, reader=reader) from None
    archives = sorted((_named(one, named) for one, _ in read), key=_suite)
    return replace(found, archives=tuple(archives))


def _in_turn(  # noqa: PLR0913, PLR0917 - what is wanted, of what, and what is there
    installations: Sequence[Sequence[str]],
    compiling: Sequence[str],
    packages: Packages,
    installed: Iterable[Facts],
    architecture: str,
    below: DebsBelow,
) -> LockedDebs:
    """What each installation brings where all before it are done; 0, the last, is for compiling."""
    there = {one.name: one for one in installed}
    found: list[LockedDeb] = []
    provided: dict[str, str] = {}
    missing: list[MissingPackage] = []
    for group, words in (*enumerate(installations, start=1), (_COMPILING, compiling)):
        if 0 < group <= below.groups:
            settled = [one for one in below.debs if one.group == group]
            there |= {one.name: _facts(one, packages, below) for one in settled}
            found += settled
            provided = {**_providers(words, there), **provided}
            continue
        try:
            chosen = resolve(words, packages, installed=there.values(), architecture=architecture)
        except MissingPackage as error:  # those of all installations are told together
            missing.append(error)
            continue
        there |= {one.name: one for one in chosen}
        found += (_locked(one, group) for one in chosen)
        if group != _COMPILING:
            provided = {**_providers(words, there), **provided}
    if missing:
        problems = dict.fromkeys(one for error in missing for one in error.problems)
        names = tuple(name for error in missing for name in error.names)
        is_named = any(error.is_named for error in missing)
        raise MissingPackage(problems, names, is_named=is_named)
    return LockedDebs(
        debs=tuple(sorted(found, key=lambda one: (one.group, one.name, one.version))),
        provided=tuple(sorted(provided.items())),
    )


def _providers(words: Iterable[str], there: Mapping[str, Facts]) -> dict[str, str]:
    """The names that no package has, each with the first one that provides it."""
    asked = {name_in(word) for word in words} - there.keys()
    return {
        relation.name: one.name
        for one in sorted(there.values(), key=lambda one: one.name, reverse=True)
        for relation in one.provides
        if relation.name in asked and not one.stands_in
    }


def _facts(deb: LockedDeb, packages: Packages, below: DebsBelow) -> Facts:
    """What a package below says: as the archive has it, or it itself where that has it no more."""
    same = (one for one in packages.named(deb.name) if one.sha256 == deb.sha256)
    return next(same, None) or facts_of(below.fetch(deb), what=f"{deb.name} {deb.version}")


def _suites(
    distro: Distro,
    platform: Platform,
    roots: Iterable[tuple[str, str]],
    snapshot: str | None = None,
    components: tuple[str, ...] = (),
) -> tuple[str, tuple[ArchiveSuite, ...]]:
    if distro.family != _FAMILY:
        raise ResolutionError(
            f"system packages are locked for Debian and Ubuntu, and the image is {distro}",
            hint="build without --vendor, or install them in a base image of your own",
        )
    try:
        architecture = debian_architecture(platform.architecture)
        suites = archive_suites(
            distro,
            architecture=architecture,
            roots=roots,
            snapshot=snapshot,
            components=components,
        )
    except Invalid as error:
        raise ResolutionError(error.message, hint=error.hint) from None
    return architecture, suites


def _hosts(sources: Path | None, suites: Iterable[ArchiveSuite]) -> tuple[tuple[str, str], ...]:
    """Where the host has these archives: its own need not hold the target's architecture."""
    names = {suite.archive for suite in suites}
    found = () if sources is None else roots_in(sources)
    return tuple((name, url) for name, url in found if name in names)


def _named(archive: ReadArchive, suites: Iterable[ArchiveSuite]) -> ReadArchive:
    """The archive by its own address, wherever it was reached at."""
    root = next(one.root for one in suites if one.suite == archive.suite)
    return replace(archive, url=redacted_url(root))


def _suite(archive: ReadArchive) -> str:
    return archive.suite


def _locked(package: Package, group: int) -> LockedDeb:
    return LockedDeb(
        name=package.name,
        version=package.version,
        architecture=package.architecture,
        path=package.path,
        sha256=package.sha256,
        size=package.size,
        suite=package.suite,
        group=group,
    )


def fetch_deb(  # noqa: PLR0913 - one file, where it may be, and where it is kept
    deb: AnyDeb,
    *,
    archives: Iterable[AnyArchive],
    distro: Distro,
    platform: Platform,
    mirrors: Mirrors,
    http: HttpSettings,
    cache: Path,
    offline: bool = False,
    snapshot: str | None = None,
    host_sources: Path | None = None,
) -> Path:
    """The file of a locked package: from the cache, or else from a mirror.

    Where there is no mirror, it comes from the archive that the lock names, which is reached as
    for `lock_debs` where it is the distribution's own.

    Raises:
        ResolutionError: It can't be had, or is another than the lock says.
    """
    locked = {archive.suite: archive.url for archive in archives}
    _, usual = _suites(distro, platform, (), snapshot)
    suite = next((one for one in usual if one.suite == deb.suite), None)
    if suite is None:
        raise ResolutionError(f"{deb.name} is of {deb.suite}, which is no part of {distro}")
    # A mirror that was locked is the only place that is known to have had it.
    if snapshot is None and locked.get(deb.suite, suite.root) != suite.root:
        others: tuple[tuple[str, str], ...] = ((suite.archive, locked[deb.suite]),)
    else:
        others = _hosts(host_sources, usual)
    _, reached = _suites(distro, platform, (*mirrors.archives, *others), snapshot)
    url = f"{reached[usual.index(suite)].root}/{deb.path}"
    try:
        return fetch(url, deb.sha256, cache=cache, http=http, offline=offline, size=deb.size)
    except ResolutionError as error:
        raise _unavailable(deb, error, suite.mirror) from None


def _unavailable(deb: AnyDeb, error: ResolutionError, archive: str) -> ResolutionError:
    problem = error.problems[0]
    # An archive keeps no version that it has replaced.
    gone = f"where the archive has a newer version by now, lock again; else {setting_of(archive)}"
    return ResolutionError(
        Problem(message=f"{deb.name} {deb.version}: {problem.message}", hint=problem.hint or gone)
    )
