"""What a module's text says of its services is what an import of it says."""

# ruff: noqa: E501, ISC004 - a module for each line
from __future__ import annotations

import importlib
import sys
from shutil import rmtree
from typing import TYPE_CHECKING

import pytest

from lading import SpecificationError
from lading.cli.declared import Wanted
from lading.cli.in_code import imported, in_code
from lading.cli.modules import ProjectModules

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lading.cli.declared import Declared

START = """\
import lading
import lading as l
from lading import Image, service, service as s
from fastapi import FastAPI
import fastapi
from flask import Flask
import flask as f
import gradio as gr

image = Image(base_image="scratch", distro="debian:trixie")
other = image.env(OTHER="1")
"""

FRAMEWORKS = {
    "fastapi/__init__.py": "from fastapi.applications import FastAPI\n",
    "fastapi/applications.py": """\
class FastAPI:
    def get(self, path):
        return lambda function: function
""",
    "flask/__init__.py": "class Flask:\n    def __init__(self, name): ...\n",
    "gradio/__init__.py": """\
from fastapi import FastAPI

class Blocks:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def queue(self):
        return self

class App(FastAPI): ...

def mount_gradio_app(app, blocks, path):
    return app
""",
    "typer/__init__.py": "from typer.main import Typer\n",
    "typer/main.py": """\
class Typer:
    def __call__(self): ...

    def command(self):
        return lambda function: function
""",
    "heavy.py": """\
import click
from fastapi import FastAPI

app = FastAPI()

class Base(FastAPI): ...

def made(): return FastAPI()

def same(value): return value

def other(value): return lambda: value
""",
}
"""As much of the frameworks as their applications are told by."""

SHOWN = [
    "@lading.service(image=image)\ndef main(): ...\n",
    "@l.service(image=image)\ndef main(): ...\n",
    "@service(image=image, name='x')\ndef main(): ...\n",
    "@s(image=image)\nclass Main(FastAPI): ...\n",
    "@s(image=image)\nclass Main(fastapi.FastAPI): ...\n",
    "class Own(FastAPI): ...\n@s(image=image)\nclass Main(Own): ...\n",
    "class Own(FastAPI): ...\napp = s(image=image)(Own())\n",
    "@s(image=image)\ndef made() -> FastAPI: ...\n",
    "@s(image=image)\ndef made() -> 'f.Flask': ...\n",
    "app = s(image=image)(FastAPI())\n",
    "app = FastAPI()\napp = s(image=image)(app)\n",
    "app = FastAPI()\nweb = s(image=image)(app)\n",
    "app = FastAPI()\nhandler = app\nweb = s(image=image)(handler)\n",
    "app = FastAPI()\nlading.service(image=image)(app)\n",
    "app = FastAPI()\nlading.service(image=image)(served=app)\n",
    "app: FastAPI = lading.service(image=image)(FastAPI())\n",
    "from heavy import made\napp: FastAPI = s(image=image)(made())\n",
    "from heavy import made\napp: FastAPI = made()\napp = s(image=image)(app)\n",
    "svc = lading.service(image=image)\n@svc\ndef main(): ...\n",
    "svc = lading.service(image=image, port=1)\napp = svc(Flask('a'))\n",
    "make = lading.service\napp = make(image=image)(f.Flask('a'))\n",
    "app = handler = s(image=image)(FastAPI())\n",
    "with gr.Blocks() as demo:\n    a = 1\ndemo = s(image=image)(demo)\n",
    "with gr.Blocks() as demo:\n    a = 1\nui = s(image=image)('app:demo')\n",
    "demo = gr.Blocks().queue()\ndemo = s(image=image)(demo)\n",
    "app = FastAPI()\napp = gr.mount_gradio_app(app, gr.Blocks(), '/')\napp = s(image=image)(app)\n",
    "app = FastAPI()\napp = s(image=image)(app)\n@app.get('/')\ndef index(): ...\n",
    "PLACE = 'app:app'\napp = FastAPI()\nweb = s(image=image)(PLACE)\n",
    "def create_app():\n    app = Flask('a')\n    return app\napp = s(image=image)(create_app())\n",
    "def create_app() -> FastAPI:\n    return make()\ndef make(): return FastAPI()\n"
    "app = s(image=image)(create_app())\n",
    "@s(image=image)\ndef one(): ...\nimage = image.env(A='1')\n@s(image=image)\ndef two(): ...\n",
    "cpu = s(image=image, name='cpu')('app:main')\ngpu = s(image=other)('app:main')\n"
    "def main(): ...\n",
    "with gr.Blocks() as demo:\n    a = 1\ndemo = s(image=image)('app:demo')\n",
    "app = FastAPI()\napp = s(image=image)('app:app')\n",
    "svc = s(image=image)\ndef main(): ...\nmain = svc('app:main')\n",
    "import click\n@s(image=image)\n@click.command()\ndef main(): ...\n",
    "import click as c\n@c.command\n@c.option('-n', default=1)\n@c.argument('a', nargs=-1)\n"
    "def main(n, a): ...\nmain = s(image=image)(main)\n",
    "from click import group\n@s(image=image)\n@group(invoke_without_command=True)\n"
    "def main(): ...\n",
    "import typer\napp = typer.Typer()\n@app.command()\ndef one(): ...\n"
    "app = s(image=image)(app)\n",
    "import lading, heavy\n@lading.service(image=image)\ndef main(): heavy.same(1)\n",
    "registry = []\n@s(image=image)\ndef main(): ...\nregistry.append(main)\n",
    "@s(image=image)\ndef main(): ...\nif __name__ == '__main__':\n    main = s(image=other)(main)\n",
    "try:\n    import torch\nexcept ImportError:\n    torch = None\n@s(image=image)\ndef main(): ...\n",
]

