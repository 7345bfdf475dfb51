"""What has no wheel is compiled in a stage of its own, of which only the wheels are left."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from building.sources import (
    C_EXTENSION,
    PROJECT,
    module,
    publish,
    repository,
    serving,
    source_distribution,
    source_folder,
    wheel,
)
from building.workshop import DOCKER_AND_BUILDAH, DOCKER_AND_PODMAN, content_of, write_project
from engine_support import BASE_BARE, must_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from building.workshop import Workshop
    from engine_support import Engine

pytestmark = [
    pytest.mark.long,
    pytest.mark.network,
    # Where nothing may be left out, the test itself fails for want of it.
    pytest.mark.skipif(shutil.which("git") is None and not must_run(), reason="git is not on PATH"),
]

TOOLS = {
    *("/usr/bin/gcc", "/usr/bin/cc", "/usr/bin/make", "/usr/bin/git", "/usr/bin/hello"),
    *("/usr/include/python3.11", "/usr/include/python3.11/Python.h"),
}

# Compiled only where the package that `build_packages` names is there.
WITH_HELLO = C_EXTENSION | {
    "setup.py": "import shutil\nassert shutil.which('hello')\n" + C_EXTENSION["setup.py"]
}
# Compiled only where what is installed besides is there: without isolation.
NEEDY = {
    "setup.py": """\
import pathlib
import iniconfig, torchlike, adding
from setuptools import setup
pathlib.Path("needy.py").write_text(f"ANSWER = {torchlike.ANSWER}\\n")
setup(py_modules=["needy"])
"""
}

IMAGE = """Image(distro="debian:bookworm", python_version="3.11")
    .index("{url}/simple/", packages=["adding", "needy", "torchlike"])
    .build_packages("hello")
    .python_packages(
        "adding",
        "answering @ git+{url}/answering.git@{commit}",
        "./libs/folded",
        "./vendor/archived-1.0.tar.gz",
        "iniconfig==2.0.0",
        no_binary=["adding"],
    )
    .run("python -c 'import adding, folded' && ! command -v hello")
    .python_packages("torchlike", "needy", no_build_isolation=["needy"])
    .env(BUILT="yes")"""
SAY = """\
import adding, answering, archived, folded, needy
print(adding.add(40, 2), answering.ANSWER, archived.ANSWER, folded.ANSWER, needy.ANSWER)
"""


@pytest.fixture(scope="module")
def project(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project with sources of each kind, on a base that has not even Python."""
    root = tmp_path_factory.mktemp("served")
    made = root / "made"
    publish(
        root,
        source_distribution(made, "adding", WITH_HELLO),
        source_distribution(made, "needy", NEEDY),
        wheel(made, "torchlike", "ANSWER = 42\n"),
    )
    commit = repository(root, "answering", workshop.environment)
    with serving(root) as url:
        project = write_project(
            tmp_path_factory.mktemp("compiling"), IMAGE.format(url=url, commit=commit)
        )
        source_distribution(project / "vendor", "archived", module("archived"))
        source_folder(project / "libs" / "folded", "folded")
        yield project


@DOCKER_AND_BUILDAH
def test_r24_each_kind_of_source_is_built_and_no_tool_is_left(
    name: str, workshop: Workshop, engine: Engine, project: Path, tmp_path: Path
) -> None:
    tag = engine.tag(f"compiled-{name}")
    # The index is on this machine's loopback, which a container sees on the host's network.
    workshop.build(project, engine=name, base=os.environ[BASE_BARE], tag=tag, network="host")
    assert engine.output_of(tag, "python", "-c", SAY).split() == ["42"] * 5
    content = content_of(engine, tag, tmp_path)
    assert not TOOLS & content.keys()
    assert "/usr/bin/python3.11" in content
    assert not [path for path in content if path.startswith(("/wheels", "/src", "/root/.cache"))]
    assert not [path for path in content if path.endswith((".whl", ".tar.gz"))]
    # Nor is what sources were compiled with.
    assert not [path for path in content if "/opt/venv/" in path and "setuptools" in path]


# What it requires is told to nobody but those who run it.
ODD = {
    "pyproject.toml": PROJECT.partition("[project]")[0],
    "setup.py": """\
from setuptools import setup
names = ["iniconfig", "attrs"]
setup(name="odd", version="1.0", py_modules=[], install_requires=names[: len("no")])
""",
}


@pytest.mark.engine("docker")
@pytest.mark.parametrize("name", ["docker"])
@pytest.mark.parametrize(
    ("said", "works"), [('["iniconfig", "attrs"]', True), ('["iniconfig"]', False)]
)
def test_r24_what_is_said_of_a_source_is_checked_when_it_is_built(
    *,
    name: str,
    workshop: Workshop,
    engine: Engine,
    base: str,
    tmp_path: Path,
    said: str,
    works: bool,
) -> None:
    root = tmp_path / "served"
    publish(root, source_distribution(root / "made", "odd", ODD, metadata="2.1"))
    with serving(root) as url:
        image = f"""Image(distro="debian:bookworm", python_version="3.11")
    .index("{url}/simple/", packages=["odd"])
    .python_packages("odd", no_binary=["odd"], requires={{"odd": {said}}})"""
        project = write_project(tmp_path / "project", image)
        tag = engine.tag("odd")
        done = workshop.attempt(project, engine=name, base=base, tag=tag, network="host")
    assert (done.returncode == 0) == works, done.stderr
    if works:
        engine.output_of(tag, "python", "-c", "import iniconfig, attr")
    else:
        assert "attrs" in done.stderr


@DOCKER_AND_BUILDAH
def test_r24_an_edited_folder_is_compiled_and_installed_again(
    name: str, workshop: Workshop, engine: Engine, base: str, tmp_path: Path
) -> None:
    image = """Image(distro="debian:bookworm", python_version="3.11")
    .python_packages("./libs/folded")
    .cmd("python", "-c", "import folded; print(folded.ANSWER)")"""
    project = write_project(tmp_path / "project", image)
    for answer in ("one", "two"):
        source_folder(project / "libs" / "folded", "folded", f"'{answer}'")
        tag = engine.tag(f"folded-{answer}")
        workshop.build(project, engine=name, base=base, tag=tag)
        assert engine.output_of(tag).split() == [answer]


@DOCKER_AND_PODMAN
def test_r39_a_folder_is_compiled_without_a_lock_too(
    name: str, workshop: Workshop, engine: Engine, base: str, tmp_path: Path
) -> None:
    image = """Image(
        distro="debian:bookworm", python_version="3.11", lock_python_packages=False
    )
    .python_packages("./libs/folded", "iniconfig>=2")
    .cmd("python", "-c", "import folded, iniconfig; print(folded.ANSWER)")"""
    project = write_project(tmp_path / "project", image)
    source_folder(project / "libs" / "folded", "folded")
    tag = engine.tag("unlocked-folder")
    workshop.build(project, engine=name, base=base, tag=tag)
    assert engine.output_of(tag).split() == ["42"]
