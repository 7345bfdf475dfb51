"""`lading init` writes a first project file, and nothing over what is there."""

# ruff: noqa: E501 - lines of an output are as long as they are
from __future__ import annotations

import re
import shutil
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from inline_snapshot import snapshot
from packaging.utils import canonicalize_name

from lading.config import imports
from lading.config.imports import distribution_of
from lading.process import run

if TYPE_CHECKING:
    from cli.program import Project

IMPORTS = Path(imports.__file__).with_name("imports.toml")

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


def referring(project: Project, *targets: str) -> tuple[str, str]:
    """What was told, and what was written; of which each image is shown, locked and frozen."""
    ran = project.lading("init")
    assert (ran.code, ran.out) == (0, "lading.toml\n"), ran.err
    for target in targets or (".",):
        for words in (("show",), ("lock",), ("freeze", "--locked")):
            done = project.lading(*words, target)
            assert done.code == 0, done.err
    head, _, keys = project.read("lading.toml").rpartition(" are next.\n")
    assert all(line.startswith("# ") for line in head.splitlines())
    return ran.err, keys


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

# Templates and other files belong here too.
build_include = ["app.py", "words.py"]
# Models go in layers of their own.
# model = "weights"
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

# Templates and other files belong here too.
build_include = ["wsgi.py"]
# Models go in layers of their own.
# model = "weights"
expose = 8000
# gunicorn has to be among the Python packages.
cmd = ["gunicorn", "--bind", "0.0.0.0:8000", "wsgi:application"]
""",
        )
    )


def started(project: Project) -> str:
    """What the command prints that is written, where nothing is but the frozen files and this Python.

    Python itself would be Debian's, for which there is no network here.
    """
    _, text = drafted(project)
    project.write("lading.toml", re.sub(r"(?m)^distro = .*\n", "", text))
    ran = project.lading("freeze", "-o", "build")
    assert ran.code == 0, ran.err
    container = project.folder.parent / "container"
    for layer in sorted((project.folder / "build/files").iterdir()):
        shutil.copytree(layer, container, dirs_exist_ok=True)
    env = tomllib.loads(text).get("env", {})
    here = {name: value.replace("/app", str(container)) for name, value in env.items()}
    program, *words = tomllib.loads(text)["cmd"]
    assert program == "python3"  # which Debian has without an environment, too
    done = run([sys.executable, "-S", *words], env=here, cwd=container, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


SCRATCH = 'import lading\nimage = lading.Image(base_image="scratch")\n'
APPLICATION = "async def app(scope, receive, send): ...\n"
SERVING = 'lading.service(image=image, command=["run"])'


def test_a_service_that_the_code_declares(bare: Project) -> None:
    """As in the README: what it is, and how it is started, is said there."""
    bare.write("requirements.txt", "fastapi\nuvicorn\n")
    bare.write("app.py", f"{SCRATCH}{APPLICATION}app = {SERVING}(app)\n")
    ran = bare.lading("init")
    assert (ran.out, ran.err, bare.read("lading.toml")) == snapshot(
        (
            "lading.toml\n",
            "refers to: app:app, declared in the code\n",
            """\
# What the image of this project holds is said in its code. `lading schema` has every
# key, for editors; `lading lock` and `lading build` are next.
image = "app:app"
""",
        )
    )
    (bare.folder / "lading.toml").unlink()
    referring(bare)
    assert "app.py" in bare.read(".lading/linux-amd64/image.json")


def test_several_services_each_by_its_name(bare: Project) -> None:
    bare.write("base.py", f"{SCRATCH}")  # which is no image of its own
    start = "import lading\nfrom base import image\n"
    bare.write("app.py", f"{start}{APPLICATION}app = {SERVING}(app)\n")
    bare.write("jobs/__init__.py", "")
    bare.write(
        "jobs/night.py",
        f"{start}{APPLICATION}small = {SERVING}(app)\nagain = small\n"
        'large = lading.service(image=image, name="big-one", command=["x"])("jobs.night:app")\n',
    )
    told, keys = referring(bare, ".:app", ".:small", ".:big-one")
    assert told == "refers to: app:app, jobs.night:small, jobs.night:large, declared in the code\n"
    assert tomllib.loads(keys) == {
        "images": {"app": "app:app", "small": "jobs.night:small", "big-one": "jobs.night:large"}
    }
    assert bare.lading("freeze", "--all", "-o", "all").code == 0


def test_services_of_one_name(bare: Project) -> None:
    """Nor may names differ in case alone, for disks that don't tell them apart."""
    for name, called in (("app", "APP"), ("main", "App")):
        bare.write(f"{name}.py", f"{SCRATCH}def run(): ...\n{called} = {SERVING}(run)\n")
    bare.write("x.py", f"{SCRATCH}def é(): ...\né = lading.service(image=image)(é)\n")
    _, keys = referring(bare, ".:APP", ".:main-App", ".:x")
    assert tomllib.loads(keys)["images"] == {"APP": "app:APP", "main-App": "main:App", "x": "x:é"}


