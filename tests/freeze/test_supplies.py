"""What a frozen folder takes from elsewhere: fetched once, with a login where one is asked for."""

from __future__ import annotations

import base64
import os
import re
import shutil
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from freeze.debs import deb_file
from freeze.git_server import serving_git
from freeze.world import SOURCE, UV_WHEEL, World, build, sdist, sha256, tree, wheel
from lading import secret
from lading.errors import BuildError, ResolutionError
from lading.freeze.checking import check_folder
from lading.lock.fetching import Wanted, fetch_all
from lading.lock.model import Distribution
from registry.fake_registry import Reply, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lading import Image
    from lading.freeze import Freezer
    from lading.http import HttpSettings
    from registry.fake_registry import FakeServer, Seen

VALUE = "correct-horse"
LOGIN = "Basic " + base64.b64encode(f"__token__:{VALUE}".encode()).decode()


def private(request: Seen) -> Reply:
    """An index that shows its files to those who have the token."""
    if request.authorization != LOGIN:
        return Reply(401, {"WWW-Authenticate": "Basic"}, b"who are you?")
    return Reply(body=SOURCE)


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with serving(private) as running:
        yield running


def prepared(world: World, server: FakeServer, *, name: str = "corp") -> Image:
    image = world.image(
        f"""(
    Image(distro="debian:bookworm")
    .index("{server.url}/simple", name="corp", packages=["{name}"], secret=secret("TOKEN"))
    .python_packages("{name}")
)""",
        secret=secret,
    )
    locked = Distribution(
        name=name,
        version="1.0",
        kind="sdist",
        url=f"{server.url}/simple/files/{name}-1.0.tar.gz",
        hashes=(f"sha256:{sha256(SOURCE)}",),
        index=f"{server.url}/simple",
    )
    world.lock(image, locked)
    kept = world.cache / "sha256" / sha256(SOURCE)[:2] / sha256(SOURCE)
    kept.unlink()
    return image


def online(world: World, *, vendor: bool = False, **environ: str) -> Freezer:
    freezer = world.freezer(vendor=vendor)
    machine = replace(freezer.machine, environ={**freezer.machine.environ, **environ})
    return replace(freezer, machine=machine, offline=False)


def freeze(freezer: Freezer, world: World, image: Image) -> None:
    decided = freezer.decide(image, platform="linux/amd64", project=world.project)
    freezer.write(decided, world.target)


def test_a_private_source_is_fetched_with_its_login(tmp_path: Path, server: FakeServer) -> None:
    world = World(root=tmp_path.resolve())
    image = prepared(world, server)
    freeze(online(world, TOKEN=VALUE), world, image)
    assert (world.target / "sources/corp/corp-1.0.tar.gz").read_bytes() == SOURCE
    written = [content for _, _, content in tree(world.root).values() if content is not None]
    assert not [content for content in written if VALUE.encode() in content]


def test_what_is_there_needs_no_secret(tmp_path: Path, server: FakeServer) -> None:
    world = World(root=tmp_path.resolve())
    image = prepared(world, server)
    freeze(online(world, TOKEN=VALUE), world, image)
    asked = len(server.seen)
    freeze(online(world), world, image)
    assert len(server.seen) == asked


def test_a_secret_that_is_missing_is_named(tmp_path: Path, server: FakeServer) -> None:
    world = World(root=tmp_path.resolve())
    image = prepared(world, server)
    with pytest.raises(BuildError, match="TOKEN"):
        freeze(online(world), world, image)
    assert not world.target.exists()
    assert not server.seen


def test_a_secret_that_is_refused_is_not_shown(tmp_path: Path, server: FakeServer) -> None:
    world = World(root=tmp_path.resolve())
    image = prepared(world, server)
    with pytest.raises(ResolutionError, match="401") as refused:
        freeze(online(world, TOKEN="wrong-horse"), world, image)  # noqa: S106 - the point
    assert "wrong-horse" not in str(refused.value)
    assert not world.target.exists()


