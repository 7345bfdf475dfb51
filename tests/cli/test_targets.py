"""A TARGET that names no image is one clear message, and never a traceback."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from cli.program import Project

FORM = (
    "hint: name it as path/service.py:image, package.module:image, or a folder with "
    '[tool.lading] image = "service:image"'
)
IMPORT = "from lading import Image\n"
IMAGE = f"{IMPORT}image = Image()\n"
TABLE = "[tool.lading]\n"
HEAVY = """\
import torch
import lading
img = lading.Image()
@lading.service(image=img, name="web")
def serve(): ...
"""
SERVING = "import lading\nimport torch\nimage = lading.Image()\ndef main(): 1 / 0\n"
IN_WORDS = "lading.service(image=image)('app:main')"
NAMELESS = 'hint: give it one: web = lading.service(...)("app:main"); then name that: app.py:web'
CALLED = "hint: an image is called so, and a TARGET has its name in the code: "
UNSAYABLE = "class Own(Exception):\n    def __str__(self):\n        1 / 0\n"
SHADOWS = ("msgspec", "secrets", "ssl", "tempfile", "urllib3")


@pytest.mark.parametrize(
    ("files", "target", "said"),
    [
        ({}, ".", ["error: there is no pyproject.toml and no lading.toml in project", FORM]),
        ({}, "nowhere", ["error: 'nowhere' names no image", FORM]),
        ({}, ".:gpu", ["error: there is no pyproject.toml and no lading.toml in project", FORM]),
        ({}, ":", ["error: ':' names no image", FORM]),
        ({"one.py": IMAGE}, "one.py:image:x", [
            "error: 'one.py:image:x' names no image",
            "hint: a variant of an image is named after a dot: one.py:image.x",
        ]),
        ({"one.py": IMAGE}, "one:image:x", [
            "error: 'one:image:x' names no image",
            "hint: a variant of an image is named after a dot: one:image.x",
        ]),
        ({}, "::", ["error: '::' names no image", FORM]),
        ({}, "./nofolder", ["error: there is no folder './nofolder'", FORM]),
        ({"sub/dir/a": ""}, "sub/dri", [
            "error: there is no folder 'sub/dri'", 'hint: did you mean "sub/dir"?',
        ]),
        ({"h1/lading.toml": ""}, "h1/lading.toml", [
            "error: 'h1/lading.toml' names no image", "hint: name its folder: h1",
        ]),
        ({"h1/lading.toml": ""}, "h1/lading.toml:one", [
            "error: 'h1/lading.toml:one' names no image", "hint: name its folder: h1:one",
        ]),
        ({"lading.toml": ""}, "lading.toml:one", [
            "error: 'lading.toml:one' names no image", "hint: name its folder: .:one",
        ]),
        ({}, "/", ["error: there is no pyproject.toml and no lading.toml in /", FORM]),
        ({}, "sub/service:image", ["error: 'sub/service:image' names no image", FORM]),
        ({"service.py": ""}, "service", [
            "error: 'service' names no image", "hint: did you mean service.py:image?",
        ]),
        ({"pk.py": "", "pk/__init__.py": "", "pk/main.py": ""}, "pk.main", [
            "error: 'pk.main' names no image", "hint: did you mean pk.main:image?",
        ]),
        ({"service.py": ""}, "servce.py:image", [
            "error: there is no file servce.py", 'hint: did you mean "service.py"?',
        ]),
        ({"pyproject.toml": "[tool\n"}, ".", [
            ("error: pyproject.toml is not valid TOML: "
            "Expected ']' at the end of a table declaration (at line 1, column 6)"),
        ]),
        ({"lading.toml": f"expose = {'9' * 5000}\n"}, ".", [
            ("error: lading.toml is not valid TOML: Exceeds the limit (4300 digits) for integer "
             "string conversion: value has 5000 digits; use sys.set_int_max_str_digits() to "
             "increase the limit"),
        ]),
        ({"pyproject.toml": "tool = 3\n"}, ".", [
            "error: [tool.lading] of pyproject.toml is not a table",
        ]),
        ({"pyproject.toml": "[project]\n"}, ".", [
            "error: pyproject.toml names no image",
            ('hint: write image = "service:image" there, or describe it: '
             'requirements_file = "requirements.txt"'),
        ]),
        ({"pyproject.toml": f'{TABLE}image = "service"\n'}, ".", [
            "error: pyproject.toml:2: 'service' names no image in code",
            'hint: write image = "service:image"',
        ]),
        ({"pyproject.toml": f'{TABLE}imgae = "a:b"\ncolour = 1\n'}, ".", [
            "error: pyproject.toml:2: [tool.lading] has no key 'imgae'",
            'hint: did you mean "image"?',
            "error: pyproject.toml:3: [tool.lading] has no key 'colour'",
            "hint: `lading schema` has all of them",
        ]),
        ({"lading.toml": "[tool.lading]\ncmd = 'a'\n"}, ".", [
            "error: lading.toml:1: lading.toml has no key 'tool'",
            "hint: lading.toml has the same keys without tool.lading",
        ]),
        ({"lading.toml": "tool.ruff = 1\nimages.a.tool.lading = 1\n"}, ".", [
            "error: lading.toml:1: lading.toml has no key 'tool'",
            "hint: `lading schema` has all of them",
            "error: lading.toml:2: [images.a] has no key 'tool'",
            "hint: `lading schema` has all of them",
        ]),
        ({"lading.toml": "[images.a]\ncmd = 'a'\n[images.b]\nextends = 'b'\n"}, ".", [
            "error: lading.toml has several images: a, b", "hint: name one: .:a",
        ]),
        ({"lading.toml": "[images.a]\ncmd = 'a'\n[images.b]\nextends = 'b'\n"}, ".:b", [
            "error: lading.toml:4: an image is made from itself: b extends b",
        ]),
        ({"sub/lading.toml": "steps = [\n  {run = ''},\n]\n"}, "sub", [
            "error: sub/lading.toml:2: run has an empty command",
        ]),
        ({"lading.toml": "cmd = 'a'\n", "pyproject.toml": f"{TABLE}cmd = 'a'\n"}, ".", [
            "error: pyproject.toml:1: lading.toml is there too, and only one of the two is read",
            "hint: keep one of them; a lading.toml has the same keys, without tool.lading",
        ]),
        ({"service.py": "def image(:\n"}, "service.py", [
            ("error: service.py:1: service.py can't be imported: "
            "SyntaxError: invalid syntax (service.py, line 1)"),
        ]),
        ({"service.py": "\nimport nowhere_to_be_found as image\n"}, "service.py", [
            ("error: service.py:2: service.py can't be imported: "
            "ModuleNotFoundError: No module named 'nowhere_to_be_found'"),
            ("hint: install nowhere_to_be_found beside Lading, or import it where it is used: "
            "Lading imports the module to find the image"),
        ]),
        ({"service.py": "import other\nimage = unknown\n", "other.py": "\n\n1 / 0\n"},
         "service:image", [
            "error: other.py:3: service can't be imported: ZeroDivisionError: division by zero",
        ]),
        ({"service.py": "raise SystemExit(0)\nimage = unknown\n"}, "service.py", [
            "error: service.py:1: service.py can't be imported: SystemExit: 0",
            'hint: a module that is also a program ends with: if __name__ == "__main__": ...',
        ]),
        ({"service.py": "import asyncio\nraise asyncio.CancelledError\nimage = unknown\n"},
         "service.py", [
            "error: service.py:2: service.py can't be imported: CancelledError",
        ]),
        ({"service.py": "class Own(BaseException): ...\ndef image():\n    raise Own\n"},
         "service.py", ["error: service.py:3: service.py:image can't be called: Own"]),
        ({"service.py": f"{UNSAYABLE}raise Own\nimage = unknown\n"}, "service.py", [
            "error: service.py:4: service.py can't be imported: Own",
        ]),
        ({"service.py": f"{UNSAYABLE}def image():\n    raise Own\n"}, "service.py", [
            "error: service.py:5: service.py:image can't be called: Own",
        ]),
        ({"service.py": f"{UNSAYABLE.replace('1 / 0', 'raise SystemExit')}raise Own\nimage = x\n"},
         "service.py", ["error: service.py:4: service.py can't be imported: Own"]),
        ({}, "https://u:s3cret@h/service.py:image", [
            "error: 'https://***@h/service.py:image' names no image", FORM,
        ]),
        ({"service.py": "raise ValueError('\\x1b]0;x\\x07\\t.\\n\\x1b[2J\\u202e')\nimage = x\n"},
         "service.py", [
            ("error: service.py:1: service.py can't be imported: "
             "ValueError: \\x1b]0;x\\x07\t."), "  \\x1b[2J\\u202e",
        ]),
        ({"service.py": "raise ValueError('one\\ntwo')\nimage = x\n"}, "service.py", [
            "error: service.py:1: service.py can't be imported: ValueError: one", "  two",
        ]),
        ({"service.py": IMAGE}, "service.py:imgae", [
            "error: service.py has no 'imgae'", 'hint: did you mean "image"?',
        ]),
        ({"service.py": IMAGE, "other.py": ""}, "servce:image", [
            "error: there is no module servce in project", 'hint: did you mean "service"?',
        ]),
        ({"service.py": IMAGE, "a/__init__.py": ""}, "torch:image", [
            "error: there is no module torch in project", "hint: it has a, service",
        ]),
        ({"app.py": f"{IMAGE}import lading\nlading.service(image=image, helth='/')\n"},
         "app.py", [
            ("error: app.py:4: app.py can't be imported: TypeError: service() got an unexpected "
             "keyword argument 'helth'"),
            'hint: did you mean "health"?',
        ]),
        ({"service.py": "import lading\nimage = lading.Imgae()\n"}, "service.py", [
            ("error: service.py:2: service.py can't be imported: AttributeError: module 'lading' "
             "has no attribute 'Imgae'"),
            'hint: did you mean "Image"?',
        ]),
        ({"service.py": IMAGE}, ".service:image", [
            "error: '.service' is no name of a module", "hint: package.module:image",
        ]),
        ({"a/__init__.py": "", "a/images.py": IMAGE}, "a.image:image", [
            "error: there is no module a.image in project", 'hint: did you mean "a.images"?',
        ]),
        ({"service.py": "import servce as image\n"}, "service:image", [
            ("error: service.py:1: service can't be imported: "
            "ModuleNotFoundError: No module named 'servce'"),
            ("hint: install servce beside Lading, or import it where it is used: "
             "Lading imports the module to find the image"),
        ]),
        ({"app.py": IMAGE, "pyproject.toml": f'{TABLE}image = "ap.py:image"\n'}, ".", [
            "error: pyproject.toml:2: there is no file ap.py", 'hint: did you mean "app.py"?',
        ]),
        ({"app.py": IMAGE, "lading.toml": '[images.gpu]\nextends = "ap:image"\n'}, ".:gpu", [
            "error: lading.toml:2: there is no module ap in project",
            'hint: did you mean "app"?',
        ]),
        ({"app.py": IMAGE, "lading.toml": 'image = "app:imag"\n'}, ".", [
            "error: lading.toml:1: app has no 'imag'", 'hint: did you mean "image"?',
        ]),
        ({"app.py": "import lading\n@lading.service\nclass Serving:\n    pass\n"},
         "app.py:Serving", [
            "error: app.py:2: service is given no image", "hint: @lading.service(image=image)",
        ]),
        # Its text shows that the name is not there: what it imports need not be.
        ({"app.py": HEAVY}, "app.py:srve", [
            "error: app.py has no 'srve'", 'hint: did you mean "serve"?',
        ]),
        ({"app.py": HEAVY.replace("img", "base")}, "app.py", [
            "error: app.py has no 'image'", "hint: it has base, serve: name one, as app.py:base",
        ]),
        ({"app.py": HEAVY}, "app:unlike", [
            "error: app has no 'unlike'", "hint: it has img, serve",
        ]),
        ({"app.py": HEAVY, "lading.toml": 'image = "app:serv"\n'}, ".", [
            "error: lading.toml:1: app has no 'serv'", 'hint: did you mean "serve"?',
        ]),
        # An image's name is no name in the code, however the module is read.
        ({"app.py": HEAVY}, "app.py:web", ["error: app.py has no 'web'", f"{CALLED}app.py:serve"]),
        ({"app.py": HEAVY}, "app:web.gpu", ["error: app has no 'web'", f"{CALLED}app:serve.gpu"]),
        ({"app.py": HEAVY.replace("import torch", "from typing import *")}, "app.py:web", [
            "error: app.py has no 'web'", f"{CALLED}app.py:serve",
        ]),
        ({"app.py": HEAVY.replace('"web"', '"we.b"')}, "app.py:we.b", [
            "error: app.py has no 'we'", f"{CALLED}app.py:serve",
        ]),
        ({"app.py": f"{IMPORT}def gpu():\n    return Image()\n"}, "app.py", [
            "error: app.py has no 'image'", "hint: it has gpu: name one, as app.py:gpu",
        ]),
        ({"app.py": ""}, "app.py", [
            "error: app.py has no 'image'", "hint: write one: image = Image(...)",
        ]),
        # Nor can its text tell, where these bind names.
        *(({"app.py": f"{more}\n{HEAVY}"}, "app.py:other", [
            (f"error: app.py:{2 + more.count(chr(10))}: app.py can't be imported: "
             "ModuleNotFoundError: No module named 'torch'"),
            ("hint: install torch beside Lading, or import it where it is used: "
             "Lading imports the module to find the image"),
        ]) for more in (
            "from os import *", "def __getattr__(name): ...", "globals()['other'] = 1",
            "def bind():\n    global other\n    other = 1",
        )),
        # What a service serves in words is not called to give an image: it would run here.
        *(({"app.py": f"{SERVING}{text}"}, target, said) for text, target, said in (
            (f"web = {IN_WORDS}", "app.py:main", [
                "error: app.py:main is what the service web serves, and no image",
                "hint: name the service: app.py:web",
            ]),
            (f"web = {IN_WORDS}", "app:main.gpu", [
                "error: app:main is what the service web serves, and no image",
                "hint: name the service: app:web",
            ]),
            (f"a = {IN_WORDS}\nb = {IN_WORDS}", "app.py:main", [
                "error: app.py:main is what the services a, b serve, and no image",
                "hint: name the service: app.py:a, or app.py:b",
            ]),
            (IN_WORDS, "app.py:main", [
                "error: app.py:5: app.py:main is what a service serves that has no name",
                NAMELESS,
            ]),
            (f"main = {IN_WORDS}\ndef main(): 1 / 0", "app.py:main", [
                "error: app.py:5: app.py:main is what a service serves that has no name",
                NAMELESS,
            ]),
        )),
        ({"service.py": IMAGE}, "service.py:other", [
            "error: service.py has no 'other'", "hint: it has image",
        ]),
        ({"service.py": "image = 3\n"}, "service.py", [
            "error: service.py:image is no Image, but of type int",
            "hint: name an Image, a function that returns one, or a service",
        ]),
        # Nor is a command called, whose service is not what its name stands for.
        ({"app.py": f"import click, lading\n{IMPORT}@click.command()\n"
          "@lading.service(image=Image())\ndef main(): ...\n"}, "app.py:main", [
            "error: app.py:main is no Image, but of type Command",
            "hint: name an Image, a function that returns one, or a service",
        ]),
        ({"service.py": "def image():\n    1 / 0\n"}, "service.py", [
            ("error: service.py:2: service.py:image can't be called: "
            "ZeroDivisionError: division by zero"),
        ]),
        ({"service.py": "def image():\n    raise SystemExit('bye')\n"}, "service.py", [
            "error: service.py:2: service.py:image can't be called: SystemExit: bye",
            "hint: let it return an Image, or raise an error: it must not end Python",
        ]),
        ({"service.py": "def image():\n    import nowhere_to_be_found\n"}, "service.py", [
            ("error: service.py:2: service.py:image can't be called: "
             "ModuleNotFoundError: No module named 'nowhere_to_be_found'"),
            ("hint: install nowhere_to_be_found beside Lading: Lading calls the function to get "
             "the image"),
        ]),
        ({"service.py": "import os\nos._exit(7)\nimage = os.name\n"}, "service.py", [
            "error: importing service.py ended Python with exit code 7",
            "hint: Lading imports the module to find the image: let it do no more at import",
        ]),
        ({"service.py": f"{IMPORT}import os\nimage = Image(distro=os.getcwd() and 'x')\n"},
         "service.py", [
            'error: service.py:3: distro "x" is not supported',
            ("hint: supported: debian:bookworm, debian:trixie, ubuntu:22.04, ubuntu:24.04, "
             "alpine:3.20, alpine:3.21, alpine:3.22, alpine:3.23, alpine:3.24, ubi:8, ubi:9, "
             "amazonlinux:2, amazonlinux:2023"),
        ]),
        ({"service.py": f"{IMPORT}image = Image(\n    distro='debain')\n"}, "service.py", [
            'error: service.py:2: distro "debain" is not supported',
            'hint: did you mean distro="debian"? supported: debian:bookworm, debian:trixie',
        ]),
        ({"a/b/service.py": f"{IMPORT}image = Image().run('')\n"}, "a/b/service.py", [
            "error: a/b/service.py:2: run has an empty command",
        ]),
    ],
)  # fmt: skip
def test_what_names_no_image(
    bare: Project, files: dict[str, str], target: str, said: list[str]
) -> None:
    for name, text in files.items():
        bare.write(name, text)
    ran = bare.lading("freeze", target)
    assert ran.err.splitlines() == said
    assert (ran.code, ran.out) == (1, "")
    assert bare.files() == sorted(files)


def test_all_of_a_module_are_asked_for_with_its_colon(bare: Project) -> None:
    bare.write("src/pk/__init__.py", "")
    bare.write("src/pk/main.py", IMAGE)
    bare.write("service.py", IMAGE)
    for target, said in (
        ("pk.main", "did you mean pk.main: with its colon, for all that it has?"),
        ("service", "did you mean service.py?"),
    ):
        ran = bare.lading("lock", "--check", "--all", target)
        assert ran.err == f"error: {target!r} names no image\nhint: {said}\n"
    for target in ("pk.main:", "service.py"):
        ran = bare.lading("lock", "--check", "--all", target)
        assert "there is no lading.lock" in ran.out + ran.err


# An image whose lock is missing has been found.
FOUND = "drifted: there is no lading.lock"


@pytest.mark.parametrize(
    ("files", "target"),
    [
        ({"service.py": IMAGE}, "service.py:image"),
        ({"service.py": IMAGE}, "service.py"),
        ({"service.py": IMAGE}, "service:image"),
        ({"a/service.py": IMAGE}, "a/service.py"),
        ({"a/service.py": IMAGE}, "a.service:image"),
        ({"a/service.py": IMAGE, "a/pyproject.toml": f'{TABLE}image = "service:image"'}, "a"),
        ({"service.py": IMAGE, "pyproject.toml": f'{TABLE}image = "service.py:image"'}, "."),
        ({"lading.toml": 'image = "service:image"', "service.py": IMAGE}, "."),
        ({"lading.toml": 'python_packages = ["fastapi"]'}, "."),
        ({"pyproject.toml": f'{TABLE}python_packages = ["fastapi"]'}, "."),
        ({"lading.toml": "[images.gpu]\ncmd = ['serve']\n[images.cpu]\ncmd = ['x']"}, ".:gpu"),
        ({"a/lading.toml": "[images.gpu]\nextends = 'service:image'", "a/service.py": IMAGE},
         "a:gpu"),
        # A package of that name, which no project file says anything of.
        ({"a/__init__.py": IMAGE, "a/b.py": ""}, "a:image"),
        ({"service.py": "from base import image\n", "base.py": IMAGE}, "service.py"),
        ({"service.py": f"def image():\n    {IMPORT}    return Image()\n"}, "service.py"),
        # What some editors begin a file with.
        ({"pyproject.toml": f'\ufeff{TABLE}image = "service:image"', "service.py": IMAGE}, "."),
        # Names of Python's own modules and of Lading: none of them may be replaced.
        ({"json.py": IMAGE}, "json.py"),
        ({"lading.py": IMAGE}, "lading.py"),
        ({"service.py": IMAGE, "urllib3.py": "1 / 0", "msgspec.py": "1 / 0"}, "service.py"),
        ({"service.py": f"import {', '.join(SHADOWS)}\n{IMAGE}"}
         | {f"{name}.py": "" for name in SHADOWS}, "service.py"),
        ({"service.py": f"import msgspec.json\n{IMAGE}", "msgspec/__init__.py": "",
          "msgspec/json.py": ""}, "service.py"),
        ({"graphlib.py": f"import ssl\n{IMAGE}", "ssl.py": ""}, "graphlib:image"),
        ({"urllib3.py": IMAGE}, "urllib3.py"),
        # What the image is not made of is not run: it may need what is not installed here.
        ({"service.py": f"import torch\n{IMAGE}torch.load('x')\n"}, "service.py"),
        ({"service.py": f"from model import x\n{IMAGE}", "model.py": "import torch"}, "service.py"),
        # It says that it gives an image, of whichever service there is in words.
        ({"service.py": f"import lading\n{IMPORT}def image() -> Image: return Image()\n"
          "web = lading.service(image=image())('service:image')\n"}, "service.py:image"),
        # A name that no file can have is none of the project's.
        ({"service.py": f"import {'a' * 300}\n{IMAGE}"}, "service.py"),
        ({"service.py": f"import lading, {'a' * 300}\n{IMAGE}"
          "@lading.service(image=image)\ndef main(): ...\n"}, "service.py:main"),
        # What can't be known from its text is imported whole, in a process of its own.
        ({"service.py": f"import os, threading\n{IMPORT}image = Image(distro=os.environ.get('X'))\n"
          "threading.Thread(target=lambda: threading.Event().wait()).start()\n"}, "service.py"),
    ],
)  # fmt: skip
def test_what_names_an_image(bare: Project, files: dict[str, str], target: str) -> None:
    for name, text in files.items():
        bare.write(name, text)
    ran = bare.lading("lock", "--check", target)
    name = target.rpartition(":")[2]
    lock = f"lading.{name}.lock" if name in {"gpu", "main"} else "lading.lock"
    named = "" if target == "." else f" {target}"
    assert ran.err.splitlines() == [
        FOUND.replace("lading.lock", lock),
        f"hint: run `lading lock{named}`, and commit the result",
    ]
    assert ran.code == 1
    # Importing the project's modules leaves no __pycache__ in it.
    assert bare.files() == sorted(files)


def test_what_a_module_prints_is_talk(bare: Project) -> None:
    printing = "import os\nprint('loading')\nos.write(1, b'more\\n')\n"
    bare.write("service.py", f"{printing}{IMPORT}image = Image(distro=os.environ.get('X'))\n")
    ran = bare.lading("lock", "--check", "--json", "service.py")
    assert ran.out == '{\n  "drifted": [\n    "there is no lading.lock"\n  ],\n  "remarks": []\n}\n'
    assert sorted(ran.err.splitlines()) == ["loading", "more"]


def test_paths_are_shown_from_the_current_folder(bare: Project, tmp_path: Path) -> None:
    bare.write("service.py", "from lading import Image\nimage = Image().run('')\n")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    above = bare.lading("lock", "project/service.py", cwd=tmp_path)
    aside = bare.lading("lock", "../project/service.py", cwd=elsewhere)
    assert above.err == "error: project/service.py:2: run has an empty command\n"
    assert aside.err == "error: PROJECT/service.py:2: run has an empty command\n"


def test_debug_shows_the_traceback(bare: Project) -> None:
    bare.write("service.py", "from lading import Image\nimage = Image().run('')\n")
    ran = bare.lading("--debug", "lock", "service.py")
    assert ran.code == 1
    assert ran.err.startswith("Traceback (most recent call last):\n")
    assert ran.err.endswith("error: service.py:2: run has an empty command\n")


def test_what_the_module_imported_is_not_what_lading_imports_later(tiny: Project) -> None:
    for name in SHADOWS:
        tiny.write(f"{name}.py", "")
    tiny.write("service.py", f"import {', '.join(SHADOWS)}\n{tiny.read('service.py')}")
    ran = tiny.lading("lock", "-q")
    assert (ran.code, ran.err) == (0, "")


def test_a_pipe_is_no_pyproject(bare: Project) -> None:
    os.mkfifo(bare.folder / "pyproject.toml")
    ran = bare.lading("lock", "--check")
    said = "error: pyproject.toml can't be read: it is no file"
    assert ran.err.splitlines() == [said, "hint: remove it"]


@pytest.mark.parametrize(
    ("call", "meant"),
    [
        ("Image().run('x', sekrets=[])", "secrets"),
        ("Image().python_packages('x', no_binry=['x'])", "no_binary"),
        ("Image().user(1, hme='/h')", "home"),
    ],
)
def test_an_argument_with_a_slip_is_answered_with_the_nearest(
    bare: Project, call: str, meant: str
) -> None:
    bare.write("service.py", f"{IMPORT}image = {call}\n")
    ran = bare.lading("freeze", "service.py")
    assert ran.err.startswith("error: service.py:2: service.py can't be imported: TypeError: ")
    assert f'hint: did you mean "{meant}"?' in ran.err


# It is imported whole, in a process of its own, whose first argument is where the answer goes.
WHOLE = f"import os, pickle, sys\n{IMPORT}image = Image(distro=os.environ.get('X'))\n"
HANDED = "hint: an Image of another class, or with other values in it, can't be handed over"
DOTTED = b"\x80\x04\x8c\x10lading.cli.child\x8c\x09os.system\x93\x8c\x0atouch made\x85R."
FOUND_CLASS = "from lading.cli.child import Declared, Found\n"


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("class Mine(Image): ...\nimage = Mine()\n", "service.Mine is no part of an Image"),
        ("class Mine(Image):\n  def __reduce__(self): 1 / 0\nimage = Mine()\n", "division by zero"),
        (f"{UNSAYABLE}class A(Image):\n  def __reduce__(self): raise Own\nimage = A()\n", "Own"),
        ("answer(b'')", "Ran out of input"),
        ("answer(b'\\xff')", "invalid load key, '\\xff'."),
        ("answer(pickle.dumps(5))", "it is of type int"),
        (f"{FOUND_CLASS}answer(pickle.dumps(Found()))", "it is of type tuple"),
        (f"{FOUND_CLASS}answer(pickle.dumps(Found(declared='x')))", "it is of type str"),
        (
            f"{FOUND_CLASS}answer(pickle.dumps(Found(declared=(Declared(image='x'),))))",
            "it is of type str",
        ),
        (
            (
                f"{FOUND_CLASS}found = Declared(image=Image(), parameters=(1,))\n"
                "answer(pickle.dumps(Found(declared=(found,))))"
            ),
            "its parameters are none",
        ),
        (f"{FOUND_CLASS}answer(pickle.dumps(Found(problems=('x',))))", "its errors are none"),
        ("answer(b'cposix\\nsystem\\n(Vtouch made\\ntR.')", "posix.system is no part of an Image"),
        # A path through a module of Lading's, what one has imported, and functions of its own.
        (
            f"answer({DOTTED!r})",
            "lading.cli.child.os.system is no part of an Image",
        ),
        (
            "answer(b'clading.cli.child\\nTemporaryDirectory\\n)R.')",
            "lading.cli.child.TemporaryDirectory is no part of an Image",
        ),
        ("answer(b'clading.process\\nrun\\n)R.')", "lading.process.run is no part of an Image"),
        ("answer(b'clading.__main__\\nmain\\n)R.')", "lading.__main__.main is no part of an Image"),
    ],
)  # fmt: skip
def test_what_a_module_hands_back_is_an_image(bare: Project, code: str, why: str) -> None:
    answer = "def answer(data):\n    open(sys.argv[1], 'wb').write(data)\n    os._exit(0)\n"
    bare.write("service.py", f"{WHOLE}{answer}{code}")
    ran = bare.lading("lock", "--check", "service.py")
    assert ran.err.splitlines() == [f"error: importing service.py gave no Image: {why}", HANDED]
    assert (ran.code, ran.out, bare.files()) == (1, "", ["service.py"])


def test_a_module_that_interrupts_itself_is_an_error(bare: Project) -> None:
    bare.write("service.py", f"{WHOLE}raise KeyboardInterrupt\n")
    ran = bare.lading("lock", "--check", "service.py")
    said, _ = ran.err.splitlines()
    assert said == "error: importing service.py ended Python with exit code 130"
    assert ran.code == 1


BESIDE = """\
import lading
image = lading.Image(base_image="scratch")
@lading.service(image=image)
def web(): ...
job = lading.service(image=image, name="work")("app:web")
"""
MEANT = "note: app.py stands for app.py:image; its services are app.py:web, app.py:job\n"


@pytest.mark.parametrize("command", ["lock", "freeze -o build", "build -o built", "vendor -o all"])
def test_a_file_alone_is_its_image_and_its_services_are_named(bare: Project, command: str) -> None:
    bare.write("app.py", BESIDE)
    for words, note in (("app.py", MEANT), ("app.py:image", ""), ("app.py:web", "")):
        ran = bare.lading(*command.split(), words)
        assert ran.code == 0, ran.err
        assert ran.err.startswith(note)
        assert ("note:" in ran.err) == bool(note)
    assert bare.lading(*command.split(), "-q", "app.py").err == ""


@pytest.mark.parametrize(
    "command", ["lock --check", "show", "show --json", "dockerfile", "check", "explain pkg"]
)
def test_every_command_names_them_beside_what_it_prints(bare: Project, command: str) -> None:
    bare.write("app.py", BESIDE)
    assert bare.lading("lock", "-q", "app.py:image").code == 0
    ran, named = (bare.lading(*command.split(), one) for one in ("app.py", "app.py:image"))
    assert ran.err.startswith(MEANT)
    assert ran.err.count("note:") == 1
    assert "note:" not in named.err
    assert (ran.code, ran.out) == (named.code, named.out)
    quiet = bare.lading(*command.split(), "-q", "app.py")
    assert MEANT not in quiet.err or command.startswith("show")


@pytest.mark.parametrize("command", ["freeze --all -o all", "show --all"])
def test_whoever_asks_for_all_has_named_them(bare: Project, command: str) -> None:
    bare.write("app.py", BESIDE)
    ran = bare.lading(*command.split(), "app.py")
    assert ran.code == 0, ran.err
    assert "note:" not in ran.err


def test_there_is_nothing_to_say_of_a_file_with_an_image_alone(bare: Project) -> None:
    bare.write("app.py", BESIDE.partition("@")[0])
    assert "note:" not in bare.lading("lock", "app.py").err


def test_a_module_without_a_name_is_its_image_too(bare: Project) -> None:
    bare.write("app.py", BESIDE)
    ran = bare.lading("lock", "app:")
    assert ran.err.startswith(
        "note: app: stands for app:image; its services are app:web, app:job\n"
    )


@pytest.mark.parametrize(
    ("only", "hint"),
    [("lading.Image()", "img"), ("lading.service(image=lading.Image())('app:main')", "serve")],
)
def test_a_single_image_or_service_is_named_too(bare: Project, only: str, hint: str) -> None:
    bare.write("app.py", f"import lading\n{hint} = {only}\ndef main(): ...\n")
    ran = bare.lading("build", "app.py", "-o", "built")
    said = 'did you mean "img"?' if hint == "img" else "it has serve: name one, as app.py:serve"
    assert (ran.code, ran.err) == (1, f"error: app.py has no 'image'\nhint: {said}\n")