IMAGES = """\
from __future__ import annotations
from typing import TYPE_CHECKING
from PIL import Image
import lading as l

if TYPE_CHECKING:
    from lading import Variants
_hidden = l.Image()
base = l.Image(base_image="scratch")
image = l.Image.from_image(base).env(A="1")
frozen = base.freeze
logo = Image.open


def called(debug: bool = False) -> "l.Image":
    return base.env(B=str(debug))


def needing(word: str) -> l.Image:
    return base


def unsaid():
    return base.env(C="1")


def photo() -> Image:
    1 / 0
"""


def test_images_that_the_code_declares(bare: Project) -> None:
    bare.write("PIL.py", "class Image:\n    open = 1\n")
    bare.write("image.py", IMAGES)
    bare.write("other.py", "from image import *\nsecond = base.env(D='1')\n")
    targets = (".", ".:base", ".:called", ".:unsaid", ".:second")
    assert referring(bare, *targets) == snapshot(
        (
            "refers to: image:base, image:image, image:called, image:unsaid, other:second, declared in the code\n",
            """\
image = "image:image"

[images]
base = "image:base"
called = "image:called"
unsaid = "image:unsaid"
second = "other:second"
""",
        )
    )


def test_variants_are_named_as_ever(bare: Project) -> None:
    made = "images = _own.variants(a=lambda i: i.env(A='1'), b=lambda i: i)\n"
    bare.write("image.py", f"{SCRATCH}{made}".replace("image = ", "_own = "))
    assert referring(bare, ".:image.a", ".:image.b")[1] == 'image = "image:images"\n'


@pytest.mark.parametrize(
    ("file", "text", "key"),
    [
        ("src/pk/serve.py", "import pk.other\n", "pk.serve:app"),
        ("src/app.py", "import pk.other\n", "app:app"),
        ("src/app.py", "import src.pk.other\n", "src.app:app"),
        ("src/pk/__init__.py", "", "pk:app"),
    ],
)
def test_services_in_a_src_layout(bare: Project, file: str, text: str, key: str) -> None:
    bare.write("src/pk/__init__.py", "")
    bare.write("src/pk/other.py", "")
    bare.write(file, f"{text}{SCRATCH}{APPLICATION}app = {SERVING}(app)\n")
    assert referring(bare)[1] == f'image = "{key}"\n'


def test_a_service_that_its_text_is_not_sure_of(bare: Project) -> None:
    unsure = f"if True:\n    app = {SERVING}(app)\nif 1 > 2:\n    other = 1\n"
    other = "model = None\ndef load():\n    global model\n    model = 1\n"
    bare.write("app.py", f"{SCRATCH}{APPLICATION}{unsure}{other}")
    assert referring(bare)[1] == 'image = "app:app"\n'


def test_what_can_not_be_imported_by_a_name_declares_nothing(bare: Project) -> None:
    for name in ("pk/a-b.py", "pk/a\n.py", "__main__.py", "pk/__main__.py", "test_a.py"):
        bare.write(name, SCRATCH)
    assert "image = " not in drafted(bare)[1].replace("base_image = ", "")


def test_nothing_of_what_declares_images_is_run(bare: Project) -> None:
    bare.write("image.py", f"{SCRATCH}open('ran', 'w')\n1 / 0\n")
    assert bare.lading("init").code == 0
    assert bare.files() == ["image.py", "lading.toml"]


