"""What storing a model's weights costs and brings, beside compressing them as any other file.

    python bench/models.py [--rounds N] [--size MB] [--work FOLDER]

The same bytes become a layer twice, in turn: as a model's, which are compressed only where that
halves them, and as the project's other files. Then each layer is inflated, as whoever pulls it
does. Weights are drawn from a normal distribution, as those of networks are about; one thread.
"""

from __future__ import annotations

import argparse
import array
import hashlib
import io
import json
import platform
import random
import struct
import sys
import tempfile
import zlib
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Final

from measure import alternate
from table import Row, render

from lading.oci.entries import Regular, Slice
from lading.oci.layers import write_layer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COMPRESSED: Final = "compressed, level 6"
DRAWN: Final = 1 << 18
PART: Final = 1 << 16
HEAD: Final = 2  # of four bytes, in the order of a small machine, the two that bfloat16 keeps


def _drawn() -> list[float]:
    drawing = random.Random(7)  # noqa: S311 - weights
    return [drawing.gauss(0, 0.02) for _ in range(DRAWN)]


def float32() -> bytes:
    return array.array("f", _drawn()).tobytes()


def bfloat16() -> bytes:
    whole = float32()
    return b"".join(whole[at + HEAD : at + 4] for at in range(0, len(whole), 4))


def float16() -> bytes:
    return struct.pack(f"<{DRAWN}e", *_drawn())


def int8() -> bytes:
    return bytes(max(-127, min(127, round(one * 127 / 0.08))) & 255 for one in _drawn())


def random_bytes() -> bytes:
    return hashlib.shake_256(b"4 bits a weight").digest(4 * DRAWN)


def rounded_float64() -> bytes:
    return array.array("d", (round(one, 3) for one in _drawn())).tobytes()


def vocabulary() -> bytes:
    return json.dumps({f"token {number}": number for number in range(DRAWN)}).encode()


KINDS: Final[dict[str, Callable[[], bytes]]] = {
    "float32": float32,
    "bfloat16": bfloat16,
    "float16": float16,
    "int8": int8,
    "4 bits, as good as random": random_bytes,
    "float64 of a few digits, as trees have": rounded_float64,
    "a vocabulary, JSON": vocabulary,
}


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A file as a layer, packed in one of the two ways."""

    path: Path
    weights: bool

    def made(self) -> bytes:
        """The layer's bytes, made anew."""
        content = Slice(path=self.path, size=self.path.stat().st_size, weights=self.weights)
        out = io.BytesIO()
        write_layer([Regular(path="weights", mode=0o644, content=content)], out)
        return out.getvalue()

    @cached_property
    def blob(self) -> bytes:
        """The same, kept."""
        return self.made()

    def making(self) -> float:
        """How long that takes."""
        begin = perf_counter()
        self.made()
        return perf_counter() - begin

    def inflating(self) -> float:
        """As zlib does it, member by member."""
        blob, at = memoryview(self.blob), 0
        begin = perf_counter()
        while at < len(blob):
            member = zlib.decompressobj(zlib.MAX_WBITS | 16)
            while not member.eof:
                member.decompress(blob[at : at + PART])
                at += PART
            at -= len(member.unused_data) + max(0, at - len(blob))
        return perf_counter() - begin


def compare(work: Path, size: int, rounds: int) -> Iterator[Row]:
    for name, drawn in KINDS.items():
        data = drawn()
        path = work / "weights"
        path.write_bytes((data * (size // len(data) + 1))[:size])
        stored, packed = Layer(path=path, weights=True), Layer(path=path, weights=False)
        row = partial(Row, versus=COMPRESSED)
        ours, theirs = alternate(rounds, stored.making, packed.making)
        yield row(what=f"{name}: made", ours=ours, theirs=theirs)
        ours, theirs = alternate(rounds, stored.inflating, packed.inflating)
        yield row(what=f"{name}: inflated", ours=ours, theirs=theirs)
        sizes = ((float(len(one.blob)),) for one in (stored, packed))
        yield row(what=f"{name}: size", ours=next(sizes), theirs=next(sizes), unit="B")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--size", type=int, default=32, metavar="MB")
    options.add_argument("--work", type=Path)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.work) as work:
        print(render(tuple(compare(Path(work), chosen.size * 10**6, chosen.rounds))))
    print(f"\n- {chosen.size} MB of each; zlib {zlib.ZLIB_RUNTIME_VERSION}; {platform.machine()}")
    print(f"- Python {sys.version.split()[0]}")


if __name__ == "__main__":
    main()
