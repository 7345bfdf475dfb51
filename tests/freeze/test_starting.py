"""A module that imports Lading at once can't be started in an image that has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from freeze.world import World, wheel
from lading.errors import FreezeError

if TYPE_CHECKING:
    from pathlib import Path

    from lading.errors import Problem

START = 'Image(distro="debian:bookworm", python_version="3.11")'
SERVED = '.build_include("service.py", "web", "asked.py").cmd({words})'
WORDS = '"uvicorn", "service:app"'
FILES = {
    "web/__init__.py": "",
    "web/app.py": "import lading.image\n",
    "web/later.py": "def image():\n    import lading\n",
    "web/guarded.py": "try:\n    import lading\nexcept ImportError:\n    lading = None\n",
    "web/broken.py": "import lading\n1 +\n",
    "asked.py": "from .lading import Image\nfrom ladings import Image\n",
}


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(root=tmp_path.resolve())
    made.write(FILES)
    return made


def refused(world: World, source: str, *packages: str) -> tuple[Problem, ...]:
    image = world.image(source)
    world.lock(image, *(wheel(name, "1.0") for name in packages))
    try:
        world.freeze(image)
    except FreezeError as error:
        return error.problems
    return ()


def test_it_is_said_where_the_command_is_and_what_to_do(world: World) -> None:
    (problem,) = refused(world, f"{START}{SERVED.format(words=WORDS)}")
    assert problem.message == (
        "service.py imports Lading when it is started, and the image has no Lading"
    )
    assert problem.hint == (
        "write the image in a file of its own, or say what is served by "
        "lading.service(image=...), which puts a stand-in there"
    )
    assert problem.location is not None
    assert problem.location.line == 3


@pytest.mark.parametrize(
    ("words", "refuses"),
    [
        ('"uvicorn", "service:app"', "service.py"),
        ('"gunicorn", "--bind", "0.0.0.0:80", "service:app()"', "service.py"),
        ('"python", "-m", "service"', "service.py"),
        ('"python", "./service.py"', "service.py"),
        ('"python", "-m", "uvicorn", "web.app:app"', "web/app.py"),
        ('"uvicorn", "web.later:app"', None),
        ('"uvicorn", "web.guarded:app"', None),
        ('"uvicorn", "web.broken:app"', None),
        ('"uvicorn", "asked:app"', None),
        ('"uvicorn", "elsewhere:app"', None),
        ('"python", "/srv/service.py"', None),
        ('"echo", "service"', None),
    ],
)
def test_what_a_command_starts(world: World, words: str, refuses: str | None) -> None:
    problems = refused(world, f"{START}{SERVED.format(words=words)}")
    assert [one.message.partition(" ")[0] for one in problems] == ([refuses] if refuses else [])


@pytest.mark.parametrize(
    ("source", "packages"),
    [
        (f'{START}.python_packages("lading")', ("lading",)),
        (f'{START}.run("pip install lading")', ()),
        (f'{START}.run_script("set-up.sh")', ()),
        (f'{START}.build_include("lading.py")', ()),
        (f'{START}.build_include("lading.py", to="/opt/more")', ()),
        ('Image(base_image="corp.example/ours:1", distro="debian")', ()),
        (f'{START}.volume("/srv").workdir("/srv").build_include("service.py", to="/app")', ()),
    ],
)
def test_what_may_have_brought_it(world: World, source: str, packages: tuple[str, ...]) -> None:
    world.write({"lading.py": "", "set-up.sh": "#!/bin/sh\n"})
    included = "" if "workdir" in source else '.build_include("service.py")'
    assert refused(world, f"{source}{included}.cmd({WORDS})", *packages) == ()


@pytest.mark.parametrize(
    ("source", "refuses"),
    [
        ('.build_include("src").env(PYTHONPATH="/app/src").cmd("uvicorn", "pk.main:app")', True),
        ('.build_include("src", to="/x").env(PYTHONPATH="/x/src").cmd("python", "-m", "pk.main")',
         True),
        ('.build_include("src").cmd("python", "src/pk/main.py")', True),
        ('.build_include("src").cmd("uvicorn", "--app-dir", "src", "pk.main:app")', False),
        ('.build_include("src", "pk").env(PYTHONPATH="/app/src").cmd("uvicorn", "pk.main:app")',
         False),
    ],
)  # fmt: skip
def test_it_is_looked_for_where_python_looks(world: World, source: str, *, refuses: bool) -> None:
    world.write({"src/pk/main.py": "import lading\n"})
    if '"pk"' in source:  # which the working directory has first
        world.write({"pk/main.py": ""})
    problems = refused(world, f"{START}{source}")
    name = "src/pk/main.py imports Lading when it is started, and the image has no Lading"
    assert [one.message for one in problems] == ([name] if refuses else [])