def test_an_application_in_a_package(bare: Project) -> None:
    bare.write("requirements.txt", "fastapi[standard]\n")
    bare.write(
        "app/main.py", "from fastapi import FastAPI\nfrom .routers import users\napp = FastAPI()\n"
    )
    bare.write("app/routers/users.py", "router = 1\n")
    bare.write("app/unused.py", "from fastapi import FastAPI\nother = FastAPI()\n")
    bare.write("tests/main.py", "from fastapi import FastAPI\nno = FastAPI()\n")
    bare.write("other/app.py", "app = 1\n")
    told, text = drafted(bare)
    assert told == snapshot("""\
Python packages: requirements.txt
starts with: uvicorn app.main:app --host 0.0.0.0 --port 8000
includes: app/main.py, app/routers/users.py
""")
    assert tomllib.loads(text)["cmd"][:2] == ["uvicorn", "app.main:app"]


def test_a_file_is_included_once_by_whatever_names_it_is_imported(bare: Project) -> None:
    main = "from fastapi import FastAPI\nfrom src.app import config\nimport app.config\n"
    bare.write("src/app/main.py", f"{main}app = FastAPI()\n")
    for name in ("src/app/__init__.py", "src/app/config.py"):
        bare.write(name, "")
    files = ["src/app/__init__.py", "src/app/config.py", "src/app/main.py"]
    assert tomllib.loads(drafted(bare)[1])["build_include"] == files


def test_a_project_of_django_has_all_its_packages(bare: Project) -> None:
    """Which of them there are only its settings say, and no import."""
    bare.write("requirements.txt", "django\ngunicorn\n")
    bare.write("manage.py", "import os\n")
    for kind in ("wsgi", "asgi"):
        made = f"get_{kind}_application"
        text = f"from django.core.{kind} import {made}\napplication = {made}()\n"
        bare.write(f"mysite/{kind}.py", text)
    for name in ("mysite/__init__.py", "mysite/settings.py", "polls/__init__.py", "media/a.txt"):
        bare.write(name, "")
    told, text = drafted(bare)
    assert told == snapshot("""\
Python packages: requirements.txt
starts with: gunicorn --bind 0.0.0.0:8000 mysite.wsgi:application
includes: manage.py, mysite, polls
""")
    assert tomllib.loads(text)["cmd"][-1] == "mysite.wsgi:application"


@pytest.mark.parametrize(
    ("manage", "site", "polls"),
    [("src/", "src/", "src/"), ("", "src/", "src/"), ("", "", "src/"), ("src/", "src/", "")],
)
def test_so_it_has_those_in_src(bare: Project, manage: str, site: str, polls: str) -> None:
    made = "from django.core.wsgi import get_wsgi_application as get\napplication = get()\n"
    bare.write(f"{manage}manage.py", "import os\n")
    bare.write(f"{site}mysite/wsgi.py", made)
    for name in (f"{site}mysite/__init__.py", f"{site}mysite/settings.py"):
        bare.write(name, "")
    bare.write(f"{polls}polls/__init__.py", "")
    table = tomllib.loads(drafted(bare)[1])
    assert table["build_include"] == sorted(
        [f"{manage}manage.py", f"{site}mysite", f"{polls}polls"]
    )
    assert table["env"] == {"PYTHONPATH": "/app/src"}
    assert table["cmd"][-1] == "mysite.wsgi:application"


FLASK = (
    "from flask import Flask\ndef create_app(TAKES):\n    app = Flask(__name__)\n    return app\n"
)


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ({"pk/__init__.py": FLASK}, "gunicorn --bind 0.0.0.0:8000 pk:create_app()"),
        ({"src/pk/__init__.py": FLASK}, "gunicorn --bind 0.0.0.0:8000 pk:create_app()"),
        (  # which is started as a developer does
            {
                "pk/__init__.py": FLASK.replace("TAKES", "config=None"),
                "run.py": "import pk\nif __name__ == '__main__':\n    pk.create_app().run()\n",
            },
            "gunicorn --bind 0.0.0.0:8000 pk:create_app()",
        ),
        (
            {
                "pk/__init__.py": "from flask import Flask\ndef create_app() -> Flask: ...\n",
                "pk/wsgi.py": "from pk import create_app\napp = create_app()\n",
            },
            "gunicorn --bind 0.0.0.0:8000 pk:create_app()",
        ),
        (
            {"app.py": "import fastapi\ndef make_app() -> fastapi.FastAPI: ...\n"},
            "uvicorn --factory app:make_app --host 0.0.0.0 --port 8000",
        ),
        (
            {"pk/__init__.py": "import flask\napp = flask.Flask(__name__)\n"},
            "gunicorn --bind 0.0.0.0:8000 pk:app",
        ),
        ({"pk/__init__.py": FLASK.replace("TAKES", "config")}, None),
        ({"pk/__init__.py": FLASK.replace("def", "async def")}, None),
        ({"pk/__init__.py": FLASK.replace("create_app", "page")}, None),
        ({"pk/__init__.py": "from ours import thing\ndef create_app():\n    return thing\n"}, None),
    ],
)
def test_a_function_that_gives_an_application(
    bare: Project, files: dict[str, str], command: str | None
) -> None:
    bare.write("requirements.txt", "flask\n")
    for name, text in files.items():
        bare.write(name, text.replace("TAKES", ""))
    table = tomllib.loads(drafted(bare)[1])
    assert " ".join(table.get("cmd", [])) == (command or "")


