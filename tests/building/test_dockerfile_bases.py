"""A base that a Dockerfile of the project makes, built by each engine before the image itself."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from building.workshop import EACH_ENGINE, write_project
from engine_support import BASE
from lading import process

if TYPE_CHECKING:
    from pathlib import Path

    from building.workshop import Workshop
    from engine_support import Engine

DOCKERFILE = """\
ARG BASE
FROM $BASE AS whole
ARG WORD
COPY . /context/
RUN echo "$WORD" > /word && echo whole > /stage
USER 33
FROM whole AS other
RUN echo other > /stage
"""

SHOW = "cat /word /stage /seen; ls -A /context; id -u"


def project_of(folder: Path, **more: str) -> Path:
    words = {"BASE": os.environ[BASE], "WORD": "a 'b' \"c\" $d"}
    calls = f'.run("id -u > /seen").cmd("sh", "-c", "{SHOW}")'
    image = (
        f'Image.from_dockerfile("docker/Dockerfile", target="whole", build_args={words!r}, '
        f'distro="debian:bookworm", python_version="3.11"){calls}'
    )
    project = write_project(folder, image, **more)
    (project / "docker").mkdir()
    (project / "docker" / "Dockerfile").write_text(DOCKERFILE)
    (project / "docker" / ".dockerignore").write_text("*.log\n")
    (project / "docker" / "a.log").write_text("no part of it")
    (project / "docker" / "kept").write_text("1")
    return project


@EACH_ENGINE
def test_the_base_is_built_first_and_the_image_on_it(
    name: str, workshop: Workshop, engine: Engine, tmp_path: Path
) -> None:
    project = project_of(tmp_path / "project")
    tag = engine.tag("dockerfile-base")
    done = workshop.build(project, engine=name, base="", tag=tag)
    assert "the base image is not locked: docker/Dockerfile makes it" in done.stderr
    said = engine.output_of(tag).splitlines()
    assert said[:3] == ["a 'b' \"c\" $d", "whole", "0"]
    assert sorted(said[3:-1]) == [".dockerignore", "Dockerfile", "kept"]
    assert said[-1] == "10001"
    info = json.loads((project / ".lading/linux-amd64/image.json").read_text())
    engine.run("rmi", "--force", info["base_built"])


@EACH_ENGINE
def test_a_changed_context_is_another_base(
    name: str, workshop: Workshop, engine: Engine, tmp_path: Path
) -> None:
    project = project_of(tmp_path / "project")
    tag = engine.tag("changed-base")
    workshop.build(project, engine=name, base="", tag=tag)
    file = project / ".lading/linux-amd64/image.json"
    names = [json.loads(file.read_text())["base_built"]]
    (project / "docker" / "kept").unlink()
    (project / "docker" / "new").write_text("2")
    refused = workshop.attempt(project, "--locked", engine=name, base="", tag=tag)
    assert refused.returncode == 1
    assert "dockerfile:docker/Dockerfile has changed: sha256:" in refused.stderr
    workshop.build(project, engine=name, base="", tag=tag)
    assert "new" in engine.output_of(tag).split()
    names.append(json.loads(file.read_text())["base_built"])
    assert names[0] != names[1]
    for one in names:
        engine.run("rmi", "--force", one)


@EACH_ENGINE
def test_a_dockerfile_that_fails_is_told_by_the_engine(
    name: str, workshop: Workshop, engine: Engine, tmp_path: Path
) -> None:
    project = project_of(tmp_path / "project")
    (project / "docker" / "Dockerfile").write_text(f"{DOCKERFILE}FROM whole AS bad\nRUN exit 7\n")
    service = project / "service.py"
    service.write_text(service.read_text().replace('target="whole"', 'target="bad"'))
    done = workshop.attempt(project, engine=name, base="", tag=engine.tag("bad"))
    assert done.returncode != 0
    assert f"error: {name} could not build the image" in done.stderr
    assert "exit 7" in done.stderr


@pytest.mark.engine("docker")
def test_a_person_can_build_the_frozen_folder(
    workshop: Workshop, tmp_path: Path, engines: dict[str, Engine]
) -> None:
    """By the one command that its Dockerfile begins with, and then as any other."""
    project = project_of(tmp_path / "project")
    done = workshop.lading("freeze", "-q", "-o", "frozen", cwd=project)
    assert done.returncode == 0, done.stderr
    lines = (project / "frozen" / "Dockerfile").read_text().splitlines()
    docker = engines["docker"]
    tag = docker.tag("by-hand")
    for command in (lines[1].removeprefix("# First: "), f"docker build --tag {tag} ."):
        ran = process.run(
            ("sh", "-c", command), env=dict(os.environ), cwd=project / "frozen", timeout=600.0
        )
        assert ran.returncode == 0, ran.stderr
    assert docker.output_of(tag).splitlines()[1] == "whole"
    docker.run("rmi", "--force", lines[2].removeprefix("FROM "))
