from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cli.forks import forking
from cli.program import RUNNING, Project, project, world
from cli.shipping import write_base
from registry.fake_registry import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cli.program import World
    from registry.fake_registry import FakeServer


@pytest.fixture(scope="session", autouse=True)
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """To start an interpreter for each command is most of what thousands of them would take.

    The reviewed sessions, and whatever is about starting and ending, start one as users do.
    """
    with forking(tmp_path_factory.mktemp("forks") / "running") as running:
        RUNNING.append(running)
        yield
        RUNNING.clear()


@pytest.fixture
def net() -> World:
    """What the loopback registry and index hold."""
    return world()


@pytest.fixture
def server(net: World) -> Iterator[FakeServer]:
    """The registry and the index, running."""
    with serving(net.route) as running:
        net.registry.realm = running.url
        yield running


@pytest.fixture
def bare(tmp_path: Path, home: Path) -> Project:
    """An empty project, and no network."""
    return project(tmp_path / "project", home)


@pytest.fixture(scope="session")
def lock_text(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What `lading lock` writes for `tiny`, with HOST for where its server happened to be."""
    folder = tmp_path_factory.mktemp("locked")
    with serving(world().route) as server:
        made = sample(folder / "project", folder / "home", server)
        assert made.lading("lock").code == 0
        return made.read("lading.lock").replace(server.host, "HOST")


@pytest.fixture
def locked(tiny: Project, server: FakeServer, lock_text: str) -> Project:
    """`tiny`, locked."""
    tiny.write("lading.lock", lock_text.replace("HOST", server.host))
    return tiny


@pytest.fixture
def tiny(tmp_path: Path, home: Path, server: FakeServer) -> Project:
    """A project whose image takes one package, of the loopback index, on a loopback base."""
    return sample(tmp_path / "project", home, server)


@pytest.fixture
def shipped(tmp_path: Path, home: Path, server: FakeServer) -> Project:
    """A project whose image takes nothing that has to be executed, on a layout of its own."""
    made = project(tmp_path / "project", home, server)
    made.write("pyproject.toml", '[tool.lading]\nimage = "service:image"\n')
    made.write("service.py", SHIPPED.replace("HOST", server.host))
    write_base(made.folder / "base")
    return made


def sample(folder: Path, home: Path, server: FakeServer) -> Project:
    made = project(folder, home, server)
    made.write("pyproject.toml", '[tool.lading]\nimage = "service:image"\n')
    made.write("service.py", SERVICE.replace("HOST", server.host))
    return made


SHIPPED = """\
from lading import Image

image = (
    Image(base_image="oci:base", distro="debian:bookworm", python_version="3.11")
    .index("http://HOST/simple", default=True)
    .python_packages("tiny")
    .build_include("service.py")
    .cmd("python", "-m", "tiny")
)
"""

SERVICE = """\
from lading import Image

image = (
    Image(base_image="HOST/python:3.11-slim-bookworm")
    .index("http://HOST/simple", default=True)
    .python_packages("tiny")
    .cmd("python", "-m", "tiny")
)
"""
