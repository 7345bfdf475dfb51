"""The example, from its Image to answers over HTTP, with each engine that CI has."""

from __future__ import annotations

import json
import time
import urllib.request
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from engine_support import Container, Engine

pytestmark = pytest.mark.network

EACH_ENGINE = pytest.mark.parametrize(
    "name",
    [
        pytest.param("docker", marks=pytest.mark.engine("docker")),
        pytest.param("podman", marks=pytest.mark.engine("podman")),
        # Buildah runs no images of its own: podman does.
        pytest.param("buildah", marks=pytest.mark.engine("buildah", "podman")),
    ],
)

FLOWERS = [[5.1, 3.5, 1.4, 0.2], [7.0, 3.2, 4.7, 1.4], [6.3, 3.3, 6.0, 2.5]]
SPECIES = ["setosa", "versicolor", "virginica"]


@pytest.fixture
def engine(name: str, engines: dict[str, Engine]) -> Engine:
    return engines[name]


@pytest.fixture
def image(name: str, build_once: Callable[[str, Path], str], iris: Path) -> str:
    return build_once(name, iris)


def predictions(container: Container) -> list[str]:
    assert container.get("/healthz") == (200, '{"status":"ok"}')
    asked = urllib.request.Request(  # noqa: S310 - http
        f"{container.url}/predict",
        data=json.dumps(FLOWERS).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(asked, timeout=20) as answer:  # noqa: S310 - http
        species: list[str] = json.load(answer)["species"]
    return species


@EACH_ENGINE
def test_it_answers_predictions_and_ends_at_sigterm(engine: Engine, image: str) -> None:
    with engine.serving(image, port=8000) as container:
        assert predictions(container) == SPECIES
        began = time.monotonic()
        assert container.stop() == 0
        assert time.monotonic() - began < 5


@EACH_ENGINE
def test_r48_it_serves_as_any_user_on_a_read_only_file_system(engine: Engine, image: str) -> None:
    options = ("--user", "12345:0", "--read-only", "--tmpfs", "/tmp")  # noqa: S108 - in a container
    with engine.serving(image, port=8000, options=options) as container:
        assert predictions(container) == SPECIES


@EACH_ENGINE
def test_r49_another_command_finds_the_python_of_the_environment(
    engine: Engine, image: str
) -> None:
    code = "import sys, sklearn; print(sys.prefix, sklearn.__version__)"
    assert engine.output_of(image, "python", "-c", code).split() == ["/opt/venv", "1.5.2"]


@EACH_ENGINE
def test_the_configuration_is_what_the_image_says(engine: Engine, image: str) -> None:
    described = engine.inspect(image)
    config = described["Config"]
    # Docker has it in the configuration, podman beside it.
    healthcheck = config.get("Healthcheck") or described["Healthcheck"]
    assert healthcheck["Test"][:2] == ["CMD", "python"]
    assert healthcheck["Interval"] == 30_000_000_000
    assert config["User"] == "10001:0"
    assert config["WorkingDir"] == "/app"
    assert list(config["ExposedPorts"]) == ["8000/tcp"]
    assert config["Cmd"][0] == "uvicorn"
    assert not config.get("Entrypoint")
    assert "PYTHONUNBUFFERED=1" in config["Env"]
    assert [entry for entry in config["Env"] if entry.startswith("HOME=")] == ["HOME=/home/lading"]


@EACH_ENGINE
@pytest.mark.parametrize("user", [None, "12345:0"])
def test_r48_home_and_working_directory_are_writable(
    engine: Engine, image: str, user: str | None
) -> None:
    options = ("--user", user) if user else ()
    script = 'touch "$HOME/a" /app/b && cd && pwd && id -u && grep -c ":10001:0:" /etc/passwd'
    told = engine.output_of(image, "sh", "-c", script, options=options).split()
    assert told == ["/home/lading", (user or "10001").partition(":")[0], "1"]


@EACH_ENGINE
def test_the_server_can_not_change_its_own_packages(engine: Engine, image: str) -> None:
    script = "! touch /opt/venv/x 2>/dev/null && ! touch /app/service.py 2>/dev/null"
    engine.output_of(image, "sh", "-c", script)
