"""A command that nobody wrote has its program, or it is said that nothing brings it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from freeze.world import World, wheel
from lading.errors import FreezeError, Location
from lading.image import steps

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(root=tmp_path.resolve())


CHOSEN = 'Image().python_packages("fastapi")._add(steps.Cmd(argv=("uvicorn", "web:app"), '
CHOSEN += 'brought_by="uvicorn", location=Location("service.py", 7)))'


def test_a_command_that_was_chosen_has_its_program(world: World) -> None:
    brought = (wheel("fastapi", "0.1"), wheel("uvicorn", "0.3"))
    image = world.image(CHOSEN, steps=steps, Location=Location)
    world.lock(image, *brought)
    info = world.freezer().decide(image, platform="linux/amd64", project=world.project).info
    assert info.config.cmd == ("uvicorn", "web:app")
    world.lock(image, brought[0])
    with pytest.raises(FreezeError) as error:
        world.freezer().decide(image, platform="linux/amd64", project=world.project)
    assert str(error.value).splitlines() == [
        "service.py:7: uvicorn starts it, and the image has no uvicorn",
        'hint: .python_packages("uvicorn"), or say command=[...]',
    ]


def chosen(world: World, calls: str, **options: str) -> tuple[list[str], list[str]]:
    """The errors, and the remarks, of an image that is not locked."""
    words = "".join(f", {name}={value}" for name, value in options.items())
    command = CHOSEN.partition("._add")[2]
    image = world.image(
        f"Image(lock_python_packages=False{words}){calls}._add{command}",
        steps=steps,
        Location=Location,
    )
    world.lock(image)
    said = list[str]()
    try:
        freezer = replace(world.freezer(), say=said.append)
        freezer.decide(image, platform="linux/amd64", project=world.project)
    except FreezeError as error:
        return [one.message for one in error.problems], said
    return [], said


LACKS = "uvicorn starts it, and the image has no uvicorn"
UNSEEN = "uvicorn starts it, and no requirement is uvicorn: another has to bring it"


@pytest.mark.parametrize("calls", ["", '.python_packages("fastapi", "Flask")', '.run("x")'])
def test_a_program_that_nothing_brings_is_lacked_without_a_lock_too(
    world: World, calls: str
) -> None:
    assert chosen(world, calls) == ([LACKS], [])


@pytest.mark.parametrize(
    ("calls", "options", "said"),
    [
        ('.python_packages("fastapi[standard]")', {}, [UNSEEN]),
        ('.python_packages("fastapi==0.111")', {}, [UNSEEN]),
        ('.python_packages("fastapi", "ours>=1")', {}, [UNSEEN]),
        ("", {"base_image": "'corp.example/ours:1'", "distro": "'debian'"}, [UNSEEN]),
        ('.python_packages("fastapi", "Uvicorn[standard]>=0.3")', {}, []),
        ('.python_packages("uvicorn @ https://files.example.test/uvicorn-1.0.tar.gz")', {}, []),
        ('.run("pip install uvicorn")', {}, []),
    ],
)
def test_what_is_not_locked_may_bring_a_program(
    world: World, calls: str, options: dict[str, str], said: list[str]
) -> None:
    assert chosen(world, calls, **options) == ([], said)
