"""Files and folders that may not be read: one error, with the user's line, and no traceback."""

from __future__ import annotations

import os
import shutil
import sys
from functools import cache
from typing import TYPE_CHECKING

import pytest

from cli.program import PROGRAM, Ran
from lading.process import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cli.program import Project

SERVICE = """\
from lading import Image

scratch = Image(base_image="scratch")
model = scratch.model("weights/sub/m.bin", "weights/*/m.*")
included = scratch.build_include("data")
scripted = scratch.run_script("bin/setup.sh")
based = Image.from_dockerfile("docker/sub/Dockerfile", target="run", distro="debian:bookworm")
"""


@pytest.fixture
def unprivileged(bare: Project) -> Iterator[Project]:
    """A project whose files may be closed, even to root: by the modes, as for everybody."""
    bare.write("service.py", SERVICE)
    bare.write("weights/sub/m.bin", "m")
    bare.write("data/sub/a.txt", "a")
    bare.write("bin/setup.sh", "#!/bin/sh\n").chmod(0o755)
    bare.write("docker/sub/Dockerfile", "FROM scratch AS run\n")
    modes = {path: path.stat().st_mode for path in bare.folder.rglob("*")}
    yield bare
    for path, mode in sorted(modes.items()):  # a folder before what is in it
        path.chmod(mode)


def tried(project: Project, *words: str) -> Ran:
    done = project.start([*powerless(), *PROGRAM, *words])
    return Ran(done.returncode, project.humane(done.stdout), project.humane(done.stderr))


@cache
def powerless() -> tuple[str, ...]:
    """What starts a program without the two rights by which root reads all (capabilities(7))."""
    if os.geteuid() != 0:
        return ()
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("root reads everything, and there is no setpriv")
    words = (setpriv, "--bounding-set=-dac_override,-dac_read_search")
    if (done := run([*words, "/bin/true"], env={}, timeout=60)).returncode != 0:
        pytest.skip(f"root may not give up a right here: {done.stderr.strip()}")
    return words


@pytest.mark.parametrize(
    ("image", "path", "mode", "said"),
    [
        ("model", "weights/sub/m.bin", 0o000, "service.py:4: weights/sub/m.bin can't be read"),
        ("model", "weights/sub", 0o000, "service.py:4: weights/sub"),
        ("model", "weights/sub", 0o444, "service.py:4: weights/sub"),
        ("model", "weights", 0o000, "service.py:4: weights"),
        ("model", "weights", 0o111, "service.py:4: weights can't be read"),
        ("included", "data/sub/a.txt", 0o000, "service.py:5: data/sub/a.txt can't be read"),
        ("included", "data/sub", 0o000, "service.py:5: data/sub can't be read"),
        ("included", "data/sub", 0o444, "service.py:5: data/sub/a.txt can't be read"),
        ("included", "data", 0o000, "service.py:5: data can't be read"),
        ("included", "data", 0o444, "service.py:5: data/sub can't be read"),
        ("scripted", "bin/setup.sh", 0o000, "service.py:6: bin/setup.sh can't be read"),
        ("scripted", "bin", 0o000, "service.py:6: bin/setup.sh can't be read"),
        ("based", "docker/sub/Dockerfile", 0o000, "docker/sub/Dockerfile can't be read"),
        ("based", "docker/sub", 0o000, "docker/sub can't be read"),
        ("based", "docker", 0o000, "docker/sub can't be read"),
    ],
)
def test_what_may_not_be_read_is_one_error_at_the_line(
    unprivileged: Project, image: str, path: str, mode: int, said: str
) -> None:
    (unprivileged.folder / path).chmod(mode)
    ran = tried(unprivileged, "freeze", f"service.py:{image}", "-o", "../build")
    lines = [line for line in ran.err.splitlines() if line.startswith("error: ")]
    assert ran.code == 1
    assert "Traceback" not in ran.err
    assert lines
    assert all(line.startswith("error: service.py:") for line in lines)
    assert all(line.endswith("can't be read: permission denied") for line in lines)
    assert said in lines[0]


def test_what_was_locked_and_closed_since_is_the_same_error(unprivileged: Project) -> None:
    file = unprivileged.folder / "weights/sub/m.bin"
    file.write_bytes(bytes(1_200_000))
    assert tried(unprivileged, "lock", "service.py:model").code == 0
    file.chmod(0)
    for words in (
        ("lock", "service.py:model", "--check"),
        ("freeze", "service.py:model", "--locked", "-o", "../build"),
        ("build", "service.py:model", "--locked", "-o", "../image"),
    ):
        ran = tried(unprivileged, *words)
        assert (ran.code, ran.err) == (
            1,
            "error: service.py:4: weights/sub/m.bin can't be read: permission denied\n",
        )


def test_a_closed_folder_beside_the_model_is_none_of_it(unprivileged: Project) -> None:
    (unprivileged.folder / "data").chmod(0)
    assert tried(unprivileged, "lock", "service.py:model").code == 0


def test_a_copy_that_may_not_be_read_is_made_anew(unprivileged: Project, tmp_path: Path) -> None:
    words = ("freeze", "service.py:model", "-o", str(tmp_path / "build"))
    assert tried(unprivileged, *words).code == 0
    (copy,) = (tmp_path / "build").rglob("m.bin")
    copy.chmod(0)
    assert tried(unprivileged, *words).code == 0
    (copy,) = (tmp_path / "build").rglob("m.bin")
    assert copy.read_bytes() == b"m"


@pytest.mark.parametrize(
    "line",
    [
        'build_include="ü.txt"',
        'build_include="d/ü*"',
        'requirements_file="ü.txt"',
        'model="ü.txt"',
        'steps=[{run_script="ü.txt"}]',
    ],
)
@pytest.mark.parametrize("is_there", [False, True])
def test_a_name_that_the_system_can_not_be_told(
    bare: Project, line: str, *, is_there: bool
) -> None:
    bare.write("lading.toml", f'base_image="scratch"\n{line}\n')
    if is_there:
        bare.write("ü.txt", "")
    ran = bare.lading("freeze", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    name = "ü*" if "*" in line else "ü.txt"
    assert (ran.code, ran.out) == (1, "")
    if sys.platform == "linux":  # elsewhere names are UTF-8, whatever the locale is
        assert ran.err.splitlines()[-2:] == [
            f'error: no file can be called "{name}" where the names of files are ascii',
            "hint: set LC_ALL=C.UTF-8, or PYTHONUTF8=1",
        ]


@pytest.mark.parametrize("name", ["lading.toml", "pyproject.toml", "app.py"])
@pytest.mark.parametrize("kind", ["pipe", "link", "folder"])
def test_what_is_no_file_is_said_to_be_none(bare: Project, name: str, kind: str) -> None:
    path = bare.folder / name
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "link":
            path.symlink_to(name)
        case _:
            path.mkdir()
    words = [["show", "app.py:image"]] if name == "app.py" else [["show"], ["init"]]
    for one in words:
        ran = bare.lading(*one)
        assert (ran.code, ran.out) == (1, "")
        assert ran.err.splitlines()[0] == f"error: {name} can't be read: it is no file"
