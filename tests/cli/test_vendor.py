"""`lading vendor`, and the options of other commands that have to do with it (CASES R53)."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cli.program import Project
    from registry.fake_registry import FakeServer

VENDORED = [
    "out/.dockerignore",
    "out/Dockerfile",
    "out/ca-bundle.sh",
    "out/image.json",
    "out/requirements.files.txt",
    "out/uv",
    "out/wheels/1/tiny-2.0-py3-none-any.whl",
]
SOURCES = ["lading.lock", "pyproject.toml", "service.py"]
LOCKED = "error: lading.lock is out of date: it has no system packages for builds of linux/amd64"


def test_vendor_locks_and_writes_a_complete_folder(tiny: Project, server: FakeServer) -> None:
    ran = tiny.lading("vendor", "-o", "out", "-q")
    assert (ran.code, ran.out, ran.err) == (0, "out\n", "")
    assert tiny.files() == [*SOURCES[:1], *VENDORED, *SOURCES[1:]]
    asked = len(server.seen)
    ran = tiny.lading("vendor", "--check", "out")
    assert ran.err == "out: all 7 files are as sha256:DIGEST has them\n"
    assert (ran.code, ran.out) == (0, "")
    again = tiny.lading("vendor", "-o", "again", "--offline", "--locked")
    assert again.err == "writing again\nvendored as sha256:DIGEST\n"
    assert len(server.seen) == asked


def test_vendor_is_freeze_with_an_option(tiny: Project) -> None:
    tiny.lading("vendor", "-o", "out", "-q")
    vendored = {name: (tiny.folder / name).read_bytes() for name in VENDORED}
    shutil.rmtree(tiny.folder / "out")
    tiny.lading("freeze", "--vendor", "-o", "out", "-q", "--locked", "--offline")
    assert {name: (tiny.folder / name).read_bytes() for name in VENDORED} == vendored


def test_check_names_every_difference(tiny: Project) -> None:
    tiny.lading("vendor", "-o", "out", "-q")
    (tiny.folder / "out/uv").unlink()
    (tiny.folder / "out/more").touch()
    ran = tiny.lading("vendor", "--check", "out")
    assert ran.err == (
        "differs: more does not belong there\n"
        "differs: uv is missing\n"
        "hint: vendor it again from its project, or get it again from whoever did\n"
    )
    assert (ran.code, ran.out) == (1, "")
    ran = tiny.lading("vendor", "--check", "out", "--json")
    assert json.loads(ran.out) == {
        "key": "sha256:DIGEST",
        "files": 7,
        "differences": ["more does not belong there", "uv is missing"],
    }
    assert (ran.code, ran.err) == (1, "")


@pytest.mark.parametrize(
    ("folder", "message"),
    [
        ("nothing", "error: there is no folder nothing\n"),
        ("service.py", "error: there is no folder service.py\n"),
        (".", "error: image.json can't be read: no such file or directory\nhint: name a folder"),
    ],
)
def test_check_wants_a_folder_of_ours(tiny: Project, folder: str, message: str) -> None:
    ran = tiny.lading("vendor", "--check", folder)
    assert ran.err.startswith(message)
    assert (ran.code, ran.out) == (1, "")


@pytest.mark.parametrize(
    "words", [["-o", "out"], ["service.py:image"], ["--locked"], ["--secret", "id=A,env=B"]]
)
def test_check_heeds_nothing_else_and_says_so(tiny: Project, words: list[str]) -> None:
    ran = tiny.lading("vendor", "--check", "out", *words)
    assert "so it can't go with" in ran.err
    assert ran.code == 2


@pytest.mark.parametrize("command", ["freeze", "vendor"])
def test_the_dialect_is_that_of_the_file(tiny: Project, command: str) -> None:
    ran = tiny.lading(command, "-q", "-o", "out", "--dialect", "classic")
    assert (ran.code, ran.err) == (0, "")
    printed = tiny.lading("dockerfile", "--dialect", "classic", "-q").out
    assert "--mount" not in printed
    assert "--mount" in tiny.lading("dockerfile", "-q").out
    if command == "freeze":
        assert tiny.humane(tiny.read("out/Dockerfile")) == printed
    else:
        assert tiny.lading("vendor", "--check", "out").code == 0


@pytest.mark.parametrize("command", ["freeze", "vendor", "dockerfile", "build"])
def test_a_dialect_that_nobody_speaks_is_refused(tiny: Project, command: str) -> None:
    ran = tiny.lading(command, "--dialect", "clasic")
    assert ran.err.startswith('error: --dialect: dialect "clasic" is unknown\nhint: did you mean')
    assert ran.code == 2


@pytest.mark.parametrize("command", ["lock", "freeze", "vendor", "dockerfile"])
def test_a_secret_that_cannot_be_read_is_not_shown(tiny: Project, command: str) -> None:
    ran = tiny.lading(command, "--secret", "hunter2")
    assert ran.err.startswith(
        "error: --secret: a secret can't be read\nhint: write id=NAME,src=FILE or id=NAME,env="
    )
    assert "hunter2" not in ran.err
    assert ran.code == 2


PRIVATE = """\
from lading import Image, secret

image = (
    Image(base_image="HOST/python:3.11-slim-bookworm")
    .index("http://HOST/simple", name="corp", default=True, secret=secret("CORP", file="none"))
    .python_packages("tiny")
)
"""


VALUE = "correct horse"


@pytest.mark.parametrize("command", ["lock", "freeze", "vendor"])
def test_the_source_of_a_secret_can_be_given(
    tiny: Project, server: FakeServer, command: str
) -> None:
    tiny.write("service.py", PRIVATE.replace("HOST", server.host))
    ran = tiny.lading(command, "-q")
    assert ran.err.startswith("error: ")
    assert "secret 'CORP': PROJECT/none: no such file" in ran.err.replace(
        " none:", " PROJECT/none:"
    )
    assert ran.code == 1
    assert "lading.lock" not in tiny.files()
    tiny.environment["TOKEN"] = VALUE
    ran = tiny.lading(command, "-q", "--secret", "id=CORP,env=TOKEN")
    assert (ran.code, ran.err) == (0, "")
    assert VALUE not in "".join(
        (tiny.folder / name).read_bytes().decode(errors="replace") for name in tiny.files()
    )


def test_a_lock_that_fits_reads_no_secret(tiny: Project, server: FakeServer) -> None:
    tiny.write("service.py", PRIVATE.replace("HOST", server.host))
    tiny.environment["TOKEN"] = VALUE
    given = tiny.lading("vendor", "-q", "-o", "out", "--secret", "id=CORP,env=TOKEN")
    assert given.code == 0
    del tiny.environment["TOKEN"]
    for command in (("lock",), ("freeze", "-o", "more"), ("vendor", "-o", "out"), ("dockerfile",)):
        ran = tiny.lading(*command, "-q")
        assert (ran.code, ran.err) == (0, "")
