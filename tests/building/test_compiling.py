"""What has no wheel is compiled in a stage of its own, of which only the wheels are left."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from building.sources import index, repository, serving
from building.workshop import EACH_ENGINE, content_of, write_project
from engine_support import BASE_BARE, must_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from building.workshop import Workshop
    from engine_support import Engine

pytestmark = [
    pytest.mark.network,
    # Where nothing may be left out, the test itself fails for want of it.
    pytest.mark.skipif(shutil.which("git") is None and not must_run(), reason="git is not on PATH"),
]

TOOLS = {"/usr/bin/gcc", "/usr/bin/cc", "/usr/bin/make", "/usr/bin/git", "/usr/include/python3.11"}
SAY = "import adding, answering; print(adding.add(40, 2), answering.ANSWER)"


@pytest.fixture(scope="module")
def project(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project that needs a C compiler and git, on a base that has not even Python."""
    root = tmp_path_factory.mktemp("served")
    index(root, "adding")
    commit = repository(root, "answering", workshop.environment)
    with serving(root) as url:
        image = f"""Image(distro="debian:bookworm", python_version="3.11")
    .index("{url}/simple/")
    .python_packages(
        "adding",
        "answering @ git+{url}/answering.git@{commit}",
        no_binary=["adding"],
    )
    .env(BUILT="yes")"""
        yield write_project(tmp_path_factory.mktemp("compiling"), image)


@EACH_ENGINE
def test_r24_an_extension_and_a_repository_are_built_and_no_tool_is_left(
    name: str, workshop: Workshop, engine: Engine, project: Path, tmp_path: Path
) -> None:
    tag = engine.tag(f"compiled-{name}")
    # The index is on this machine's loopback, which a container sees on the host's network.
    workshop.build(project, engine=name, base=os.environ[BASE_BARE], tag=tag, network="host")
    assert engine.output_of(tag, "python", "-c", SAY).split() == ["42", "42"]
    content = content_of(engine, tag, tmp_path)
    assert not TOOLS & content.keys()
    assert "/usr/bin/python3.11" in content
    assert not [path for path in content if path.startswith(("/wheels", "/src", "/root/.cache"))]
    assert not [path for path in content if path.endswith((".whl", ".tar.gz"))]
