"""A function is what its text says, whether its module is imported or not."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from lading import Image, SpecificationError
from lading.cli.target import load_target
from lading.image import steps
from lading.process import run

if TYPE_CHECKING:
    from pathlib import Path

FRAMEWORKS = {
    "fastapi/__init__.py": "from fastapi.applications import FastAPI\n",
    "fastapi/applications.py": "class FastAPI: ...\n",
    "flask/__init__.py": "from flask.app import Flask, jsonify\n",
    "flask/app.py": "class Flask:\n    def __init__(self, name): ...\ndef jsonify(): ...\n",
    "gradio/__init__.py": "from gradio.blocks import Blocks\n",
    "gradio/blocks.py": "class Blocks:\n    def __enter__(self): ...\n",
}
"""Packages of these names, which is as much as Lading looks at."""

START = {
    "by its text": "import lading\nimage = lading.Image()\n",
    "imported": "import os, lading\nimage = lading.Image().env(A=os.environ.get('NOWHERE', 'x'))\n",
}
DECLARED = "@lading.service(image=image)\n"


@pytest.fixture(params=START)
def project(tmp_path: Path, request: pytest.FixtureRequest) -> Project:
    for name, text in FRAMEWORKS.items() if request.param == "imported" else ():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return Project(tmp_path, START[request.param])


class Project:
    def __init__(self, folder: Path, start: str) -> None:
        self.folder = folder
        self.start = start

    def image(self, text: str, name: str) -> Image:
        (self.folder / "app.py").write_text(self.start + text)
        return load_target(f"{self.folder / 'app.py'}:{name}").image

    def command(self, text: str, name: str = "made") -> tuple[str, ...]:
        (step,) = (one for one in self.image(text, name).steps if isinstance(one, steps.Cmd))
        return step.argv

    def refusal(self, text: str, name: str = "made") -> list[str]:
        with pytest.raises(SpecificationError) as error:
            self.image(text, name)
        return str(error.value).removeprefix(f"{self.folder}/").splitlines()


UVICORN = ("uvicorn", "--factory", "app:made", "--host", "0.0.0.0", "--port", "8000")  # noqa: S104 - in a container
GUNICORN = ("gunicorn", "--bind", "0.0.0.0:8000", "app:made()")
GRADIO = "made().launch(server_name='0.0.0.0', server_port=7860)"
LAUNCH = ("python3", "-c", f"from app import made; {GRADIO}")
CALL = ("python3", "-c", "from app import made; made()")

FLASK = f"from flask import Flask, jsonify\n{DECLARED}"
FASTAPI = f"import fastapi\n{DECLARED}"
BLOCKS = f"import gradio as gr\n{DECLARED}"


@pytest.mark.parametrize(
    ("text", "argv"),
    [
        (f"{DECLARED}async def made(scope, receive, send): ...\n",
         tuple(one for one in UVICORN if one != "--factory")),
        (f"{DECLARED}def made(environ, start_response): ...\n", (*GUNICORN[:-1], "app:made")),
        (f"{FLASK}def made(): return Flask(__name__)", GUNICORN),
        (f"{FLASK}def made():\n    app = Flask(__name__)\n    app.x = 1\n    return app", GUNICORN),
        (f"{FLASK}def made() -> Flask: ...", GUNICORN),
        (f"{FLASK}def made() -> 'Flask': ...", GUNICORN),
        (f"{FASTAPI}def made():\n    if 1:\n        a: int = fastapi.FastAPI()\n    return a",
         UVICORN),
        (f"{FASTAPI}def made(a=1, *b, c=2, **d) -> fastapi.FastAPI: ...", UVICORN),
        (f"{DECLARED}def made():\n    from fastapi import FastAPI as A\n    return A()", UVICORN),
        (f"{BLOCKS}def made():\n    with gr.Blocks() as demo: ...\n    return demo", LAUNCH),
        (f"{BLOCKS}def made() -> gr.Blocks: ...", LAUNCH),
        (f"{FLASK}def made(): return jsonify()", CALL),
        (f"{FLASK}def made(): return Flask(__name__).run()", CALL),
        (f"{FLASK}def made():\n    if 0: return 3\n    return Flask(__name__)", CALL),
        (f"{FLASK}def made():\n    def inner(): return Flask(__name__)\n    inner()", CALL),
        (f"{DECLARED}def made() -> 'a b': return other()", CALL),
        (f"{DECLARED}def made(): ...", CALL),
        (f"{DECLARED}def made():\n    def inner(): yield 1\n    inner()", CALL),
        (f"{DECLARED}async def made(): ...",
         ("python3", "-c", "from app import made; import asyncio; asyncio.run(made())")),
        (f"def through(f): return f\n{DECLARED}@through\ndef made(given): ...", CALL),
    ],
)  # fmt: skip
def test_what_it_gives_says_how_it_is_started(
    project: Project, text: str, argv: tuple[str, ...]
) -> None:
    assert project.command(f"{text}\n") == argv


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("def made(queue, to=1, *, size): ...", "made", [
            "made can't be called without queue, size",
            "hint: give it defaults for queue, size, or say how it is started: command=[...]"]),
        ("async def made(a, /): ...", "made", [
            "made can't be called without a",
            "hint: give it defaults for a, or say how it is started: command=[...]"]),
        ("def made(): yield 1", "made", [
            "made is a generator, and nothing says how it is started",
            'hint: command=["python", "-m", "app"]']),
        ("async def made():\n    x = yield", "made", [
            "made is a generator, and nothing says how it is started",
            'hint: command=["python", "-m", "app"]']),
        ("def create_app(): return other()", "create_app", [
            "create_app is a function, and nothing says that it gives an application",
            "hint: say what it gives, as in: def create_app() -> FastAPI; or command=[...]"]),
        ("async def create_app():\n    from fastapi import FastAPI\n    return FastAPI()",
         "create_app", [
            "create_app is async, and no server waits for an application to be made",
            "hint: def create_app(), without async"]),
    ],
)  # fmt: skip
def test_what_can_not_be_called_is_refused_at_its_line(
    project: Project, text: str, name: str, said: list[str]
) -> None:
    assert project.refusal(f"{DECLARED}{text}\n", name) == [f"app.py:3: {said[0]}", *said[1:]]
    own = DECLARED.replace("image=image", "image=image, command=['x']")
    assert project.command(f"{own}{text}\n", name) == ("x",)


def test_a_function_that_is_named_by_a_place_is_read_too(project: Project) -> None:
    (project.folder / "web.py").write_text("from flask import Flask\ndef made(a): return Flask(a)")
    assert project.refusal("made = lading.service(image=image)('web:made')\n") == [
        "app.py:3: made can't be called without a",
        "hint: give it defaults for a, or say how it is started: command=[...]",
    ]


def test_a_coroutine_is_awaited(tmp_path: Path) -> None:
    project = Project(tmp_path, START["by its text"])
    body = "    await asyncio.sleep(0)\n    print('well')\n"
    text = f"import asyncio\n{DECLARED}async def made():\n{body}"
    image = project.image(text, "made")
    (stand_in,) = (one for one in image.steps if isinstance(one, steps.TextFile))
    (tmp_path / stand_in.path.text).write_text(stand_in.text)
    words = project.command(text)[2]
    done = run([sys.executable, "-I", "-c", f"import sys; sys.path[:0] = ['']; {words}"],
               env={}, cwd=tmp_path, timeout=60)  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "well\n", "")


@pytest.mark.parametrize("given", ["lambda: 1", "eval('lambda: 1')", "staticmethod(print)"])
def test_what_has_no_text_is_called(tmp_path: Path, given: str) -> None:
    project = Project(tmp_path, START["imported"])
    assert project.command(f"made = lading.service(image=image)({given})\n") == CALL


@pytest.mark.parametrize(
    ("file", "renamed"), [("my-service", "my_service"), ("async", "async_"), ("1st", "_1st")]
)
def test_a_file_whose_name_is_no_name_in_python_is_refused(
    tmp_path: Path, file: str, renamed: str
) -> None:
    start = START["by its text"]
    web = f"from fastapi import FastAPI\n{DECLARED}def web(): return FastAPI()\n"
    (tmp_path / f"{file}.py").write_text(f"{start}{DECLARED}def made(): ...\n{web}")
    with pytest.raises(SpecificationError) as error:
        load_target(f"{tmp_path / file}.py:made")
    assert str(error.value).splitlines() == [
        f"{tmp_path / file}.py:3: made can't be imported from {file}: {file} is no name in Python",
        f"hint: rename the file, as in {renamed}.py",
    ]
    image = load_target(f"{tmp_path / file}.py:web").image
    (command,) = (one for one in image.steps if isinstance(one, steps.Cmd))
    assert command.argv[:3] == ("uvicorn", "--factory", f"{file}:web")
