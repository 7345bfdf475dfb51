"""What comes from a mirror is the same: a base by its digest, packages of the same archive."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from building.workshop import DOCKER_AND_PODMAN, write_project
from engine_support import BASE_BARE, REGISTRY
from lading.distros import archive_suites, parse_distro

if TYPE_CHECKING:
    from collections.abc import Iterator

    from building.workshop import Workshop
    from engine_support import Engine


@DOCKER_AND_PODMAN
@pytest.mark.parametrize("way", ["variable", "table"])
def test_a_mirror_of_the_registry_serves_a_base_that_is_out_of_reach(
    *, name: str, way: str, workshop: Workshop, engine: Engine, tmp_path: Path
) -> None:
    registry, _, repository = os.environ[BASE_BARE].partition("/")
    assert registry == os.environ[REGISTRY]
    # Nobody answers there: RFC 6761 keeps the name from ever being one.
    image = f"""Image("registry.example.invalid/{repository}", distro="debian:bookworm")
    .run("cat /etc/debian_version > /version").cmd("cat", "/version")"""
    project = write_project(tmp_path / "project", image)
    environment = {}
    if way == "variable":
        environment["LADING_MIRROR_REGISTRIES"] = f"registry.example.invalid={registry}"
    else:
        table = f'[tool.lading.mirrors.registries]\n"registry.example.invalid" = "{registry}"\n'
        with (project / "pyproject.toml").open("a") as file:
            file.write(f"\n{table}")
    tag = engine.tag(f"mirrored-{way}")
    workshop.build(project, engine=name, base="", tag=tag, **environment)
    assert engine.output_of(tag).startswith("12.")
    lock = (project / "lading.lock").read_text()
    assert f"registry.example.invalid/{repository}" in lock
    assert registry not in lock
    name_of_base = "org.opencontainers.image.base.name"
    labels = engine.inspect(tag)["Config"]["Labels"]
    assert labels[name_of_base] == f"registry.example.invalid/{repository}"


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The URL of a mirror of Debian's archives on loopback, and the log of what it was asked."""
    log = tmp_path / "asked"
    log.touch()
    suites = archive_suites(parse_distro("debian:bookworm"), architecture="amd64")
    roots = sorted({f"{suite.archive}={suite.root}" for suite in suites})
    script = Path(__file__).with_name("forwarder.py")
    started = subprocess.Popen(
        [sys.executable, str(script), str(log), *roots], stdout=subprocess.PIPE, text=True
    )
    try:
        assert started.stdout is not None
        yield f"http://127.0.0.1:{int(started.stdout.readline())}", log
    finally:
        started.terminate()
        started.communicate(timeout=30)


@pytest.mark.network
@DOCKER_AND_PODMAN
def test_system_packages_come_from_a_mirror_of_the_archive(
    *, name: str, workshop: Workshop, engine: Engine, archive: tuple[str, Path], tmp_path: Path
) -> None:
    url, log = archive
    image = """Image(distro="debian:bookworm").system_packages("ed").cmd("ed", "--version")"""
    project = write_project(tmp_path / "project", image)
    tag = engine.tag("mirrored-archive")
    workshop.build(
        project,
        engine=name,
        base=os.environ[BASE_BARE],
        tag=tag,
        network="host",
        LADING_MIRROR_DEBIAN=f"{url}/debian",
        LADING_MIRROR_DEBIAN_SECURITY=f"{url}/debian-security",
    )
    assert engine.output_of(tag).startswith("GNU ed")
    asked = log.read_text().splitlines()
    # The package itself may be in the builder's cache already; what there is, is asked each time.
    assert any(path.startswith("/debian/dists/bookworm/") for path in asked)
    assert any(path.startswith("/debian-security/dists/bookworm-security/") for path in asked)
    sources = engine.output_of(
        tag, "sh", "-c", "cat /etc/apt/sources.list* /etc/apt/*/*.sources || :"
    )
    assert url not in sources
