"""A service that was decorated is built with its own code, and runs where Lading is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from building.workshop import DOCKER_AND_PODMAN, healthcheck_of

if TYPE_CHECKING:
    from pathlib import Path

    from building.workshop import Workshop
    from engine_support import Engine

pytestmark = pytest.mark.network

# What it imports is not installed beside Lading, and need not be.
APP = """\
import os

import lading
from fastapi import FastAPI

from words import greeting

image = lading.Image(distro="debian:bookworm", python_version="3.11")
image = image.python_packages("fastapi", "uvicorn")

app = FastAPI()


@app.get("/healthz")
def healthz() -> str:
    return "well"


@app.get("/")
def root() -> str:
    return greeting() + os.environ["WHOM"]


app = lading.service(image=image, health="/healthz", env={"WHOM": "world"})(app)


@lading.service(image=image, env={"WHOM": "worker"})
def work() -> None:
    print(root(), flush=True)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "words.py").write_text("def greeting() -> str:\n    return 'hello '\n")
    (folder / "unused.py").write_text("1 / 0\n")
    return folder


def built(workshop: Workshop, engine: Engine, project: Path, target: str, base: str) -> str:
    tag = f"localhost/{engine.tag(target.rpartition(':')[2])}"
    engine.tags.append(tag)
    words = ("build", target, "--engine", "oci", "--base-image", base, "--tag", tag)
    done = workshop.lading(*words, "-o", "docker-archive:image.tar", cwd=project)
    assert done.returncode == 0, done.stderr
    engine.run("load", "--input", str(project / "image.tar"))
    return tag


@DOCKER_AND_PODMAN
def test_a_service_answers_and_is_well(
    engine: Engine, workshop: Workshop, project: Path, base: str
) -> None:
    image = built(workshop, engine, project, "app.py:app", base)
    with engine.serving(image, port=8000) as container:
        assert container.get("/healthz") == (200, '"well"')
        assert container.get("/") == (200, '"hello world"')
        check = healthcheck_of(engine, image)["Test"]
        assert check[:3] == ["CMD", "python3", "-c"]
        engine.run("exec", container.id, *check[1:])
        with pytest.raises(AssertionError):
            engine.run("exec", container.id, *check[1:3], check[3].replace("/healthz", "/ill"))
        assert container.stop() == 0


@DOCKER_AND_PODMAN
def test_a_function_is_called(engine: Engine, workshop: Workshop, project: Path, base: str) -> None:
    image = built(workshop, engine, project, "app.py:work", base)
    assert engine.output_of(image).strip() == "hello worker"


@DOCKER_AND_PODMAN
def test_a_package_in_a_src_layout_is_found(
    engine: Engine, workshop: Workshop, tmp_path: Path, base: str
) -> None:
    package = tmp_path / "src" / "shop"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "app.py").write_text(APP.replace("from words import", "from shop.words import"))
    (package / "words.py").write_text("def greeting() -> str:\n    return 'hello '\n")
    image = built(workshop, engine, tmp_path, "shop.app:app", base)
    with engine.serving(image, port=8000) as container:
        assert container.get("/") == (200, '"hello world"')
