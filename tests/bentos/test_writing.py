from __future__ import annotations

import os
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from engine_support import must_run
from freeze.debs import deb_file
from freeze.git_server import serving_git
from freeze.world import World, build, sdist, sha256, wheel
from lading.bentos.layout import DOCKERFILE, FROZEN, PYTHON_REQUIREMENTS
from lading.bentos.writing import local_paths, write_bento
from lading.lock.model import Distribution

if TYPE_CHECKING:
    from pathlib import Path

    from lading import Image, ImageInfo

WHEEL = b"a wheel of the project's own"
IMAGE = 'Image(distro="debian:bookworm", python_version="3.11")'


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(root=tmp_path, environ={"PATH": os.environ["PATH"]})


def bento_of(
    world: World,
    image: Image,
    *distributions: Distribution,
    pack_git: bool = True,
    offline: bool = True,
) -> tuple[Path, ImageInfo]:
    bento = world.root / "bento"
    (bento / "src").mkdir(parents=True)
    part = world.lock(image, *distributions, builds=[build("theirs"), build("plain")])
    world.keep(*(deb_file(one.name) for one in part.debs))
    info = write_bento(
        image,
        bento,
        freezer=replace(world.freezer(), offline=offline),
        platform="linux/amd64",
        project=world.project,
        pack_git=pack_git,
    )
    return bento, info


def ours() -> Distribution:
    return Distribution(
        name="ours",
        version="1.0",
        kind="file",
        url="wheels/ours-1.0-py3-none-any.whl",
        hashes=(f"sha256:{sha256(WHEEL)}",),
    )


def test_a_bento_has_the_frozen_folder_and_a_dockerfile_that_reads_it(world: World) -> None:
    image = world.image(f'{IMAGE}.python_packages("numpy").run("true")')
    bento, info = bento_of(world, image, wheel("numpy", "2.0"))
    text = (bento / DOCKERFILE).read_text()
    assert f"source={FROZEN}/requirements.txt" in text
    assert (bento / FROZEN / "image.json").read_text() == info.to_json()
    assert text.endswith("COPY --chown=10001:0 bento.yaml README.md /home/bentoml/bento/\n")


def test_the_requirements_tell_what_is_installed_to_others(world: World) -> None:
    world.write({"wheels/ours-1.0-py3-none-any.whl": WHEEL})
    at_url = Distribution(
        name="far",
        version="1.0",
        url="https://x.example/far-1.0-py3-none-any.whl",
        hashes=(f"sha256:{'a' * 64}",),
    )
    theirs = Distribution(
        name="theirs",
        version="1.0",
        kind="git",
        url="https://git.example/theirs.git",
        commit="a" * 40,
        subdirectory="python",
    )
    image = world.image(f'{IMAGE}.python_packages("numpy")')
    numpy, plain = wheel("numpy", "2.0"), sdist("plain", "1.0")
    every = (at_url, numpy, ours(), plain, theirs)
    bento, info = bento_of(world, image, *every, pack_git=False)
    assert (bento / PYTHON_REQUIREMENTS).read_text() == (
        "far @ https://x.example/far-1.0-py3-none-any.whl\n"
        f"numpy==2.0 \\\n    --hash={numpy.hashes[0]}\n"
        "./wheels/ours-1.0-py3-none-any.whl\n"
        f"plain==1.0 \\\n    --hash={plain.hashes[0]}\n"
        f"theirs @ git+https://git.example/theirs.git@{'a' * 40}#subdirectory=python\n"
    )
    assert local_paths(info) == ("wheels/ours-1.0-py3-none-any.whl",)


def test_an_image_without_a_lock_has_its_requirements_as_they_are_written(world: World) -> None:
    options = f"{IMAGE[:-1]}, lock_python_packages=False)"
    bento, _ = bento_of(world, world.image(f'{options}.python_packages("numpy>=2")'))
    assert (bento / PYTHON_REQUIREMENTS).read_text() == "numpy>=2\n"


@pytest.mark.parametrize("name", ["numpy", "lading"])
def test_lading_stands_for_itself_only_where_the_image_has_it(world: World, name: str) -> None:
    image = world.image(f'{IMAGE}.python_packages("{name}")')
    bento, _ = bento_of(world, image, wheel(name, "2.0"))
    assert (bento / "src/lading").exists() is (name != "lading")


@pytest.mark.skipif(shutil.which("git") is None and not must_run(), reason="git is not on PATH")
@pytest.mark.parametrize("pack", [True, False])
def test_a_repository_is_in_the_bento_where_it_is_to_be_packed(world: World, *, pack: bool) -> None:
    with serving_git(world.root) as server:
        locked = server.commit(
            **{"pyproject.toml": '[project]\nname = "theirs"\nversion = "1.0"\n'}
        )
        theirs = Distribution(
            name="theirs", version="1.0", kind="git", url=locked.url, commit=locked.commit
        )
        hatchling = wheel("hatchling", "1.27")
        world.keep(hatchling.name.encode())
        image = world.image(f'{IMAGE}.python_packages("theirs @ git+{server.url}")')
        bento, info = bento_of(world, image, theirs, pack_git=pack, offline=False)
    assert info.vendored is pack
    assert (bento / FROZEN / "sources/theirs/pyproject.toml").exists() is pack
