"""Compares Lading with BentoML, and with uv alone, on one machine and one specification.

It makes what it needs in a folder of its own: a virtual environment for this checkout of Lading,
one for BentoML, and a project for each. What needs a container engine is left out, and said to be,
where docker or the base image is missing. It prints one Markdown table to stdout, and its progress
to stderr.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from command_line import compare_freeze, compare_import, compare_lock
from containers import Docker
from images import Builder, compare_bytecode, compare_images, compare_rebuilds, compare_start
from measure import NotMeasured
from sides import BENTOML, CHECKOUT, UV, Sides, prepare
from table import Missing, Row, render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

GROUPS = ("import", "freeze", "lock", "images", "rebuilds", "bytecode")


def main() -> None:
    options = _options()
    try:
        sides = prepare(options.work.resolve(), options.checkout)
    except NotMeasured as error:
        raise SystemExit(f"error: {error}") from None
    rows: list[Row | Missing] = []
    with _builder(sides, options) as (builder, notes):
        for name, measure in _groups(sides, builder, options):
            if name in options.only:
                rows += _measured(name, measure)
        print(render(rows, (*_machine(builder), *notes)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    parser.add_argument(
        "--work", type=Path, default=cache / "lading-bench", help="where everything is made"
    )
    parser.add_argument(
        "--base",
        default=os.environ.get("LADING_TEST_BASE"),
        help="a Debian 12 image with Python 3.11, as docker pulls it ($LADING_TEST_BASE)",
    )
    parser.add_argument(
        "--only", choices=GROUPS, nargs="+", default=GROUPS, help="leave out all other groups"
    )
    parser.add_argument("--rounds", type=_positive, default=9, help="runs of what is quick (9)")
    parser.add_argument("--builds", type=_positive, default=3, help="runs of what is slow (3)")
    parser.add_argument(
        "--host-network", action="store_true", help="builds use the network of the host"
    )
    parser.add_argument(
        "--checkout", type=Path, default=CHECKOUT, help="the Lading to install (this one)"
    )
    return parser.parse_args()


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


@contextmanager
def _builder(
    sides: Sides, options: argparse.Namespace
) -> Iterator[tuple[Builder | NotMeasured, tuple[str, ...]]]:
    """Both systems' builds, or why there can't be any; and what had to be changed for them."""
    docker = Docker(shell=replace(sides.ours, folder=sides.ours.folder.parent))
    try:
        builder, notes = _build_with(docker, sides, options)
    except NotMeasured as error:
        yield error, ()
        return
    try:
        yield builder, notes
    finally:
        docker.remove_all()


def _build_with(
    docker: Docker, sides: Sides, options: argparse.Namespace
) -> tuple[Builder, tuple[str, ...]]:
    if not options.base:
        raise NotMeasured("no base image: give --base")
    docker.version()
    docker.call("pull", "--quiet", options.base)
    added = docker.prepare_base(options.base, Path(sides.uv))
    builder = Builder(
        sides=sides.on(options.base), docker=docker, host_network=options.host_network
    )
    return builder, tuple(f"for BentoML only: {note}" for note in added)


def _groups(
    sides: Sides, builder: Builder | NotMeasured, options: argparse.Namespace
) -> Iterator[tuple[str, Callable[[], Iterable[Row]]]]:
    quick, slow = options.rounds, options.builds
    unpinned = () if isinstance(builder, Builder) else ("--allow-unpinned-base",)
    placed = builder.sides if isinstance(builder, Builder) else sides

    def built(compare: Callable[[Builder], Iterable[Row]]) -> Iterable[Row]:
        if isinstance(builder, NotMeasured):
            raise builder
        return compare(builder)

    yield "import", lambda: compare_import(placed, 2 * quick)
    yield "freeze", lambda: compare_freeze(placed, quick, unpinned)
    yield "lock", lambda: compare_lock(placed, quick, unpinned)
    yield "images", lambda: built(lambda one: compare_images(one, slow))
    yield "images", lambda: built(lambda one: compare_start(one, quick))
    yield "rebuilds", lambda: built(lambda one: compare_rebuilds(one, slow))
    yield "bytecode", lambda: built(lambda one: compare_bytecode(one, quick, slow))


def _measured(name: str, measure: Callable[[], Iterable[Row]]) -> list[Row | Missing]:
    """The rows of a group as far as it got, and at its end what stopped it."""
    print(f"measuring: {name}", file=sys.stderr, flush=True)
    rows: list[Row | Missing] = []
    try:
        rows.extend(measure())
    except NotMeasured as error:
        rows.append(Missing(what=name, reason=str(error)))
    return rows


def _machine(builder: Builder | NotMeasured) -> Iterator[str]:
    """What the numbers depend on, without a word that tells whose machine it is."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    yield f"{datetime.now(tz=UTC):%Y-%m-%d}; {os.cpu_count()} cores, {memory:.0f} GiB"
    yield f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    yield f"{BENTOML}, {UV}"
    if isinstance(builder, Builder):
        yield f"docker {builder.docker.version()}"


if __name__ == "__main__":
    main()
