"""How long reading a release's package list takes: cold, and from the cache.

    python bench/package_index.py [--release bookworm] [--times 5]

Cold is an empty cache: the signed state is fetched and checked by gpgv, the list is fetched,
compared by its hash and unpacked. Warm has the list, and still asks for the signed state. Both end
when a package is found by its name, and one by what it provides. The time of this process's own
work stands beside that of the clock, which the network and other programs have a part in.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lading.debian import Trust
from lading.debian.archive import Reader
from lading.debian.index import Packages
from lading.debian.sources import roots_in
from lading.distros import archive_suites, parse_distro
from lading.http import HttpSettings
from lading.store import open_store

if TYPE_CHECKING:
    from collections.abc import Callable

    from lading.distros import ArchiveSuite


def reader(cache: Path) -> Reader:
    """What reads this machine's archives of Debian into a cache."""
    return Reader(
        architecture="amd64",
        trust=Trust(distro="debian", environ=os.environ),
        http=HttpSettings.from_environment(os.environ),
        cache=cache,
        store=open_store(cache, os.environ),
        now=datetime.now(UTC),
    )


def find(suite: ArchiveSuite, cache: Path) -> None:
    """Read a suite, and look for a package and for what is provided."""
    packages = Packages(reader(cache).read(suite)[1])
    if not (packages.named("libgomp1") and packages.providing("mail-transport-agent")):
        raise SystemExit("the archive lacks what is looked for")


def timed(what: Callable[[], object]) -> tuple[float, float]:
    """How long it takes by the clock, and of this process's time, in seconds."""
    clock, own = time.perf_counter(), time.process_time()
    what()
    return time.perf_counter() - clock, time.process_time() - own


def main() -> None:
    """Print medians."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--release", default="bookworm")
    arguments.add_argument("--times", type=int, default=5)
    options = arguments.parse_args()
    roots = roots_in(Path("/etc/apt"))
    suite, *_ = archive_suites(parse_distro(options.release), architecture="amd64", roots=roots)
    found: dict[str, list[tuple[float, float]]] = {"cold": [], "warm": []}
    for _ in range(options.times):
        with tempfile.TemporaryDirectory(prefix="lading-bench-") as name:
            for times in found.values():
                times.append(timed(lambda: find(suite, Path(name))))
    for what, times in found.items():
        clock, own = map(statistics.median, zip(*times, strict=True))
        print(f"{suite.suite} {what}: {clock:.2f} s, of which {own:.2f} s of its own work")


if __name__ == "__main__":
    main()