UNSHOWN = [
    "a, b = s(image=image)(FastAPI()), s(image=other)(Flask('a'))\n",
    "if image:\n    @s(image=image)\n    def main(): ...\n",
    "@s(image=image)\ndef main(): ...\nif image:\n    app = s(image=other)(FastAPI())\n",
    "@s(image=image)\ndef main(): ...\nfor app in [FastAPI()]:\n    s(image=other)(app)\n",
    "from shared import svc\n@svc\ndef main(): ...\n",
    "from shared import svc\n@s(image=image)\ndef main(): ...\napp = svc(FastAPI())\n",
    "from shared import *\n@s(image=image)\ndef main(): ...\napp = svc(FastAPI())\n",
    "import shared\n@s(image=image)\ndef main(): ...\napp = shared.svc(FastAPI())\n",
    "def declare(what):\n    return s(image=image)(what)\n@declare\ndef main(): ...\n",
    "def declare(what):\n    return s(image=image)(what)\napp = FastAPI()\nweb = declare(app)\n",
    "def main(): ...\ndef declare(what):\n    return s(image=image)(what)\nweb = declare(main)\n",
    "import heavy\n@heavy.same\n@s(image=image)\ndef main(): ...\n",
    "import heavy\n@s(image=other)\ndef one(): ...\n@heavy.other\n@s(image=image)\ndef main(): ...\n",
    "app = s(image=image)('app' + ':main')\ndef main(): ...\n",
    "from functools import partial\nsvc = partial(s, image=image)\napp = svc()(FastAPI())\n",
    "app = FastAPI()\napp = s(image=image)(app) if image else app\n",
    "class Own:\n    svc = s(image=image)\n@s(image=image)\ndef main(): ...\napp = Own.svc(FastAPI())\n",
    "def main(): ...\ndef change():\n    global main\n    main = s(image=image)(FastAPI())\nchange()\n",
]
"""Modules whose text alone does not tell their services: they are imported whole."""

