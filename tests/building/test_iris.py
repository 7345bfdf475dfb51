"""The example, from its Image to answers over HTTP, with each engine that CI has."""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING

import pytest

from building.workshop import DOCKER_AND_PODMAN, EACH_ENGINE, healthcheck_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from building.conftest import Contents
    from building.workshop import Entry
    from engine_support import Container, Engine

pytestmark = [pytest.mark.long, pytest.mark.network]

FLOWERS = [[5.1, 3.5, 1.4, 0.2], [7.0, 3.2, 4.7, 1.4], [6.3, 3.3, 6.0, 2.5]]
SPECIES = ["setosa", "versicolor", "virginica"]


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
    with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310 - http
        species: list[str] = json.load(answer)["species"]
    return species


@EACH_ENGINE
def test_r49_it_answers_predictions_and_ends_at_sigterm(engine: Engine, image: str) -> None:
    with engine.serving(image, port=8000) as container:
        assert predictions(container) == SPECIES
        assert container.stop() == 0


@EACH_ENGINE
def test_r49_the_server_is_the_first_process(engine: Engine, image: str) -> None:
    with engine.serving(image, port=8000) as container:
        assert container.get("/healthz")[0] == 200
        read = ("cat", "/proc/1/cmdline")
        words = engine.run("exec", container.id, *read).split("\0")
    assert "/opt/venv/bin/uvicorn" in words
    assert not {"sh", "/bin/sh", "bash", "-c"} & set(words)


# What hardened clusters give a container: a user of their own, and nothing else.
HARDENED = (
    *("--read-only", "--tmpfs", "/tmp"),  # noqa: S108 - in a container
    *("--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
)


@EACH_ENGINE
@pytest.mark.parametrize("user", ["12345:0", "10001:0", "1000770000:0"])
def test_r48_it_serves_as_any_user_on_a_read_only_file_system(
    engine: Engine, image: str, user: str
) -> None:
    options = ("--user", user, *HARDENED)
    with engine.serving(image, port=8000, options=options) as container:
        assert predictions(container) == SPECIES
        assert container.stop() == 0


@EACH_ENGINE
def test_r49_another_command_finds_the_python_of_the_environment(
    engine: Engine, image: str
) -> None:
    code = "import sys, sklearn; print(sys.prefix, sklearn.__version__)"
    assert engine.output_of(image, "python", "-c", code).split() == ["/opt/venv", "1.5.2"]


@EACH_ENGINE
def test_the_configuration_is_what_the_image_says(engine: Engine, image: str) -> None:
    config = engine.inspect(image)["Config"]
    healthcheck = healthcheck_of(engine, image)
    assert healthcheck["Test"][:2] == ["CMD", "python"]
    assert healthcheck["Interval"] == 30_000_000_000
    assert config["User"] == "10001:0"
    assert config["WorkingDir"] == "/app"
    assert list(config["ExposedPorts"]) == ["8000/tcp"]
    assert config["Cmd"][0] == "uvicorn"
    assert not config.get("Entrypoint")
    assert "PYTHONUNBUFFERED=1" in config["Env"]
    assert [entry for entry in config["Env"] if entry.startswith("HOME=")] == ["HOME=/home/lading"]
    assert "USER=lading" in config["Env"]


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
def test_r48_home_is_writable_on_a_read_only_root_with_a_tmpfs_there(
    engine: Engine, image: str
) -> None:
    options = ("--user", "12345:0", *HARDENED, "--tmpfs", "/home/lading")
    script = 'touch "$HOME/a" /tmp/b && ! touch /app/c 2>/dev/null && cd && pwd'
    assert engine.output_of(image, "sh", "-c", script, options=options).split() == ["/home/lading"]


@EACH_ENGINE
def test_the_server_can_not_change_its_own_packages(engine: Engine, image: str) -> None:
    script = "! touch /opt/venv/x 2>/dev/null && ! touch /app/service.py 2>/dev/null"
    engine.output_of(image, "sh", "-c", script)


# What Buildah removes from an image because a step mounted something there (its issue 4927).
LOST_TO_BUILDAH = ("/mnt", "/var/cache/apt")


def added_by_packages(base: dict[str, Entry], built: dict[str, Entry], lists: str) -> set[str]:
    """The paths that dpkg's records name: the records themselves and what they list."""
    records = {
        path
        for path in built.keys() - base.keys()
        if path.startswith("/var/lib/dpkg/info/libgomp1:")
    }
    return records | (set(lists.split()) - {"/."})


@EACH_ENGINE
def test_r40_the_image_holds_what_was_asked_for_and_nothing_else(
    name: str, engine: Engine, image: str, pulled_base: str, contents: Contents
) -> None:
    base, built = contents(engine.program, pulled_base), contents(engine.program, image)
    lists = engine.output_of(image, "sh", "-c", "cat /var/lib/dpkg/info/libgomp1:*.list")
    expected = added_by_packages(base, built, lists) | {
        *("/app", "/app/model", "/app/model/iris.joblib", "/app/service.py", "/app/train.py"),
        *("/home/lading", "/opt/venv"),
    }
    added = {path for path in built.keys() - base.keys() if not path.startswith("/opt/venv/")}
    assert added == expected - base.keys()
    changed = {path for path in built.keys() & base.keys() if built[path] != base[path]}
    assert changed == {"/etc/ld.so.cache", "/etc/passwd", "/var/lib/dpkg/status"}
    cleaned = {
        path for path in base if path.endswith("-old") or path.startswith("/var/lib/apt/lists/")
    }
    removed = base.keys() - built.keys() - cleaned
    assert name != "docker" or not removed
    assert all(path.startswith(LOST_TO_BUILDAH) for path in removed)


@EACH_ENGINE
def test_r40_the_environment_holds_no_installer_and_no_cache(
    engine: Engine, image: str, contents: Contents
) -> None:
    built = contents(engine.program, image)
    programs = {path for path in built if path.startswith("/opt/venv/bin/")}
    assert not {"/opt/venv/bin/uv", "/opt/venv/bin/pip"} & programs
    assert {"/opt/venv/bin/python", "/opt/venv/bin/uvicorn"} <= programs
    assert not [path for path in programs if "activate" in path]
    assert not [path for path in built if path.startswith("/opt/venv/.")]
    assert "/opt/venv/CACHEDIR.TAG" not in built
    owners = {(entry.uid, entry.gid) for path, entry in built.items() if "/opt/venv" in path}
    assert owners == {(0, 0)}
    assert not [path for path in built if "/.cache" in path or path.startswith("/tmp/")]  # noqa: S108 - in the image


@DOCKER_AND_PODMAN
def test_the_package_manager_still_works_in_the_image(engine: Engine, image: str) -> None:
    options = ("--user", "0")
    engine.output_of(image, "apt-get", "-qq", "update", options=options)
