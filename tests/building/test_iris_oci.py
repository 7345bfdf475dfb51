"""Model servers in images made without an engine, and what an engine is still needed for."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from building.conftest import EXAMPLES, on_debian
from building.test_iris import SPECIES, predictions
from building.workshop import DOCKER_AND_PODMAN, healthcheck_of
from lading.oci import validate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from building.workshop import Workshop
    from engine_support import Engine

pytestmark = pytest.mark.network


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example that needs no engine."""
    folder = tmp_path_factory.mktemp("examples") / "served"
    shutil.copytree(EXAMPLES / "served", folder)
    return on_debian(folder)


def without_engine(workshop: Workshop, project: Path, base: str, *words: str) -> dict[str, object]:
    done = workshop.lading(
        *("build", "--engine", "oci", "--json", "--base-image", base, *words), cwd=project
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, object] = json.loads(done.stdout)
    return result


def archived(workshop: Workshop, project: Path, base: str, engine: Engine) -> str:
    """The image made without an engine, and loaded into one."""
    tag = f"localhost/{engine.tag(project.name)}"
    engine.tags.append(tag)
    place = project / "image.tar"
    without_engine(workshop, project, base, "-t", tag, "-o", f"docker-archive:{place}")
    assert validate(place) == ()
    engine.run("load", "--input", str(place))
    return tag


@DOCKER_AND_PODMAN
def test_an_image_of_wheels_and_files_answers_predictions(
    engine: Engine, workshop: Workshop, served: Path, base: str
) -> None:
    image = archived(workshop, served, base, engine)
    with engine.serving(image, port=8000) as container:
        assert predictions(container) == SPECIES
        assert container.stop() == 0
    user = ("--user", "12345:0", "--read-only")
    with engine.serving(image, port=8000, options=user) as container:
        assert predictions(container) == SPECIES


@DOCKER_AND_PODMAN
def test_iris_with_a_model_made_beforehand_answers_predictions(
    engine: Engine,
    workshop: Workshop,
    build_once: Callable[[str, Path], str],
    iris: Path,
    base: str,
    tmp_path: Path,
) -> None:
    project = tmp_path / "ready"
    shutil.copytree(iris, project, ignore=shutil.ignore_patterns(".lading", "lading.lock"))
    built = build_once(engine.program, iris)
    container = engine.run("create", built, "true").strip().splitlines()[-1]
    engine.run("cp", f"{container}:/app/model", str(project / "model"))
    engine.run("rm", container)
    service = (project / "service.py").read_text()
    for step in ('.system_packages("libgomp1")', '.build_include("train.py")'):
        assert step in service
        service = service.replace(step, "")
    service = service.replace('.run("python train.py")', '.build_include("model")')
    (project / "service.py").write_text(service)
    image = archived(workshop, project, base, engine)
    assert healthcheck_of(engine, image)["Test"][:2] == ["CMD", "python"]
    with engine.serving(image, port=8000) as serving:
        assert predictions(serving) == SPECIES


def test_iris_needs_an_engine_and_it_is_said_why(
    workshop: Workshop, iris: Path, base_image: str, tmp_path: Path
) -> None:
    project = tmp_path / "iris"
    shutil.copytree(iris, project, ignore=shutil.ignore_patterns(".lading"))
    words = ("build", "--engine", "oci", "--base-image", base_image, "-q")
    done = workshop.lading(*words, cwd=project)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "error: --engine oci: some of it has to be executed",
        "hint: leave out --engine, and a container engine builds it",
        "error: service.py:30: the command `python train.py` runs",
    ]
    assert not (project / ".lading").exists()
