"""Installs Debian's 500 most used library packages natively, and says which need an engine.

Most used are those of the section `libs` that most packages of the release's archive depend on.
Each is installed on nothing, together with all that it depends on, as `lading.debs` does it: so a
package counts as native where every maintainer script of itself and of all that it needs is done
without running it. `make debs` runs it; it asks the archive that the machine's own apt uses, and
fetches some hundred megabytes once.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lading.debian.archive import Reader
from lading.debian.index import Packages
from lading.debian.resolving import resolve
from lading.debian.sources import roots_in
from lading.debian.trust import Trust
from lading.debs import NOTHING, DebFile, Installation
from lading.debs.scripts import normal_hash
from lading.distros import archive_suites, parse_distro
from lading.download import fetch
from lading.http import HttpSettings
from lading.store import open_store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lading.debian.index import Index, Package
    from lading.distros import ArchiveSuite

COUNT = 500
# What every system has, whether or not something depends on it: accounts and the merged folders.
BASE = ("base-files", "base-passwd", "usr-is-merged")
AIM = 0.95
GROUP = 125
HOST_SOURCES = Path("/etc/apt")


@dataclass(frozen=True)
class Archive:
    """A release of Debian for an architecture, and where its files are kept."""

    packages: Packages
    suites: tuple[ArchiveSuite, ...]
    architecture: str
    cache: Path
    http: HttpSettings

    def fetched(self, package: Package) -> DebFile:
        """The package's file, from the archive or the cache."""
        root = next(one.root for one in self.suites if one.suite == package.suite)
        url = f"{root}/{package.path}"
        path = fetch(url, package.sha256, cache=self.cache, http=self.http, size=package.size)
        return DebFile(
            name=package.name,
            version=package.version,
            architecture=package.architecture,
            path=path,
        )

    def needed(self, name: str) -> tuple[Package, ...]:
        """The package and all that it depends on; of a name the newest version."""
        newest: dict[str, Package] = {}
        for one in resolve([*BASE, name], self.packages, architecture=self.architecture):
            if one.name != "usrmerge":  # the other of the two converts a system
                newest.setdefault(one.name, one)
        return tuple(newest.values())


def opened(release: str, architecture: str, cache: Path) -> Archive:
    """The archive of a release, its signature checked."""
    http = HttpSettings.from_environment(os.environ)
    suites = archive_suites(
        parse_distro(release), architecture=architecture, roots=roots_in(HOST_SOURCES)
    )
    reader = Reader(
        architecture=architecture,
        trust=Trust(distro="debian", environ=os.environ),
        http=http,
        cache=cache,
        store=open_store(cache, os.environ),
        now=datetime.now(UTC),
    )
    indexes = tuple(index for suite in suites for index in reader.read(suite)[1])
    return Archive(Packages(indexes), suites, architecture, cache, http)


def most_used(archive: Archive, count: int) -> list[str]:
    """The libraries that most packages depend on, the most used first."""
    uses: Counter[str] = Counter()
    libraries: set[str] = set()
    for index in archive.packages.indexes:
        libraries |= set(libraries_in(index))
        for name in index.names():
            needs = archive.packages.named(name)[0].depends
            uses.update({one.name for alternatives in needs for one in alternatives})
    ranked = sorted(libraries & uses.keys(), key=lambda name: (-uses[name], name))
    return ranked[:count]


def libraries_in(index: Index) -> Iterator[str]:
    """The packages of the section `libs`."""
    content = index._content  # noqa: SLF001 - sections are no concern of the index
    for stanza in content.decode().split("\n\n"):
        name = re.search(r"^Package: (.+)$", stanza, re.MULTILINE)
        if name is not None and "\nSection: libs\n" in stanza:
            yield name[1]


def problems_of(debs: Iterable[DebFile]) -> dict[str, str]:
    """By package: why its script can't be done."""
    with tempfile.TemporaryDirectory(prefix="lading-debs-") as folder:
        found = Installation(debs, NOTHING, workdir=Path(folder)).scripts
    return {one.package: f"{one.script}: {one.reason}" for one in reversed(found)}


def survey(archive: Archive, names: list[str]) -> dict[str, dict[str, str]]:
    """By library: what of all that it needs can't be done; nothing for those that are native."""
    needs = {name: archive.needed(name) for name in names}
    every = {one.name: one for needed in needs.values() for one in needed}
    with ThreadPoolExecutor(max_workers=6) as pool:
        files = dict(zip(every, pool.map(archive.fetched, every.values()), strict=True))
    # A script's outcome hardly depends on what else is there: many are followed in one image, as
    # far as there is room for their files.
    known: dict[str, str] = {}
    for start in range(0, len(names), GROUP):
        group = {one.name for name in names[start : start + GROUP] for one in needs[name]}
        known |= problems_of(files[name] for name in sorted(group))
    return {
        name: {one.name: known[one.name] for one in needed if one.name in known}
        for name, needed in needs.items()
    }


def report(release: str, architecture: str, found: dict[str, dict[str, str]]) -> float:
    """Print what was found; the share of what is native with all that it needs."""
    own = sum(name not in problems for name, problems in found.items())
    whole = sum(not problems for problems in found.values())
    print(f"{release} {architecture}: {len(found)} libraries")
    print(f"  native by their own scripts:       {own} ({own / len(found):.1%})")
    print(f"  native with all that they need:    {whole} ({whole / len(found):.1%})")
    reasons = Counter(
        (package, reason) for problems in found.values() for package, reason in problems.items()
    )
    for (package, reason), count in reasons.most_common():
        print(f"  {count:4} need {package}: {reason}")
    return whole / len(found)


def main() -> int:
    """Survey each release; 1 where fewer are native than is aimed at."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--release", action="append", help="bookworm and trixie, if left out")
    parser.add_argument("--architecture", default="amd64")
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--cache", type=Path, default=Path("build/debs"))
    parser.add_argument("--script", type=Path, help="only show the hash of a script's normal form")
    options = parser.parse_args()
    if options.script:
        print(normal_hash(options.script.read_text()))
        return 0
    options.cache.mkdir(parents=True, exist_ok=True)
    shares = []
    for release in options.release or ["bookworm", "trixie"]:
        archive = opened(release, options.architecture, options.cache)
        found = survey(archive, most_used(archive, options.count))
        shares.append(report(release, options.architecture, found))
    return int(min(shares) < AIM)


if __name__ == "__main__":
    sys.exit(main())