def test_an_application_whose_annotation_says_what_it_is(bare: Project) -> None:
    bare.write(
        "main.py",
        "from fastapi import FastAPI\ndef made(): ...\napp: FastAPI = made()\nno: FastAPI\n",
    )
    assert tomllib.loads(drafted(bare)[1])["cmd"][:2] == ["uvicorn", "main:app"]


def test_a_page_that_streamlit_runs(bare: Project) -> None:
    bare.write("requirements.txt", "streamlit\n")
    bare.write("helpers.py", "import streamlit as st\n")
    bare.write("pages/more.py", "import streamlit as st\n")
    bare.write("streamlit_app.py", "import streamlit as st\nimport helpers\nst.title('a')\n")
    told, text = drafted(bare)
    assert told == snapshot("""\
Python packages: requirements.txt
starts with: streamlit run streamlit_app.py --server.headless true --server.address 0.0.0.0 --server.port 8501
includes: helpers.py, streamlit_app.py, pages
""")
    assert tomllib.loads(text)["expose"] == 8501


@pytest.mark.parametrize(
    "text",
    [
        "ui = gr.Interface(fn=id)\nui.launch()\n",
        "with gr.Blocks() as ui:\n    pass\nui.queue().launch(share=True)\n",
        "gr.Interface(fn=id).launch()\n",
        "ui = gr.Blocks()\nif __name__ == '__main__':\n    ui.launch()\n",
    ],
)
def test_a_module_that_launches_gradio_is_run_and_not_imported(bare: Project, text: str) -> None:
    bare.write("requirements.txt", "gradio\n")
    bare.write("app.py", f"import gradio as gr\n{text}")
    table = tomllib.loads(drafted(bare)[1])
    assert (table["cmd"], table["expose"]) == (["python3", "app.py"], 7860)
    assert table["env"] == {"GRADIO_SERVER_NAME": "0.0.0.0", "GRADIO_SERVER_PORT": "7860"}  # noqa: S104 - in a container


def test_the_only_module_that_is_there_to_be_run(bare: Project) -> None:
    bare.write("requirements.txt", "requests\n")
    bare.write("work.py", "import words\nif __name__ == '__main__':\n    print(1)\n")
    bare.write("words.py", "")
    table = tomllib.loads(drafted(bare)[1])
    assert (table["cmd"], table["build_include"]) == (
        ["python3", "work.py"],
        ["words.py", "work.py"],
    )
    (bare.folder / "lading.toml").unlink()
    bare.write("words.py", "if __name__ == '__main__':\n    print(2)\n")
    assert "cmd" not in tomllib.loads(drafted(bare)[1])


def test_a_module_that_is_run_finds_packages_in_src(bare: Project) -> None:
    bare.write("main.py", "from pk.core import run\nif __name__ == '__main__':\n    run()\n")
    bare.write("src/pk/__init__.py", "")
    bare.write("src/pk/core.py", "def run():\n    print('ran')\n")
    assert started(bare) == "ran\n"


@pytest.mark.parametrize("text", ["import streamlit", "import gradio\ngradio.load('a').launch()"])
def test_so_does_what_streamlit_and_gradio_run(bare: Project, text: str) -> None:
    bare.write("app.py", f"import pk\n{text}\n")
    bare.write("src/pk/__init__.py", "")
    table = tomllib.loads(drafted(bare)[1])
    assert table["build_include"] == ["app.py", "src/pk/__init__.py"]
    assert table["env"]["PYTHONPATH"] == "/app/src"


