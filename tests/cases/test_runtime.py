"""R48 to R50 and R52: how a container runs, and words that are not what they seem.

What takes a container to show is among the real builds, by the same numbers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

import pytest

from cases.frozen import arguments, commands, frozen, instructions, refused, variables
from freeze.world import wheel
from lading import Image

if TYPE_CHECKING:
    from collections.abc import Callable

    from freeze.world import World

# What a user without a type checker may hand in.
ANY = cast("Any", Image())


@pytest.mark.parametrize(
    ("calls", "user", "home"),
    [
        ("", "10001:0", "/home/lading"),
        (".user(4711)", "4711:0", "/home/lading"),
        ('.user(4711, group=12, name="app")', "4711:12", "/home/app"),
    ],
)
def test_r48_the_user_is_a_number_with_an_entry_and_a_home(
    world: World, calls: str, user: str, home: str
) -> None:
    info = frozen(world, f'Image(){calls}.volume("/data").workdir("/srv")')
    assert instructions(info, "USER")[-1].rest == user
    assert variables(info)["HOME"] == home
    text = "\n".join(commands(info))
    assert re.search(rf":x:{user}::{home}:/bin/sh >>/etc/passwd", text)
    for folder in (home, "/data", "/srv"):
        for command in ("mkdir -p", f"chown {user}", "chmod g=u"):
            assert re.search(rf"{command} --[^&]* {folder}\b", text), (command, folder)


def test_r48_a_name_is_refused_where_a_number_belongs() -> None:
    assert refused(lambda: ANY.user("app"))


def test_r49_the_environments_python_is_first_for_any_command(world: World) -> None:
    info = frozen(world, 'Image().python_packages("six").cmd("python")', wheel("six", "1.0"))
    assert variables(info)["PATH"].split(":")[0] == "/opt/venv/bin"


def test_r49_the_server_is_the_first_process_and_no_shells_child(world: World) -> None:
    info = frozen(
        world, 'Image().entrypoint("tini", "--").cmd("sh", "-c", "exec x").healthcheck("y")'
    )
    assert arguments(info, "ENTRYPOINT") == ("tini", "--")
    assert arguments(info, "CMD") == ("sh", "-c", "exec x")
    (check,) = instructions(info, "HEALTHCHECK")
    assert check.rest.startswith('CMD ["')
    assert refused(lambda: Image().cmd("python -m server"))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: Image().python_packages("requirements.txt"), '.requirements_file("requirements'),
        (lambda: ANY.python_packages(["fastapi", "six"]), 'python_packages("fastapi"'),
        (lambda: Image().python_packages(*"numpy"), 'python_packages("fastapi"'),
        (lambda: Image().system_packages(debian="curl"), 'debian=["'),
        (lambda: ANY.system_packages(["curl"]), 'system_packages("curl"'),
        (lambda: Image().build_packages(debian="make"), 'debian=["'),
        (lambda: Image().run("true", secrets="TOKEN"), 'secrets=[secret("TOKEN")]'),
        (lambda: Image().pyproject_toml(groups="gpu"), 'groups=["'),
        (lambda: Image().index("https://x.example.test", packages="torch"), 'packages=["'),
        (lambda: Image().build_include("x", exclude="*.py"), 'exclude=["'),
        (lambda: ANY.run(["echo", "a"]), 'run("'),
        (lambda: ANY.env("A=1"), 'env(NAME="value")'),
        (lambda: ANY.env(A=1), 'write "1"'),
    ],
)
def test_r50_another_shape_than_wanted_is_answered_with_the_right_call(
    call: Callable[[], object], said: str
) -> None:
    (problem,) = refused(call)
    assert problem.hint is not None
    assert said in problem.hint


@pytest.mark.parametrize(
    "call",
    [
        lambda: Image(distro="conda"),
        lambda: Image(distro="cuda"),
        lambda: Image(distro="centos:7"),
        lambda: Image(distro="windows"),
        lambda: Image(accelerator="cu999"),
        lambda: Image(python_version="2.7"),
        lambda: Image("python:3.11-slim", python_version="3.12"),
        lambda: ANY.replace(conda="x"),
        lambda: Image().system_packages(conda=["x"]),
        lambda: Image().index("https://x.example.test", default=True, packages=["torch"]),
    ],
    ids=[
        *("conda", "cuda", "centos 7", "windows", "accelerator", "python 2", "another python"),
        *("replace", "packages of conda", "a default index for some"),
    ],
)
def test_r52_what_is_not_supported_is_an_error_with_a_way_on(call: Callable[[], object]) -> None:
    (problem,) = refused(call)
    assert problem.message
    assert problem.hint