UNKNOWN = [
    "from heavy import made\nnamed = s(image=image)(made())\n",
    "from typing import Any\nfrom heavy import made\nnamed: Any = s(image=image)(made())\n",
    "import heavy\nnamed = s(image=image)(heavy.Base())\n",
    "from heavy import app as named\ns(image=image)(named)\n",
    "import heavy\n@s(image=image)\nclass named(heavy.Base): ...\n",
    "from heavy import click\n@s(image=image)\n@click.command()\ndef named(): ...\n",
    "import heavy\n@s(image=image)\n@heavy.same\ndef named(): ...\n",
]
"""Modules whose text tells their services, and not how such things are started."""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the frameworks, here and in each child, of which nothing stays imported."""
    site = tmp_path / "site"
    for name, text in FRAMEWORKS.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text)
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", str(site))
    yield site
    forget(tmp_path)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    shared = "import lading\nsvc = lading.service(image=lading.Image(base_image='scratch'))\n"
    (folder / "shared.py").write_text(shared)
    return folder


def forget(*folders: Path) -> None:
    """Forget the modules that were imported from there."""
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(tuple(map(str, folders))):
            del sys.modules[name]


def wanted(project: Path, attribute: str = "") -> Wanted:
    where = str(project / "app.py")
    return Wanted(root=project, where=where, attribute=attribute, every=not attribute)


def without_frameworks(site: Path) -> None:
    rmtree(site)
    forget(site.parent)
    importlib.invalidate_caches()


def by_label(found: tuple[Declared, ...]) -> dict[str, Declared]:
    assert len({one.label for one in found}) == len(found)
    return {one.label: one for one in found}


@pytest.mark.parametrize("text", SHOWN)
def test_a_text_tells_what_an_import_tells(project: Path, site: Path, text: str) -> None:
    (project / "app.py").write_text(START + text)
    services = ProjectModules(project).services(str(project / "app.py"))
    assert services.is_whole
    assert services.names
    whole = by_label(imported(wanted(project)))
    one_by_one = {name: imported(wanted(project, name)) for name in services.names}
    without_frameworks(site)
    assert by_label(in_code(wanted(project))) == whole
    assert {name: in_code(wanted(project, name)) for name in services.names} == one_by_one


@pytest.mark.parametrize("text", UNSHOWN)
def test_what_a_text_does_not_tell_an_import_does(project: Path, site: Path, text: str) -> None:
    (project / "app.py").write_text(START + text)
    assert not ProjectModules(project).services(str(project / "app.py")).is_whole
    whole = imported(wanted(project))
    assert by_label(in_code(wanted(project))) == by_label(whole)
    without_frameworks(site)
    with pytest.raises(SpecificationError, match=r"No module named '(fastapi|heavy)'"):
        in_code(wanted(project))


@pytest.mark.parametrize("text", UNKNOWN)
def test_what_starts_a_thing_that_nobody_knows_an_import_tells(
    project: Path, site: Path, text: str
) -> None:
    """With a command of its own that need not be known."""
    own = text.replace("s(image=image)", "s(image=image, command=['own'])")
    (project / "app.py").write_text(START + own)
    started = by_label(imported(wanted(project)))
    forget(project, site)  # what is served is an object of another module
    (project / "app.py").write_text(START + text)
    assert ProjectModules(project).services(str(project / "app.py")).names == ("named",)
    assert by_label(in_code(wanted(project))) == by_label(imported(wanted(project)))
    without_frameworks(site)
    with pytest.raises(SpecificationError, match=r"No module named '(fastapi|heavy)'"):
        in_code(wanted(project))
    (project / "app.py").write_text(START + own)
    assert by_label(in_code(wanted(project))) == started
    assert in_code(wanted(project, "image"))


@pytest.mark.parametrize(
    "text",
    [
        "import bentoml\n@bentoml.service(resources={})\nclass Hello: ...\n",
        "from bentoml import service\n@service\nclass Hello: ...\n",
        "registry.service('x')\n@registry.service('y')\ndef hello(): ...\n",
        "@service('x')\ndef hello(): ...\ndef service(name): ...\n",
    ],
)
def test_a_service_of_others_is_none_of_ladings(project: Path, text: str) -> None:
    image = "import lading\nimage = lading.Image(base_image='scratch', distro='debian:trixie')\n"
    own = "@lading.service(image=image)\ndef main(): ...\n"
    for more, names in (("", ()), (own, ("main",))):
        (project / "app.py").write_text(image + text + more)
        services = ProjectModules(project).services(str(project / "app.py"))
        assert (services.is_whole, services.names) == (True, names)
    assert [one.label for one in in_code(wanted(project))] == ["main"]
    assert [one.label for one in in_code(wanted(project, "image"))] == ["image"]


def test_a_chain_of_calls_may_be_long(project: Path) -> None:
    """Python parses more than a walk that calls itself could follow."""
    image = "from lading import Image, service\nimage = Image(base_image='scratch', distro='debian:trixie')\n"
    for calls, names in ((300, ("main",)), (1500, ())):
        chain = f"other = image{'.env(A=1)' * calls}\n"
        (project / "app.py").write_text(f"{image}{chain}@service(image=image)\ndef main(): ...\n")
        services = ProjectModules(project).services(str(project / "app.py"))
        assert services.names == names
