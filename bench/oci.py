"""Whole builds without an engine, beside docker building and pushing our own Dockerfile.

    python bench/oci.py --registry 127.0.0.1:5000 --base IMAGE [--rounds N] [--work FOLDER]

Fifty requirements and a file of code. Each value is a whole process, or two of docker's: `docker
build` and `docker push`. Wheels are at hand on both sides: in Lading's cache of downloads, in uv's
behind a cache mount. Needs docker, a registry on loopback, and the package index once.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import time_ns
from typing import TYPE_CHECKING, Final

from measure import Shell, alternate
from table import Row, render

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUIREMENTS: Final = (
    *("scikit-learn", "pandas", "aiofiles", "alembic", "annotated-types", "anyio", "attrs"),
    *("babel", "blinker", "boltons", "cachetools", "certifi", "chardet", "click", "cloudpickle"),
    *("colorama", "decorator", "docutils", "fastapi", "filelock", "flask", "fsspec", "h11"),
    *("httpcore", "httpx", "idna", "itsdangerous", "jinja2", "jmespath", "jsonschema", "mako"),
    *("markdown", "more-itertools", "networkx", "packaging", "platformdirs", "pydantic"),
    *("pygments", "pyyaml", "requests", "rich", "six", "starlette", "tenacity", "toolz", "typer"),
    *("urllib3", "uvicorn", "werkzeug"),
)
CHANGED: Final = ("tqdm==4.66.5", "tqdm==4.67.1")
SERVICE: Final = """\
import os
from lading import Image

image = (
    Image(
        base_image=os.environ["BENCH_BASE"],
        distro="debian:bookworm",
        python_version="3.11",
        compile_bytecode=False,
    )
    .requirements_file("requirements.txt")
    .build_include("app.py")
    .cmd("python", "app.py")
)
"""
FASTER: Final = 1 / 8
AT_ONCE: Final = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A project that both sides build, and where they push it.

    Attributes:
        shell: Runs both, in the project's folder.
        registry: Where images go; a new repository for each that must not be there.
    """

    shell: Shell
    registry: str

    def prepare(self) -> None:
        """Write the project, with a lock for each of two versions of one requirement."""
        (self.shell.folder / "service.py").write_text(SERVICE)
        self._know_the_base()
        for number in (1, 0):
            self._write(number)
            self._lading("lock", "service.py:image")
            shutil.copy(self._lock, self._lock.with_suffix(f".{number}"))
            self._lading(*self._build(self.fresh()))

    def choose(self, number: int) -> None:
        """Take one of the two versions, with the lock that has it."""
        self._write(number)
        shutil.copy(self._lock.with_suffix(f".{number}"), self._lock)

    def edit(self) -> None:
        """Change the code: it has another content and length each time."""
        path = self.shell.folder / "app.py"
        path.write_text(path.read_text() + f"print({time_ns()})\n")

    def forget(self) -> None:
        """Remove all layers that were made; downloads stay, and what is known of the base."""
        shutil.rmtree(self._store)
        shutil.copytree(self._store.with_name("known"), self._store)

    def _know_the_base(self) -> None:
        """Keep a store that knows which interpreter the base has, as docker has the base."""
        self._write(0)
        (self.shell.folder / "requirements.txt").write_text(f"{CHANGED[0]}\n")
        self._lading(*self._build(self.fresh()))
        shutil.copytree(self._store, self._store.with_name("known"))

    @property
    def _store(self) -> Path:
        return Path(self.shell.environ["HOME"]) / ".cache" / "lading" / "layers"

    def fresh(self) -> str:
        """A repository that the registry doesn't have."""
        return f"{self.registry}/lading-bench/r{time_ns()}:1"

    def lading(self, tag: str) -> float:
        """Seconds of building and pushing, without an engine."""
        argv = self._build(tag)
        return self.shell.seconds(sys.executable, "-m", "lading", *argv, minutes=10)

    def docker(self, tag: str, *options: str) -> float:
        """Seconds of freezing, `docker build` and `docker push`."""
        argv = ("build", "--engine", "docker", *options, "--tag", tag, "service.py:image")
        seconds = self.shell.seconds(sys.executable, "-m", "lading", *argv, minutes=10)
        return seconds + self.shell.seconds("docker", "push", tag, minutes=10)

    @property
    def _lock(self) -> Path:
        return self.shell.folder / "lading.lock"

    def _write(self, number: int) -> None:
        lines = (*REQUIREMENTS, CHANGED[number])
        (self.shell.folder / "requirements.txt").write_text("\n".join(lines) + "\n")
        if not (self.shell.folder / "app.py").exists():
            (self.shell.folder / "app.py").write_text("print(1)\n")

    def _build(self, tag: str) -> tuple[str, ...]:
        return ("build", "--engine", "oci", "--push", "--tag", tag, "service.py:image")

    def _lading(self, *words: str) -> None:
        self.shell.call(sys.executable, "-m", "lading", *words)


VERSUS: Final = "docker build, docker push"


def compare(bench: Bench, rounds: int) -> Iterator[Row]:
    def cold() -> float:
        bench.forget()
        return bench.lading(bench.fresh())

    what = "definition to registry, no layer made yet"
    ours, theirs = alternate(rounds, cold, lambda: bench.docker(bench.fresh(), "--no-cache"))
    yield Row(what=what, ours=ours, versus=VERSUS, theirs=theirs, ratio_limit=FASTER)

    mine, other = bench.fresh(), bench.fresh()
    ours, theirs = alternate(rounds, lambda: bench.lading(mine), lambda: bench.docker(other))
    yield Row(what="nothing changed", ours=ours, versus=VERSUS, theirs=theirs, value_limit=AT_ONCE)

    def edited() -> float:
        bench.edit()
        return bench.lading(mine)

    ours, theirs = alternate(rounds, edited, lambda: bench.docker(other))
    yield Row(what="code changed", ours=ours, versus=VERSUS, theirs=theirs)
    yield _changed(bench, rounds, mine, other)


def _changed(bench: Bench, rounds: int, mine: str, other: str) -> Row:
    """The store has all layers but the one; docker must install all anew, as `--no-cache` does."""

    def ours() -> float:
        bench.forget()
        bench.choose(0)
        bench.lading(mine)
        bench.choose(1)
        return bench.lading(mine)

    made, built = alternate(rounds, ours, lambda: bench.docker(other, "--no-cache"))
    what = "one requirement of 50 changed"
    return Row(what=what, ours=made, versus=VERSUS, theirs=built, ratio_limit=FASTER)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--registry", default="127.0.0.1:5000")
    parser.add_argument("--base", default=os.environ.get("LADING_TEST_BASE"), required=False)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", type=Path, help="where folders are made")
    options = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="lading-bench-", dir=options.work)).resolve()
    try:
        (work / "home").mkdir()
        (work / "project").mkdir()
        environ = {
            **{name: value for name, value in os.environ.items() if name != "XDG_CACHE_HOME"},
            "HOME": str(work / "home"),
            "BENCH_BASE": options.base or parser.error("--base is needed"),
        }
        bench = Bench(
            shell=Shell(environ=environ, folder=work / "project"), registry=options.registry
        )
        bench.prepare()
        print(render(list(compare(bench, options.rounds))))
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
