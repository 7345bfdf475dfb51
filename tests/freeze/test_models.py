"""Models are cut into layers so that nothing moves that did not change."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from freeze.world import World, sha256, wheel
from lading.errors import FreezeError
from lading.freeze.models import MOST_LAYERS, cut, cut_all
from lading.info import CopyFiles, ImageInfo, InstallPython, InstallSystem, RunCommand
from lading.trees import TreeFile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lading.freeze.models import Part
    from lading.lock.model import Distribution

MIB, GIB = 1 << 20, 1 << 30
Cuts: TypeAlias = "set[tuple[str, frozenset[str]]]"


def file(path: str, size: int) -> TreeFile:
    digest = sha256(f"{path} {size}".encode())
    return TreeFile(path=path, sha256=digest, size=size, executable=False, source=Path("/", path))


def paths(parts: Sequence[Part]) -> Cuts:
    """The layers, by their names and the names of their files."""
    return {(one.name, frozenset(file.path for file in one.files)) for one in parts}


NAMES = st.from_regex(r"[a-z]{1,4}(/[a-z]{1,4})?\.bin", fullmatch=True)
SIZES = st.one_of(st.integers(0, 4096), st.integers(0, 512 * MIB), st.integers(0, 12 * GIB))
FILES = st.dictionaries(NAMES, SIZES, max_size=80).map(
    lambda found: [file(name, size) for name, size in sorted(found.items())]
)


@given(FILES, st.integers(1, 4 * GIB))
def test_every_file_is_in_one_layer_and_no_layer_is_too_large(
    files: list[TreeFile], size: int
) -> None:
    parts = cut(files, size)
    assert sorted(one.path for part in parts for one in part.files) == [one.path for one in files]
    assert all(
        len(part.files) == 1 or sum(one.size for one in part.files) <= size for part in parts
    )
    assert len({part.name for part in parts}) == len(parts)


@given(FILES, st.randoms())
def test_the_order_in_which_files_are_found_means_nothing(
    files: list[TreeFile], random: object
) -> None:
    mixed = list(files)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    by_path = sorted(mixed, key=lambda one: one.path)
    assert cut(by_path, GIB) == cut(files, GIB)


@given(FILES, st.integers(1, 4 * GIB), st.data())
def test_another_content_of_one_size_changes_one_layer(
    files: list[TreeFile], size: int, data: st.DataObject
) -> None:
    assume(files)
    place = data.draw(st.integers(0, len(files) - 1))
    old = files[place]
    new = TreeFile(
        path=old.path, sha256="f" * 64, size=old.size, executable=False, source=old.source
    )
    changed = [*files[:place], new, *files[place + 1 :]]
    before, after = cut(files, size), cut(changed, size)
    assert paths(before) == paths(after)
    assert sum(one != other for one, other in zip(before, after, strict=True)) == 1


@given(FILES, NAMES, SIZES, st.integers(1, 4 * GIB))
def test_one_file_more_touches_one_layer(
    files: list[TreeFile], name: str, own: int, size: int
) -> None:
    assume(name not in {one.path for one in files})
    more = sorted([*files, file(name, own)], key=lambda one: one.path)
    before, after = cut(files, size), cut(more, size)
    contents = [{one.files for one in parts} for parts in (before, after)]
    assert len(contents[0] - contents[1]) <= 1


@given(st.lists(st.tuples(FILES, st.integers(MIB, 16 * GIB)), max_size=4))
def test_there_are_few_layers_unless_they_may_not_be_larger(
    models: list[tuple[list[TreeFile], int]],
) -> None:
    parts = cut_all(models)
    found = [cut(files, largest) for files, largest in models]
    assert sum(map(len, parts)) <= max(MOST_LAYERS, sum(map(len, found)))


def test_weights_are_apart_from_what_is_edited_beside_them() -> None:
    small = [file("config.json", 600), file("tokenizer.json", 17 * MIB)]
    (parts,) = cut_all([([file("model.safetensors", 440 * MIB), *small], GIB)])
    assert [[one.path for one in part.files] for part in parts] == [
        ["model.safetensors"],
        ["config.json", "tokenizer.json"],
    ]


def test_hundreds_of_shards_are_few_layers() -> None:
    shards = [file(f"model-{number:05}-of-00300.safetensors", GIB) for number in range(300)]
    (parts,) = cut_all([(shards, 32 * GIB)])
    assert 10 <= len(parts) <= MOST_LAYERS


# Frozen images.


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(root=tmp_path.resolve())
    world.write({"app.py": "a", "weights/m.bin": "m" * 5, "weights/config.json": "{}"})
    return world


def decide(world: World, source: str, *distributions: Distribution) -> ImageInfo:
    image = world.image(source)
    world.lock(image, *distributions)
    freezer = world.freezer()
    return freezer.decide(image, platform="linux/amd64", project=world.project).info


def copies(info: ImageInfo) -> list[tuple[str, str, tuple[str, ...], bool]]:
    return [
        (one.source, one.destination, tuple(file.path for file in one.files), one.model)
        for one in info.steps
        if isinstance(one, CopyFiles)
    ]


def refusal(world: World, source: str, *distributions: Distribution) -> str:
    with pytest.raises(FreezeError) as refused:
        decide(world, source, *distributions)
    assert all(problem.location is not None for problem in refused.value.problems)
    return str(refused.value)


def test_models_come_after_system_packages_and_before_all_that_changes_more(world: World) -> None:
    info = decide(
        world,
        """(
    Image()
    .build_include("app.py")
    .model("weights", to="/models")
    .python_packages("torch")
    .system_packages("curl")
    .run("one")
)""",
        wheel("torch", "2.1"),
    )
    assert [type(step) for step in info.steps] == [
        *(InstallSystem, CopyFiles, InstallPython, CopyFiles, RunCommand)
    ]
    assert copies(info) == [
        (
            "models/1.1.together",
            "/models",
            ("weights/config.json", "weights/m.bin"),
            True,
        ),
        ("files/1.1", "/app", ("app.py",), False),
    ]


def test_what_is_a_models_is_not_included_again(world: World) -> None:
    source = """Image().build_include(".").model("weights", exclude=["*.json"])"""
    found = copies(decide(world, source))
    assert [(paths, model) for _, _, paths, model in found] == [
        (("weights/m.bin",), True),
        (("app.py", "service.py", "weights/config.json"), False),
    ]


def test_an_include_of_nothing_but_a_model_is_an_error(world: World) -> None:
    text = refusal(
        world,
        """(
    Image()
    .model("weights")
    .build_include("weights", "app.py")
)""",
    )
    assert "service.py:6: model() at service.py:5 has all that weights names" in text
    assert "hint: leave it out here" in text


def test_a_file_of_two_models_is_copied_once_to_each_place(world: World) -> None:
    found = copies(
        decide(
            world,
            """(
    Image()
    .model("weights/m.bin")
    .model("weights")
    .model("weights", to="/other")
    .run("rm -r weights")
    .model("weights")
)""",
        )
    )
    assert [(to, paths) for _, to, paths, _ in found] == [
        ("/app", ("weights/m.bin",)),
        ("/app", ("weights/config.json",)),
        ("/other", ("weights/config.json", "weights/m.bin")),
        ("/app", ("weights/config.json", "weights/m.bin")),
    ]


BASE = """Image.from_image(
    Image()
    .model("weights", to="/models")
    {}
)
.model("weights", to="/models")
.model("weights/m.bin")
"""


def on_a_base(world: World, *more: str, extra: str = "") -> list[tuple[str, tuple[str, ...]]]:
    """What an image copies for its models beyond the base, which has one of them."""
    world.write({"setup.sh": "#!/bin/sh\n"})
    source = BASE.format("\n    ".join(more)) + extra
    info = decide(world, f"({source})")
    assert info.below is not None
    mine = info.steps[len(info.below.steps) :]
    return [
        (one.destination, tuple(file.path for file in one.files))
        for one in mine
        if isinstance(one, CopyFiles) and one.model
    ]


def test_what_the_image_below_has_is_not_copied_again(world: World) -> None:
    assert on_a_base(world) == [("/app", ("weights/m.bin",))]
    assert on_a_base(world, '.system_packages("curl")', '.env(A="1")') == on_a_base(world)
    # An image on an image on an image.
    assert on_a_base(world, ".pipe(Image.from_image)") == on_a_base(world)


@pytest.mark.parametrize("command", ['.run("rm -r /models")', '.run_script("setup.sh")'])
def test_after_a_command_below_it_is_copied_again(world: World, command: str) -> None:
    both = ("weights/config.json", "weights/m.bin")
    assert on_a_base(world, command) == [("/models", both), ("/app", ("weights/m.bin",))]
    after = on_a_base(world, extra=f'{command}.model("weights", to="/models")')
    assert after == [("/app", ("weights/m.bin",)), ("/models", both)]


def test_what_the_image_below_has_put_over_a_model_is_copied_again(world: World) -> None:
    world.write({"models/weights/m.bin": "not the model"})
    over = '.build_include("models/weights/m.bin", to="/")'
    assert on_a_base(world, over) == [
        ("/models", ("weights/m.bin",)),
        ("/app", ("weights/m.bin",)),
    ]


def test_a_model_that_the_image_below_includes_is_there_already(world: World) -> None:
    source = """(
    Image.from_image(Image().build_include("weights", to="/models"))
    .model("weights", to="/models")
)"""
    assert [model for *_, model in copies(decide(world, source))] == [False]


def test_a_model_in_the_environment_is_refused(world: World) -> None:
    source = """Image().model("weights", to="/opt/venv/share").python_packages("torch")"""
    text = refusal(world, source, wheel("torch", "2.1"))
    assert "the model's weights/config.json would go into /opt/venv, which is made after it" in text
    assert copies(decide(world, """Image().model("weights", to="/opt/venv/share")"""))
    below = """Image.from_image(Image().model("weights", to="/opt/venv/share"))"""
    for more in ("", """.model("weights", to="/opt/venv/share")"""):
        on_it = f"""{below}{more}.python_packages("torch")"""
        assert "would go into /opt/venv" in refusal(world, on_it, wheel("torch", "2.1"))


def test_more_layers_than_there_is_room_for_are_refused(world: World) -> None:
    for number in range(MOST_LAYERS + 1):
        shard = world.project / f"weights/{number}.bin"
        with shard.open("wb") as sparse:
            sparse.truncate(1_000_001)
    text = refusal(world, """Image().model("weights", layer_size="1MB")""")
    assert "the models are 34 layers where layer_size is 1MB, and an image has room for 32" in text
    # With 2MB no two of them would fit.
    assert 'layer_size="4MB"' in text
    copies(decide(world, """Image().model("weights", layer_size="4MB")"""))


def test_an_image_with_a_model_is_the_same_whoever_freezes_it(world: World) -> None:
    source = """Image().model("weights").build_include(".")"""
    first = decide(world, source)
    again = decide(world, source)
    assert first.to_json() == again.to_json()
    assert ImageInfo.from_json(first.to_json()) == first
    assert '"model": true' in first.to_json()


def test_an_edited_copy_in_the_frozen_folder_does_not_stay(world: World) -> None:
    content = b"m" * (MIB + 1)
    world.write({"weights/m.bin": content})
    image = world.image("""Image().model("weights")""")
    world.lock(image)
    for _ in range(2):
        world.freeze(image)
        (copy,) = world.target.rglob("m.bin")
        assert copy.read_bytes() == content
        before = copy.stat()
        with copy.open("r+b") as writing:
            writing.write(b"X")
        os.utime(copy, ns=(before.st_atime_ns, before.st_mtime_ns))
    world.freeze(image)
    (copy,) = world.target.rglob("m.bin")
    assert copy.read_bytes() == content
