"""An excerpt of a module gives the image that the whole module gives, or there is none."""

from __future__ import annotations

import ast
import sys
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from lading import Image, secret
from lading.cli.declarations import services_in
from lading.cli.excerpt import excerpt

if TYPE_CHECKING:
    from collections.abc import Mapping

START = "from lading import Image\n"
HEAVY = "import heavy\n"


def ran(code: ast.Module | str) -> object:
    module = ModuleType("excerpted")
    exec(compile(code, "service.py", "exec"), vars(module))  # noqa: S102 - that is what is tested
    found = module.image
    return found() if callable(found) else found


def taken(source: str, local: Mapping[str, str] | None = None) -> ast.Module | None:
    modules = (local or {}).get
    found = excerpt(source, "image", modules, services_in(source, modules))
    return None if found is None else found.statements


@pytest.fixture(autouse=True)
def heavy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that can be imported for the whole module's sake, and counts."""
    module = ModuleType("heavy")
    module.__dict__.update(used=lambda value: value, name="curl")
    monkeypatch.setitem(sys.modules, "heavy", module)


@pytest.mark.parametrize(
    "rest",
    [
        "image = Image().run('a')\n",
        "base = Image()\nimage = base.run('a')\nimage = image.run('b')\n",
        "packages = ['curl']\npackages.append('git')\nimage = Image().system_packages(*packages)\n",
        "words = {}\nwords['A'] = '1'\nwords |= {'B': '2'}\nimage = Image().env(words)\n",
        "def made(n):\n    return Image().run(str(n))\nimage = made(3)\n",
        "def image():\n    from lading import Image\n    return Image().run('a')\n",
        "image = Image()\nfor n in range(3):\n    image = image.run(f'{n}')\n",
        "image = Image()\nif len('ab') == 2:\n    image = image.run('a')\nelse:\n    image = 1\n",
        "A, B = 'a', 'b'\nimage = Image().run(A).run(B)\n",
        "from pathlib import PurePosixPath as P\nimage = Image().workdir(str(P('/a') / 'b'))\n",
        "image = Image().run('a')\nother = heavy.used(image)\n",
        "image = Image().run('a')\n\n@heavy.used\nclass Service:\n    def run(self): ...\n",
        "image = Image().run('a')\nif __name__ == '__main__':\n    heavy.serve(image)\n",
        "class Words:\n    A = 'a'\nimage = Image().run(Words.A)\n",
        "image = (lambda n: Image().run(n))('a')\n",
        "image = [Image().run(n) for n in 'ab'][1]\n",
        "image = Image().for_platform('linux/arm64', lambda image: image.run('a'))\n",
        "def slim(image): return image.run('a')\nimage = Image().for_platform('linux/386', slim)\n",
        "try:\n    import nowhere\nexcept ImportError:\n    pass\nimage = Image().run('a')\n",
        "with open(__file__ if False else '/dev/null') as file:\n    image = Image().run('a')\n",
    ],
)
def test_an_excerpt_is_enough_for_what_plain_python_says(rest: str) -> None:
    source = f"{HEAVY}{START}{rest}"
    found = taken(source)
    assert found is not None
    assert "heavy" not in ast.unparse(found)
    assert ran(found) == ran(source)
    assert isinstance(ran(found), Image)


@pytest.mark.parametrize("line", ["import lading, heavy", "import heavy, lading as lading, re"])
def test_a_line_may_import_other_modules_beside_lading(line: str) -> None:
    source = f"{line}\nimage = lading.Image().run('a')\nother = heavy.used(image)\n"
    found = taken(source)
    assert found is not None
    assert "heavy" not in ast.unparse(found)
    assert ran(found) == ran(source)
    assert taken(f"{line}\nimage = heavy.used(lading.Image())\n") is None


STAR = "from lading import *\n"


def test_all_that_is_lading_s_may_be_imported() -> None:
    source = f"{STAR}{HEAVY}image = Image().run('a', secrets=[secret('B')])\nimport heavy.more\n"
    found = taken(source)
    assert found is not None
    assert ast.unparse(found).splitlines()[:2] == [
        "from lading import Image",
        "from lading import secret",
    ]
    image = ran(found)
    assert isinstance(image, Image)
    assert image == Image().run("a", secrets=[secret("B")])
    assert image.location.line == 3


