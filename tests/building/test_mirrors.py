"""A base that is pulled from a mirror is the same base, by the same digest."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from building.workshop import DOCKER_AND_PODMAN, write_project
from engine_support import BASE_BARE, REGISTRY

if TYPE_CHECKING:
    from pathlib import Path

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
