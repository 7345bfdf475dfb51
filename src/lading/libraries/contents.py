"""Which package of a release has a library or a program: read once, and kept compactly."""

from __future__ import annotations

import json
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final

from lading.debian.archive import Reader
from lading.debian.contents import contents_files, reduced
from lading.debian.sources import roots_in
from lading.distros import archive_suites, debian_architecture
from lading.errors import ResolutionError
from lading.grammar.invalid import Invalid
from lading.grammar.snapshot import moment_of
from lading.http import redacted_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from lading.debian import Trust
    from lading.debian.archive import SignedSuite
    from lading.debian.release import IndexFile
    from lading.distros import ArchiveSuite, Distro
    from lading.http import HttpSettings
    from lading.mirrors import Mirrors
    from lading.platforms import Platform
    from lading.store import Store

__all__ = ["Contents", "ContentsReader", "read_contents"]

_RECORD: Final = "contents-1"
_LATEST: Final = "contents-latest-1"
_FRESH: Final = timedelta(days=1)

# Of several packages with the same file one of a section for libraries is meant. What is for
# compiling or debugging is no answer: of a name without a number another wheel has the file.
_NEVER: Final = frozenset({"debug", "libdevel"})
_FIRST: Final = frozenset({"libs"})


@dataclass(frozen=True)
class Contents:
    """The libraries and programs of a release's packages.

    Attributes:
        texts: Of each index, a line for each name, which begins with a line's end.
    """

    texts: tuple[str, ...] = ()

    def providers(self, name: str) -> tuple[str, ...]:
        """The packages that have a library or a program, the likeliest first.

        Args:
            name: `libGL.so.1`, in a folder of the loader's; or `bin/ffmpeg`, in one of `PATH`'s.
        """
        found: dict[str, None] = {}
        for text in self.texts:
            place = text.find(f"\n{name} ")
            if place >= 0:
                end = text.find("\n", place + 1)
                found |= dict.fromkeys(text[place + len(name) + 2 : end].split(" "))
        ranked = sorted((one for one in found if _section(one) not in _NEVER), key=_rank)
        return tuple(dict.fromkeys(one.rpartition("/")[2] for one in ranked))

    def held_by(self, packages: Iterable[str]) -> frozenset[str]:
        """The libraries of these packages, and their programs as `bin/NAME`."""
        names = frozenset(packages)
        return frozenset(
            name for package in names & self._held.keys() for name in self._held[package]
        )

    @cached_property
    def _held(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for text in self.texts:
            for line in text.split("\n"):
                name, *packages = line.split(" ")
                for one in packages:
                    found.setdefault(one.rpartition("/")[2], []).append(name)
        return found


def _rank(word: str) -> tuple[bool, int, str]:
    """Where a package stands among others."""
    name = word.rpartition("/")[2]
    return _section(word) not in _FIRST, len(name), name


def _section(word: str) -> str:
    """Debian writes `section/package`, and Ubuntu a component before it."""
    return word.split("/")[-2] if "/" in word else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentsReader:
    """Reads the Contents indexes of an archive's suites.

    Attributes:
        reader: How the archive is read, and whose keys count.
        store: Where the reduced indexes are kept.
        offline: Whether what was read before is all there is.
    """

    reader: Reader
    store: Store
    offline: bool = False

    def read(self, suites: Iterable[ArchiveSuite]) -> Contents:
        """All that the suites have.

        Raises:
            ResolutionError: One can't be read, and was not before.
        """
        every = tuple(suites)
        # Fetching waits for the network, and gpgv is a process.
        with ThreadPoolExecutor(max_workers=max(1, len(every))) as pool:
            return Contents(tuple(text for texts in pool.map(self._texts, every) for text in texts))

    def _texts(self, suite: ArchiveSuite) -> tuple[str, ...]:
        architecture = self.reader.architecture
        name = f"{_LATEST}-{suite.root}-{suite.suite}-{','.join(suite.components)}-{architecture}"
        found = self._latest(name)
        if found is None:
            found = self._asked(suite)
            now = f"{self.reader.now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
            self.store.keep(name, json.dumps({"at": now, "hashes": found}).encode())
        texts = (self._kept(sha256) for sha256 in found)
        return tuple(text for text in texts if text)

    def _latest(self, name: str) -> list[str] | None:
        """The indexes that a suite was last seen to have, where that is not long ago."""
        kept = self.store.record(name)
        try:
            said = json.loads(kept) if kept else {}
            age = self.reader.now - datetime.fromisoformat(said["at"])
            hashes = list(map(str, said["hashes"]))
        except (KeyError, TypeError, ValueError):  # none, or another Lading's
            return None
        is_fresh = self.offline or timedelta() <= age < _FRESH
        return hashes if is_fresh and None not in map(self._kept, hashes) else None

    def _asked(self, suite: ArchiveSuite) -> list[str]:
        if self.offline:
            raise ResolutionError(
                f"the contents of {suite.suite} are not in the cache, and nothing may be fetched",
                hint="run once without --offline",
            )
        signed = self.reader.signed(suite)
        architecture = self.reader.architecture
        files = contents_files(signed, suite.components, architecture)
        if not files:
            raise ResolutionError(f"{redacted_url(signed.folder)} has no Contents-{architecture}")
        for file in files:
            if self._kept(file.sha256) is None:
                self._reduce(signed, file)
        return [file.sha256 for file in files]

    def _reduce(self, signed: SignedSuite, file: IndexFile) -> None:
        path = self.reader.fetched(signed, file)
        lines = sorted(set(reduced(path, signed, file, self.reader.architecture)))
        text = "".join(f"\n{line}" for line in _joined(lines)) + "\n"
        self.store.keep(self._name(file.sha256), zlib.compress(text.encode(), 6))

    def _kept(self, sha256: str) -> str | None:
        kept = self.store.record(self._name(sha256))
        try:
            return None if kept is None else zlib.decompress(kept).decode()
        except (zlib.error, ValueError):  # another Lading's
            return None

    def _name(self, sha256: str) -> str:
        return f"{_RECORD}-{self.reader.architecture}-{sha256}"


def _joined(lines: list[str]) -> list[str]:
    """One line a name: a file may be in several folders."""
    found: dict[str, list[str]] = {}
    for line in lines:
        name, _, packages = line.partition(" ")
        found.setdefault(name, []).extend(packages.split(" "))
    return [" ".join((name, *dict.fromkeys(packages))) for name, packages in found.items()]


def read_contents(  # noqa: PLR0913 - what is wanted, for which target, and how it is reached
    distro: Distro,
    platform: Platform,
    *,
    mirrors: Mirrors,
    http: HttpSettings,
    cache: Path,
    store: Store,
    trust: Trust,
    now: datetime,
    say: Callable[[str], None] = lambda _: None,
    offline: bool = False,
    components: tuple[str, ...] = (),
    snapshot: str | None = None,
    host_sources: Path | None = None,
) -> Contents:
    """What the packages of a release have, of Debian or Ubuntu.

    What was read within a day counts without asking again, and offline whatever was read.

    Args:
        distro: The release.
        platform: The target.
        mirrors: Where its archives are, where they are elsewhere.
        http: How to reach them.
        cache: Where fetched indexes are kept.
        store: Where what is read of them is.
        trust: Whose word counts for them.
        now: The time that the archive's state must still hold at.
        say: Told what is being done.
        offline: Whether nothing may be fetched.
        components: Of the archive, beside those that a base image's own sources name.
        snapshot: The moment whose state of the archive is meant; None for the present one.
        host_sources: The folder of the host's own apt, by whose archives of the same name those
            without a mirror are reached.

    Raises:
        ResolutionError: It is another distribution, or its archive can't be trusted or reached.
    """
    try:
        architecture = debian_architecture(platform.architecture)
        usual = archive_suites(distro, architecture=architecture, roots=mirrors.archives)
        named = {suite.archive for suite in usual}
        hosts = () if host_sources is None else roots_in(host_sources)
        roots = (*mirrors.archives, *(one for one in hosts if one[0] in named))
        suites = archive_suites(
            distro,
            architecture=architecture,
            roots=roots,
            snapshot=snapshot,
            components=components,
        )
    except Invalid as error:
        raise ResolutionError(error.message, hint=error.hint) from None
    say(f"reading which package of {distro} has which library")
    reader = Reader(
        architecture=architecture,
        trust=trust,
        http=replace(http, offline=offline),
        cache=cache,
        store=store,
        now=now if snapshot is None else moment_of(snapshot),
    )
    return ContentsReader(reader=reader, store=store, offline=offline).read(suites)