def test_what_is_run_may_be_in_src(bare: Project) -> None:
    """There Python finds what is beside it, and nothing of the folder that it is started in."""
    bare.write(
        "src/work.py", "import ours\nfrom src.deep import b\nif __name__ == '__main__':\n    b()\n"
    )
    bare.write("src/ours.py", "print('beside', end=' ')\n")
    bare.write("src/deep.py", "def b():\n    print('ran')\n")
    assert started(bare) == "beside ran\n"


def test_so_may_a_page_that_streamlit_runs(bare: Project) -> None:
    bare.write("src/app.py", "import streamlit as st\nimport ours\n")
    bare.write("src/ours.py", "import streamlit\n")
    bare.write("src/pages/more.py", "import streamlit as st\n")
    table = tomllib.loads(drafted(bare)[1])
    assert table["cmd"][:3] == ["streamlit", "run", "src/app.py"]
    assert table["build_include"] == ["src/app.py", "src/ours.py", "src/pages"]
    assert "env" not in table


@pytest.mark.parametrize("folder", ["", "src/"])
def test_a_package_that_can_be_run(bare: Project, folder: str) -> None:
    bare.write(f"{folder}pk/__init__.py", "")
    bare.write(f"{folder}pk/__main__.py", "from pk.core import run\nrun()\n")
    bare.write(f"{folder}pk/core.py", "def run():\n    print('ran')\n")
    assert started(bare) == "ran\n"
    (bare.folder / "lading.toml").unlink()
    bare.write("other/__init__.py", "")
    bare.write("other/__main__.py", "")
    assert "cmd" not in tomllib.loads(drafted(bare)[1])


def test_a_package_that_another_one_hides_is_not_run(bare: Project) -> None:
    for name in ("pk/__init__.py", "src/pk/__init__.py", "src/pk/__main__.py"):
        bare.write(name, "")
    assert "cmd" not in tomllib.loads(drafted(bare)[1])


ENTRY = '[project]\nname = "pk"\n[project.scripts]\nrun = "pk.cli:main"\n'


def test_the_program_that_a_project_declares(bare: Project) -> None:
    bare.write("pyproject.toml", ENTRY)
    bare.write("src/pk/__init__.py", "")
    bare.write("src/pk/cli.py", "from . import core\ndef main(words=None):\n    core.run()\n")
    bare.write("src/pk/core.py", "def run():\n    print('ran')\n")
    assert started(bare) == "ran\n"


@pytest.mark.parametrize(
    ("entries", "text"),
    [
        ('run = "pk.cli:main"\nb = "pk.cli:main"', "def main(): ...\n"),
        ('run = "pk.cli:main"', "def main(words): ...\n"),
        ('run = "pk.cli:main"', "async def main(): ...\n"),
        ('run = "pk.cli:main"', "from elsewhere import main\n"),
        ('run = "pk.cli:main"', "import click\n@click.group()\ndef main(): ...\n"),
        ('run = "pk.cli:main.run"', "def main(): ...\n"),
        ('run = "pk.cli"', "def main(): ...\n"),
        ('run = "class.cli:main"', "def main(): ...\n"),
        ('run = "numpy:main"', "def main(): ...\n"),
        ("run = 3", "def main(): ...\n"),
        ('run = ""', "def main(): ...\n"),
    ],
)
def test_a_program_of_which_it_is_not_sure(bare: Project, entries: str, text: str) -> None:
    bare.write("pyproject.toml", ENTRY.replace('run = "pk.cli:main"', entries))
    bare.write("class/cli.py", text)
    bare.write("src/pk/cli.py", text)
    assert "cmd" not in tomllib.loads(drafted(bare)[1])


