"""Comparisons of the programs themselves, which need no container engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from measure import alternate
from table import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sides import Sides

__all__ = ["compare_freeze", "compare_import", "compare_lock"]

IMAGE = "service.py:image"
# What Lading asks uv for, for this specification: Python 3.11 on Debian 12 (glibc 2.36).
TARGET = ("--python-version", "3.11", "--python-platform", "x86_64-manylinux_2_36")


def compare_freeze(sides: Sides, rounds: int, unpinned: tuple[str, ...]) -> Iterator[Row]:
    """`lading freeze` against `bentoml build`, as whole processes."""
    lock = sides.ours.folder / "lading.lock"

    def freeze() -> float:
        return sides.ours.seconds(sides.lading, "freeze", "--quiet", *unpinned, IMAGE)

    def freeze_unlocked() -> float:
        lock.unlink(missing_ok=True)
        return freeze()

    def build() -> float:
        return sides.theirs.seconds(sides.bentoml, "build", "--output", "tag")

    unlocked, other, locked, again = alternate(rounds, freeze_unlocked, build, freeze, build)
    versus = "bentoml build"
    what = "lading freeze, lock up to date"
    yield Row(what=what, ours=locked, versus=versus, theirs=again, ratio_limit=0.125)
    yield Row(what="lading freeze, no lock yet", ours=unlocked, versus=versus, theirs=other)


def compare_import(sides: Sides, rounds: int) -> Iterator[Row]:
    """What an import costs above the bare interpreter of the same environment."""

    def python(side: int, code: str) -> Callable[[], float]:
        shell = sides.theirs if side else sides.ours
        return lambda: shell.seconds(sides.python(side), "-c", code) * 1000

    bare, module, name, other_bare, other = alternate(
        rounds,
        python(0, "pass"),
        python(0, "import lading"),
        python(0, "from lading import Image"),
        python(1, "pass"),
        python(1, "import bentoml"),
    )
    theirs = _above(other, other_bare)
    for what, values in (("import lading", module), ("from lading import Image", name)):
        yield Row(
            what=f"{what}, above the bare interpreter",
            ours=_above(values, bare),
            versus="import bentoml",
            theirs=theirs,
            unit="ms",
            value_limit=60,
        )


def compare_lock(sides: Sides, rounds: int, unpinned: tuple[str, ...]) -> Iterator[Row]:
    """`lading lock` without a lock file against the resolver alone, both with a warm cache."""
    folder = sides.ours.folder
    requirements = (folder / "requirements.txt").read_text("utf-8")
    lock, output = folder / "lading.lock", folder / "pylock.toml"
    words = ("pip", "compile", "-", "--format", "pylock.toml", "--python", sides.python(0), *TARGET)
    more = ("--only-binary", ":all:", "--no-header", "--no-annotate", "--quiet", "--output-file")

    def ours() -> float:
        lock.unlink(missing_ok=True)
        return sides.ours.seconds(sides.lading, "lock", "--quiet", *unpinned, IMAGE)

    def bare() -> float:
        output.unlink(missing_ok=True)
        return sides.ours.seconds(sides.uv, *words, *more, str(output), stdin=requirements)

    locks, compiles = alternate(rounds, ours, bare)
    output.unlink(missing_ok=True)
    yield Row(
        what="lading lock, no lock yet",
        ours=locks,
        versus="bare uv pip compile",
        theirs=compiles,
        ratio_limit=1.3,
    )


def _above(values: tuple[float, ...], bare: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(value - base for value, base in zip(values, bare, strict=True))
