from __future__ import annotations

import functools
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest

import engine_support
from building.workshop import Entry, Workshop, content_of, own_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

Builder: TypeAlias = Callable[[str, Path], str]
Contents: TypeAlias = Callable[[str, str], dict[str, Entry]]

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory, uv_cache: Path) -> Workshop:
    """One home and one cache for all builds: what one has downloaded, the next one has."""
    place = tmp_path_factory.mktemp("workshop")
    environment = own_environment(place, uv_cache.parent)
    network = os.environ.get(engine_support.NETWORK) or "default"
    return Workshop(environment=environment, network=network)


@pytest.fixture(scope="session")
def base() -> str:
    """The base image, for fixtures of the session; each test's marker has seen that it is there."""
    return os.environ[engine_support.BASE]


@pytest.fixture(scope="session")
def engines() -> Iterator[dict[str, engine_support.Engine]]:
    """Engines whose images live as long as the session. Podman sees buildah's images."""
    network = os.environ.get(engine_support.NETWORK) or "default"
    names = ("docker", "podman")
    made = {name: engine_support.Engine(program=name, network=network) for name in names}
    made["buildah"] = made["podman"]
    yield made
    if not os.environ.get(engine_support.LEAVE_IMAGES):
        for name in names:
            made[name].clean()


@pytest.fixture(scope="session")
def build_once(workshop: Workshop, engines: dict[str, engine_support.Engine], base: str) -> Builder:
    """Builds a project with an engine where no test before has, and returns the image's tag."""
    tags: dict[tuple[str, Path], str] = {}

    def build(engine: str, project: Path) -> str:
        if (engine, project) not in tags:
            tag = engines[engine].tag(f"{engine}-{project.name}".lower())
            workshop.build(project, engine=engine, base=base, tag=tag)
            tags[engine, project] = tag
        return tags[engine, project]

    return build


@pytest.fixture(scope="session")
def iris(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example, on a base image that has more than it asks for."""
    folder = tmp_path_factory.mktemp("examples") / "iris"
    shutil.copytree(EXAMPLES / "iris", folder, ignore=_made_by_a_user)
    return on_debian(folder)


def on_debian(project: Path) -> Path:
    """An example's project, whose image is no longer on scratch."""
    service = (project / "service.py").read_text()
    written = 'Image(base_image="scratch", distro="debian:trixie", python_version="3.13")'
    assert written in service
    usual = 'Image(distro="debian:bookworm", python_version="3.11")'
    (project / "service.py").write_text(service.replace(written, usual))
    return project


def _made_by_a_user(folder: str, names: list[str]) -> set[str]:
    del folder
    return {"lading.lock", ".lading", "model", "__pycache__"} & set(names)


@pytest.fixture
def engine(name: str, engines: dict[str, engine_support.Engine]) -> engine_support.Engine:
    """The engine that a test is run with, which can run what it has built."""
    return engines[name]


@pytest.fixture(scope="session")
def contents(
    engines: dict[str, engine_support.Engine], tmp_path_factory: pytest.TempPathFactory
) -> Contents:
    """The file system of an image, read once: by the engine's name and the image's."""
    folder = tmp_path_factory.mktemp("contents")

    @functools.cache
    def read(engine: str, image: str) -> dict[str, Entry]:
        return content_of(engines[engine], image, folder)

    return read


@pytest.fixture
def pulled_base(engine: engine_support.Engine, base: str) -> str:
    """The base image, there to be looked at."""
    plain = () if engine.program == "docker" else ("--tls-verify=false",)
    engine.run("pull", "--quiet", *plain, base)
    return base
