"""The Debian packages of a vendored build: chosen at lock, fetched at freeze."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

from lading.debian.archive import ReadArchive, Reader, setting_of
from lading.debian.closure import closure
from lading.debian.index import Packages
from lading.debian.signature import find_keyring
from lading.debian.sources import roots_in
from lading.distros import archive_suites, debian_architecture
from lading.download import fetch
from lading.errors import Problem, ResolutionError
from lading.grammar.invalid import Invalid
from lading.http import redacted_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime
    from pathlib import Path

    from lading.debian.index import Package
    from lading.distros import ArchiveSuite, Distro
    from lading.http import HttpSettings
    from lading.mirrors import Mirrors
    from lading.platforms import Platform

__all__ = ["AnyArchive", "AnyDeb", "LockedDeb", "LockedDebs", "fetch_deb", "lock_debs"]

_FAMILY: Final = "debian"


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
    """

    name: str
    version: str
    architecture: str
    path: str
    sha256: str
    size: int
    suite: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedDebs:
    """The packages that an image may need, and where they were read from.

    Attributes:
        archives: By suite.
        debs: By name and version.
    """

    archives: tuple[ReadArchive, ...] = ()
    debs: tuple[LockedDeb, ...] = ()


def lock_debs(  # noqa: PLR0913 - what is wanted, for which target, and how it is reached
    names: Iterable[str],
    *,
    distro: Distro,
    platform: Platform,
    mirrors: Mirrors,
    http: HttpSettings,
    cache: Path,
    environ: Mapping[str, str],
    now: datetime,
    say: Callable[[str], None] | None = None,
    host_sources: Path | None = None,
) -> LockedDebs:
    """The packages that installing `names` may need on any base of that release.

    Args:
        names: Words as the grammar of Debian's family has them.
        distro: Debian or Ubuntu, unless nothing is named.
        platform: The target.
        mirrors: Where its archives are, where they are elsewhere.
        http: How to reach them.
        cache: Where package lists are kept, by hash.
        environ: `PATH` for gpgv, and `LADING_DEBIAN_KEYRING` or `LADING_UBUNTU_KEYRING`.
        now: The time that the archive's state must still hold at.
        say: Told what is being done.
        host_sources: The folder of the host's own apt, by whose archives of the same name those
            without a mirror are reached. What is returned names none of them: it is the same on
            every host.

    Raises:
        ResolutionError: It is no such distribution, the archive can't be trusted or reached, or it
            lacks a package.
    """
    words = tuple(dict.fromkeys(names))
    if not words:
        return LockedDebs()
    architecture, named = _suites(distro, platform, mirrors.archives)
    hosts = _hosts(host_sources, named)
    _, suites = _suites(distro, platform, (*mirrors.archives, *hosts))
    reader = Reader(
        architecture=architecture,
        keyring=find_keyring(distro.name, environ),
        http=http,
        cache=cache,
        environ=environ,
        now=now,
    )
    if say is not None:
        say(f"reading the package lists of {distro} for {architecture}")
    # Fetching waits for the network, and unpacking lets other threads run.
    with ThreadPoolExecutor(max_workers=len(suites)) as pool:
        read = tuple(pool.map(reader.read, suites))
    packages = Packages(tuple(index for _, indexes in read for index in indexes))
    chosen = closure(words, packages, architecture=architecture)
    used = {package.suite for package in chosen}
    return LockedDebs(
        archives=tuple(
            sorted((_named(one, named) for one, _ in read if one.suite in used), key=_suite)
        ),
        debs=tuple(map(_locked, chosen)),
    )


def _suites(
    distro: Distro, platform: Platform, roots: Iterable[tuple[str, str]]
) -> tuple[str, tuple[ArchiveSuite, ...]]:
    if distro.family != _FAMILY:
        raise ResolutionError(
            f"vendoring system packages is for Debian and Ubuntu, and the image is {distro}",
            hint="build without --vendor, or install them in a base image of your own",
        )
    try:
        architecture = debian_architecture(platform.architecture)
        return architecture, archive_suites(distro, architecture=architecture, roots=roots)
    except Invalid as error:
        raise ResolutionError(error.message, hint=error.hint) from None


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


def _locked(package: Package) -> LockedDeb:
    return LockedDeb(
        name=package.name,
        version=package.version,
        architecture=package.architecture,
        path=package.path,
        sha256=package.sha256,
        size=package.size,
        suite=package.suite,
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
    host_sources: Path | None = None,
) -> Path:
    """The file of a locked package: from the cache, or else from a mirror.

    Where there is no mirror, it comes from the archive that the lock names, which is reached as
    for `lock_debs` where it is the distribution's own.

    Raises:
        ResolutionError: It can't be had, or is another than the lock says.
    """
    locked = {archive.suite: archive.url for archive in archives}
    _, usual = _suites(distro, platform, ())
    suite = next((one for one in usual if one.suite == deb.suite), None)
    if suite is None:
        raise ResolutionError(f"{deb.name} is of {deb.suite}, which is no part of {distro}")
    # A mirror that was locked is the only place that is known to have had it.
    if locked.get(deb.suite, suite.root) != suite.root:
        others: tuple[tuple[str, str], ...] = ((suite.archive, locked[deb.suite]),)
    else:
        others = _hosts(host_sources, usual)
    _, reached = _suites(distro, platform, (*mirrors.archives, *others))
    url = f"{reached[usual.index(suite)].root}/{deb.path}"
    try:
        return fetch(url, deb.sha256, cache=cache, http=http, offline=offline, size=deb.size)
    except ResolutionError as error:
        raise _unavailable(deb, error, suite.archive) from None


def _unavailable(deb: AnyDeb, error: ResolutionError, archive: str) -> ResolutionError:
    problem = error.problems[0]
    # An archive keeps no version that it has replaced.
    gone = f"where the archive has a newer version by now, lock again; else {setting_of(archive)}"
    return ResolutionError(
        Problem(message=f"{deb.name} {deb.version}: {problem.message}", hint=problem.hint or gone)
    )
