"""Whole builds without an engine, beside docker building and pushing our own Dockerfile.

    python bench/oci.py --registry 127.0.0.1:5000 --base IMAGE [--rounds N] [--work FOLDER]
                        [--wheel torch-….whl]

Some fifty requirements and a file of code; before them a few large ones, and the wheel where one is
given. Each value is a whole process, or two of docker's: `lading build --engine docker`, which
freezes and calls `docker build`, and `docker push`. Wheels are at hand on both sides: in Lading's
cache of downloads, in uv's behind a cache mount; the base is known to both. Needs docker, a
registry on loopback, and the package index once; skopeo for a row.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import time_ns
from typing import TYPE_CHECKING, Any, Final

from measure import NotMeasured, Shell, alternate, processor_time
from table import Missing, Row, render

from lading.http import HttpClient, HttpSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REQUIREMENTS: Final = (
    *("scikit-learn", "pandas", "alembic", "annotated-types", "anyio", "attrs"),
    *("babel", "blinker", "boltons", "cachetools", "certifi", "chardet", "click", "cloudpickle"),
    *("colorama", "decorator", "docutils", "fastapi", "filelock", "flask", "fsspec", "h11"),
    *("httpcore", "httpx", "idna", "itsdangerous", "jinja2", "jmespath", "jsonschema", "mako"),
    *("markdown", "networkx", "packaging", "platformdirs", "pydantic"),
    *("pygments", "pyyaml", "requests", "rich", "starlette", "tenacity", "typer"),
    *("urllib3", "uvicorn", "werkzeug"),
)
SMALL: Final = ("tqdm==4.66.5", "tqdm==4.67.1")
"""Two versions of a wheel that shares its layer with others."""

LARGE: Final = ("sqlalchemy==2.0.36", "sqlalchemy==2.0.37")
"""Two versions of a wheel that has a layer of its own."""

HEAVY: Final = ("scikit-learn", "pandas", "transformers", "pyarrow", "opencv-python-headless")
"""Large wheels, two hundred MB with what they require."""

OTHERS: Final = (
    ("six==1.16.0", "six==1.17.0"),
    ("toolz==0.12.1", "toolz==1.0.0"),
    ("more-itertools==10.5.0", "more-itertools==10.6.0"),
)
"""Two versions each, of which every round takes others: docker has never seen that environment."""

MOST_ROUNDS: Final = 2 ** len(OTHERS) - 1  # the last was made to warm the caches

SERVICE: Final = """\
import os
from lading import Image

image = (
    Image(
        base_image=os.environ["BENCH_BASE"],
        distro="debian:bookworm",
        python_version="3.11",
        compile_bytecode=os.environ.get("BENCH_COMPILE") == "1",
    )
    .user(int(os.environ["BENCH_USER"]))
    .requirements_file("requirements.txt")
    .build_include("app.py")
    .cmd("python", "app.py")
)
"""
APP: Final = """\
import pandas, sklearn, sqlalchemy, tqdm

