"""A service in a package is started as Python imports it there, or it is refused."""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from lading.process import run

if TYPE_CHECKING:
    from cli.program import Project

SERVICE = """\
import lading
IMPORT
image = lading.Image(base_image="scratch")
@lading.service(image=imageMORE)
def main():
    print("started", helper())
"""
HELPER = "def helper():\n    return 1\n"
PACKAGE = {
    "pk/__init__.py": "",
    "pk/other.py": HELPER,
    "pk/sub/__init__.py": "from ..other import *",
}


def write(project: Project, line: str, *, where: str = "pk/serve.py", more: str = "") -> None:
    text = SERVICE.replace("IMPORT", line).replace("MORE", more)
    for name, content in {**PACKAGE, where: text}.items():
        project.write(name, content)


def started(project: Project) -> str:
    """What the frozen command prints, where nothing is but the frozen files and this Python."""
    container = project.folder.parent / "container"
    frozen = project.folder / "build"
    for layer in sorted((frozen / "files").iterdir()):
        shutil.copytree(layer, container, dirs_exist_ok=True)
    program, option, text = json.loads((frozen / "image.json").read_text())["config"]["cmd"]
    assert (program, option) == ("python3", "-c")
    isolated = f"import sys; sys.path[:0] = ['']; {text}"
    done = run([sys.executable, "-I", "-c", isolated], env={}, cwd=container, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize(
    ("line", "where", "target"),
    [
        ("from .other import helper", "pk/serve.py", "pk.serve:main"),
        ("from pk.other import helper", "pk/serve.py", "pk.serve:main"),
        ("from ..other import helper", "pk/sub/serve.py", "pk.sub.serve:main"),
        ("from . import helper", "pk/sub/serve.py", "pk.sub.serve:main"),
        # What a file at the top of its project can import by itself.
        ("from pk.other import helper", "serve.py", "serve.py:main"),
        ("from other import helper", "pk/serve.py", "pk/serve.py:main"),
        ("from other import helper\nif False:\n    from .other import helper",
         "pk/serve.py", "pk/serve.py:main"),
        ("try:\n    from .other import helper\nexcept ImportError:\n    from other import helper",
         "pk/serve.py", "pk/serve.py:main"),
    ],
)  # fmt: skip
def test_its_command_imports_it(bare: Project, line: str, where: str, target: str) -> None:
    write(bare, line, where=where)
    ran = bare.lading("freeze", target, "-o", "build")
    assert ran.code == 0, ran.err
    assert started(bare) == "started 1\n"


@pytest.mark.parametrize("named", ["pk/serve.py:main", "pk.serve:main"])
def test_a_project_file_names_it_from_its_own_folder_on(bare: Project, named: str) -> None:
    write(bare, "from pk.other import helper")
    bare.write("lading.toml", f'image = "{named}"\n')
    ran = bare.lading("freeze", "-o", "build")
    assert ran.code == 0, ran.err
    assert started(bare) == "started 1\n"


NAME = "hint: name it as"


@pytest.mark.parametrize(
    ("line", "where", "said", "hint"),
    [
        ("from .other import helper", "pk/serve.py",
         "pk/serve.py:2: .other is of the package pk", f"{NAME} pk.serve:main"),
        ("import pk.other", "pk/serve.py",
         "pk/serve.py:2: pk.other is of the package pk", f"{NAME} pk.serve:main"),
        ("from pk.other import helper", "pk/sub/serve.py",
         "pk/sub/serve.py:2: pk.other is of the package pk", f"{NAME} pk.sub.serve:main"),
        # In a module that it imports; and in a function, which fails once it is called.
        ("import near", "pk/sub/serve.py",
         "pk/sub/near.py:2: . is of the package pk.sub", f"{NAME} pk.sub.serve:main"),
        # A package without an __init__.py (PEP 420), and a folder that can be none.
        ("from .other import helper", "new/serve.py",
         "new/serve.py:2: .other is of the package new", f"{NAME} new.serve:main"),
        ("from new.other import helper", "new/serve.py",
         "new/serve.py:2: new.other is of the package new", f"{NAME} new.serve:main"),
        ("from new import other", "new/serve.py",
         "new/serve.py:2: new is of the package new", f"{NAME} new.serve:main"),
        ("import new.other as other", "new/below/side/serve.py",
         "new/below/side/serve.py:2: new.other is of the package new",
         f"{NAME} new.below.side.serve:main"),
        ("from src.new2.other import helper", "src/new2/serve.py",
         "src/new2/serve.py:2: src.new2.other is of the package src",
         f"{NAME} src.new2.serve:main"),
        ("from new2.other import helper", "src/new2/serve.py",
         "src/new2/serve.py:2: new2.other is of the package new2", f"{NAME} new2.serve:main"),
        ("from .other import helper", "my-pk/serve.py",
         "my-pk/serve.py:2: .other is of the package my-pk",
         "hint: my-pk is no name of a package: import what is beside it without dots"),
    ],
)  # fmt: skip
def test_a_file_that_needs_its_package_is_refused(
    bare: Project, line: str, where: str, said: str, hint: str
) -> None:
    bare.write("pk/sub/near.py", "def helper():\n    from . import x\n")
    bare.write("new/other.py", HELPER)
    bare.write("src/new2/other.py", HELPER)
    write(bare, line, where=where)
    ran = bare.lading("freeze", f"{where}:main", "-o", "build")
    outside = f"error: {said}, and {where}:main is started outside of it"
    assert (ran.code, ran.err.splitlines()) == (1, [outside, hint])


def beside(project: Project, *, line: str = "from other import helper", image: str = "") -> str:
    """What is said of a service of a project file, which imports what is beside its module."""
    write(project, line, where="pk/serve.py", more=", port=1")
    text = project.read("pk/serve.py").replace('"scratch")', f'"scratch", distro="debian"){image}')
    project.write("pk/serve.py", text)
    project.write("lading.toml", 'image = "pk/serve.py:main"\n')
    ran = project.lading("show", ".")
    assert ran.code == bool(ran.err)
    return ran.err


NOT_FOUND = "is not found in the image: it is"
FROM = "there, from the project's folder on, as pk.serve is"


def test_what_is_beside_a_module_is_not_found_by_its_own_name(bare: Project) -> None:
    bare.write("pk/helping/__init__.py", "")
    assert beside(bare).splitlines() == [
        f"error: pk/serve.py:2: other {NOT_FOUND} pk.other {FROM}",
        "hint: import it as pk.other",
    ]
    assert beside(bare, line="import os, other, helping.words as words").splitlines() == [
        f"error: pk/serve.py:2: other {NOT_FOUND} pk.other {FROM}",
        "hint: import it as pk.other",
        f"error: pk/serve.py:2: helping {NOT_FOUND} pk.helping {FROM}",
        "hint: import it as pk.helping",
    ]
    # In another module, which it leads to; and in words.
    bare.write("pk/near.py", "def late():\n    import other\n")
    assert beside(bare, line="from pk import near").splitlines()[0] == (
        f"error: pk/near.py:2: other {NOT_FOUND} pk.other {FROM}"
    )
    bare.write("words.py", "import lading\nimage = lading.Image(base_image='scratch')\n"
               "web = lading.service(image=image)('pk.serve:main')\n")  # fmt: skip
    assert "pk/near.py:2: other" in bare.lading("show", "words.py:web").err
    assert bare.lading("show", "pk.serve:main").code == 1
    assert bare.lading("show", "pk/serve.py:main").code == 1  # from pk, which is above it


def test_it_is_not_found_where_its_module_is_imported_here_either(bare: Project) -> None:
    said = beside(bare, line="import os, other", image=".env(A=os.environ.get('A', ''))")
    assert said.splitlines() == [
        (
            "error: pk/serve.py:2: pk/serve.py can't be imported: "
            "ModuleNotFoundError: No module named 'other'"
        ),
        "hint: import it as pk.other",
    ]


@pytest.mark.parametrize(
    ("line", "image", "files"),
    [
        # At the project's top, in src, or a folder without an __init__.py.
        ("import other", "", {"other.py": ""}),
        ("import other", "", {"other/words.py": ""}),
        ("import other", "", {"src/other/__init__.py": ""}),
        # Of Python, of a well-known package, or of one that is named.
        ("import types, redis", "", {"pk/types.py": "", "pk/redis.py": ""}),
        ("import my_own", ".python_packages('My.Own>=2')", {"pk/my_own.py": ""}),
        ("import other", ".python_packages('other[x]')", {}),
        ("import other", ".python_packages('.')", {"pyproject.toml": "[project]\nname = 'x'\n"}),
        ("import other", ".requirements_file('r.txt')", {"r.txt": "other==1\n"}),
        ("import other", ".system_packages('python3-other')", {}),
        ("import other", ".run('pip install other')", {}),
        # By a variable, the module itself, or a copy elsewhere.
        ("import other", ".env(PYTHONPATH='/app/pk')", {}),
        ("import sys\nsys.path.append('pk')\nimport other", "", {}),
        ("import other", ".build_include('pk/other.py', to='/app')", {}),
        # Where it may fail, or is never run.
        ("try:\n    import other\nexcept ImportError:\n    pass", "", {}),
        ("if False:\n    import other", "", {}),
    ],
)
def test_what_is_beside_a_module_may_be_found_elsewhere(
    bare: Project, line: str, image: str, files: dict[str, str]
) -> None:
    for name, text in files.items():
        bare.write(name, text)
    assert beside(bare, line=line, image=image) == ""


def test_it_may_be_named_from_inside_of_its_package(bare: Project) -> None:
    write(bare, "from .other import helper")
    for target in ("serve.py:main", "serve:main"):
        ran = bare.lading("show", target, cwd=bare.folder / "pk")
        assert ran.err == (
            f"error: serve.py:2: .other is of the package pk, and {target} is started outside of "
            "it\nhint: name it as pk.serve:main, in the folder PROJECT\n"
        )


def test_a_command_of_its_own_may_start_it_as_it_likes(bare: Project) -> None:
    write(bare, "from .other import helper", more=", command=['python', '-m', 'x.serve']")
    assert bare.lading("show", "pk/serve.py:main").code == 0


def test_a_file_that_a_package_hides_is_refused(bare: Project) -> None:
    write(bare, "from pk.other import helper", where="serve.py")
    bare.write("serve/__init__.py", "")
    ran = bare.lading("freeze", "serve.py:main")
    assert (ran.code, ran.err.splitlines()) == (1, [
        "error: serve.py can't be imported in the image: serve/__init__.py is serve there",
        "hint: rename one of them",
    ])  # fmt: skip


@pytest.mark.parametrize(
    "line", ["import new", "from new import helper", "from redis import client"]
)
def test_a_folder_without_init_is_none_where_nothing_of_it_is_named(
    bare: Project, line: str
) -> None:
    """A project may be in a folder that is called as a package that it uses."""
    for folder in ("new", "redis"):
        bare.write(f"{folder}/client.py", HELPER)
        write(bare, line, where=f"{folder}/serve.py")
    ran = bare.lading("show", f"{'redis' if 'redis' in line else 'new'}/serve.py:main")
    assert ran.code == 0, ran.err
