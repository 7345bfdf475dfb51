"""The files of models, as the lock has them, and what of them is drift."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import pytest

from lading import Image
from lading.errors import SpecificationError
from lading.lock.drift import drift
from lading.lock.file import emit_lock, parse_lock
from lading.lock.inputs import read_inputs
from lading.lock.model import Lock

if TYPE_CHECKING:
    from pathlib import Path

    from lading.errors import Problem
    from lading.lock.model import Inputs


@dataclass(frozen=True, slots=True)
class Weights:
    """A project with a model in it."""

    root: Path

    def write(self, name: str, content: bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def inputs(self, image: Image) -> Inputs:
        return read_inputs(image, self.root).inputs

    def problems(self, image: Image) -> list[Problem]:
        with pytest.raises(SpecificationError) as raised:
            self.inputs(image)
        assert all(one.location is not None for one in raised.value.problems)
        return list(raised.value.problems)


@pytest.fixture
def weights(tmp_path: Path) -> Weights:
    found = Weights(tmp_path / "project")
    found.write("weights/b.bin", b"b")
    found.write("weights/a/x.bin", b"ax")
    found.write("weights/README.md", b"#")
    return found


def scratch() -> Image:
    return Image(base_image="scratch")


def drifted(before: Inputs, after: Inputs) -> tuple[str, ...]:
    return drift(Lock(inputs=before), after, ())


def test_each_file_is_recorded_once_sorted(weights: Weights) -> None:
    image = scratch().model("weights", exclude=["*.md"]).model("weights/a", to="/other")
    found = weights.inputs(image).models
    assert [(one.path, one.size) for one in found] == [("weights/a/x.bin", 2), ("weights/b.bin", 1)]
    assert found[1].sha256 == hashlib.sha256(b"b").hexdigest()


def test_where_they_go_and_how_they_are_cut_is_no_part_of_it(weights: Weights) -> None:
    other = scratch().model("weights/*", to="/models", layer_size="2GB")
    assert weights.inputs(other) == weights.inputs(scratch().model("weights"))


def test_a_lock_is_read_as_it_was_written(weights: Weights) -> None:
    lock = Lock(inputs=weights.inputs(scratch().model("weights")))
    text = emit_lock(lock)
    assert parse_lock(text) == lock
    digest = hashlib.sha256(b"ax").hexdigest()
    assert f'[[inputs.models]]\npath = "weights/a/x.bin"\nsha256 = "{digest}"\nsize = 2\n' in text


def test_an_image_without_models_is_locked_as_ever(weights: Weights) -> None:
    assert "models" not in emit_lock(Lock(inputs=weights.inputs(scratch())))


def test_what_changed_is_said_file_by_file(weights: Weights) -> None:
    image = scratch().model("weights")
    before = weights.inputs(image)
    weights.write("weights/b.bin", b"other")
    weights.write("weights/c.bin", b"c")
    (weights.root / "weights/a/x.bin").unlink()

    assert drifted(before, before) == ()
    old, new = (hashlib.sha256(content).hexdigest()[:12] for content in (b"b", b"other"))
    locked, there = f"sha256:{old}… (1 B) is locked", f"sha256:{new}… (5 B) is there"
    assert drifted(before, weights.inputs(image)) == (
        f"weights/b.bin has changed: {locked}, {there}",
        "weights/c.bin, a file of a model, is not locked",
        "weights/a/x.bin is locked, and no file of a model any more",
    )


def test_a_size_that_was_edited_is_said_to_the_byte(weights: Weights) -> None:
    weights.write("weights/b.bin", b"b" * 2_000_000)
    there = weights.inputs(scratch().model("weights"))
    edited = [
        msgspec.structs.replace(one, size=one.size + 1) if one.path == "weights/b.bin" else one
        for one in there.models
    ]
    assert drifted(msgspec.structs.replace(there, models=tuple(edited)), there) == (
        "weights/b.bin has changed: 2000001 bytes are locked, 2000000 are there",
    )


def test_a_missing_model_is_named_with_what_is_near(weights: Weights) -> None:
    one, other = weights.problems(scratch().model("weight").model("weights/*.onnx"))
    assert (one.message, one.hint) == ("the project has no weight", 'did you mean "weights"?')
    assert other.message == "the project has no weights/*.onnx"
    assert one.location is not None


def test_an_empty_folder_is_no_model(weights: Weights) -> None:
    (weights.root / "empty").mkdir()
    (problem,) = weights.problems(scratch().model("empty"))
    assert problem.message == "empty holds no files to include"


def test_a_link_that_leaves_the_project_is_refused(weights: Weights, tmp_path: Path) -> None:
    (tmp_path / "outside.bin").write_bytes(b"x")
    (weights.root / "weights/link.bin").symlink_to(tmp_path / "outside.bin")
    (problem,) = weights.problems(scratch().model("weights"))
    assert problem.message == "weights/link.bin is a link that leaves the project"


def test_a_link_inside_the_project_stands_for_its_file(weights: Weights) -> None:
    # What a download cache makes of weights: a link into a folder of blobs.
    weights.write("blobs/1", b"blob")
    (weights.root / "weights/link.bin").symlink_to("../blobs/1")
    found = {one.path: one for one in weights.inputs(scratch().model("weights")).models}
    assert found["weights/link.bin"].sha256 == hashlib.sha256(b"blob").hexdigest()


def test_a_name_that_no_lock_can_hold_is_refused(weights: Weights) -> None:
    weights.write("weights/a\nb.bin", b"")
    weights.write(os.fsdecode(b"weights/\xff.bin"), b"")
    weights.write("-rf.bin", b"")
    found = weights.problems(scratch().model("weights").model("*.bin"))
    assert [one.message for one in found] == [
        'the name of the file "weights/a\\nb.bin" has a newline in it',
        "the name of b'weights/\\xff.bin' is not UTF-8",
        'the name of the file "-rf.bin" begins with "-"',
    ]
    assert {one.hint for one in found} == {"rename or exclude it"}


def test_a_pipe_among_the_weights_is_refused(weights: Weights) -> None:
    os.mkfifo(weights.root / "weights/pipe")
    (problem,) = weights.problems(scratch().model("weights"))
    assert "neither a file, a folder nor a link" in problem.message
