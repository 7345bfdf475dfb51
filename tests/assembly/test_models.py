"""The layers of models: which there are, how they are packed, and what leaves them alone."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import pytest

from assembly.tiny import Bench, base_with, image_info
from lading.assembly.plan import plan
from lading.errors import ImageError
from lading.info import Config
from lading.oci.blobs import blocks

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lading.assembly import Assembled
    from lading.assembly.plan import PlannedLayer
    from lading.info import CopyFiles

# Numbers of 16 bits shrink to 0.8: less than what is worth the time.
WEIGHTS = bytes(
    byte
    for place, low in enumerate(hashlib.shake_256(b"weights").digest(100_000))
    for byte in (low, 0x3C + place % 3)
)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(root=tmp_path)


def model(bench: Bench, number: int, files: Mapping[str, bytes], to: str = "/models") -> CopyFiles:
    """A part of a model, whose files are on a disk as those of projects are."""
    step = msgspec.structs.replace(bench.include(number, to, files), model=True)
    for path, content in files.items():
        file = bench.root / "project" / str(number) / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        bench.files[f"{step.source}/{path}"] = file  # type: ignore[assignment]
    return step


def layers(made: Assembled) -> dict[str, str]:
    return {one.name: str(one.digest) for one in made.layers if one.outcome != "base"}


def described(planned: tuple[PlannedLayer, ...]) -> list[tuple[str, str]]:
    return [(one.kind, one.name) for one in planned]


def test_each_part_is_a_layer_below_the_packages(bench: Bench) -> None:
    info = image_info(
        model(bench, 5, {"weights/a.bin": b"a"}),
        model(bench, 6, {"weights/b.json": b"b", "weights/c.json": b"c"}),
        bench.include(7, "/app", {"app.py": b"1"}),
        wheels=[bench.wheel("small", "1.0", {"small.py": "1"})],
    )
    assert described(plan(info)) == [
        ("environment", "python environment, folders of the user"),
        ("model", "model weights/a.bin"),
        ("model", "model weights/b.json and 1 more"),
        ("packages", "python packages small 1.0"),
        ("files", "files to /app"),
    ]


def test_models_take_no_room_from_the_rest(bench: Bench) -> None:
    includes = [bench.include(number, "/app", {f"{number}.py": b""}) for number in range(40)]
    parts = [model(bench, 100 + number, {f"{number}.bin": b""}) for number in range(32)]
    without = plan(image_info(*includes))
    found = plan(image_info(*parts, *includes))
    assert [one.name for one in found if one.kind != "model"] == [one.name for one in without]
    assert sum(one.kind == "model" for one in found) == 32


def test_code_and_models_leave_each_other_alone(bench: Bench) -> None:
    base = base_with(bench.root, "linux/amd64")
    wheels = [bench.wheel("small", "1.0", {"small.py": "1"})]

    def made(weights: bytes, code: bytes) -> dict[str, str]:
        steps = (
            model(bench, 5, {"weights/a.bin": weights}),
            model(bench, 6, {"weights/b.json": b"b"}),
            bench.include(7, "/app", {"app.py": code}),
        )
        return layers(bench.assemble(image_info(*steps, wheels=wheels), base))

    first, code, weights = made(b"a", b"1"), made(b"a", b"2"), made(b"z", b"1")
    assert {name for name in first if first[name] != code[name]} == {"files to /app"}
    assert {name for name in first if first[name] != weights[name]} == {"model weights/a.bin"}


def test_weights_are_stored_and_texts_are_not(bench: Bench) -> None:
    base = base_with(bench.root, "linux/amd64")
    text = b'{"token": 1}' * 20_000
    files = {"weights.bin": WEIGHTS, "tokenizer.json": text, "zeros.bin": bytes(200_000)}
    steps = [model(bench, 5 + place, {name: files[name]}) for place, name in enumerate(files)]
    made = bench.assemble(image_info(*steps), base)
    sizes = dict(zip(files, [one.size for one in made.layers[-3:]], strict=True))
    assert len(WEIGHTS) < sizes["weights.bin"] < len(WEIGHTS) + 1000
    assert sizes["tokenizer.json"] < len(text) / 20
    assert sizes["zeros.bin"] < 1000

    included = bench.assemble(image_info(bench.include(9, "/models", {"w": WEIGHTS})), base)
    assert included.layers[-1].size < 0.9 * len(WEIGHTS)


def test_a_model_is_unpacked_as_it_was(bench: Bench) -> None:
    base = base_with(bench.root, "linux/amd64")
    made = bench.assemble(image_info(model(bench, 5, {"weights.bin": WEIGHTS})), base)
    blob = b"".join(blocks(made.artifact.blobs[-1]))
    assert WEIGHTS in gzip.decompress(blob)


@pytest.mark.parametrize("how", ["changed", "cut short", "gone"])
def test_weights_that_change_while_they_are_packed_are_refused(bench: Bench, how: str) -> None:
    step = model(bench, 5, {"weights/a.bin": b"weights"})
    file = bench.root / "project/5/weights/a.bin"
    if how == "gone":
        file.unlink()
    else:
        file.write_bytes(b"WEIGHTS" if how == "changed" else b"w")
    with pytest.raises(ImageError) as refused:
        bench.assemble(image_info(step), base_with(bench.root, "linux/amd64"))
    (problem,) = refused.value.problems
    assert problem.message.startswith("weights/a.bin: models/weights/a.bin ")
    assert problem.hint == "a file that changed while the image was made: build again"


def test_a_layer_that_is_there_needs_no_weights(bench: Bench) -> None:
    base = base_with(bench.root, "linux/amd64")
    step = model(bench, 5, {"weights/a.bin": b"weights"})
    first = bench.assemble(image_info(step), base)
    (bench.root / "project/5/weights/a.bin").unlink()
    again = bench.assemble(image_info(step, config=Config(cmd=("a",))), base)
    assert layers(first) == layers(again)
    assert {one.outcome for one in again.layers} == {"base", "reused"}


def test_a_base_of_many_layers_leaves_the_rest_less_room(bench: Bench) -> None:
    base = base_with(bench.root, "linux/amd64")
    many = replace(base, layers=base.layers * 90)
    parts = [model(bench, 100 + number, {f"{number}.bin": b""}) for number in range(32)]
    includes = [bench.include(number, "/app", {f"{number}.py": b""}) for number in range(10)]
    wheels = [bench.wheel(f"p{number}", "1.0", {f"p{number}.py": ""}) for number in range(30)]
    made = bench.unchecked(image_info(*parts, *includes, wheels=wheels), many)
    assert len(made.layers) <= 127
    assert sum(one.name.startswith("model ") for one in made.layers) == 32
