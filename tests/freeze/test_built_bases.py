"""A frozen folder on a base that a Dockerfile makes: its context beside, its name in FROM."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from dockerfile.parseback import parse
from freeze.world import PLATFORM, World, tree
from lading import Image, ImageInfo, secret
from lading.errors import FreezeError
from lading.lock.file import write_lock
from lading.lock.inputs import read_inputs
from lading.lock.model import Lock, LockedBase, PlatformLock

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "FROM debian:bookworm AS two\nCOPY . /all\nRUN echo 'FROM scratch'\n"
HOSTILE = "x'\" $(touch /pwned) `id` \\ # FROM scratch"


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(root=tmp_path.resolve())
    made.write({"docker/Dockerfile": TEXT, "docker/.dockerignore": "*.log\n", "docker/a.log": "x"})
    (made.project / "docker" / "run.sh").write_text("#!/bin/sh\n")
    (made.project / "docker" / "run.sh").chmod(0o755)
    return made


def on(**options: Any) -> Image:  # noqa: ANN401 - those of the call
    return Image.from_dockerfile("docker/Dockerfile", distro="debian:bookworm", **options).run("a")


def frozen(world: World, image: Image, **options: str) -> ImageInfo:
    """As it is locked anew: no lock pins such a base."""
    asked = read_inputs(image, world.project)
    part = PlatformLock(
        platform=options.get("platform", PLATFORM), base=LockedBase(reference=asked.inputs.base)
    )
    write_lock(world.project, Lock(inputs=asked.inputs, platforms=(part,)))
    return world.freeze(image, **options)  # type: ignore[arg-type]


def test_the_folder_has_the_context_as_it_is(world: World) -> None:
    info = frozen(world, on())
    files = tree(world.target)
    assert {name for name in files if name.startswith("base-context/")} == {
        f"base-context/{name}" for name in (".dockerignore", "Dockerfile", "a.log", "run.sh")
    }
    assert files["base-context/Dockerfile"][2] == TEXT.encode()
    assert files["base-context/run.sh"][0] & 0o111
    assert not files["base-context/a.log"][0] & 0o111
    # It is no part of the image's own context.
    assert "base-context" not in (world.target / ".dockerignore").read_text()
    assert ImageInfo.from_json((world.target / "image.json").read_text()) == info
    before = tree(world.target)
    frozen(world, on())
    assert tree(world.target) == before


@pytest.mark.parametrize("dialect", ["buildkit", "classic"])
def test_the_dockerfile_begins_with_what_was_built(world: World, dialect: str) -> None:
    info = frozen(world, on(), dialect=dialect)
    lines = (world.target / "Dockerfile").read_text().splitlines()
    assert lines[2] == f"FROM {info.base_built}"
    text = "\n".join(lines)
    starts = [one for one in parse(text) if one.kind == "FROM"] if dialect != "classic" else []
    assert [one.rest for one in starts] == [info.base_built] * len(starts)
    assert shlex.split(lines[1].removeprefix("# First: ")) == [
        *("docker", "build", "--platform", "linux/amd64", "--tag", info.base_built),
        *("--file", "base-context/Dockerfile", "base-context"),
    ]
    assert info.base_built is not None
    assert info.base_built.startswith("localhost/lading-base:")


def test_the_name_tells_of_all_that_the_base_is_made_from(world: World) -> None:
    names = [
        frozen(world, on()).base_built,
        frozen(world, on(), platform="linux/arm64").base_built,
        frozen(world, on(target="two")).base_built,
        frozen(world, on(build_args={"A": "1"})).base_built,
        frozen(world, on(context=".")).base_built,
    ]
    world.write({"docker/a.log": "y"})
    names.append(frozen(world, on()).base_built)
    assert len(set(names)) == len(names)


def test_no_word_of_the_users_is_an_instruction(world: World) -> None:
    plain = frozen(world, on())
    hostile = frozen(world, on(build_args={"A": HOSTILE}))
    first, second = (
        [(one.kind, one.rest) for one in parse(info.dockerfile) if one.kind != "FROM"]
        for info in (plain, hostile)
    )
    assert first == second
    line = hostile.dockerfile.splitlines()[1].removeprefix("# First: ")
    assert f"A={HOSTILE}" in shlex.split(line)


def test_it_can_not_be_vendored(world: World) -> None:
    with pytest.raises(FreezeError) as error:
        world.freeze(on(), vendor=True)
    assert "the base image is not locked: docker/Dockerfile makes it" in str(error.value)


def test_a_secrets_file_in_the_context_is_refused(world: World) -> None:
    world.write({"docker/token": "s3cr3t"})
    image = on().run("b", secrets=[secret("TOKEN", file="docker/token")])
    with pytest.raises(FreezeError, match="docker/token"):
        frozen(world, image)


@pytest.mark.parametrize(
    "changes",
    [
        {"base_built": None},
        {"base_built": "localhost/x\nRUN evil"},
        {"base_built": "localhost/x AS y"},
        {"base_built": "--platform=x localhost/x"},
        {"base_built": ""},
        {"base": {"reference": "dockerfile:../x"}},
        {"base": {"reference": "dockerfile:x?target=--push"}},
    ],
)
def test_an_edited_image_makes_no_other_dockerfile(
    world: World, changes: dict[str, object]
) -> None:
    info = json.loads(frozen(world, on()).to_json())
    with pytest.raises((FreezeError, ValueError)):
        _ = ImageInfo.from_json(json.dumps(info | changes)).dockerfile