def test_a_project_that_declares_its_dependencies(bare: Project) -> None:
    bare.write("pyproject.toml", '[project]\nname = "x"\ndependencies = ["gradio"]\n')
    bare.write("requirements.txt", "-e .\n")
    bare.write(".python-version", "3.12.4\n")
    bare.write("main.py", "import gradio as gr\nui = gr.Blocks()\n")
    assert drafted(bare) == snapshot(
        (
            """\
Python packages: pyproject.toml
starts with: python3 -c from main import ui; ui.launch(server_name='0.0.0.0', server_port=7860)
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

# Templates and other files belong here too.
build_include = ["main.py"]
# Models go in layers of their own.
# model = "weights"
expose = 7860
# gradio has to be among the Python packages.
cmd = ["python3", "-c", "from main import ui; ui.launch(server_name='0.0.0.0', server_port=7860)"]
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

# build_include = ["service.py", "templates"]
# Models go in layers of their own.
# model = "weights"
# cmd = ["python3", "-m", "service"]
""",
        )
    )


IMPORTING = """\
from __future__ import annotations

import os, cv2
import numpy as np
import sklearn.ensemble
from typing import TYPE_CHECKING
from PIL import Image
from fastapi import FastAPI
from google.cloud import storage
import lading

import house_style
import models.small
from models import *
from . import words

if TYPE_CHECKING:
    import pandas

app = FastAPI()


def load():
    try:
        import torch.nn as nn
    except ImportError:
        import clip
"""


def test_a_project_whose_imports_alone_say_what_it_needs(bare: Project) -> None:
    bare.write("app.py", IMPORTING)
    bare.write("models/small.py", "import sentence_transformers, yaml\n")
    bare.write("words.py", "import datasets, plain\n")
    bare.write("datasets/rows.csv", "")  # what is installed counts before such a folder
    bare.write("plain/rows.csv", "")
    bare.write("test_app.py", "import pytest, requests\n")
    bare.write("other.py", "import xgboost\n")  # which is no part of what serves
    assert drafted(bare) == snapshot(
        (
            """\
Python packages: datasets, fastapi, google-cloud-storage, numpy, opencv-python-headless, pillow, pyyaml, scikit-learn, sentence-transformers, torch, uvicorn, by what is imported
imported too, and yours to add: clip, house_style
starts with: uvicorn app:app --host 0.0.0.0 --port 8000
includes: app.py, models/small.py, words.py
""",
            """\
# What the image of this project holds. `lading schema` has every key, for editors;
# `lading lock` and `lading build` are next.
base_image = "scratch"
distro = "debian:trixie"

# Imported too, of packages that are not known here: clip, house_style.
# By what the project imports. `lading lock` takes the newest that fit together.
python_packages = [
    "datasets",
    "fastapi",
    "google-cloud-storage",
    "numpy",
    "opencv-python-headless",
    "pillow",
    "pyyaml",
    "scikit-learn",
    "sentence-transformers",
    "torch",
    "uvicorn",
]
# Libraries of the system that these packages need, and the base lacks.
system_packages = ["auto"]

# Templates and other files belong here too.
build_include = ["app.py", "models/small.py", "words.py"]
# Models go in layers of their own.
# model = "weights"
expose = 8000
cmd = ["uvicorn", "app:app", "--host", "0.0.0.0", "--port", "8000"]
""",
        )
    )


def test_imports_of_what_serves_by_gunicorn(bare: Project) -> None:
    bare.write("app.py", "import flask\napp = flask.Flask(__name__)\n")
    told, text = drafted(bare)
    assert told.splitlines()[0] == "Python packages: flask, gunicorn, by what is imported"
    assert 'python_packages = ["flask", "gunicorn"]\n' in text
    assert "has to be among" not in text


def test_imports_where_nothing_serves(bare: Project) -> None:
    bare.write("work.py", "import redis, ours.deep\n")
    bare.write("more.py", "import numpy\n")
    bare.write("setup.py.bak", "import nothing\n")
    bare.write("conftest.py", "import pytest\n")
    assert drafted(bare) == snapshot(
        (
            """\
Python packages: numpy, redis, by what is imported
imported too, and yours to add: ours
starts with: write cmd
""",
            """\
# What the image of this project holds. `lading schema` has every key, for editors;
# `lading lock` and `lading build` are next.
base_image = "scratch"
distro = "debian:trixie"

# Imported too, of packages that are not known here: ours.
# By what the project imports. `lading lock` takes the newest that fit together.
python_packages = ["numpy", "redis"]
# Libraries of the system that these packages need, and the base lacks.
system_packages = ["auto"]

# build_include = ["service.py", "templates"]
# Models go in layers of their own.
# model = "weights"
# cmd = ["python3", "-m", "service"]
""",
        )
    )


