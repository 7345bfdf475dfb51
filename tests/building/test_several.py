"""`lading build --all`: an engine builds what has to be executed, and gets all the others."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

import engine_support

if TYPE_CHECKING:
    from pathlib import Path

    from building.workshop import Workshop
    from engine_support import Engine

APP = """\
from lading import Image

base = Image(distro="debian:bookworm", python_version="3.11").build_include("words.txt")


def executed(word: str = "no") -> Image:
    return base.run(f"echo {word} > /word")


images = base.variants(plain=lambda image: image.env(A="1"), more=lambda image: image.env(A="2"))
"""

FILE = """\
images.some = "app.py:images"

[images.executed]
image = "app.py:executed"
set = { word = "said" }
"""


@pytest.mark.engine("docker")
def test_all_of_a_project_are_in_one_engine(
    engines: dict[str, Engine], workshop: Workshop, base: str, tmp_path: Path
) -> None:
    docker = engines["docker"]
    for name, text in {"app.py": APP, "lading.toml": FILE, "words.txt": "some words\n"}.items():
        (tmp_path / name).write_text(text)
    template = docker.tag("several-{name}")
    names = ("some.plain", "some.more", "executed")
    docker.tags.extend(template.replace("{name}", name) for name in names)
    config = os.environ.get(engine_support.BUILDX_CONFIG)
    words = ("build", "--all", "-t", template, "--base-image", base, "--load")
    done = workshop.lading(*words, cwd=tmp_path, DOCKER_CONFIG=config)
    assert done.returncode == 0, done.stderr
    plain, more, executed = (template.replace("{name}", name) for name in names)
    assert docker.output_of(plain, "printenv", "A") == "1\n"
    assert docker.output_of(more, "printenv", "A") == "2\n"
    assert docker.output_of(executed, "cat", "/word") == "said\n"
    for image in (plain, more, executed):
        assert docker.output_of(image, "cat", "words.txt") == "some words\n"
    assert f"built {executed} with " in done.stderr
