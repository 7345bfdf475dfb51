"""R53: a vendored folder is built where there is no network at all."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from building.sources import publish, repository, serving, source_distribution, source_folder, wheel
from building.workshop import DOCKER_AND_BUILDAH, write_project
from dockerfile.parseback import argv, parse
from engine_support import BASE_BARE

if TYPE_CHECKING:
    from pathlib import Path

    from building.workshop import Workshop
    from engine_support import Engine

pytestmark = [pytest.mark.long, pytest.mark.network]

# What a step sees of a network: its devices, and the routes below a line of headings.
LOOK = "ls /sys/class/net > /network; tail -n +2 /proc/net/route >> /network"
IMAGE = """Image(distro="debian:bookworm", python_version="3.11")
    .index("{url}/simple/", packages=["adding", "ours"])
    .system_packages("hello")
    .run("{look}")
    .python_packages(
        "ours",
        "adding",
        "answering @ git+{url}/answering.git@{commit}",
        "./libs/folded",
        "iniconfig==2.0.0",
        no_binary=["adding"],
    )
    .cmd("python", "-c", "import adding, answering, folded, ours; print(adding.add(1, 2))")"""
# Whatever would ask somebody else. `apt-get update` reads the folder's own list.
REACHING = re.compile(r"https?://|git\+|ssh://|git clone|--index|--default-index|curl |wget ")


@pytest.fixture(scope="module")
def project(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project, vendored while its sources were there; they are gone when it is built."""
    root = tmp_path_factory.mktemp("served")
    made = root / "made"
    publish(root, source_distribution(made, "adding"), wheel(made, "ours", "ANSWER = 42\n"))
    commit = repository(root, "answering", workshop.environment)
    with serving(root) as url:
        project = write_project(
            tmp_path_factory.mktemp("vendored"), IMAGE.format(url=url, commit=commit, look=LOOK)
        )
        source_folder(project / "libs" / "folded", "folded")
        base = ("--base-image", os.environ[BASE_BARE])
        done = workshop.lading("vendor", *base, "--output", "context", cwd=project)
        assert done.returncode == 0, done.stderr
    return project


@DOCKER_AND_BUILDAH
def test_r53_it_is_built_without_a_network(
    *, name: str, workshop: Workshop, engine: Engine, project: Path
) -> None:
    tag = engine.tag(f"vendored-{name}")
    workshop.build(
        project,
        *("--vendor", "--locked", "--offline", "--no-cache"),
        engine=name,
        base=os.environ[BASE_BARE],
        tag=tag,
        network="none",
        # With it, buildah's steps have the host's network, whatever they are told.
        BUILDAH_ISOLATION=None,
    )
    assert engine.output_of(tag, "cat", "/network").split() == ["lo"]
    assert engine.output_of(tag).split() == ["3"]
    assert "Hello" in engine.output_of(tag, "hello")


@pytest.mark.engine("docker")
@pytest.mark.parametrize("name", ["docker"])
def test_r53_the_folder_alone_is_built_without_a_network_by_the_engine_alone(
    name: str, engine: Engine, project: Path
) -> None:
    tag = engine.tag(f"vendored-alone-{name}")
    engine.run("build", "--network=none", "--tag", tag, str(project / "context"))
    assert engine.output_of(tag).split() == ["3"]


@pytest.mark.engine("docker")
def test_r53_nothing_in_it_reaches_out_and_a_check_sees_each_change(
    workshop: Workshop, project: Path
) -> None:
    context = project / "context"
    parsed = parse((context / "Dockerfile").read_text())
    commands = [argv(one.rest)[2] for one in parsed if one.kind == "RUN"]
    assert [one for one in commands if "apt-get" in one]
    assert [one for one in commands if "pip install" in one]
    assert not [one for one in commands if REACHING.search(one)]
    for run in parsed:
        assert not [flag for flag in run.flags if "type=ssh" in flag]
    check = ("vendor", "--check", "context")
    done = workshop.lading(*check, cwd=project, HTTPS_PROXY="http://127.0.0.1:9")
    assert done.returncode == 0, done.stdout + done.stderr
    (deb, *_) = sorted((context / "debs").glob("*.deb"))
    content = deb.read_bytes()
    deb.unlink()
    try:
        deb.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        done = workshop.lading(*check, cwd=project)
        assert done.returncode == 1
        assert deb.name in done.stdout + done.stderr
    finally:
        deb.write_bytes(content)