print("versions", sqlalchemy.__version__, tqdm.__version__)
"""
FASTER: Final = 1 / 8
AT_ONCE: Final = 0.3
NO_MORE: Final = 1.1
VERSUS: Final = "docker build, docker push"
MANIFESTS: Final = (
    "application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.v2+json"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A project that both sides build, and where they push it.

    Attributes:
        shell: Runs both, in the project's folder.
        registry: Where images go; a new repository for each that must not be there.
        pushes: Seconds that each `docker push` has taken.
    """

    shell: Shell
    registry: str
    pushes: list[float] = field(default_factory=list)

    def prepare(self) -> None:
        """Write the project; fetch what is fetched once, and warm what may be warm."""
        (self.shell.folder / "service.py").write_text(SERVICE)
        (self.shell.folder / "app.py").write_text(APP)
        (self.shell.folder / "requirements.txt").write_text(f"{SMALL[0]}\n")
        self._lading(*self._build(self.fresh()))
        shutil.copytree(self._store, self._store.with_name("known"))
        for small, large, others in ((1, 1, MOST_ROUNDS), (0, 0, 0)):
            self.choose(small, large, others)
            self._lading(*self._build(self.fresh()))
            self.docker(self.fresh())

    def choose(self, small: int, large: int, others: int) -> None:
        """Ask for these versions, and lock them."""
        self._require(*REQUIREMENTS, SMALL[small], LARGE[large], *_others(others))

    def choose_heavy(self, wheel: Path | None, others: int) -> None:
        """Ask for large wheels, and for this one."""
        lines = (*HEAVY, SMALL[0], LARGE[0], *_others(others))
        if wheel is None:
            self._require(*lines)
            return
        copy = self.shell.folder / wheel.name
        if not copy.exists():
            shutil.copyfile(wheel, copy)
        self._require(*lines, f"./{wheel.name}")

    def _require(self, *lines: str) -> None:
        (self.shell.folder / "requirements.txt").write_text("\n".join(lines) + "\n")
        self._lading("lock", "service.py:image")

    def edit(self) -> None:
        """Change the code: it has another content and length each time."""
        path = self.shell.folder / "app.py"
        path.write_text(path.read_text() + f"# {time_ns()}\n")

    def forget(self) -> None:
        """Remove all layers that were made; downloads stay, and what is known of the base."""
        shutil.rmtree(self._store)
        shutil.copytree(self._store.with_name("known"), self._store)

    @property
    def _store(self) -> Path:
        return Path(self.shell.environ["HOME"]) / ".cache" / "lading" / "layers"

    def fresh(self) -> str:
        """A repository that the registry doesn't have."""
        return f"{self.registry}/lading-bench/r{time_ns()}:1"

    def lading(self, tag: str) -> float:
        """Seconds of building and pushing, without an engine."""
        return self.timed(*self._build(tag))

    def timed(self, *words: str) -> float:
        """Seconds of a command of Lading's."""
        return self.shell.seconds(sys.executable, "-m", "lading", *words, minutes=10)

    def docker(self, tag: str) -> float:
        """Seconds of freezing, `docker build` and `docker push`."""
        argv = ("build", "--engine", "docker", "--tag", tag, "service.py:image")
        return self.timed(*argv) + self.docker_push(tag)

    def docker_push(self, tag: str) -> float:
        """Seconds of `docker push`."""
        seconds = self.shell.seconds("docker", "push", tag, minutes=10)
        self.pushes.append(seconds)
        return seconds

    def memory(self) -> float:
        """Peak memory of a build that makes all layers, in bytes."""
        self.forget()
        return self.shell.peak(sys.executable, "-m", "lading", *self._build(self.fresh()))

    def blobs(self, tag: str) -> dict[str, int]:
        """The sizes of a pushed image's configuration and layers, by digest."""
        found = self._manifest(tag)
        return {one["digest"]: one["size"] for one in (found["config"], *found["layers"])}

    def _manifest(self, tag: str) -> dict[str, Any]:
        domain, _, rest = tag.partition("/")
        path, _, name = rest.rpartition(":")
        url = f"http://{domain}/v2/{path}/manifests/{name}"
        with HttpClient(HttpSettings()) as client:
            answer = client.read(url, headers={"Accept": MANIFESTS}, limit=1 << 22)
        found: dict[str, Any] = json.loads(answer.body)
        return found

    def runs(self, tag: str) -> None:
        """Check that docker gets a pushed image, and that it has what was asked for last.

        Raises:
            NotMeasured: It does not.
        """
        wanted = dict(
            line.split("==")
            for line in (self.shell.folder / "requirements.txt").read_text().splitlines()
            if "==" in line
        )
        said = self.shell.call("docker", "run", "--rm", tag).strip()
        self.shell.call("docker", "image", "rm", "--force", tag)
        if said != f"versions {wanted['sqlalchemy']} {wanted['tqdm']}":
            raise NotMeasured(f"the image {tag} has other versions: {said}")

    def wheel_size(self, name: str) -> float:
        """The size of a wheel of the lock, in bytes."""
        lock = tomllib.loads((self.shell.folder / "lading.lock").read_text())
        found = lock["platforms"][0]["distributions"]
        return float(next(one["size"] for one in found if one["name"] == name))

    def _build(self, tag: str) -> tuple[str, ...]:
        return ("build", "--engine", "oci", "--push", "--tag", tag, "service.py:image")

    def _lading(self, *words: str) -> None:
        self.shell.call(sys.executable, "-m", "lading", *words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """What an image that was pushed again has that the one before it has not.

    Attributes:
        seconds: How long it took.
        layers: How many contents are new, the configuration aside.
        size: The bytes of all that is new.
    """

    seconds: float
    layers: float
    size: float


def _others(choice: int) -> list[str]:
    return [pair[choice >> place & 1] for place, pair in enumerate(OTHERS)]


def pushed_again(bench: Bench, tag: str, act: Callable[[str], float]) -> Pushed:
    """Push to a name that has an image, and see what is new there.

    Raises:
        NotMeasured: It is the same image.
    """
    before = bench.blobs(tag)
    seconds = act(tag)
    new = {digest: size for digest, size in bench.blobs(tag).items() if digest not in before}
    if not new:
        raise NotMeasured(f"{tag} did not change")
    return Pushed(seconds=seconds, layers=float(len(new) - 1), size=float(sum(new.values())))


def compare(bench: Bench, rounds: int, wheel: Path | None) -> Iterator[Row | Missing]:
    yield from _heavy(bench, rounds, wheel)
    mine, other = bench.fresh(), bench.fresh()
    before = len(bench.pushes)
    yield from _cold(bench, rounds, mine, other)
    docker_pushes = tuple(bench.pushes[before:])
    yield from _nothing_changed(bench, rounds, mine, other)
    yield from _code_changed(bench, rounds, mine, other)
    yield from _requirement_changed(bench, rounds, other, large=True)
    yield from _requirement_changed(bench, rounds, other, large=False)
    yield from _pushed(bench, rounds, docker_pushes)
    yield from _compiled(bench)


def _heavy(bench: Bench, rounds: int, wheel: Path | None) -> Iterator[Row]:
    bench.choose_heavy(wheel, MOST_ROUNDS)
    bench.lading(bench.fresh())
    bench.docker(bench.fresh())
    ours, theirs, mine = [], [], ""
    for turn in range(rounds):
        bench.choose_heavy(wheel, turn)
        bench.forget()
        mine = bench.fresh()
        ours.append(bench.lading(mine))
        theirs.append(bench.docker(bench.fresh()))
    bench.runs(mine)
    size = sum(bench.blobs(mine).values())
    yield Row(
        what=f"definition to registry, large wheels, {size / 1e6:.0f} MB, no layer made yet",
        ours=tuple(ours),
        versus=VERSUS,
        theirs=tuple(theirs),
        ratio_limit=FASTER,
    )


def _cold(bench: Bench, rounds: int, mine: str, other: str) -> Iterator[Row]:
    ours, theirs, peaks = [], [], []
    for turn in range(rounds):
        bench.choose(1, 1, turn)
        bench.forget()
        mine_now, other_now = (
            (mine, other) if turn == rounds - 1 else (bench.fresh(), bench.fresh())
        )
        ours.append(bench.lading(mine_now))
        theirs.append(bench.docker(other_now))
        peaks.append(bench.memory())
    bench.runs(mine)
    what = "definition to registry, no layer made yet"
    yield Row(
        what=what,
        ours=tuple(ours),
        versus=VERSUS,
        theirs=tuple(theirs),
        ratio_limit=FASTER,
    )
    yield Row(what="peak memory of that", ours=tuple(peaks), unit="B")
    sizes = [float(sum(bench.blobs(tag).values())) for tag in (mine, other)]
    yield Row(
        what="image size, compressed",
        ours=(sizes[0],),
        versus="docker's image",
        theirs=(sizes[1],),
        unit="B",
    )
    layers = [float(len(bench.blobs(tag)) - 1) for tag in (mine, other)]
    yield Row(
        what="its layers, the base's too",
        ours=(layers[0],),
        versus="docker's image",
        theirs=(layers[1],),
        unit="layers",
    )


def _nothing_changed(bench: Bench, rounds: int, mine: str, other: str) -> Iterator[Row]:
    before = bench.blobs(mine)
    many = rounds * 3
    ours, theirs = alternate(many, lambda: bench.lading(mine), lambda: bench.docker(other))
    what = "nothing changed, with push"
    yield Row(what=what, ours=ours, versus=VERSUS, theirs=theirs, value_limit=AT_ONCE)
    if bench.blobs(mine) != before:
        raise NotMeasured("the same definition became another image")
    (ours,) = alternate(many, lambda: bench.timed(*_LAYOUT))
    yield Row(what="nothing changed, to a layout", ours=ours, value_limit=AT_ONCE)
    using = _used(bench, "-m", "lading", *_LAYOUT)
    yield Row(what="processor time of that", ours=(using,))


_LAYOUT: Final = ("build", "--engine", "oci", "-o", "layout", "service.py:image")


def _used(bench: Bench, *argv: str) -> float:
    """Seconds of processor time."""
    before = processor_time()
    bench.shell.call(sys.executable, *argv)
    return processor_time() - before


def _code_changed(bench: Bench, rounds: int, mine: str, other: str) -> Iterator[Row]:
    ours, theirs = [], []
    for _ in range(rounds):
        bench.edit()
        ours.append(pushed_again(bench, mine, bench.lading))
        theirs.append(pushed_again(bench, other, bench.docker))
    yield _times("code changed", ours, theirs)
    yield _layers(ours, theirs)


def _requirement_changed(bench: Bench, rounds: int, other: str, *, large: bool) -> Iterator[Row]:
    """Docker's base and environment are cached; what is installed together is installed again."""
    ours, theirs, name = [], [], (LARGE if large else SMALL)[1].partition("==")[0]
    mine = ""
    for turn in range(rounds):
        mine = bench.fresh()
        bench.forget()
        bench.choose(0, 0, turn)
        bench.lading(mine)
        bench.choose(int(not large), int(large), turn)
        ours.append(pushed_again(bench, mine, bench.lading))
        theirs.append(pushed_again(bench, other, bench.docker))
    bench.runs(mine)
    kind = "has a layer of its own" if large else "shares one"
    yield _times(f"one requirement of 50 changed, which {kind}", ours, theirs, FASTER)
    yield _layers(ours, theirs)
    pushed, wheel = tuple(one.size for one in ours), bench.wheel_size(name)
    yield Row(
        what="bytes pushed",
        ours=pushed,
        versus=f"the wheel {name}",
        theirs=(wheel,) * rounds,
        unit="B",
        ratio_limit=NO_MORE if large else None,
    )
    docker = tuple(one.size for one in theirs)
    yield Row(what="bytes pushed", ours=pushed, versus=VERSUS, theirs=docker, unit="B")


def _times(what: str, ours: list[Pushed], theirs: list[Pushed], limit: float | None = None) -> Row:
    return Row(
        what=what,
        ours=tuple(one.seconds for one in ours),
        versus=VERSUS,
        theirs=tuple(one.seconds for one in theirs),
        ratio_limit=limit,
    )


def _layers(ours: list[Pushed], theirs: list[Pushed]) -> Row:
    return Row(
        what="new layers of that",
        ours=tuple(one.layers for one in ours),
        versus=VERSUS,
        theirs=tuple(one.layers for one in theirs),
        unit="layers",
        value_limit=1,
    )


def _pushed(bench: Bench, rounds: int, docker_pushes: tuple[float, ...]) -> Iterator[Row | Missing]:
    """Our image from a layout; docker has pushed its own right after it was built."""
    bench.timed(*_LAYOUT)
    what = "pushing an image, base and all, to a new repository"
    skopeo = ("skopeo", "copy", "--quiet", "--dest-tls-verify=false", "oci:layout")

    def ours() -> float:
        return bench.timed("push", "layout", bench.fresh())

    try:
        mine, theirs = alternate(
            rounds, ours, lambda: bench.shell.seconds(*skopeo, f"docker://{bench.fresh()}")
        )
    except NotMeasured as error:
        yield Missing(what=what, reason=str(error))
        return
    # skopeo has noted where the registry has the contents, and can mount them.
    versus = "skopeo copy"
    yield Row(what=what, ours=mine, versus=versus, theirs=theirs)
    yield Row(what=what, ours=mine, versus="docker push, first time", theirs=docker_pushes)


def _compiled(bench: Bench) -> Iterator[Row]:
    compiled = replace(bench, shell=bench.shell.having(BENCH_COMPILE="1"))
    bench.forget()
    ours, theirs = compiled.lading(bench.fresh()), compiled.docker(bench.fresh())
    what = "definition to registry, bytecode compiled"
    yield Row(what=what, ours=(ours,), versus=VERSUS, theirs=(theirs,), ratio_limit=FASTER)


def main() -> None:
    options = _options()
    work = Path(tempfile.mkdtemp(prefix="lading-bench-", dir=options.work)).resolve()
    rows: list[Row | Missing] = []
    try:
        (work / "home").mkdir()
        (work / "project").mkdir()
        # Without the cache of its modules' code, each start of Lading would compile all of them.
        left_out = {"XDG_CACHE_HOME", "PYTHONDONTWRITEBYTECODE"}
        environ = {
            **{name: value for name, value in os.environ.items() if name not in left_out},
            "HOME": str(work / "home"),
            "BENCH_BASE": options.base,
            # docker keeps what earlier runs installed: here it has another user in each.
            "BENCH_USER": str(10_000 + time_ns() % 50_000),
        }
        bench = Bench(
            shell=Shell(environ=environ, folder=work / "project"), registry=options.registry
        )
        bench.prepare()
        for row in compare(bench, options.rounds, options.wheel):
            rows.append(row)
            print(" | ".join(row.cells()), file=sys.stderr, flush=True)
    finally:
        shutil.rmtree(work)
        if rows:
            print(render(rows))
    print(f"- {os.cpu_count()} cores, Python {platform.python_version()}, {platform.machine()}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--registry", default="127.0.0.1:5000")
    parser.add_argument("--base", default=os.environ.get("LADING_TEST_BASE"))
    parser.add_argument("--rounds", type=int, default=3, help=f"at most {MOST_ROUNDS}")
    parser.add_argument("--wheel", type=Path, help="one more large wheel: PyTorch's for CPUs")
    parser.add_argument("--work", type=Path, help="where folders are made")
    options = parser.parse_args()
    if options.base is None:
        parser.error("--base is needed")
    if not 0 < options.rounds <= MOST_ROUNDS:
        parser.error(f"--rounds: from 1 to {MOST_ROUNDS}")
    return options


if __name__ == "__main__":
    main()
