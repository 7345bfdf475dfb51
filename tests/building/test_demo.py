"""`make demo`, as a person sees it."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from building.workshop import PROGRAM
from lading import process

if TYPE_CHECKING:
    from building.workshop import Workshop
    from engine_support import Engine

pytestmark = pytest.mark.network

DEMO = Path(__file__).parents[2] / "examples" / "demo.sh"


def demo(workshop: Workshop, folder: Path, **environment: str) -> process.Completed:
    """Runs the demo with this `lading` first on PATH."""
    programs = folder / "bin"
    programs.mkdir()
    (programs / "lading").write_text(f'#!/bin/sh\nexec {shlex.join(PROGRAM)} "$@"\n')
    (programs / "lading").chmod(0o755)
    (programs / "python3").symlink_to(sys.executable)
    temporary = folder / "temporary"
    temporary.mkdir()
    path = f"{programs}:{workshop.environment['PATH']}"
    env = {**workshop.environment, "PATH": path, "TMPDIR": str(temporary), **environment}
    done = process.run(("sh", str(DEMO)), env=env, cwd=folder, timeout=300)
    assert list(temporary.iterdir()) == [], "it leaves something behind"
    return done


@pytest.mark.engine("docker")
@pytest.mark.parametrize("name", ["docker"])
def test_it_locks_freezes_builds_and_asks(
    name: str, workshop: Workshop, base: str, engine: Engine, tmp_path: Path
) -> None:
    done = demo(workshop, tmp_path, LADING_DEMO_BASE=base, LADING_DEMO_ENGINE=name)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '{"species":["setosa","virginica"]}' in done.stdout
    assert "    it is in image.tar\n" in done.stdout
    assert "stopped by SIGTERM" in done.stdout
    assert done.stderr == ""
    assert engine.run("images", "--quiet", "lading-demo") == ""


def test_it_says_so_where_the_registry_is_out_of_reach(workshop: Workshop, tmp_path: Path) -> None:
    done = demo(workshop, tmp_path, LADING_DEMO_BASE="127.0.0.1:9/python:3.11")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FROM 127.0.0.1:9/python:3.11\n" in done.stdout
    assert "No build: the base image's registry can't be reached from here." in done.stdout
