"""Vendored folders: all that is installed, by hash (CASES R53)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from freeze.debs import deb_file
from freeze.world import PROGRAM, SOURCE, World, build, sdist, sha256, tree, wheel
from lading.errors import FreezeError, ResolutionError
from lading.info import ContextFile, ImageInfo
from lading.lock.file import LOCK_NAME
from lading.lock.model import Distribution

if TYPE_CHECKING:
    from pathlib import Path

    from lading import Image
    from lading.grammar.dialect import Dialect

TEXT = """(
    Image(distro="debian:bookworm")
    .system_packages("curl")
    .build_packages("libpq-dev")
    .python_packages("six", "old", "ours @ ./libs/ours", "./wheels/tiny-1.0-py3-none-any.whl")
    .run("true")
    .python_packages("late")
    .build_include("service.py")
)"""

TINY = b"a wheel of the project"


def prepared(root: Path, *, cached: bool = True) -> tuple[World, Image]:
    world = World(root=root.resolve())
    world.write(
        {
            "libs/ours/pyproject.toml": '[project]\nname = "ours"\nversion = "1.0"\n',
            "libs/ours/ours.py": "x = 1\n",
            "wheels/tiny-1.0-py3-none-any.whl": TINY,
        }
    )
    image = world.image(TEXT)
    tiny = Distribution(
        name="tiny",
        version="1.0",
        kind="file",
        url="wheels/tiny-1.0-py3-none-any.whl",
        hashes=(f"sha256:{sha256(TINY)}",),
    )
    locked = (
        *(wheel("six", "1.0"), sdist("old", "2.0"), world.directory("ours", "libs/ours"), tiny),
        wheel("late", "3.0", group=2),
    )
    builds = (build("old", wheel("setuptools", "80")), build("ours"))
    part = world.lock(image, *locked, builds=builds)
    if cached:
        world.keep(b"six", b"late", b"setuptools", b"hatchling")
        world.keep(*(deb_file(one.name) for one in part.debs))
    return world, image


VENDORED = {
    "build-wheels/old/setuptools-80-py3-none-any.whl": b"setuptools",
    "build-wheels/ours/hatchling-1.27-py3-none-any.whl": b"hatchling",
    "debs/build-essential_1.0_amd64.deb": deb_file("build-essential"),
    "debs/curl_1.0_amd64.deb": deb_file("curl"),
    "debs/libpq-dev_1.0_amd64.deb": deb_file("libpq-dev"),
    "sources/old/old-2.0.tar.gz": SOURCE,
    "sources/ours/ours.py": b"x = 1\n",
    "uv": PROGRAM,
    "wheels/1/six-1.0-py3-none-any.whl": b"six",
    "wheels/1/tiny-1.0-py3-none-any.whl": TINY,
    "wheels/2/late-3.0-py3-none-any.whl": b"late",
}


def contents(world: World) -> dict[str, bytes]:
    found = tree(world.target).items()
    return {name: content for name, (_, _, content) in found if content is not None}


def test_the_folder_holds_all_that_is_installed(tmp_path: Path) -> None:
    world, image = prepared(tmp_path)
    info = world.freeze(image, vendor=True)
    found = contents(world)
    assert {name: found[name] for name in VENDORED} == VENDORED
    assert b"Package: curl\nVersion: 1.0\n" in found["debs/Packages"]
    assert info.vendored
    assert [(one.name, one.group) for one in info.debs] == [
        *(("curl", 1), ("build-essential", 0), ("ca-certificates", 0), ("libpq-dev", 0)),
    ]
    assert info.programs == (
        ContextFile(path="uv", sha256=sha256(PROGRAM), size=len(PROGRAM), executable=True),
    )
    assert ImageInfo.from_json(found["image.json"].decode()) == info


@pytest.mark.parametrize("dialect", ["buildkit", "classic"])
def test_its_dockerfile_names_no_server(tmp_path: Path, dialect: Dialect) -> None:
    world, image = prepared(tmp_path)
    world.freeze(image, vendor=True, dialect=dialect)
    generated = [name for name in contents(world) if name.endswith((".txt", "Dockerfile"))]
    text = "\n".join((world.target / name).read_text() for name in generated)
    assert not re.search(r"https?://|git clone|ssh", text)


@pytest.mark.parametrize("dialect", ["buildkit", "classic"])
def test_everything_that_the_dockerfile_copies_or_mounts_is_there(
    tmp_path: Path, dialect: Dialect
) -> None:
    world, image = prepared(tmp_path)
    world.freeze(image, vendor=True, dialect=dialect)
    text = (world.target / "Dockerfile").read_text()
    mounted = {
        source
        for mount in re.findall(r"--mount=type=bind,(\S+)", text)
        if "from=" not in mount
        for source in re.findall(r"source=([^,\s]+)", mount)
    }
    copied = set(re.findall(r"(?m)^COPY (?!--from)(?:--\S+ )*(\S+) ", text))
    named = {name.rstrip("/") for name in mounted | copied}
    assert {"uv", "debs", "sources/old", "build-wheels/old", "wheels/1", "wheels/2"} <= named
    assert all((world.target / name).exists() for name in named)


def test_vendoring_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    trees = []
    for place in ("a", "b c @é"):
        world, image = prepared(tmp_path / place)
        for _ in range(2):
            world.freeze(image, vendor=True)
            trees.append(tree(world.target))
    assert all(one == trees[0] for one in trees)


def test_a_file_that_is_there_twice_takes_its_room_once(tmp_path: Path) -> None:
    world, image = prepared(tmp_path)
    world.freeze(image, vendor=True)
    kept = world.cache / "sha256" / sha256(b"six")[:2] / sha256(b"six")
    assert (world.target / "wheels/1/six-1.0-py3-none-any.whl").samefile(kept)


def test_with_a_cache_of_somebody_elses_the_folder_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, image = prepared(tmp_path)
    world.freeze(image, vendor=True)
    linked = tree(world.target)
    monkeypatch.setattr("os.geteuid", lambda: 12345)
    world.freeze(image, vendor=True)
    assert tree(world.target) == linked
    assert (world.target / "wheels/1/six-1.0-py3-none-any.whl").stat().st_nlink == 1


def test_vendoring_is_no_part_of_what_an_image_is(tmp_path: Path) -> None:
    world, image = prepared(tmp_path)
    assert world.freeze(image, vendor=True).key == world.freeze(image).key


def test_without_vendoring_nothing_of_it_is_there(tmp_path: Path) -> None:
    world, image = prepared(tmp_path)
    info = world.freeze(image)
    assert not info.programs
    tops = {name.partition("/")[0] for name in contents(world)}
    assert not tops & {"debs", "build-wheels"}
    assert (world.target / "wheels").is_dir()


def test_all_files_that_are_missing_are_named_together(tmp_path: Path) -> None:
    world, image = prepared(tmp_path, cached=False)
    with pytest.raises(ResolutionError) as refused:
        world.freeze(image, vendor=True)
    text = str(refused.value)
    for name in ("six-1.0", "late-3.0", "setuptools-80", "hatchling-1.27", "curl 1.0"):
        assert name in text
    assert not world.target.exists()


def test_a_lock_without_system_packages_has_to_be_made_anew(tmp_path: Path) -> None:
    world = World(root=tmp_path.resolve())
    image = world.image('Image(distro="debian:bookworm").system_packages("curl")')
    world.lock(image, debs_for=None, debs=(), archives=())
    for vendor in (True, False):
        with pytest.raises(FreezeError) as refused:
            world.freeze(image, vendor=vendor)
        assert "not locked: system package curl" in str(refused.value)
        assert "run `lading lock`" in str(refused.value)


@pytest.mark.parametrize(
    "image",
    [
        'Image(distro="alpine:3.22").system_packages("curl")',
        'Image(distro="debian:bookworm", lock_system_packages=False).system_packages("curl")',
    ],
)
def test_system_packages_that_are_not_locked_are_not_vendored(tmp_path: Path, image: str) -> None:
    world = World(root=tmp_path.resolve())
    made = world.image(image)
    world.lock(made)
    with pytest.raises(FreezeError, match="not locked can't be vendored: curl") as refused:
        world.freeze(made, vendor=True)
    assert refused.value.problems[0].location == made.location


def test_system_packages_that_changed_are_named(tmp_path: Path) -> None:
    world, _ = prepared(tmp_path)
    changed = world.image(TEXT.replace('"curl"', '"wget"'))
    with pytest.raises(FreezeError) as refused:
        world.freeze(changed, vendor=True)
    assert "not locked: system package wget" in str(refused.value)
    assert "no longer asked for: system package curl" in str(refused.value)


def test_a_package_that_moved_to_another_installation_is_drift(tmp_path: Path) -> None:
    world = World(root=tmp_path.resolve())
    start = 'Image(distro="debian:bookworm")'
    world.lock(world.image(f'{start}.system_packages("curl").run("true").system_packages("git")'))
    moved = world.image(f'{start}.run("true").system_packages("curl", "git")')
    with pytest.raises(FreezeError, match="the order in which system packages are installed"):
        world.freeze(moved)


def test_an_image_without_a_lock_is_refused_at_its_line(tmp_path: Path) -> None:
    world = World(root=tmp_path.resolve())
    image = world.image('Image(lock_python_packages=False).python_packages("six")')
    with pytest.raises(FreezeError, match="can't be vendored") as refused:
        world.freeze(image, vendor=True)
    assert refused.value.problems[0].location == image.location
    assert not (world.project / LOCK_NAME).exists()


def test_a_file_of_another_distribution_s_name_is_refused(tmp_path: Path) -> None:
    world = World(root=tmp_path.resolve())
    image = world.image('Image(distro="debian:bookworm").python_packages("six", "sixth")')
    one = wheel("six", "1.0")
    other = Distribution(
        name="sixth",
        version="1.0",
        url="https://files.example.test/other/six-1.0-py3-none-any.whl",
        hashes=(f"sha256:{sha256(b'other')}",),
    )
    world.lock(image, one, other)
    world.keep(b"six", b"other")
    with pytest.raises(FreezeError, match=r"sixth: its name is sixth, and its file is six-1\.0-"):
        world.freeze(image, vendor=True)
