"""A module of the project that a container starts is in its image, or that is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from freeze.world import World, wheel
from lading.cli.target import load_target
from lading.errors import FreezeError

if TYPE_CHECKING:
    from pathlib import Path

    from lading import Image
    from lading.lock.model import Distribution

START = 'Image(distro="debian:bookworm", python_version="3.11")'
FILES = {
    "app.py": "import os\n",
    "pk/__init__.py": "",
    "pk/__main__.py": "",
    "pk/serve.py": "",
    "uvicorn.py": "",
    "secrets.py": "",
    "src/app.py": "",
    "templates/a.html": "",
    "gunicorn.conf.py": "pythonpath = 'src'\n",
    "lib.zip": "",
    "set-up.sh": "#!/bin/sh\n",
    "pyproject.toml": '[project]\nname = "Our.Service"\n',
}


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(root=tmp_path.resolve())
    made.write(FILES)
    return made


def missing(world: World, image: Image, *packages: Distribution) -> list[str]:
    world.lock(image, *packages)
    try:
        world.freeze(image)
    except FreezeError as error:
        return [one.message.partition(" ")[0] for one in error.problems]
    return []


def test_it_is_said_where_the_command_is_and_what_to_do(world: World) -> None:
    image = world.image(f'{START}.build_include("templates").cmd("uvicorn", "app:app")')
    world.lock(image)
    with pytest.raises(FreezeError) as error:
        world.freeze(image)
    assert str(error.value).splitlines() == [
        (
            f"{world.project}/service.py:3: app.py is what its command starts, "
            "and it is not in the image"
        ),
        (
            'hint: include it beside what is named: include=["app.py", ...] of a service, '
            '.build_include("app.py") of an image'
        ),
    ]


@pytest.mark.parametrize(
    ("words", "lacks"),
    [
        ('"uvicorn", "app:app"', ["app.py"]),
        ('"gunicorn", "app:make()", "--reload"', ["app.py"]),
        ('"python", "-m", "app"', ["app.py"]),
        ('"python", "./app.py", "app.py"', ["app.py"]),
        ('"python", "-c", "from app import main; main()"', ["app.py"]),
        ('"python", "-c", "import json, pk.serve"', ["pk/serve.py"]),
        ('"python", "-m", "pk"', ["pk/__main__.py"]),
        ('"python", "-m", "pk.serve"', ["pk/serve.py"]),
        ('"python", "-m", "uvicorn", "pk.serve:app"', ["pk/serve.py"]),
        ('"tini", "--", "./app.py"', ["app.py"]),
        ('"gunicorn", "-c", "app.py", "elsewhere:app"', []),
        ('"gunicorn", "--config", "app.py", "elsewhere:app"', []),
        ('"python", "-c", "import secrets"', []),
        ('"python", "-c", "app"', []),
        ('"python", "-c", "import app +"', []),
        ('"python", "/opt/app.py"', []),
        ('"python", "../app.py"', []),
        ('"uvicorn", "elsewhere:app"', []),
        ('"uvicorn", "pk..serve:app"', []),
        ('"uvicorn", "' + "a" * 300 + ':app"', []),
        ('"echo", "app"', []),
    ],
)
def test_what_a_command_starts(world: World, words: str, lacks: list[str]) -> None:
    image = world.image(
        f'{START}.python_packages("uvicorn").build_include("templates").cmd({words})'
    )
    assert missing(world, image, wheel("uvicorn", "1.0")) == lacks
    entered = world.image(
        f'{START}.python_packages("uvicorn").build_include("templates").entrypoint({words})'
    )
    assert missing(world, entered, wheel("uvicorn", "1.0")) == lacks


@pytest.mark.parametrize(
    ("source", "packages"),
    [
        (f'{START}.build_include("app.py")', ()),
        (f'{START}.build_include("src").workdir("/srv").env(PYTHONPATH="/srv/src")', ()),
        (f'{START}.build_include("src").env(PYTHONPATH="lib:src/.")', ()),
        (f'{START}.build_include("src").env(PYTHONPATH="lib.zip").build_include("lib.zip")', ()),
        (f'{START}.build_include("src").volume("/app/src")', ()),
        (f'{START}.build_include("src").run("ln -s /app/src/app.py .")', ()),
        ('Image(base_image="corp.example/ours:1", distro="debian").build_include("src")', ()),
        (f'{START}.build_include("src").python_packages("app")', (wheel("app", "1.0"),)),
        (f'{START}.build_include("src").env(UVICORN_APP_DIR="/app/src")', ()),
        (f'{START}.build_include("src", "gunicorn.conf.py")', ()),
        (f'{START}.build_include("src", to="/opt").env(PYTHONPATH="/opt/src")', ()),
        (f'{START}.run("fetch app")', ()),
        (f'{START}.volume("/app")', ()),
        (f'{START}.run_script("set-up.sh")', ()),
        ('Image(base_image="corp.example/ours:1", distro="debian")', ()),
        (f'{START}.python_packages("app")', (wheel("app", "1.0"),)),
        (f'{START}.python_packages("our-service")', (wheel("our-service", "1.0"),)),
        (('Image.from_image(Image(distro="debian:bookworm", python_version="3.11")'
         '.build_include("app.py"))'), ()),
    ],
)  # fmt: skip
def test_what_may_have_brought_it(
    world: World, source: str, packages: tuple[Distribution, ...]
) -> None:
    image = world.image(f'{source}.cmd("uvicorn", "app:app")')
    assert missing(world, image, *packages) == []


@pytest.mark.parametrize(
    ("required", "lacks"),
    [("./pk", []), ("our-service>=1", []), ("APP", []), ("numpy", ["app.py"])],
)
def test_what_is_not_locked_may_bring_it_too(world: World, required: str, lacks: list[str]) -> None:
    world.write({"pk/pyproject.toml": '[project]\nname = "pk"\n'})
    image = world.image(
        'Image(distro="debian:bookworm", python_version="3.11", lock_python_packages=False)'
        f'.python_packages("{required}").cmd("python", "-m", "app")'
    )
    assert missing(world, image) == lacks


SERVICE = """\
import lading

