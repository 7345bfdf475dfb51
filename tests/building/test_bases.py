"""Bases of several kinds, and files that come from the project."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from building.sources import wheel
from building.workshop import DOCKER_AND_PODMAN, write_project
from engine_support import BASE_BARE, BASE_USER

if TYPE_CHECKING:
    from pathlib import Path

    from building.workshop import Workshop
    from engine_support import Engine

pytestmark = pytest.mark.network

DOCKER = pytest.mark.parametrize(
    "name", [pytest.param("docker", marks=pytest.mark.engine("docker"))]
)
START = 'Image(distro="debian:bookworm", python_version="3.11")'
WHO = """.cmd("sh", "-c", "id -u; id -un; touch $HOME/x /app/y && echo writable")"""


@DOCKER_AND_PODMAN
def test_r9_a_base_that_ends_as_another_user_is_built_on_as_root(
    name: str, workshop: Workshop, engine: Engine, tmp_path: Path
) -> None:
    calls = '.system_packages("tini").run("id -u > /who").cmd("sh", "-c", "cat /who; id -u")'
    project = write_project(tmp_path / "project", START + calls)
    tag = engine.tag("other-user")
    workshop.build(project, engine=name, base=os.environ[BASE_USER], tag=tag)
    assert engine.output_of(tag).split() == ["0", "10001"]
    assert engine.inspect(tag)["Config"]["User"] == "10001:0"


@DOCKER
@pytest.mark.parametrize(
    ("user", "account"),
    [
        pytest.param(".user(33)", ["33", "www-data"], id="its uid has an entry"),
        # It has no entry then, and so `id` has no name for it.
        pytest.param('.user(4711, name="daemon")', ["4711", "4711"], id="its name is taken"),
        pytest.param(".user(0)", ["0", "root"], id="root"),
        pytest.param("", ["10001", "lading"], id="left out"),
    ],
)
def test_r8_the_user_is_made_whatever_the_base_has(
    *, user: str, account: list[str], name: str, workshop: Workshop, engine: Engine, tmp_path: Path
) -> None:
    project = write_project(tmp_path / "project", START + user + WHO)
    tag = engine.tag("account")
    workshop.build(project, engine=name, base=os.environ[BASE_BARE], tag=tag)
    assert engine.output_of(tag).split() == [*account, "writable"]


@DOCKER
def test_r11_a_base_without_python_gets_it_from_its_archive(
    name: str, workshop: Workshop, engine: Engine, tmp_path: Path
) -> None:
    calls = '.python_packages("iniconfig==2.0.0").cmd("python", "-c", "import iniconfig, sys")'
    project = write_project(tmp_path / "project", START + calls)
    tag = engine.tag("no-python")
    workshop.build(project, engine=name, base=os.environ[BASE_BARE], tag=tag)
    engine.output_of(tag)
    which = "command -v uv pip pip3; readlink -f /opt/venv/bin/python"
    assert engine.output_of(tag, "sh", "-c", which).split() == ["/usr/bin/python3.11"]


@DOCKER_AND_PODMAN
@pytest.mark.parametrize("locked", [True, False])
def test_r39_a_wheel_of_the_project_is_installed_with_the_lock_and_without(
    *, locked: bool, name: str, workshop: Workshop, base: str, engine: Engine, tmp_path: Path
) -> None:
    start = START if locked else START.replace(")", ", lock_python_packages=False)")
    calls = '.python_packages("wheels/ours-1.0-py3-none-any.whl", "iniconfig>=2")'
    project = write_project(tmp_path / "project", start + calls)
    wheel(project / "wheels", "ours", "ANSWER = 42\n")
    tag = engine.tag("wheel")
    workshop.build(project, engine=name, base=base, tag=tag)
    code = "import iniconfig, ours; print(ours.ANSWER)"
    assert engine.output_of(tag, "python", "-c", code) == "42\n"


@DOCKER_AND_PODMAN
def test_packages_in_two_steps_are_installed_by_each_engine(
    name: str, workshop: Workshop, engine: Engine, tmp_path: Path
) -> None:
    """Buildah before 1.29 hung here, at the second of two steps with the same locked caches."""
    calls = '.system_packages("tini").run("tini --version").system_packages("hello")'
    project = write_project(tmp_path / "project", f'{START}{calls}.cmd("hello")')
    tag = engine.tag("two-steps")
    workshop.build(project, "--no-cache", engine=name, base=os.environ[BASE_BARE], tag=tag)
    assert "Hello" in engine.output_of(tag)
