"""`make demo`, as a person sees it."""

from __future__ import annotations

import shlex
import shutil
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


# What a machine without any container engine has, and Lading asks for.
PLAIN = (
    *(
        "awk",
        "cat",
        "cp",
        "cut",
        "date",
        "dirname",
        "find",
        "gpgv",
        "grep",
        "head",
        "mkdir",
        "mktemp",
    ),
    *("rm", "sed", "sh", "sort", "tail", "wc"),
)


def demo(
    workshop: Workshop, folder: Path, *, path: str | None = None, **environment: str
) -> process.Completed:
    """Runs the demo with this `lading` first on PATH."""
    programs = folder / "bin"
    programs.mkdir()
    (programs / "lading").write_text(f'#!/bin/sh\nexec {shlex.join(PROGRAM)} "$@"\n')
    (programs / "lading").chmod(0o755)
    (programs / "python3").symlink_to(sys.executable)
    temporary = folder / "temporary"
    temporary.mkdir()
    searched = f"{programs}:{path or workshop.environment['PATH']}"
    env = {**workshop.environment, "PATH": searched, "TMPDIR": str(temporary), **environment}
    done = process.run(("sh", str(DEMO)), env=env, cwd=folder, timeout=300)
    assert list(temporary.iterdir()) == [], "it leaves something behind"
    return done


@pytest.mark.engine("docker")
@pytest.mark.parametrize("name", ["docker"])
def test_it_locks_freezes_builds_and_asks(
    name: str, workshop: Workshop, engine: Engine, tmp_path: Path
) -> None:
    # An earlier run that was killed may have left some.
    before = images(engine)
    done = demo(workshop, tmp_path, LADING_DEMO_ENGINE=name)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count('{"species":["setosa","virginica"]}') == 2
    assert "    it is in image.tar\n" in done.stdout
    assert done.stdout.count("stopped by SIGTERM") == 2
    assert done.stderr == ""
    assert images(engine) <= before


def images(engine: Engine) -> set[str]:
    """What the demo's images are called, as far as there are any."""
    form = "{{.Repository}}:{{.Tag}}"
    return set(engine.run("images", "--format", form, "lading-demo").split())


def test_without_an_engine_it_makes_the_image_all_the_same(
    workshop: Workshop, tmp_path: Path
) -> None:
    """A package index and Debian's archive are all that it asks; nothing of a registry is there."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in PLAIN:
        found = shutil.which(name)
        assert found is not None, name
        (tools / name).symlink_to(found)
    done = demo(workshop, tmp_path, path=str(tools))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FROM scratch AS base\n" in done.stdout
    assert "    it is in image.tar\n" in done.stdout
    assert "no container engine can serve here" in done.stdout
    assert done.stderr == ""
