"""What `lading bake` writes is built by a real `docker buildx bake`, as it stands."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

import engine_support
from engine_support import BASE
from lading import process

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from building.workshop import Workshop
    from engine_support import Engine

pytestmark = [pytest.mark.engine("docker", "buildx")]

APP = """\
from lading import Image, secret

base = Image(distro="debian:bookworm", python_version="3.11").build_include("words.txt")
images = base.variants(
    plain=lambda image: image.env(DOLLAR="${HOME} %{ if true }"),
    secret=lambda image: image.run(
        'test "$(cat /run/secrets/TOKEN)" = s3cr3t && echo read > /token',
        secrets=[secret("TOKEN", file="where/it/is")],
    ),
)
"""


@pytest.fixture
def docker(engines: dict[str, Engine]) -> Engine:
    return engines["docker"]


def baked(
    folder: Path, *words: str, environment: Mapping[str, str] | None = None
) -> process.Completed:
    """`docker buildx bake` in a folder, which finds the file there by itself."""
    config = os.environ.get(engine_support.BUILDX_CONFIG)
    env = {**os.environ, **({"DOCKER_CONFIG": config} if config else {}), **(environment or {})}
    argv = ("docker", "buildx", "bake", *words)
    return process.run(argv, env=env, cwd=folder, timeout=engine_support.ENGINE_SECONDS)


@pytest.fixture
def folder(workshop: Workshop, docker: Engine, base: str, tmp_path: Path) -> Path:
    """Two images for this machine's platform, in the file."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "app.py").write_text(APP)
    (project / "words.txt").write_text("some words\n")
    names = [docker.tag(f"baked-{name}") for name in ("plain", "secret")]
    tag = names[0].replace("plain", "{name}").rpartition("-")[0]
    docker.tags.extend(tag.replace("{name}", one) for one in ("plain", "secret"))
    platform = docker.run("version", "--format", "{{.Server.Os}}/{{.Server.Arch}}").strip()
    done = workshop.lading(
        *("bake", "app.py:images", "--all", "-o", "out", "-t", tag, "--base-image", base),
        *("--platform", platform),
        cwd=project,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "out/docker-bake.json\n"
    return project / "out"


def test_buildx_builds_all_of_it(folder: Path, docker: Engine) -> None:
    written = json.loads((folder / "docker-bake.json").read_text())
    done = baked(folder, "--load", environment={"TOKEN": "s3cr3t"})
    assert done.returncode == 0, done.stderr
    tags = {name: one["tags"][0] for name, one in written["target"].items()}
    (plain,) = [tag for name, tag in tags.items() if name.startswith("plain-")]
    (secret,) = [tag for name, tag in tags.items() if name.startswith("secret-")]
    assert docker.output_of(plain, "cat", "words.txt") == "some words\n"
    assert docker.output_of(plain, "printenv", "DOLLAR") == "${HOME} %{ if true }\n"
    assert docker.output_of(secret, "cat", "/token") == "read\n"
    assert "s3cr3t" not in (folder / "docker-bake.json").read_text()


def test_a_group_is_what_an_image_is_called(folder: Path) -> None:
    printed = baked(folder, "--print", "plain")
    assert printed.returncode == 0, printed.stderr
    found = json.loads(printed.stdout)
    written = json.loads((folder / "docker-bake.json").read_text())
    (name,) = found["target"]
    assert name.startswith("plain-linux-")
    assert found["target"][name]["context"] == written["target"][name]["context"]
    assert found["target"][name]["tags"] == written["target"][name]["tags"]
    assert found["target"][name]["platforms"] == written["target"][name]["platforms"]


def test_a_secret_that_is_not_there_fails_the_build(folder: Path) -> None:
    done = baked(folder, "secret")
    assert done.returncode != 0
    assert "TOKEN" in done.stderr


CONTEXTS = 23
"""The first Docker whose own BuildKit (0.10) takes a target in the place of a name in FROM."""

DOCKERFILE = """\
ARG FROM
FROM $FROM AS whole
ARG WORD
COPY . /context/
RUN echo "$WORD" > /word && date +%s%N > /built
FROM whole AS other
RUN exit 7
"""

ON_A_BASE = """\
from lading import Image

base = Image.from_dockerfile(
    "docker/Dockerfile",
    target="whole",
    build_args={"FROM": "BASE", "WORD": "a ${b} %{c} 'd'"},
    distro="debian:bookworm",
    python_version="3.11",
)
images = base.variants(one=lambda image: image.env(N="1"), two=lambda image: image.env(N="2"))
"""


@pytest.fixture
def contexts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """A Docker whose BuildKit knows named contexts."""
    if newer := os.environ.get(engine_support.NEWER_DOCKER):
        monkeypatch.setenv("DOCKER_HOST", newer)
    found = engine_support.Engine(program="docker")
    major = found.run("version", "--format", "{{.Server.Version}}").partition(".")[0]
    if int(major) < CONTEXTS:
        missing = f"the BuildKit of a Docker before {CONTEXTS}.0 knows no named contexts"
        (pytest.fail if engine_support.must_run() else pytest.skip)(missing)
    yield found
    found.clean()


@pytest.fixture
def on_a_base(workshop: Workshop, contexts: Engine, tmp_path: Path) -> Path:
    """Two images on what one Dockerfile makes, in the file."""
    project = tmp_path / "project"
    (project / "docker").mkdir(parents=True)
    (project / "app.py").write_text(ON_A_BASE.replace("BASE", os.environ[BASE]))
    (project / "docker" / "Dockerfile").write_text(DOCKERFILE)
    (project / "docker" / "kept").write_text("")
    (project / "docker" / ".dockerignore").write_text("*.log\n")
    (project / "docker" / "a.log").write_text("no part of it")
    tag = contexts.tag("on-base-one").replace("-one", "-{name}")
    contexts.tags[-1:] = [tag.replace("{name}", name) for name in ("one", "two")]
    platform = contexts.run("version", "--format", "{{.Server.Os}}/{{.Server.Arch}}").strip()
    done = workshop.lading(
        *("bake", "app.py:images", "--all", "-o", "out", "-t", tag, "--platform", platform),
        cwd=project,
    )
    assert done.returncode == 0, done.stderr
    assert "the base image is not locked: docker/Dockerfile makes it" in done.stderr
    return project / "out"


def test_buildx_reads_which_base_is_meant(on_a_base: Path) -> None:
    done = baked(on_a_base, "--print")
    assert done.returncode == 0, done.stderr
    targets = json.loads(done.stdout)["target"]
    (name,) = [one for one in targets if "lading-base" in one]
    assert targets[name]["args"]["WORD"] == "a ${b} %{c} 'd'"
    assert targets[name]["target"] == "whole"
    linked = [list(one["contexts"].values()) for key, one in targets.items() if key != name]
    assert linked == [[f"target:{name}"]] * 2


def test_a_base_of_a_dockerfile_is_built_once_and_first(on_a_base: Path, contexts: Engine) -> None:
    """With nothing built before: the bake file alone knows of the base."""
    done = baked(on_a_base, "--load", "--no-cache")
    assert done.returncode == 0, done.stderr
    one, two = contexts.tags[-2:]
    assert contexts.output_of(one, "cat", "/built") == contexts.output_of(two, "cat", "/built")
    assert contexts.output_of(two, "cat", "/word") == "a ${b} %{c} 'd'\n"
    assert contexts.output_of(two, "printenv", "N") == "2\n"
    seen = contexts.output_of(one, "ls", "-A", "/context").split()
    assert sorted(seen) == [".dockerignore", "Dockerfile", "kept"]
