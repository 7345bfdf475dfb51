from __future__ import annotations

import msgspec

from assembly.tiny import image_info
from dockerfile.recipes import frozen
from lading.assembly import must_execute
from lading.errors import Location


def told(recipe: str) -> list[tuple[tuple[str, ...], str]]:
    info = frozen(recipe, "alpine:3.22")
    return [(one.at, f"{one.what} {one.why}") for one in must_execute(info)]


def test_wheels_alone_take_no_execution() -> None:
    assert told("minimal") == []


def test_every_step_that_executes_is_told_in_order_with_its_lines() -> None:
    assert told("full") == [
        (
            ("service.py:5",),
            "the system packages curl, libgomp run the distribution's package manager",
        ),
        (("service.py:8",), "the command `python -c 'import fastapi' # it is there` runs"),
        (("service.py:10",), "a script runs"),
        (("service.py:11",), 'the command `for name in a b; do echo "$name" done` runs'),
    ]


def test_each_source_is_told() -> None:
    assert [what for at, what in told("sources")] == [
        "hidden 4.1 is a repository, which has to be built",
        "shared 0.3 is a folder with a source, which has to be built",
        "zipped 1.1 is a source distribution, which has to be built",
    ]


def test_an_image_without_a_lock_is_told() -> None:
    assert "are not locked" in told("unlocked")[0][1]


def test_an_interpreter_that_the_base_lacks_is_told_first() -> None:
    info = msgspec.structs.replace(
        frozen("minimal", "ubuntu:24.04"), interpreter_packages=("python3",), interpreter_debs=None
    )
    (one,) = must_execute(info, interpreter=False)
    assert one.why == "is installed by the distribution's package manager"
    assert must_execute(info) == ()


def test_without_python_the_base_needs_no_interpreter() -> None:
    assert must_execute(image_info(), interpreter=False) == ()


def test_as_an_error_it_names_the_line() -> None:
    one = must_execute(frozen("full", "alpine:3.22"))[0]
    assert one.problem.location == Location("service.py", 5)
    assert one.problem.hint == "build it with a container engine"
