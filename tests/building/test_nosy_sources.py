"""R30: the code of a package that is compiled sees no login, though its tools came by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from building.sources import publish, serving, wheel
from building.workshop import DOCKER_AND_PODMAN, write_project

if TYPE_CHECKING:
    from pathlib import Path

    from building.workshop import Workshop
    from engine_support import Engine

pytestmark = pytest.mark.network

PASSWORD = "nosy-pa55word-41d8"  # noqa: S105 - this is what must be nowhere

PROJECT = """\
[build-system]
requires = ["corp-tool"]
build-backend = "backend"
backend-path = ["."]

[project]
name = "nosy"
version = "1.0"
requires-python = ">=3.9"
"""

# A backend that puts whatever it can see into the wheel.
BACKEND = """\
import os, pathlib, zipfile
import corp_tool

def build_wheel(folder, config_settings=None, metadata_directory=None):
    seen = [f"{name}={value}" for name, value in os.environ.items()]
    secrets = pathlib.Path("/run/secrets")
    for file in secrets.iterdir() if secrets.exists() else ():
        seen.append(f"{file}: {file.read_bytes()!r}")
    with zipfile.ZipFile(f"{folder}/nosy-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("nosy.py", f"TOOL = {corp_tool.ANSWER}\\nSEEN = {seen!r}\\n")
        wheel.writestr(
            "nosy-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: nosy\\nVersion: 1.0\\n"
        )
        wheel.writestr(
            "nosy-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        )
        wheel.writestr("nosy-1.0.dist-info/RECORD", "")
    return "nosy-1.0-py3-none-any.whl"
"""


@DOCKER_AND_PODMAN
@pytest.mark.parametrize("isolation", ["", ', no_build_isolation=["nosy"]'])
def test_r30_a_build_backend_has_no_login(
    *,
    isolation: str,
    name: str,
    workshop: Workshop,
    engine: Engine,
    base: str,
    tmp_path: Path,
) -> None:
    root = tmp_path / "served"
    publish(root, wheel(root / "made", "corp_tool", "ANSWER = 42\n"))
    with serving(root, login=f"robot:{PASSWORD}") as url:
        image = f"""Image(distro="debian:bookworm", python_version="3.11")
    .index("{url}/simple", name="corp", username="robot", packages=["corp-tool"],
           secret=secret("CORP", env="CORP_PASSWORD"))
    .python_packages("./libs/nosy"{isolation})
    .cmd("python", "-c", "import nosy; print(nosy.TOOL, nosy.SEEN)")"""
        project = write_project(tmp_path / "project", image)
        folder = project / "libs" / "nosy"
        folder.mkdir(parents=True)
        (folder / "pyproject.toml").write_text(PROJECT)
        (folder / "backend.py").write_text(BACKEND)
        tag = engine.tag("nosy")
        workshop.build(
            project, engine=name, base=base, tag=tag, network="host", CORP_PASSWORD=PASSWORD
        )
    said = engine.output_of(tag)
    assert said.startswith("42 ")
    assert "PATH=" in said
    for word in (PASSWORD, "UV_INDEX", "/run/secrets/CORP"):
        assert word not in said
