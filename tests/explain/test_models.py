"""Layers of models that two locks say are made are those that two frozen images say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import given, reject
from hypothesis import strategies as st

from freeze.world import sha256
from lading.errors import FreezeError
from lading.explain.decided import side_of_info, side_of_lock
from lading.explain.difference import compare
from lading.freeze.models import frozen_models
from lading.image import Image
from lading.image import steps as image_steps
from lading.info import ImageInfo
from lading.lock.model import Inputs, Lock, LockedBase, PlatformLock
from lading.lock.models import model_inputs
from lading.trees import TreeFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lading.explain.changes import Difference
    from lading.explain.sides import Side

MIB, GIB = 1 << 20, 1 << 30
BASE = LockedBase(reference="scratch")

NAMES = st.from_regex(r"[a-z]{1,2}(/[a-z]{1,2})?\.bin", fullmatch=True)
SIZES = st.one_of(st.integers(1, 4096), st.integers(1, 512 * MIB), st.integers(1, 12 * GIB))
CONTENTS = st.tuples(SIZES, st.integers(0, 1))
FILES = st.dictionaries(NAMES, CONTENTS, min_size=1, max_size=60)


def described(files: Mapping[str, tuple[int, int]]) -> tuple[TreeFile, ...]:
    return tuple(
        TreeFile(
            path=path,
            sha256=sha256(f"{size} {content}".encode()),
            size=size,
            executable=False,
            source=Path("/", path),
        )
        for path, (size, content) in sorted(files.items())
    )


def sides(image: Image, files: Mapping[str, tuple[int, int]]) -> tuple[Side, Side]:
    """A model of these files, as a lock has it, and as it is frozen."""
    (step,) = (one for one in image.steps if isinstance(one, image_steps.Model))
    models = ((step, described(files)),)
    (copies,) = frozen_models(image, models, at).copies.values()
    inputs = Inputs(base="scratch", python="3.13", models=model_inputs(models))
    locked = PlatformLock(platform="linux/amd64", base=BASE)
    frozen = ImageInfo(platform="linux/amd64", base=BASE, python="3.13", steps=copies)
    return (
        side_of_lock(Lock(inputs=inputs, platforms=(locked,)), "lock"),
        side_of_info(frozen, "folder"),
    )


def at(_found: Iterable[image_steps.Step]) -> tuple[str, ...]:
    return ("service.py:4",)


def layers(found: Difference) -> list[tuple[str, str, int | None]]:
    (platform,) = found.platforms
    return [
        (one.what, one.layer.name, one.layer.size)
        for one in platform.layers
        if one.layer.kind == "model"
    ]


@given(FILES, FILES, st.sampled_from(["64MiB", "2GB", "8GB", "100GB"]))
def test_two_locks_tell_the_layers_of_two_frozen_images(
    before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]], layer_size: str
) -> None:
    image = Image(base_image="scratch").model("weights", to="/models", layer_size=layer_size)
    try:
        (lock, folder), (later_lock, later_folder) = (sides(image, one) for one in (before, after))
    except FreezeError:  # more layers than there is room for
        reject()
    assert layers(compare(lock, later_lock)) == layers(compare(folder, later_folder))