def test_imports_that_are_all_unknown(bare: Project) -> None:
    bare.write("work.py", "import house_style\n")
    assert drafted(bare) == snapshot(
        (
            """\
Python packages: write python_packages
imported too, and yours to add: house_style
starts with: write cmd
""",
            """\
# What the image of this project holds. `lading schema` has every key, for editors;
# `lading lock` and `lading build` are next.
base_image = "scratch"
distro = "debian:trixie"

# Imported too, of packages that are not known here: house_style.
# What it needs: no requirements.txt, pyproject.toml or uv.lock says it.
# python_packages = ["fastapi"]

# build_include = ["service.py", "templates"]
# Models go in layers of their own.
# model = "weights"
# cmd = ["python3", "-m", "service"]
""",
        )
    )


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("Pipfile", "", "Pipfile"),
        ("requirements-prod.txt", "", "requirements-prod.txt"),
        ("requirements/base.txt", "", "requirements/base.txt"),
        ("environment.yml", "", "environment.yml"),
        (
            "pyproject.toml",
            '[tool.poetry.dependencies]\nnumpy = "*"\n',
            "[tool.poetry] of pyproject.toml",
        ),
    ],
)
def test_imports_do_not_count_where_another_file_may_say_it(
    bare: Project, name: str, text: str, said: str
) -> None:
    bare.write("app.py", "import numpy\n")
    bare.write(name, text)
    told, written = drafted(bare)
    assert told.splitlines()[0] == "Python packages: write python_packages"
    assert f"# What it needs: {said} may say it, and is not read here.\n" in written
    assert "numpy" not in written


def test_an_import_that_is_hard_to_read_is_none(bare: Project) -> None:
    """Neither the depth of a text nor a name in another script stops it."""
    bare.write("app.py", f"import numpy\nx = {'(' * 150}1{')' * 150}\ny = {'-' * 5000}1\n")
    bare.write("main.py", "import größe\n")
    told, _ = drafted(bare)
    assert "größe" in told


def test_the_table_of_imports_is_in_order_and_says_nothing_twice() -> None:
    table = tomllib.loads(IMPORTS.read_text("utf-8"))
    same, others = table["same"], table["others"]
    assert same == sorted(set(same))
    assert list(others) == sorted(others)
    assert not set(same) & set(others)
    assert all(canonicalize_name(name) == name for name in others.values())
    assert all(name.isidentifier() and name == name.lower() for name in same)
    assert distribution_of("faster_whisper.vad") == "faster-whisper"
    assert distribution_of("google.cloud") is None
    assert distribution_of("PIL.Image.Image") == "pillow"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"lading.toml": 'cmd = ["x"]\n'}, [
            "error: lading.toml says already what this project's image is",
            "hint: `lading show` shows it"]),
        ({"pyproject.toml": '[tool.lading]\nimage = "a:b"\n'}, [
            "error: pyproject.toml says already what this project's image is",
            "hint: `lading show` shows it"]),
        ({"lading.toml": ""}, ["error: lading.toml is there already", "hint: remove it first"]),
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


@pytest.mark.parametrize(
    ("text", "cmd"),
    [
        (
            "import gradio as gr\nwith gr.Blocks() as demo:\n    gr.Markdown('a')\n",
            "python3 -c from app import demo; demo.launch(server_name='0.0.0.0', server_port=7860)",
        ),
        (
            (
                "from flask import Flask\ndef create_app():\n    app = Flask(__name__)\n"
                "    @app.route('/')\n    def index(): ...\n    return app\napp = create_app()\n"
            ),
            "gunicorn --bind 0.0.0.0:8000 app:app",
        ),
        (
            (
                "import fastapi\nimport gradio\napi = fastapi.FastAPI()\n"
                "app = gradio.mount_gradio_app(api, gradio.Blocks(), path='/')\n"
            ),
            "uvicorn app:app --host 0.0.0.0 --port 8000",
        ),
    ],
)
def test_an_application_is_followed_to_where_it_is_made(bare: Project, text: str, cmd: str) -> None:
    bare.write("app.py", text)
    assert " ".join(tomllib.loads(drafted(bare)[1])["cmd"]) == cmd