def test_only_the_secrets_of_what_is_missing_are_read(tmp_path: Path, server: FakeServer) -> None:
    world = World(root=tmp_path.resolve())
    image = world.image(
        f"""(
    Image(distro="debian:bookworm")
    .index("{server.url}/simple", name="corp", packages=["corp"], secret=secret("TOKEN"))
    .python_packages("old")
)""",
        secret=secret,
    )
    world.lock(image, sdist("old", "1.0"))
    shutil.rmtree(world.cache)
    world.keep(UV_WHEEL)
    with pytest.raises(ResolutionError, match="old"):  # which no server here has
        freeze(online(world, HTTPS_PROXY="http://127.0.0.1:9"), world, image)


def test_a_repository_is_a_folder_of_a_vendored_image(tmp_path: Path) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is missing")
    with serving_git(tmp_path) as server:
        locked = server.commit(**{"pyproject.toml": "[project]\n", "x.py": "x = 1\n"})
        world = World(root=tmp_path.resolve(), environ={"PATH": os.environ["PATH"]})
        image = world.image(
            'Image(distro="debian:bookworm")'
            f'.python_packages("x @ git+{server.url}@{locked.commit}")'
        )
        part = world.lock(image, locked, builds=(build("x"),))
        world.keep(b"hatchling", *(deb_file(one.name) for one in part.debs))
        freeze(online(world, vendor=True), world, image)
    assert (world.target / "sources/x/x.py").read_text() == "x = 1\n"
    assert re.search(r"\bgit\b(?!ignore)", (world.target / "Dockerfile").read_text()) is None
    assert check_folder(world.target).differences == ()
    vendored = tree(world.target)
    info = world.freeze(image, vendor=True)
    assert tree(world.target) == vendored
    assert world.freeze(image).key == info.key


def test_a_cache_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    world = World(root=tmp_path.resolve())
    image = world.image('Image(distro="debian:bookworm").python_packages("six")')
    world.lock(image, wheel("six", "1.0"))
    (world.cache / "programs").write_text("in the way")
    with pytest.raises(ResolutionError, match=r"the cache .* can't be used") as refused:
        world.freeze(image)
    assert refused.value.problems[0].hint
    assert ".tmp" not in str(refused.value)


def wanted(number: int) -> Wanted:
    return Wanted(name=str(number), sha256=f"{number:064}", fetch=_unused)


def _unused(http: HttpSettings, offline: bool) -> Path:  # noqa: FBT001 - see Fetch
    raise NotImplementedError


def test_files_are_fetched_beside_each_other_and_each_once(tmp_path: Path) -> None:
    together = threading.Barrier(4, timeout=20)
    calls: list[str] = []

    def get(one: Wanted) -> Path:
        calls.append(one.name)
        together.wait()
        return tmp_path / one.name

    files = [wanted(number) for number in (1, 2, 3, 4, 2, 1)]
    found, failed = fetch_all(files, get, say=calls.append)
    assert sorted(calls) == ["1", "2", "3", "4"]
    assert found == {one.sha256: tmp_path / one.name for one in files}
    assert failed == []


def test_what_fails_stops_nothing_else(tmp_path: Path) -> None:
    def get(one: Wanted) -> Path:
        if one.name == "2":
            raise ResolutionError("2 is gone")
        return tmp_path / one.name

    said: list[str] = []
    found, failed = fetch_all([wanted(number) for number in range(20)], get, say=said.append)
    assert len(found) == 19
    assert [one.name for one, _ in failed] == ["2"]
    assert len(said) == 10
    assert said[-1].startswith("20 of 20: ")


def test_what_is_no_error_of_ours_ends_it(tmp_path: Path) -> None:
    def get(one: Wanted) -> Path:
        if one.name == "2":
            raise KeyboardInterrupt
        return tmp_path / one.name

    with pytest.raises(KeyboardInterrupt):
        fetch_all([wanted(number) for number in range(20)], get, say=lambda _: None)