image = IMAGE
@lading.service(image=image, include=["templates"]OPTIONS)
def main(): ...
"""


@pytest.mark.parametrize(
    ("image", "options", "lacks"),
    [
        (START, "", ["served.py"]),
        ('Image(base_image="corp.example/ours:1", distro="debian").run("x")', "", ["served.py"]),
        (f'{START}.build_include("served.py")', "", []),
        (START, ', command=["python", "-m", "served"]', ["served.py"]),
        (START, ', command=["./serve.sh"]', []),
        (f'{START}.cmd("python", "-m", "served")', "", ["served.py"]),
    ],
)
def test_a_services_module_is_the_projects_whatever_else_may_bring_one(
    world: World, image: str, options: str, lacks: list[str]
) -> None:
    text = SERVICE.replace("IMAGE", f"lading.{image}").replace("OPTIONS", options)
    world.write({"served.py": text})
    found = load_target(f"{world.project / 'served.py'}:main").image._copy(name=None)
    assert missing(world, found) == lacks


IN_SRC = f'{START}.python_packages("uvicorn").build_include("src/app.py")'
SAID = (
    'let Python look in {1}: .env(PYTHONPATH="{0}") of an image, env={{"PYTHONPATH": "{0}"}} '
    "of a service"
)


@pytest.mark.parametrize(
    ("image", "message", "there"),
    [
        (IN_SRC, "/app/src/app.py, and Python looks for it in /app", "/app/src"),
        (f'{IN_SRC}.workdir("/srv").env(PYTHONPATH="/app/src")',
         "/srv/src/app.py, and Python looks for it in /srv and /app/src", "/srv/src"),
        (f'{START}.build_include("app.py", to="/code")',
         "/code/app.py, and Python looks for it in /app", "/code"),
        (f'{START}.build_include("app.py", to="/")',
         "/app.py, and Python looks for it in /app", "/"),
        (f'{IN_SRC}.env(PYTHONPATH="/app:/x:templates").build_include("templates")',
         "/app/src/app.py, and Python looks for it in /app and /x and /app/templates",
         "/app/src:/app:/app/templates"),
        (f'{IN_SRC}.build_include("other/app.py").env(PYTHONPATH="")',
         "/app/src/app.py, and Python looks for it in /app", "/app/src"),
    ],
)  # fmt: skip
def test_a_module_is_where_python_looks(world: World, image: str, message: str, there: str) -> None:
    world.write({"other/app.py": ""})
    found = world.image(f'{image}.cmd("uvicorn", "app:app")')
    world.lock(found, *([wheel("uvicorn", "1.0")] if "uvicorn" in image else []))
    with pytest.raises(FreezeError) as error:
        world.freeze(found)
    (problem,) = error.value.problems
    assert problem.message == f"its command starts {message}"
    assert problem.hint == SAID.format(there, there.partition(":")[0])
    mended = world.image(f'{image}.env(PYTHONPATH="{there}").cmd("uvicorn", "app:app")')
    assert missing(world, mended, *([wheel("uvicorn", "1.0")] if "uvicorn" in image else [])) == []


def test_another_file_of_that_name_is_none(world: World) -> None:
    world.write({"other/app.py": ""})
    image = world.image(f'{START}.build_include("other").cmd("uvicorn", "app:app")')
    assert missing(world, image) == ["app.py"]


def test_a_script_is_named_by_its_path(world: World) -> None:
    image = world.image(f'{START}.build_include("app.py", to="/opt").cmd("python3.11", "app.py")')
    world.lock(image)
    with pytest.raises(FreezeError) as error:
        world.freeze(image)
    (problem,) = error.value.problems
    assert problem.message == "its command starts /opt/app.py, and looks for it in /app"
    assert problem.hint == "name it by its whole path: /opt/app.py"


@pytest.mark.parametrize(
    "words",
    [
        '"python", "-m", "app"',
        '"python", "-u", "-m", "uvicorn", "app:app"',
        '"python3", "-c", "from app import main; main()"',
        '"/opt/venv/bin/gunicorn", "-w", "4", "--bind", "0.0.0.0:80", "app:app"',
        '"tini", "--", "uvicorn", "app:app"',
        '"tini", "-p", "SIGTERM", "--", "hypercorn", "app:app"',
        '"env", "A=1", "uvicorn", "app:app"',
        '"python", "app.py"',
    ],
)
def test_a_command_that_looks_in_the_working_directory(world: World, words: str) -> None:
    image = world.image(f"{IN_SRC}.cmd({words})")
    assert missing(world, image, wheel("uvicorn", "1.0")) == ["its"]


@pytest.mark.parametrize(
    "words",
    [
        '"uvicorn", "--app-dir", "src", "app:app"',
        '"uvicorn", "--app-dir=src", "app:app"',
        '"gunicorn", "--chdir", "src", "app:app"',
        '"gunicorn", "--pythonpath=src", "app:app"',
        '"gunicorn", "-c", "settings.py", "app:app"',
        '"gunicorn", "--config", "settings.py", "app:app"',
        '"gunicorn", "-e", "PYTHONPATH=src", "app:app"',
        '"granian", "--working-dir", "src", "app:app"',
        '"env", "-C", "src", "uvicorn", "app:app"',
        '"env", "PYTHONPATH=src", "uvicorn", "app:app"',
        '"sh", "-c", "cd src; exec uvicorn $0", "app:app"',
        '"./start", "uvicorn", "app:app"',
        '"tini", "--", "./start", "uvicorn", "app:app"',
        '"python", "src/app.py", "app:app"',
        '"python", "-m", "started", "app:app"',
        '"python", "-c", "import sys; sys.path.append(\'src\'); import app"',
        '"app.py"',
    ],
)
def test_a_command_that_may_look_elsewhere(world: World, words: str) -> None:
    image = world.image(f"{IN_SRC}.cmd({words})")
    assert missing(world, image, wheel("uvicorn", "1.0")) == []


def test_an_entrypoint_and_its_words_are_one_command(world: World) -> None:
    entered = world.image(f'{IN_SRC}.entrypoint("python", "-m").cmd("app")')
    assert missing(world, entered, wheel("uvicorn", "1.0")) == ["its"]
    leading = world.image(f'{IN_SRC}.entrypoint("./start").cmd("uvicorn", "app:app")')
    assert missing(world, leading, wheel("uvicorn", "1.0")) == []


def test_a_module_of_src_that_is_not_there_is_also_to_be_found(world: World) -> None:
    (world.project / "app.py").unlink()
    image = world.image(f'{START}.cmd("uvicorn", "app:app")')
    world.lock(image)
    with pytest.raises(FreezeError) as error:
        world.freeze(image)
    (problem,) = error.value.problems
    assert problem.hint == (
        'include it beside what is named: include=["src/app.py", ...] of a service, '
        f'.build_include("src/app.py") of an image; and {SAID.format("/app/src", "/app/src")}'
    )
    found = world.image(f'{START}.env(PYTHONPATH="/app/src").cmd("uvicorn", "app:app")')
    with pytest.raises(FreezeError) as error:
        world.freeze(found)
    (problem,) = error.value.problems
    assert problem.hint is not None
    assert "PYTHONPATH" not in problem.hint
    following = '.build_include("src/app.py").env(PYTHONPATH="/app/src").cmd("uvicorn", "app:app")'
    assert missing(world, world.image(f"{START}{following}")) == []


@pytest.mark.parametrize(
    ("files", "included", "words", "message"),
    [
        ({}, "pk/__init__.py", '"python", "-m", "pk"',
         "pk/__main__.py is what its command starts, and it is not in the image"),
        ({}, "pk", '"python", "-m", "pk"', None),
        ({"lone/__init__.py": ""}, "lone", '"python", "-m", "lone"',
         "its command starts a package by -m, and the project has no lone/__main__.py"),
        ({"src/lone/__init__.py": ""}, "src", '"python", "-m", "lone"',
         "its command starts a package by -m, and the project has no src/lone/__main__.py"),
        ({"lone/__init__.py": ""}, "lone", '"python", "-c", "import lone"', None),
        ({"lone/__init__.py": ""}, "lone", '"uvicorn", "lone:app"', None),
        ({"lone/__init__.py": ""}, "lone", '"pytest", "-m", "lone"', None),
        ({"lone/app.py": ""}, "lone", '"python", "-m", "lone"', None),
    ],
)  # fmt: skip
def test_of_a_package_its_main_is_run(
    world: World, files: dict[str, str], included: str, words: str, message: str | None
) -> None:
    world.write(files)
    image = world.image(f'{START}.build_include("{included}").cmd({words})')
    world.lock(image)
    if message is None:
        world.freeze(image)
        return
    with pytest.raises(FreezeError) as error:
        world.freeze(image)
    (problem,) = error.value.problems
    assert problem.message == message
    if included == "pk/__init__.py":
        assert problem.hint is not None
        assert '.build_include("pk") of an image' in problem.hint


def test_a_service_that_runs_its_package_includes_what_is_run(world: World) -> None:
    text = "import lading\nimage = lading.IMAGE\n"
    text += 'web = lading.service(image=image, command=["python3", "-m", "pk"])("pk:main")\n'
    world.write({"web.py": text.replace("IMAGE", START), "pk/__init__.py": "def main(): ..."})
    image = load_target(f"{world.project / 'web.py'}:web").image._copy(name=None)
    assert missing(world, image) == ["pk/__main__.py"]