@pytest.mark.parametrize(
    ("rest", "local"),
    [
        ("image = Image()\n", {"lading": "Image = None\n"}),
        ("image = service\n", {}),
        ("register_engine(1)\nimage = Image()\n", {}),
        ("image = Imag()\n", {}),
        ("Image = heavy.used(Image)\nimage = Image()\n", {}),
        ("from os import *\nimage = Image().run(name)\n", {}),
    ],
)
def test_but_not_for_what_its_text_does_not_tell(rest: str, local: dict[str, str]) -> None:
    assert taken(f"{HEAVY}{STAR}{rest}", local) is None


@pytest.mark.parametrize(
    "rest",
    [
        # What is asked for isn't there at all.
        "other = Image()\n",
        "from lading import *\n",
        # It takes what no text shows.
        "import heavy\nimage = Image().system_packages(heavy.name)\n",
        "import os\nimage = Image().env(A=os.environ.get('A', 'x'))\n",
        "import sys\nimage = Image(python_version='%d.%d' % sys.version_info[:2])\n",
        "exec('words = 1')\nimage = Image().run(words)\n",
        "image = Image().run(eval('1'))\n",
        "globals()['x'] = 'a'\nimage = Image().run(x)\n",
        "from model import *\nimage = Image()\nfrom heavy import *\nimage = Image().run(name)\n",
        "import heavy\nimage = Image()\nheavy.used(image.run('a'))\n",
        "import heavy\nn = ['a']\nheavy.used(n)\nimage = Image().run(n[0])\n",
        "x = 'a'\ndef f():\n    global x\n    x = 'b'\nf()\nimage = Image().run(x)\n",
        "image = Image()\nimage = image.run(undefined)\n",
        # It brings an engine.
        "import lading\nlading.register_engine(1)\nimage = Image()\n",
        "from lading import register_engine as r\nr(1)\nimage = Image()\n",
        "from lading.engines import catalog\nimage = Image()\n",
        "from lading import engines\nimage = Image()\n",
        "not Python\n",
        "x = (" * 300,
    ],
)
def test_there_is_none_of_what_the_whole_module_decides(rest: str) -> None:
    assert taken(f"{START}{rest}") is None


def test_modules_of_the_project_may_be_plain_too() -> None:
    words = {"words": "A = 'a'\n", "pkg": "", "pkg.inner": "from words import A\n"}
    assert taken(f"{START}from words import A\nimage = Image().run(A)\n", words) is not None
    assert taken(f"{START}from pkg import inner\nimage = Image().run(inner.A)\n", words) is not None
    assert taken(f"{START}import pkg.inner\nimage = Image().run(pkg.inner.A)\n", words) is not None
    heavy = {"pkg": "import heavy\n", "pkg.inner": "A = 'a'\n", "words": "import heavy\nA = 'a'\n"}
    assert taken(f"{START}from words import A\nimage = Image().run(A)\n", heavy) is None
    assert taken(f"{START}import pkg.inner\nimage = Image().run(pkg.inner.A)\n", heavy) is None
    engines = {"mine": "from lading import register_engine\n"}
    assert taken(f"{START}import mine\nimage = Image()\n", engines) is None
    cyclic = {"a": "import b\n", "b": "import a\n"}
    assert taken(f"{START}import a\nimage = Image().run(a.__name__)\n", cyclic) is not None
    # A file of the project's goes before a plain module of that name, as when it is imported.
    assert taken(f"{START}import re\nimage = Image().run(re.A)\n", {"re": "import heavy"}) is None


def test_lines_stay_where_they_are() -> None:
    found = taken(f"{HEAVY}\n\n{START}\nimage = Image()\n")
    assert found is not None
    image = ran(found)
    assert isinstance(image, Image)
    assert (image.location.file, image.location.line) == ("service.py", 6)
