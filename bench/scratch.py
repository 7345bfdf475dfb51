"""A base from scratch of Debian's packages, beside mmdebstrap and beside docker with apt-get.

    python bench/scratch.py --base IMAGE [--slim IMAGE] [--rounds N] [--network-rounds N]

Each value is a whole process: `lading build` without a lock and with an empty cache resolves,
fetches and makes the layer. All sides take packages from one mirror on loopback, which has fetched
them before, and then once more from where the machine's own apt takes them. Needs root, mmdebstrap,
docker, a Debian image to start from (`--base`), and one that is as python:slim (`--slim`).
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
import tarfile
import tempfile
from collections import defaultdict
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from containers import Docker
from measure import Shell, alternate
from mirror import mirrored
from systems import TARGET, Bench, mirrors, read_index, suites_at
from table import Missing, Row, render

from lading.debian.sources import roots_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

SETS: Final = {
    "a base": (),
    "a base with libraries": (
        *("libgl1", "libglib2.0-0", "libgomp1", "libsndfile1", "poppler-utils"),
    ),
}
MINBASE, EXTRACT = "mmdebstrap, minbase", "mmdebstrap, extract"
DOCKER, SLIM = "docker build, apt-get", "as python:slim"
APT: Final = "apt-get update, --print-uris"
COLD_INDEX, WARM_INDEX = 1.5, 0.2


def compare(bench: Bench, rounds: int, slim: str | None) -> Iterator[Row | Missing]:
    yield from _indexes(bench, rounds)
    for name, packages in SETS.items():
        one = replace(bench, packages=packages, processor=defaultdict(list))
        one.write()
        yield from _built(one, name, rounds)
        yield from _sizes(one, name, slim)


def _indexes(bench: Bench, rounds: int) -> Iterator[Row]:
    cache = bench.shell.folder / "index"
    script = str(Path(__file__).resolve())

    def read(*, anew: bool) -> float:
        if anew:
            shutil.rmtree(cache, ignore_errors=True)
        argv = (sys.executable, script, "--index", str(cache), bench.roots["debian"])
        return float(bench.shell.call(*argv))

    cold, warm = alternate(rounds * 3, partial(read, anew=True), partial(read, anew=False))
    yield Row(what="main's package list, nothing at hand", ours=cold, value_limit=COLD_INDEX)
    yield Row(what="main's package list, kept from before", ours=warm, value_limit=WARM_INDEX)
    bench.write()
    lock, again, apt, apt_again = alternate(
        rounds, bench.lock_anew, bench.lock_again, bench.apt_anew, bench.apt
    )
    yield Row(what="lading lock, nothing at hand", ours=lock, versus=APT, theirs=apt)
    yield Row(what="lading lock, lists from before", ours=again, versus=APT, theirs=apt_again)


def _built(bench: Bench, name: str, rounds: int) -> Iterator[Row]:
    """Lading's builds in every state, each once a round beside all others."""
    sides: dict[str, Callable[[], float]] = {
        "anew": bench.build_anew,
        EXTRACT: partial(bench.bootstrap, "extract"),
        MINBASE: partial(bench.bootstrap, "minbase"),
        DOCKER: bench.docker_anew,
        "layer": bench.build_relayered,
        "same": bench.build,
        "docker, same": bench.docker_again,
        "more": bench.build_with_another,
        "docker, more": bench.docker_with_another,
    }
    found = dict(zip(sides, alternate(rounds, *sides.values()), strict=True))
    bench.build_anew()
    bench.build_alone()
    what = f"{name}, nothing at hand"
    for other in (EXTRACT, MINBASE, DOCKER):
        said = (_counted(bench, name),) if other == MINBASE else ()
        yield Row(what=what, ours=found["anew"], versus=other, theirs=found[other], detail=said)
    # Of a round's builds by Lading the first is that with nothing at hand.
    builds = len(bench.processor["lading"]) // (rounds + 1)
    ours = tuple(bench.processor["lading"][builds : builds * (rounds + 1) : builds])
    for other, variant in ((EXTRACT, "extract"), (MINBASE, "minbase")):
        theirs = tuple(bench.processor[variant][1:])
        yield Row(what="processor time of that", ours=ours, versus=other, theirs=theirs)
    yield Row(what="peak memory of that", ours=(bench.peak(),), unit="B")
    what = f"{name}, packages at hand, no layer"
    yield Row(what=what, ours=found["layer"], versus=MINBASE, theirs=found[MINBASE])
    what = f"{name}, nothing changed"
    yield Row(what=what, ours=found["same"], versus=DOCKER, theirs=found["docker, same"])
    what = f"{name}, one package more"
    yield Row(what=what, ours=found["more"], versus=DOCKER, theirs=found["docker, more"])


