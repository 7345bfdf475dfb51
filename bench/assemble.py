"""How long wheels take to become layers, beside installing and compressing, and beside the limit.

    python bench/assemble.py --wheels FOLDER [--wheel FILE]... [--rounds N] [--work FOLDER]

The wheels are on disk already, and so are the layers in the end. Each side is a whole process, its
start included; they are run in turn. `--without-isal` inflates by zlib on all sides.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import resource
import shutil
import sys
import tempfile
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Final

from measure import Shell, alternate, processor_time
from table import Row, render

from lading.oci.entries import Deflated, Regular
from lading.oci.inflating import crc32, inflate, inflated, library_name
from lading.oci.layers import LAYER_FORMAT, write_layer
from lading.store import LayerKey, Store
from lading.wheels import Scheme, read_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

    from lading.oci.layers import Written

SCHEME: Final = Scheme(prefix="/opt/venv", python="3.11", interpreter="/opt/venv/bin/python")
CORES: Final = os.cpu_count() or 1
SHARE: Final = 4_000_000
STEP: Final = 1 << 18
TARGET_SPEED: Final = 12
TARGET_LIMIT: Final = 2


def assemble(wheels: Sequence[Path], work: Path) -> None:
    """Each wheel becomes a layer in a store that has none."""
    store = Store(work / "store", limit=None)
    largest_first = sorted(wheels, key=lambda wheel: wheel.stat().st_size, reverse=True)
    with store.using(), ThreadPoolExecutor(CORES) as pool:
        print(sum(pool.map(partial(_make, store), largest_first)))


def _make(store: Store, wheel: Path) -> int:
    def write(out: BinaryIO) -> tuple[Written, bytes]:
        found = read_wheel(wheel, SCHEME, filename=wheel.name)
        return write_layer(found.entries, out), b""

    key = LayerKey(
        kind="bench",
        inputs=(wheel.name,),
        interpreter="cp311",
        prefix=SCHEME.prefix,
        format=LAYER_FORMAT,
    )
    return store.make(key, write).descriptor.size


def install(wheels: Sequence[Path], work: Path) -> None:
    """All wheels into one folder, by the package installer; `compress` follows."""
    from installer import install as install_wheel  # noqa: PLC0415 - this side only
    from installer.destinations import SchemeDictionaryDestination  # noqa: PLC0415
    from installer.sources import WheelFile  # noqa: PLC0415

    root = work / "root" / "opt" / "venv"
    library = str(root / "lib" / "python3.11" / "site-packages")
    places = {
        "purelib": library,
        "platlib": library,
        "headers": str(root / "include"),
        "scripts": str(root / "bin"),
        "data": str(root),
    }
    target = SchemeDictionaryDestination(places, SCHEME.interpreter, "posix")
    for wheel in wheels:
        with WheelFile.open(wheel) as source:
            install_wheel(source, target, {"INSTALLER": b"bench\n"})


COMPRESS: Final = "tar -cf - --sort=name -C root . | gzip -6 > layer.tar.gz && sync layer.tar.gz"


def inflate_all(wheels: Sequence[Path], _: Path) -> None:
    """The limit: each stream inflated, its CRC-32, both SHA-256s, by a process for each core."""
    shares = list(_shares(_contents(wheels)))
    with get_context("fork").Pool(CORES) as pool:
        print(sum(pool.imap_unordered(_inflate_share, shares)))


def _contents(wheels: Sequence[Path]) -> list[Deflated]:
    found = [
        entry.content
        for wheel in wheels
        for entry in read_wheel(wheel, SCHEME, filename=wheel.name).entries
        if isinstance(entry, Regular) and isinstance(entry.content, Deflated)
    ]
    return sorted(found, key=lambda content: content.size, reverse=True)


def _shares(contents: Sequence[Deflated]) -> Iterator[list[Deflated]]:
    share: list[Deflated] = []
    size = 0
    for content in contents:
        share.append(content)
        size += content.size
        if size > SHARE:
            yield share
            share, size = [], 0
    yield share


def _inflate_share(share: Sequence[Deflated]) -> int:
    plain, packed, check = hashlib.sha256(), hashlib.sha256(), crc32()
    for content in share:
        with content.path.open("rb") as file:
            file.seek(content.offset)
            if content.size < SHARE:
                stream = file.read(content.compressed)
                packed.update(stream)
                pieces: Iterator[bytes] = iter((inflate(stream, content.size),))
            else:
                pieces = inflated(_parts(file, content.compressed, packed.update), content.size)
            found = 0
            for piece in pieces:
                found = check(piece, found)
                plain.update(piece)
            if found != content.crc32:
                raise SystemExit(f"{content.path}: wrong CRC-32")
    return sum(content.size for content in share)


def _parts(file: BinaryIO, left: int, tell: object) -> Iterator[bytes]:
    assert callable(tell)  # noqa: S101 - it is handed in above
    while left:
        part = file.read(min(STEP, left))
        left -= len(part)
        tell(part)
        yield part


SIDES: Final = {"assemble": assemble, "install": install, "limit": inflate_all}


@dataclass(frozen=True, slots=True)
class Sides:
    """The three sides, each a whole process, and what they have taken beside time.

    Attributes:
        shell: Runs them.
        files: The wheels.
        processor: Seconds of processor time, by side, in the order of the runs.
        peaks: Peak memory of the layers' side, in bytes.
    """

    shell: Shell
    files: tuple[str, ...]
    processor: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    peaks: list[float] = field(default_factory=list)

    def layers(self) -> float:
        """Seconds that Lading takes."""
        seconds = self._run("assemble")
        self.peaks.append(float((self.shell.folder / "peak").read_text()))
        return seconds

    def with_zlib(self) -> float:
        """Seconds that Lading takes where isal is not installed."""
        return self._run("assemble", BENCH_WITHOUT_ISAL="1")

    def limit(self) -> float:
        """Seconds that nobody can do without."""
        return self._run("limit")

    def installed(self) -> float:
        """Seconds that installing, archiving and compressing takes."""
        before = processor_time()
        seconds = self._run("install") + self.shell.seconds("sh", "-c", COMPRESS, minutes=20)
        self.processor["install"][-1] = processor_time() - before
        return seconds

    def _run(self, name: str, **variables: str) -> float:
        for made in ("store", "root"):
            shutil.rmtree(self.shell.folder / made, ignore_errors=True)
        before = processor_time()
        script = str(Path(__file__).resolve())
        seconds = self.shell.having(**variables).seconds(
            sys.executable, script, "--side", name, *self.files, minutes=20
        )
        self.processor[name + "".join(variables)].append(processor_time() - before)
        return seconds


def compare(wheels: Sequence[Path], work: Path, rounds: int, *, isal: bool) -> Iterator[Row]:
    environ = dict(os.environ) | ({} if isal else {"BENCH_WITHOUT_ISAL": "1"})
    shell = Shell(environ=environ, folder=work)
    sides = Sides(shell, tuple(map(str, wheels)))
    measures = (sides.layers, sides.limit, sides.installed, *((sides.with_zlib,) if isal else ()))
    made, limit, installed, *with_zlib = alternate(rounds, *measures)
    used = {name: tuple(values[1:]) for name, values in sides.processor.items()}
    versus, limited = "installer, tar, gzip -6", "inflating and hashing the same, all cores"
    what, again = "wheels to layers, cold store", "processor time of that"
    fast = 1 / TARGET_SPEED
    yield Row(what=what, ours=made, versus=versus, theirs=installed, ratio_limit=fast)
    yield Row(what=what, ours=made, versus=limited, theirs=limit, ratio_limit=TARGET_LIMIT)
    yield Row(what=again, ours=used["assemble"], versus=versus, theirs=used["install"])
    yield Row(what=again, ours=used["assemble"], versus=limited, theirs=used["limit"])
    yield Row(what="peak memory of that", ours=tuple(sides.peaks[1:]), unit="B")
    for values in with_zlib:
        what = "wheels to layers, without isal"
        yield Row(what=what, ours=values, versus=versus, theirs=installed, ratio_limit=fast)


def main() -> None:
    options = _options()
    if options.side:
        _run_side(options.side, [Path(file) for file in options.files])
        return
    wheels = sorted({*options.wheels.glob("*.whl"), *options.wheel})
    work = Path(tempfile.mkdtemp(prefix="lading-bench-", dir=options.work))
    try:
        isal = library_name() == "isal" and not options.without_isal
        rows = list(compare(wheels, work, options.rounds, isal=isal))
    finally:
        shutil.rmtree(work)
    size = sum(wheel.stat().st_size for wheel in wheels)
    print(render(rows))
    print(f"- {len(wheels)} wheels, {size / 1e6:.0f} MB; inflated by {'isal' if isal else 'zlib'}")
    print(f"- {CORES} cores, Python {platform.python_version()}, {platform.machine()}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wheels", type=Path, default=Path("wheels"), help="a folder of wheels")
    parser.add_argument("--wheel", type=Path, action="append", default=[], help="one more")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", type=Path, help="where folders are made; needs 3 GB")
    parser.add_argument("--without-isal", action="store_true")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("files", nargs="*", help=argparse.SUPPRESS)
    return parser.parse_args()


def _run_side(name: str, wheels: Sequence[Path]) -> None:
    if "BENCH_WITHOUT_ISAL" in os.environ:
        # What the import system takes for "there is no such module".
        sys.modules["isal"] = None  # type: ignore[assignment]
    SIDES[name](wheels, Path.cwd())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    Path("peak").write_text(str(peak * (1 if sys.platform == "darwin" else 1024)))


if __name__ == "__main__":
    main()
