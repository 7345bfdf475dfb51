"""An engine has the layers of an image below in its cache: the Dockerfile begins as that one's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from building.sources import source_folder
from building.workshop import EACH_ENGINE, layers, write_project

if TYPE_CHECKING:
    from pathlib import Path

    from building.workshop import Workshop
    from engine_support import Engine

pytestmark = [pytest.mark.network]

SERVICE = """
from lading import Image

base = (
    Image(distro="debian:bookworm", python_version="3.11")
    .system_packages("libgomp1")
    .python_packages("iniconfig==2.0.0")
    .run("echo ready > /ready")
    .build_include("common.py")
    .cmd("python", "common.py")
)
image = (
    Image.from_image(base)
    .system_packages("libmagic1")
    .python_packages("six==1.16.0")
    .user(4711)
    .workdir("/srv")
    .build_include("app.py")
    .cmd("python", "app.py")
)
"""
APP = """
import iniconfig, os, six
open("written", "w").close()
print(os.getuid(), os.getcwd(), open("/ready").read().strip(), os.path.exists("/app/common.py"))
"""


@EACH_ENGINE
def test_layers_are_shared_and_the_container_runs(
    *, name: str, workshop: Workshop, engine: Engine, tmp_path: Path, base: str
) -> None:
    project = write_project(tmp_path, "None", common__py="print('common')\n", app__py=APP)
    (project / "service.py").write_text(SERVICE)
    lower, upper = engine.tag(f"below-{name}"), engine.tag(f"above-{name}")
    workshop.build(project, "service.py:base", engine=name, base=base, tag=lower)
    workshop.build(project, "service.py:image", engine=name, base=base, tag=upper)
    below, above = layers(engine, lower), layers(engine, upper)
    assert above[: len(below)] == below
    assert len(above) > len(below)
    assert engine.output_of(lower).strip() == "common"
    assert engine.output_of(upper).strip() == "4711 /srv ready True"


COMPILED = """
from lading import Image

base = (
    Image(distro="debian:bookworm", python_version="3.11")
    .python_packages("./lower")
    .cmd("python", "-c", "import lower; print(lower.ANSWER)")
)
image = (
    Image.from_image(base)
    .system_packages("libmagic1")
    .build_packages("patch")
    .python_packages("./upper")
    .cmd("python", "-c", "import lower, upper; print(lower.ANSWER, upper.ANSWER)")
)
"""


@pytest.mark.engine("docker")
def test_what_is_compiled_below_is_not_compiled_again(
    workshop: Workshop, docker: Engine, tmp_path: Path, base: str
) -> None:
    project = write_project(tmp_path, "None")
    source_folder(project / "lower", "lower", "1")
    source_folder(project / "upper", "upper", "2")
    (project / "service.py").write_text(COMPILED)
    lower, upper = docker.tag("below-compiled"), docker.tag("above-compiled")
    workshop.build(project, "service.py:base", engine="docker", base=base, tag=lower)
    workshop.build(project, "service.py:image", engine="docker", base=base, tag=upper)
    below, above = layers(docker, lower), layers(docker, upper)
    assert above[: len(below)] == below
    assert docker.output_of(lower).strip() == "1"
    assert docker.output_of(upper).strip() == "1 2"
