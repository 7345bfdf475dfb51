"""`lading init` writes a first project file, and nothing over what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from inline_snapshot import snapshot

if TYPE_CHECKING:
    from cli.program import Project

APP = """\
import os

import torch
from fastapi import FastAPI

from words import greeting

app = FastAPI()
settings = dict(os.environ)
"""


def drafted(project: Project) -> tuple[str, str]:
    """What was told, and what was written; which must be what `lading show` can read."""
    ran = project.lading("init")
    assert (ran.code, ran.out) == (0, "lading.toml\n"), ran.err
    text = project.read("lading.toml")
    shown = project.lading("show")
    assert shown.code == 0, shown.err
    return ran.err, text


def test_a_project_with_an_application(bare: Project) -> None:
    bare.write("app.py", APP)
    bare.write("words.py", "def greeting(): ...\n")
    bare.write("unused.py", "")
    bare.write("requirements.txt", "fastapi\nuvicorn\n")
    assert drafted(bare) == snapshot(
        (
            """\
Python packages: requirements.txt
starts with: uvicorn app:app --host 0.0.0.0 --port 8000
includes: app.py, words.py
""",
            """\
# What the image of this project holds. `lading schema` has every key, for editors;
# `lading lock` and `lading build` are next.
base_image = "scratch"
distro = "debian:trixie"

requirements_file = "requirements.txt"
# Libraries of the system that these packages need, and the base lacks.
system_packages = ["auto"]

# Models, templates and other files belong here too.
build_include = ["app.py", "words.py"]
expose = 8000
# uvicorn has to be among the Python packages.
cmd = ["uvicorn", "app:app", "--host", "0.0.0.0", "--port", "8000"]
""",
        )
    )


def test_a_project_with_a_lock_and_another_python(bare: Project) -> None:
    bare.write("uv.lock", "version = 1\n")
    bare.write("pyproject.toml", '[project]\nname = "x"\nrequires-python = ">=3.10,<3.12"\n')
    bare.write("wsgi.py", "import flask\n\napplication = flask.Flask(__name__)\n")
    assert drafted(bare) == snapshot(
        (
            """\
Python packages: uv.lock
starts with: gunicorn --bind 0.0.0.0:8000 wsgi:application
includes: wsgi.py
""",
            """\
# What the image of this project holds. `lading schema` has every key, for editors;
# `lading lock` and `lading build` are next.
base_image = "scratch"
distro = "debian:bookworm"
python_version = "3.11"

uv_lock = true
# Libraries of the system that these packages need, and the base lacks.
system_packages = ["auto"]

# Models, templates and other files belong here too.
build_include = ["wsgi.py"]
expose = 8000
# gunicorn has to be among the Python packages.
cmd = ["gunicorn", "--bind", "0.0.0.0:8000", "wsgi:application"]
""",
        )
    )


def test_a_project_that_declares_its_dependencies(bare: Project) -> None:
    bare.write("pyproject.toml", '[project]\nname = "x"\ndependencies = ["gradio"]\n')
    bare.write("requirements.txt", "-e .\n")
    bare.write(".python-version", "3.12.4\n")
    bare.write("main.py", "import gradio as gr\nui = gr.Blocks()\n")
    assert drafted(bare) == snapshot(
        (
            """\
Python packages: pyproject.toml
starts with: python -c from main import ui; ui.launch(server_name='0.0.0.0', server_port=7860)
includes: main.py
""",
            """\
# What the image of this project holds. `lading schema` has every key, for editors;
# `lading lock` and `lading build` are next.
distro = "debian:trixie"
python_version = "3.12"

pyproject_toml = true
# Libraries of the system that these packages need, and the base lacks.
system_packages = ["auto"]

# Models, templates and other files belong here too.
build_include = ["main.py"]
expose = 7860
# gradio has to be among the Python packages.
cmd = ["python", "-c", "from main import ui; ui.launch(server_name='0.0.0.0', server_port=7860)"]
""",
        )
    )


def test_a_project_that_shows_nothing(bare: Project) -> None:
    assert drafted(bare) == snapshot(
        (
            """\
Python packages: write python_packages
starts with: write cmd
""",
            """\
# What the image of this project holds. `lading schema` has every key, for editors;
# `lading lock` and `lading build` are next.
base_image = "scratch"
distro = "debian:trixie"

# What it needs: no requirements.txt, pyproject.toml or uv.lock says it.
# python_packages = ["fastapi"]

# build_include = ["service.py", "model"]
# cmd = ["python", "-m", "service"]
""",
        )
    )


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"lading.toml": 'cmd = ["x"]\n'}, [
            "error: lading.toml says already what this project's image is",
            "hint: `lading show` shows it"]),
        ({"pyproject.toml": '[tool.lading]\nimage = "a:b"\n'}, [
            "error: pyproject.toml says already what this project's image is",
            "hint: `lading show` shows it"]),
        ({"lading.toml": ""}, ["error: lading.toml can't be written: file exists"]),
        ({"pyproject.toml": "[project\n"}, [
            ("error: pyproject.toml is not valid TOML: Expected ']' at the end of a table "
            "declaration (at line 1, column 9)")]),
    ],
)  # fmt: skip
def test_nothing_that_is_there_is_replaced(
    bare: Project, files: dict[str, str], said: list[str]
) -> None:
    for name, text in files.items():
        bare.write(name, text)
    ran = bare.lading("init")
    assert (ran.code, ran.out, ran.err.splitlines()) == (1, "", said)
    assert {name: bare.read(name) for name in bare.files()} == files


def test_words_of_a_project_stay_words(bare: Project) -> None:
    """No name of a file can become a key, or a line of its own."""
    bare.write("app.py", "from fastapi import FastAPI\nimport a_b\napp = FastAPI()\n")
    bare.write("a_b.py", "")
    told, text = drafted(bare)
    assert told.splitlines()[-1] == "includes: a_b.py, app.py"
    assert 'build_include = ["a_b.py", "app.py"]' in text


def test_what_can_not_be_read_is_left_out(bare: Project) -> None:
    bare.write("app.py", "def (:\n")
    (bare.folder / "main.py").write_bytes(b"\xff\xfe\x00")
    told, _ = drafted(bare)
    assert told.splitlines()[-1] == "starts with: write cmd"