def _sizes(bench: Bench, name: str, slim: str | None) -> Iterator[Row | Missing]:
    """Of the files in all layers, as docker counts them, and of what is sent."""
    folder, docker = bench.shell.folder, bench.docker
    ours, minbase, extract = (bench.tag(one) for one in ("lading", "minbase", "extract"))
    bench.lading("build", "--quiet", "-t", ours, "-o", "docker-archive:image.tar", TARGET)
    docker.call("load", "--input", str(folder / "image.tar"))
    for variant, tag in (("minbase", minbase), ("extract", extract)):
        docker.call("import", str(folder / f"{variant}.tar.gz"), tag)
    others = {EXTRACT: extract, MINBASE: minbase, DOCKER: bench.tag("apt")}
    if slim is not None and not bench.packages:
        docker.call("pull", "--quiet", slim)
        others = {SLIM: slim, **others}
    sizes = {versus: _measured(docker, tag) for versus, tag in others.items()}
    mine = _measured(docker, ours)
    for versus, theirs in sizes.items():
        limit = 1 if versus == SLIM else None
        for what, size, other in zip((f"{name}, size", "that as gzip"), mine, theirs, strict=True):
            yield Row(
                what=what,
                ours=(size,),
                versus=versus,
                theirs=(other,),
                unit="B",
                ratio_limit=limit,
            )


def _measured(docker: Docker, tag: str) -> tuple[float, float]:
    """The bytes of an image's files, and of its layers as gzip."""
    packed = sum(one.compressed or 0 for one in docker.layers(tag, besides=()))
    return docker.size(tag), float(packed)


def _counted(bench: Bench, name: str) -> str:
    """How many packages the sides install."""
    size = sum(bench.locked.values()) / 1e6
    other = _recorded(bench.shell.folder / "minbase.tar.gz")
    return f"{name}: {len(bench.locked)} packages, {size:.0f} MB to fetch; {other} with {MINBASE}"


def _recorded(tarball: Path) -> int:
    """How many packages a system's dpkg knows."""
    with tarfile.open(tarball) as archive:
        file = archive.extractfile("./var/lib/dpkg/status")
        return 0 if file is None else file.read().count(b"\nStatus: install ok installed\n")


def _by_network(bench: Bench, rounds: int) -> Iterator[Row]:
    """The same from where the machine's own apt takes its packages."""
    name, packages = list(SETS.items())[-1]
    one = replace(bench, packages=packages, processor=defaultdict(list))
    one.write()
    minbase = partial(one.bootstrap, "minbase")
    ours, *theirs = alternate(rounds, one.build_anew, minbase, one.docker_anew)
    for versus, values in zip((MINBASE, DOCKER), theirs, strict=True):
        what = f"{name}, nothing at hand, by the network"
        yield Row(what=what, ours=ours, versus=versus, theirs=values)


def main() -> None:
    if sys.argv[1:2] == ["--index"]:
        print(read_index(Path(sys.argv[2]), sys.argv[3]))
        return
    options = _options()
    work = Path(tempfile.mkdtemp(prefix="lading-bench-", dir=options.work)).resolve()
    rows: list[Row | Missing] = []
    docker = Docker(shell=Shell(environ=_environ(work), folder=work / "project"))
    try:
        for name in ("home", "project", "mirror"):
            (work / name).mkdir()
        for row in _all(docker, work / "mirror", options):
            rows.append(row)
            print(" | ".join(row.cells()), file=sys.stderr, flush=True)
    finally:
        docker.remove_all()
        shutil.rmtree(work)
        if rows:
            print(render(rows, _notes(docker)))


def _all(docker: Docker, folder: Path, options: argparse.Namespace) -> Iterator[Row | Missing]:
    real = {one.archive: one.root for one in suites_at(roots_in(Path("/etc/apt")))}

    def bench(roots: Mapping[str, str]) -> Bench:
        shell = docker.shell.having(**mirrors(roots))
        return Bench(shell=shell, docker=docker, base=options.base, roots=roots)

    with mirrored(real, folder) as roots:
        yield from compare(bench(roots), options.rounds, options.slim)
    if options.network_rounds:
        yield from _by_network(bench(real), options.network_rounds)


def _environ(work: Path) -> dict[str, str]:
    # Without the cache of its modules' code, each start of Lading would compile all of them.
    left_out = {"XDG_CACHE_HOME", "PYTHONDONTWRITEBYTECODE"}
    return {
        **{name: value for name, value in os.environ.items() if name not in left_out},
        "HOME": str(work / "home"),
        "TMPDIR": str(work),
        "LADING_CACHE_DIR": str(work / "cache"),
        "BENCH_SALT": uuid4().hex,
    }


def _notes(docker: Docker) -> tuple[str, ...]:
    shell = replace(docker.shell, folder=Path("/"))
    versions = (
        shell.call("mmdebstrap", "--version").strip(),
        shell.call("apt-get", "--version").partition("\n")[0],
        f"docker {replace(docker, shell=shell).version()}",
    )
    return (
        f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.machine()}",
        "; ".join(versions),
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", default=os.environ.get("LADING_TEST_BASE_BARE"))
    parser.add_argument("--slim", default=os.environ.get("LADING_TEST_BASE"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--network-rounds", type=int, default=2, help="0 leaves them out")
    parser.add_argument("--work", type=Path, help="where folders are made; needs 2 GB")
    options = parser.parse_args()
    if options.base is None:
        parser.error("--base is needed")
    if options.rounds < 1:
        parser.error("--rounds: at least 1")
    return options


if __name__ == "__main__":
    main()
