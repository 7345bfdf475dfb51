"""A hint to run `lading lock` has the words that the command was given: it can be pasted."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cli.program import Project

APP = """\
from __future__ import annotations

from lading import Image


def image(cuda: str = "12.6", gpu: bool = False) -> Image:
    return Image(base_image="scratch").env(CUDA=cuda, GPU=str(gpu))


def with_gpu(base: Image) -> Image:
    return base.env(GPU="1")


images = image().variants(cpu=lambda base: base, gpu=with_gpu)
"""
TARGET = "app.py:image"


@pytest.fixture
def app(bare: Project) -> Project:
    bare.write("app.py", APP)
    return bare


def hinted(err: str) -> str:
    """The command of the one hint."""
    (found,) = re.findall(r"^hint: .*`(lading lock.*)`", err, re.MULTILINE)
    return str(found)


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ((TARGET,), "lading lock app.py:image"),
        ((TARGET, "--set", "cuda=12.4"), "lading lock app.py:image --set cuda=12.4"),
        (
            ("--set", "cuda=it's $HOME", TARGET, "--set", "gpu=true"),
            """lading lock app.py:image --set 'cuda=it'"'"'s $HOME' --set gpu=true""",
        ),
        (("app.py:images", "--all"), "lading lock app.py:images --all"),
        ((TARGET, "--project", "."), "lading lock app.py:image --project ."),
        (
            (TARGET, "--base-image", "debian:trixie"),
            "lading lock app.py:image --base-image docker.io/library/debian:trixie",
        ),
        (
            (TARGET, "--allow-unpinned-base"),
            "lading lock app.py:image --allow-unpinned-base",
        ),
        (
            (TARGET, "--platform", "linux/arm64"),
            "lading lock app.py:image --platform linux/arm64",
        ),
        ((TARGET, "--platform", "linux/amd64"), "lading lock app.py:image"),
    ],
)
def test_check_says_the_command_again(app: Project, words: tuple[str, ...], command: str) -> None:
    assert hinted(app.lading("lock", "--check", *words).err) == command


@pytest.mark.parametrize(
    "words",
    [
        ("freeze", "--locked"),
        ("dockerfile", "--locked"),
        ("build", "--locked"),
        ("build", "--offline"),
        ("vendor", "--locked"),
        ("check",),
        ("explain", "scratch"),
        ("bake", "--locked"),
    ],
)
def test_so_does_each_command_that_takes_a_lock_as_it_is(
    app: Project, words: tuple[str, ...]
) -> None:
    ran = app.lading(*words, TARGET, "--set", "cuda=12.4")
    assert hinted(ran.err) == "lading lock app.py:image --set cuda=12.4"
    assert ran.code == 1


def test_show_says_it_of_a_lock_that_is_missing(app: Project) -> None:
    ran = app.lading("show", TARGET, "--set", "cuda=12.4")
    assert ran.out.endswith("before `lading lock app.py:image --set cuda=12.4`\n")


def test_what_a_hint_says_mends_it(app: Project) -> None:
    words = (TARGET, "--set", "cuda=a b")
    again = shlex.split(hinted(app.lading("lock", "--check", *words).err))
    assert app.lading(*again[1:]).code == 0
    assert app.lading("lock", "--check", *words).code == 0


def test_a_platform_comes_to_those_that_are_locked(app: Project) -> None:
    assert app.lading("lock", TARGET, "--platform", "linux/arm64").code == 0
    command = "lading lock app.py:image --platform linux/arm64 --platform linux/amd64"
    for words in (("freeze", "--locked"), ("lock", "--check", "--platform", "linux/amd64")):
        assert hinted(app.lading(*words, TARGET).err) == command
    again = shlex.split(command)
    assert app.lading(*again[1:]).code == 0
    for platform in ("linux/amd64", "linux/arm64"):
        assert app.lading("freeze", "--locked", TARGET, "--platform", platform).code == 0


def test_an_edited_lock_is_made_again_for_the_same_target(app: Project) -> None:
    assert app.lading("lock", TARGET).code == 0
    edited = app.read("lading.lock").replace(
        'reference = "scratch"', f'reference = "scratch", digest = "sha256:{"a" * 64}"'
    )
    app.write("lading.lock", edited)
    ran = app.lading("freeze", TARGET)
    assert ran.err == (
        "error: lading.lock was edited: linux/amd64: the base image has a digest, and is nothing\n"
        "hint: remove it and run `lading lock app.py:image` again\n"
    )
