"""The image of a service has its code, is started as such things are, and asks itself how it is."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

import lading
from lading import Image, SpecificationError
from lading.cli.declared import Wanted
from lading.cli.target import imported, load_target
from lading.image import steps
from lading.process import run
from lading.services.stand_in import STAND_IN

if TYPE_CHECKING:
    from pathlib import Path

START = "import lading\nimage = lading.Image()\n"


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def found(folder: Path, text: str, name: str = "served", **others: str) -> Image:
    files = {f"{name.replace('__', '/')}.py": text for name, text in others.items()}
    write(folder, {"app.py": text, **files})
    return load_target(f"{folder / 'app.py'}:{name}").image


def command(image: Image) -> tuple[tuple[str, ...], str | None]:
    (step,) = (one for one in image.steps if isinstance(one, steps.Cmd))
    return step.argv, step.brought_by


def ports(image: Image) -> list[int]:
    exposed = (one for one in image.steps if isinstance(one, steps.Expose))
    return [port.number for one in exposed for port in one.ports]


UVICORN = ("uvicorn", "app:served", "--host", "0.0.0.0", "--port", "8000")  # noqa: S104 - in a container
GRADIO = "from app import served; served.launch(server_name='0.0.0.0', server_port=7860)"
FILE = "APP.PY"
FACTORY = ("uvicorn", "--factory", *UVICORN[1:])


@pytest.mark.parametrize(
    ("text", "argv", "brought_by", "port"),
    [
        ("from fastapi import FastAPI\nserved = FastAPI()\nserved = SERVICE(image=image)(served)",
         UVICORN, "uvicorn", 8000),
        ("from starlette.applications import Starlette\nserved = SERVICE(image=image)(Starlette())",
         UVICORN, "uvicorn", 8000),
        ("import fastapi\n@lading.service(image=image)\nclass served(fastapi.FastAPI): ...",
         FACTORY, "uvicorn", 8000),
        ("from litestar import Litestar\n@SERVICE(image=image)\ndef served() -> Litestar: ...",
         FACTORY, "uvicorn", 8000),
        ("import flask as f\nserved = f.Flask('a')\nserved = SERVICE(image=image, port=80)(served)",
         ("gunicorn", "--bind", "0.0.0.0:80", "app:served"), "gunicorn", 80),
        ("import gradio as gr\nserved = lading.service(image=image)(gr.Blocks())",
         ("python3", "-c", GRADIO), "gradio", 7860),
        ("@lading.service(image=image)\ndef served(): ...",
         ("python3", "-c", "from app import served; served()"), None, None),
        ("@lading.service(image=image, command=['x', 'y'], port=1)\nclass served: ...",
         ("x", "y"), None, 1),
        ("served = lading.service(image=image)('web:app')",
         ("uvicorn", "web:app", *UVICORN[2:]), "uvicorn", 8000),
    ],
)  # fmt: skip
def test_each_kind_has_its_usual_command(
    tmp_path: Path, text: str, argv: tuple[str, ...], brought_by: str | None, port: int | None
) -> None:
    """None of the frameworks is installed here: what is served is not imported."""
    web = "from fastapi import FastAPI\napp = FastAPI()\n"
    text = text.replace("SERVICE", "lading.service")
    image = found(tmp_path, f"import torch\n{START}{text}\n", web=web)
    assert command(image) == (argv, brought_by)
    assert ports(image) == ([] if port is None else [port])


def test_what_is_imported_has_the_same_command(tmp_path: Path) -> None:
    """A framework that is there, as far as Lading can see: a package of that name."""
    web = "class FastAPI: ...\n"
    text = f"import os\n{START}from fastapi.web import FastAPI\nserved = FastAPI()\n"
    text += "served = lading.service(image=image, env={'A': os.environ.get('B', 'c')})(served)\n"
    image = found(tmp_path, text, fastapi__web=web, fastapi____init__="")
    write(tmp_path, {"fastapi/__init__.py": ""})
    image = load_target(f"{tmp_path / 'app.py'}:served").image
    assert command(image) == (UVICORN, "uvicorn")


def test_the_command_of_its_image_stays(tmp_path: Path) -> None:
    image = found(
        tmp_path,
        f"{START}image = image.cmd('own')\n"
        "@lading.service(image=image, port=9000, health='/well')\nclass served: ...",
    )
    assert command(image) == (("own",), None)
    assert ports(image) == [9000]
    (check,) = (one for one in image.steps if isinstance(one, steps.Healthcheck))
    assert check.argv == (
        "python3",
        "-c",
        "from urllib.request import urlopen; urlopen('http://127.0.0.1:9000/well', timeout=5)",
    )


def test_its_health_is_asked_on_the_port_that_its_image_exposes(tmp_path: Path) -> None:
    served = "@lading.service(image=image, health='/', command=['own'])\ndef served(): ...\n"
    image = found(tmp_path, f"{START}image = image.expose(9000, '53/udp').expose(9000)\n{served}")
    assert ports(image) == [9000, 53, 9000]
    (check,) = (one for one in image.steps if isinstance(one, steps.Healthcheck))
    assert "urlopen('http://127.0.0.1:9000/', timeout=5)" in check.argv[-1]
    for several in ("9000, 9001", "'53/udp'"):
        with pytest.raises(SpecificationError, match="nothing says which that is"):
            found(tmp_path, f"{START}image = image.expose({several})\n{served}")


def test_a_command_on_one_platform_is_none_for_a_service(tmp_path: Path) -> None:
    """It would have none on the others, or two on that one."""
    text = f"{START}image = image.for_platform('linux/arm64', lambda one: one.cmd('x'))\n"
    served = "@lading.service(image=image)\ndef served(): ...\n"
    with pytest.raises(SpecificationError) as error:
        found(tmp_path, text + served)
    message, hint = str(error.value).splitlines()
    assert message.removeprefix(f"{tmp_path}/app.py:4: ") == (
        "its image has a command on linux/arm64 only, and the service has none for the others"
    )
    assert hint == 'hint: say it here: command=["python", "-m", "service"]'
    own = served.replace("image=image", "image=image, command=['y']")
    assert [one.argv for one in commands(found(tmp_path, text + own))] == [("x",), ("y",)]


def commands(image: Image) -> list[steps.Cmd]:
    return [one for one in image.steps if isinstance(one, steps.Cmd)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("@lading.service(image=image)\nclass served: ...",
         ["served is a class of your own, and nothing says how it is started",
          'hint: command=["python", "-m", "app"]']),
        ("served = lading.service(image=image)(type('Thing', (), {})())",
         ["served is of a kind that is not known, and nothing says how it is started",
          'hint: command=["python", "-m", "app"]']),
        ("served = lading.service(image=image)(thing())",
         [f"{FILE} can't be imported: NameError: name 'thing' is not defined"]),
        ("@lading.service(image=image, health='/')\ndef served(): ...",
         ["health asks the service on its port, and nothing says which that is",
          "hint: port=8000"]),
        ("served = lading.service(image=image)('app:served')",
         ["app:served is the service itself, and nothing else is called so",
          "hint: say in words what it serves, or bind that before: served = ..."]),
        ("served = lading.service(image=image)('nowhere:app')",
         ["there is no module nowhere in", "hint: it has app"]),
    ],
)  # fmt: skip
def test_what_can_not_be_started_is_refused(tmp_path: Path, text: str, said: list[str]) -> None:
    with pytest.raises(SpecificationError) as error:
        found(tmp_path, f"{START}{text}\n")
    first, *rest = str(error.value).replace(str(tmp_path / "app.py"), FILE).splitlines()
    assert first.startswith(f"{FILE}:3: {said[0]}")
    assert rest == said[1:]


APP = "served = typer.Typer()\n"
SERVED = "\nserved = lading.service(image=image)(served)"
GROUP = [
    "served is a group of commands, and does nothing without the name of one",
    """hint: command=["python3", "-c", "from app import served; served(['NAME'])"]""",
]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"@click.group()\ndef served(): ...{SERVED}", GROUP),
        (f"{APP}@served.command()\ndef a(): ...\n@served.command()\ndef b(): ...{SERVED}", GROUP),
        (f"{APP}@served.callback()\ndef a(): ...{SERVED}", GROUP),
        (f"{APP}served.add_typer(typer.Typer(), name='a'){SERVED}", GROUP),
        (
            (
                "@click.command\n@click.argument('a')\n@click.option('--b', required=True)\n"
                f"@click.option('--c')\ndef served(a, b, c): ...{SERVED}"
            ),
            [
                "served can't be called without --b, a",
                "hint: give it defaults for --b, a, or say how it is started: command=[...]",
            ],
        ),
    ],
)
def test_a_command_that_needs_more_words_is_refused(
    tmp_path: Path, text: str, said: list[str]
) -> None:
    with pytest.raises(SpecificationError) as error:
        found(tmp_path, f"{START}import click, typer\n{text}\n")
    line = 3 + text.count("\n") + 1
    first, *rest = str(error.value).replace(str(tmp_path / "app.py"), FILE).splitlines()
    assert [first, *rest] == [f"{FILE}:{line}: {said[0]}", *said[1:]]


def test_what_is_served_may_be_misspelt(tmp_path: Path) -> None:
    write(tmp_path, {"worker.py": "from typing import Any\ndef main(): ...\n"})
    for place, said in {
        "werker:main": [f"there is no module werker in {tmp_path.name}", "worker"],
        "worker:mian": ["worker has no 'mian'", "main"],
    }.items():
        with pytest.raises(SpecificationError) as error:
            found(tmp_path, f"{START}served = lading.service(image=image)({place!r})\n")
        first, hint = str(error.value).splitlines()
        assert first == f"{tmp_path / 'app.py'}:3: {said[0]}"
        assert hint == f'hint: did you mean "{said[1]}"?'
    text = f"{START}served = lading.service(image=image)('worker:main')\n"
    assert commands(found(tmp_path, text))


def included(image: Image) -> list[str]:
    steps_of = (one for one in image.steps if isinstance(one, steps.BuildInclude))
    return [path.text for one in steps_of for path in one.patterns]


def test_its_own_modules_are_included_where_nobody_names_files(tmp_path: Path) -> None:
    write(tmp_path, {
        "model/__init__.py": "from . import weights\nfrom .words import A\n",
        "model/weights.py": "import numpy\n", "model/words.py": "from other import A\n",
        "model/unused.py": "", "other.py": "A = 1\n", "unused.py": "",
    })  # fmt: skip
    text = (
        f"{START}def load():\n    import model\n@lading.service(image=IMAGE)\ndef served(): ...\n"
    )
    image = found(tmp_path, text.replace("IMAGE", "image"))
    assert included(image) == [
        "app.py", "model/__init__.py", "model/weights.py", "model/words.py", "other.py",
    ]  # fmt: skip
    named = text.replace("IMAGE", "image, include=['app.py', 'data']")
    assert included(found(tmp_path, named)) == ["app.py", "data"]
    own = text.replace("IMAGE", "image.build_include('src')")
    assert included(found(tmp_path, own)) == ["src"]


def test_the_module_runs_where_lading_is_not(tmp_path: Path) -> None:
    text = (
        "import lading\nfrom lading import Image, secret\n"
        "image = Image().run('x', secrets=[secret('A')]).python_packages('fastapi')\n"
        "@lading.service(image=image, port=8000)\nclass served:\n    well = True\n"
        "@lading.service(image=image)\ndef main():\n    print('running', served.well)\n"
        "worker = lading.service(image=image)('app:main')\n"
    )
    image = found(tmp_path, text, "main")
    (stand_in,) = (one for one in image.steps if isinstance(one, steps.TextFile))
    container = tmp_path / "container"
    write(container, {"app.py": text, stand_in.path.text: stand_in.text})
    argv, _ = command(image)
    assert printed(container, argv[2]) == "running True\n"


def test_whatever_is_said_of_an_image_is_taken_where_lading_is_not(tmp_path: Path) -> None:
    (tmp_path / "lading.py").write_text(STAND_IN)
    calls = [name for name in dir(lading.Image) if name.islower() and not name.startswith("_")]
    said = [
        "import lading, lading as shipping",
        "from lading import *",
        "from lading.errors import LadingError, SpecificationError",
        *(f"lading.Image.{name}('x', y=1)" for name in calls),
        *(f"image = lading.Image('x').{name}({{'a': 1}}, y=[2])" for name in calls),
        *(f"lading.{name}" for name in lading.__all__),
        "def gpu(image: Image, of: lading.Variants | None = None) -> lading.Image | int: ...",
        "images = lading.Variants(cpu=image, gpu=gpu); images['gpu'], list(images), images.cpu",
        "text = lading.secret('A').id + 'x', 'x' + lading.secret('A').id, secret('A')",
        "lading.register_engine(object())",
        "try:\n    raise lading.FreezeError('a')\nexcept LadingError:\n    pass",
        "isinstance(image, lading.Image), isinstance(1, (Variants, lading.Secret))",
        "print('running', sorted(shipping.__all__))",
    ]
    assert printed(tmp_path, "\n".join(said)) == f"running {sorted(lading.__all__)}\n"


def printed(container: Path, text: str) -> str:
    """What a command prints where nothing is but those files and this Python."""
    isolated = f"import sys; sys.path[:0] = ['']; {text}"
    done = run([sys.executable, "-I", "-c", isolated], env={}, cwd=container, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


OPTION = "@click.option('--n', default=3)\ndef served(n):\n    print('running', n)\n"


@pytest.mark.parametrize(
    "text",
    [
        f"@lading.service(image=image)\n@click.command()\n{OPTION}",
        # What its text does not tell is imported, and what it is goes by its class.
        f"from own import command\n@lading.service(image=image)\n@command()\n{OPTION}",
        f"@lading.service(image=image)\n@click.group(invoke_without_command=True)\n{OPTION}",
    ],
)
def test_a_command_is_called_as_a_function_is(tmp_path: Path, text: str) -> None:
    text = f"import lading, click\nimage = lading.Image()\n{text}"
    image = found(tmp_path, text, own="from click import command\n")
    container = tmp_path / "container"
    (stand_in,) = (one for one in image.steps if isinstance(one, steps.TextFile))
    write(container, {"app.py": text, stand_in.path.text: stand_in.text})
    write(container, {"own.py": "from click import command\n"})
    argv, _ = command(image)
    assert argv[2] == "from app import served; served()"
    assert printed(container, argv[2]) == "running 3\n"


def test_a_name_that_is_bound_to_a_service_of_itself_serves_what_it_was(tmp_path: Path) -> None:
    text = (
        "import lading, nowhere_to_be_found\nimage = lading.Image()\n"
        "def served():\n    print('running', __name__)\n"
        "served = lading.service(image=image)('app:served')\n"
        "if __name__ == '__main__':\n    served()\n"
    )
    image = found(tmp_path, text)
    (stand_in,) = (one for one in image.steps if isinstance(one, steps.TextFile))
    container = tmp_path / "container"
    write(container, {"app.py": text, stand_in.path.text: stand_in.text})
    write(container, {"nowhere_to_be_found.py": ""})
    argv, _ = command(image)
    assert argv[2] == "from app import served; served()"
    assert printed(container, argv[2]) == "running app\n"
    as_program = "import runpy; runpy.run_module('app', run_name='__main__', alter_sys=True)"
    assert printed(container, as_program) == "running __main__\n"


def test_a_service_that_is_named_by_a_place_needs_no_stand_in(tmp_path: Path) -> None:
    write(tmp_path, {"web.py": "def app(): ...\n"})
    image = found(tmp_path, f"{START}served = lading.service(image=image)('web:app')\n")
    assert not any(isinstance(one, steps.TextFile) for one in image.steps)
    assert included(image) == ["web.py"]


def test_an_import_of_the_whole_module_gives_the_same(tmp_path: Path) -> None:
    text = f"{START}@lading.service(image=image, port=1, env={{'A': 'b'}})\ndef served(): ...\n"
    image = found(tmp_path, text)
    wanted = Wanted(root=tmp_path, where=str(tmp_path / "app.py"), attribute="served")
    assert imported(wanted)[0].image == image
