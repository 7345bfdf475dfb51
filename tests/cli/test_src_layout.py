"""Projects whose packages are in the folder `src`, which is none itself."""

# ruff: noqa: E501 - lines of an output are as long as they are
from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from inline_snapshot import snapshot

from lading.process import run

if TYPE_CHECKING:
    from cli.program import Project

SERVICE = """\
import lading
from pk.other import helper

image = lading.Image(base_image="scratch")IMAGE


@lading.service(image=image, env={"A": "1"})
def main():
    print("started", helper())
"""
PACKAGE = {
    "src/pk/__init__.py": "",
    "src/pk/other.py": "def helper():\n    return 1\n",
    "src/pk/unused.py": "1 / 0\n",
}


@pytest.fixture
def laid_out(bare: Project) -> Project:
    for name, content in {**PACKAGE, "src/pk/serve.py": SERVICE.replace("IMAGE", "")}.items():
        bare.write(name, content)
    return bare


def started(project: Project) -> str:
    """What the frozen command prints, where nothing is but the frozen files and this Python."""
    container = project.folder.parent / "container"
    frozen = project.folder / "build"
    for layer in sorted((frozen / "files").iterdir()):
        shutil.copytree(layer, container, dirs_exist_ok=True)
    described = json.loads((frozen / "image.json").read_text())
    (variables,) = (one["variables"] for one in described["steps"] if "variables" in one)
    env = {name: value.replace("/app", str(container)) for name, value in variables}
    program, *words = described["config"]["cmd"]
    assert program == "python3"
    words = [word.replace("/app/", f"{container}/") for word in words]
    done = run([sys.executable, "-S", *words], env=env, cwd=container, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def shown(project: Project, target: str = "pk.serve:main") -> str:
    ran = project.lading("show", target)
    assert ran.code == 0, ran.err
    return ran.out.partition("\n\n")[0]


@pytest.mark.parametrize("target", ["pk.serve:main", "", "words.py:main", "words.py:run"])
def test_its_command_finds_the_package(laid_out: Project, target: str) -> None:
    laid_out.write("lading.toml", 'image = "pk.serve:main"\n')
    words = 'import lading\nimage = lading.Image(base_image="scratch")\n'
    words += 'main = lading.service(image=image)("pk.serve:main")\n'
    words += (
        "@lading.service(image=image)\ndef run():\n    from pk import serve\n    serve.main()\n"
    )
    laid_out.write("words.py", words)
    ran = laid_out.lading("freeze", *([target] if target else []), "-o", "build")
    assert ran.code == 0, ran.err
    assert started(laid_out) == "started 1\n"


def test_the_image_has_what_the_module_leads_to_and_says_where_that_is(laid_out: Project) -> None:
    assert shown(laid_out) == snapshot("""\
src/pk/serve.py:4: Image(base_image="scratch")
src/pk/serve.py:7:   .build_include("src/pk/__init__.py", "src/pk/other.py", "src/pk/serve.py")
src/pk/serve.py:7:   # lading.py, which no call adds: it stands for Lading in the container
src/pk/serve.py:7:   .env({"PYTHONPATH": "/app/src"})
src/pk/serve.py:7:   .env({"A": "1"})
src/pk/serve.py:7:   .cmd("python3", "-c", "from pk.serve import main; main()")\
""")


def test_the_folder_is_below_the_working_directory(laid_out: Project) -> None:
    service = SERVICE.replace("IMAGE", ".workdir('/srv/x')")
    laid_out.write("src/pk/serve.py", service)
    assert '.env({"PYTHONPATH": "/srv/x/src"})' in shown(laid_out)


@pytest.mark.parametrize(
    "image",
    [".env(PYTHONPATH='/own')", ".for_platform('linux/amd64', lambda i: i.env(PYTHONPATH='/own'))"],
)
def test_who_says_where_modules_are_is_not_overruled(laid_out: Project, image: str) -> None:
    laid_out.write("src/pk/serve.py", SERVICE.replace("IMAGE", image))
    assert "/app/src" not in shown(laid_out)
    laid_out.write(
        "src/pk/serve.py",
        SERVICE.replace('"A": "1"', '"PYTHONPATH": "/own:src"').replace("IMAGE", ""),
    )
    assert shown(laid_out).count("PYTHONPATH") == 2
    assert laid_out.lading("freeze", "pk.serve:main", "-o", "build").code == 0
    described = laid_out.read("build/image.json")
    assert "/own:src" in described
    assert "/app/src" not in described


def test_a_package_that_is_installed_is_not_copied_beside_itself(laid_out: Project) -> None:
    """It may have compiled modules, which its source has not."""
    laid_out.write("pyproject.toml", '[project]\nname = "pk"\nversion = "1"\n')
    service = SERVICE.replace("IMAGE", ".python_packages('.')").replace(
        '"scratch"', '"scratch", distro="debian:bookworm"'
    )
    laid_out.write("src/pk/serve.py", service)
    assert shown(laid_out) == snapshot("""\
src/pk/serve.py:4: Image(base_image="scratch", distro="debian:bookworm")
src/pk/serve.py:4:   .python_packages("./.")
src/pk/serve.py:7:   # lading.py, which no call adds: it stands for Lading in the container
src/pk/serve.py:7:   .env({"A": "1"})
src/pk/serve.py:7:   .cmd("python3", "-c", "from pk.serve import main; main()")\
""")


def test_a_module_is_not_called_by_two_names(laid_out: Project) -> None:
    for target in ("src.pk.serve:main", "src/pk/serve.py:main"):
        laid_out.write("lading.toml", f'image = "{target}"\n')
        ran = laid_out.lading("show")
        assert (ran.code, ran.err) == (
            1,
            snapshot("""\
error: lading.toml:1: src.pk.serve leads to pk, which is in src/ too and called without it
hint: name it without src: pk.serve
"""),
        )
    assert laid_out.lading("show", "src/pk/serve.py:main").err == snapshot("""\
error: src/pk/serve.py:2: pk.other is of the package pk, and src/pk/serve.py:main is started outside of it
hint: name it as pk.serve:main
""")


def test_a_folder_src_that_is_called_so_stays_as_it_is(bare: Project) -> None:
    bare.write("src/serve.py", SERVICE.replace("IMAGE", "").replace("pk.other", "src.other"))
    bare.write("src/other.py", PACKAGE["src/pk/other.py"])
    assert shown(bare, "src.serve:main") == snapshot("""\
src/serve.py:4: Image(base_image="scratch")
src/serve.py:7:   .build_include("src/other.py", "src/serve.py")
src/serve.py:7:   # lading.py, which no call adds: it stands for Lading in the container
src/serve.py:7:   .env({"A": "1"})
src/serve.py:7:   .cmd("python3", "-c", "from src.serve import main; main()")\
""")


def test_a_package_src_is_no_layout(laid_out: Project) -> None:
    laid_out.write("src/__init__.py", "")
    ran = laid_out.lading("show", "pk.serve:main")
    assert (ran.code, ran.err) == (
        1,
        snapshot("""\
error: there is no module pk in project
hint: it has src
"""),
    )


def test_a_package_of_the_project_s_own_folder_comes_first(laid_out: Project) -> None:
    laid_out.write("pk/__init__.py", "")
    laid_out.write("pk/other.py", "def helper():\n    return 2\n")
    laid_out.write("pk/serve.py", SERVICE.replace("IMAGE", ""))
    assert laid_out.lading("freeze", "pk.serve:main", "-o", "build").code == 0
    assert "PYTHONPATH" not in shown(laid_out)
    # A folder that is no package comes after one that is (PEP 420).
    (laid_out.folder / "pk" / "__init__.py").unlink()
    assert "PYTHONPATH" in shown(laid_out)


def test_what_is_started_and_not_in_the_image_is_told(laid_out: Project) -> None:
    laid_out.write("other.txt", "")
    service = SERVICE.replace("image=image", "image=image, include=['other.txt']")
    laid_out.write("src/pk/serve.py", service.replace("IMAGE", ""))
    ran = laid_out.lading("freeze", "pk.serve:main", "-o", "build")
    assert (ran.code, ran.err) == (
        1,
        snapshot("""\
error: src/pk/serve.py:7: src/pk/serve.py is what its command starts, and it is not in the image
hint: include it beside what is named: include=["src/pk/serve.py", ...] of a service, .build_include("src/pk/serve.py") of an image
"""),
    )


def test_a_module_with_a_whole_import_is_found_too(laid_out: Project) -> None:
    service = SERVICE.replace("IMAGE", ".label(a=str(helper()))")
    laid_out.write("src/pk/serve.py", service)
    assert '.label({"a": "1"})' in shown(laid_out)


def test_a_typing_error_has_a_hint(laid_out: Project) -> None:
    assert laid_out.lading("show", "pk.serv:main").err == snapshot("""\
error: there is no module pk.serv in project
hint: did you mean "pk.serve"?
""")
    assert laid_out.lading("show", "kp.serve:main").err == snapshot("""\
error: there is no module kp in project
hint: it has pk
""")


def test_init_says_where_the_modules_are(laid_out: Project) -> None:
    (laid_out.folder / "src/pk/serve.py").unlink()  # to which init would refer
    laid_out.write("requirements.txt", "fastapi\nuvicorn\n")
    laid_out.write(
        "src/pk/main.py", "from fastapi import FastAPI\nimport pk.other\napp = FastAPI()\n"
    )
    assert laid_out.lading("init").code == 0
    assert [
        one for one in laid_out.read("lading.toml").splitlines() if "src" in one or "cmd" in one
    ] == snapshot(
        [
            'build_include = ["src/pk/__init__.py", "src/pk/main.py", "src/pk/other.py"]',
            'env = { PYTHONPATH = "/app/src" }',
            'cmd = ["uvicorn", "pk.main:app", "--host", "0.0.0.0", "--port", "8000"]',
        ]
    )
    shown(laid_out, ".")


@pytest.mark.parametrize(
    ("image", "there"),
    [
        (".build_include('src', to='/app/code')", "/app/code/src"),
        (".for_platform('linux/arm64', lambda i: i.env(PYTHONPATH='/x'))", "/app/src"),
        (".env(PYTHONPATH='/app')", "/app/src:/app"),
    ],
)
def test_what_python_does_not_find_is_refused(laid_out: Project, image: str, there: str) -> None:
    laid_out.write("src/pk/serve.py", SERVICE.replace("IMAGE", image))
    ran = laid_out.lading("freeze", "pk.serve:main", "--platform", "linux/amd64", "-o", "build")
    assert (ran.code, ran.err.count("error: ")) == (1, 1)
    assert f'.env(PYTHONPATH="{there}") of an image' in ran.err
    laid_out.write(
        "src/pk/serve.py", SERVICE.replace("IMAGE", f"{image}.env(PYTHONPATH='{there}')")
    )
    assert laid_out.lading("freeze", "pk.serve:main", "-o", "build").code == 0


def test_what_the_service_says_of_the_path_is_checked_too(laid_out: Project) -> None:
    service = SERVICE.replace('"A": "1"', '"PYTHONPATH": "/app/lib"').replace("IMAGE", "")
    laid_out.write("src/pk/serve.py", service)
    ran = laid_out.lading("freeze", "pk.serve:main", "-o", "build")
    assert (ran.code, ran.err) == (
        1,
        snapshot("""\
error: src/pk/serve.py:7: its command starts /app/src/pk/serve.py, and Python looks for it in /app and /app/lib
hint: let Python look in /app/src: .env(PYTHONPATH="/app/src") of an image, env={"PYTHONPATH": "/app/src"} of a service
"""),
    )
    laid_out.write("src/pk/serve.py", service.replace("/app/lib", "/app/src"))
    assert laid_out.lading("freeze", "pk.serve:main", "-o", "build").code == 0
    assert started(laid_out) == "started 1\n"


def test_another_working_directory_moves_the_files_and_not_the_path(laid_out: Project) -> None:
    laid_out.write("lading.toml", '[images.b]\nextends = "pk.serve:main"\nworkdir = "/srv"\n')
    ran = laid_out.lading("freeze", ".:b", "-o", "build")
    assert (ran.code, ran.err) == (
        1,
        snapshot("""\
error: src/pk/serve.py:7: its command starts /srv/src/pk/serve.py, and Python looks for it in /srv and /app/src
hint: let Python look in /srv/src: .env(PYTHONPATH="/srv/src") of an image, env={"PYTHONPATH": "/srv/src"} of a service
"""),
    )


def test_the_hints_of_an_image_that_starts_a_module_of_src_lead_to_one_that_starts(
    laid_out: Project,
) -> None:
    image = 'from lading import Image\nimage = Image(base_image="scratch")CALLS.cmd("python3", "-m", "pk.run")\n'
    laid_out.write("src/pk/run.py", "from pk.other import helper\nprint(helper())\n")
    laid_out.write("image.py", image.replace("CALLS", ""))
    ran = laid_out.lading("freeze", "image.py", "-o", "build")
    assert (ran.code, ran.err) == (
        1,
        snapshot("""\
error: image.py:2: src/pk/run.py is what its command starts, and it is not in the image
hint: include it beside what is named: include=["src/pk/run.py", ...] of a service, .build_include("src/pk/run.py") of an image; and let Python look in /app/src: .env(PYTHONPATH="/app/src") of an image, env={"PYTHONPATH": "/app/src"} of a service
"""),
    )
    laid_out.write("image.py", image.replace("CALLS", '.build_include("src")'))
    ran = laid_out.lading("freeze", "image.py", "-o", "build")
    assert (ran.code, ran.err) == (
        1,
        snapshot("""\
error: image.py:2: its command starts /app/src/pk/run.py, and Python looks for it in /app
hint: let Python look in /app/src: .env(PYTHONPATH="/app/src") of an image, env={"PYTHONPATH": "/app/src"} of a service
"""),
    )
    mended = '.build_include("src").env(PYTHONPATH="/app/src")'
    laid_out.write("image.py", image.replace("CALLS", mended))
    assert laid_out.lading("freeze", "image.py", "-o", "build").code == 0
    assert started(laid_out) == "1\n"


@pytest.mark.parametrize(
    ("line", "refused"),
    [
        ("from src.pk.other import helper", True),
        ("def late():\n    import src.pk.other", True),
        ("import src.pk.more", True),
        (
            "try:\n    from src.pk import other\nexcept ImportError:\n    from pk import other",
            False,
        ),
        ("from pk import other", False),
        ("import src.apart", False),
    ],
)
def test_no_module_is_imported_by_two_names(laid_out: Project, line: str, *, refused: bool) -> None:
    laid_out.write("src/apart.py", "")
    laid_out.write("src/pk/more.py", "from . import other\n")
    laid_out.write("src/pk/serve.py", f"{SERVICE.replace('IMAGE', '')}\n{line}\n")
    ran = laid_out.lading("show", "pk.serve:main")
    hints = [one.partition(" everywhere")[0] for one in ran.err.splitlines() if "hint" in one]
    assert hints == (["hint: import it as pk"] if refused else [])


def test_it_is_said_where_a_module_is_imported_by_another_name(laid_out: Project) -> None:
    laid_out.write("src/db.py", "")
    laid_out.write("src/pk/m.py", "import db\n")
    own = SERVICE.replace("from pk.other import helper\n\n", "").replace("IMAGE", "")
    laid_out.write("app.py", f"from src.pk import m\nfrom src.db import *\n{own}")
    ran = laid_out.lading("show", "app:main")
    assert (ran.code, ran.err) == (
        1,
        snapshot("""\
error: app.py:2: src.db is imported as db too, and would be two modules
hint: import it as db everywhere
"""),
    )


def test_a_file_that_is_imported_by_two_names_is_included_once(laid_out: Project) -> None:
    service = SERVICE.replace("IMAGE", ".cmd('x')") + "import src.pk.other\n"
    laid_out.write("src/pk/serve.py", service)
    assert shown(laid_out).count("src/pk/other.py") == 1
    (laid_out.folder / "src/pk/serve.py").unlink()  # to which init would refer
    laid_out.write("requirements.txt", "fastapi\nuvicorn\n")
    application = "from fastapi import FastAPI\nimport pk.other, src.pk.other\napp = FastAPI()\n"
    laid_out.write("src/pk/main.py", application)
    assert laid_out.lading("init").code == 0
    assert laid_out.read("lading.toml").count('"src/pk/other.py"') == 1


def test_a_package_that_another_one_hides_is_told(laid_out: Project) -> None:
    laid_out.write("pk/__init__.py", "")
    assert laid_out.lading("show", "pk.serve:main").err == snapshot("""\
error: there is no module pk.serve in project
hint: pk/__init__.py is found instead of src/pk/serve.py: rename one of them
""")
    laid_out.write(
        "words.py",
        'import lading\nimage = lading.Image()\nmain = lading.service(image=image)("pk.serve:main")\n',
    )
    assert laid_out.lading("show", "words.py:main").err == snapshot("""\
error: words.py:3: there is no module pk.serve in project
hint: pk/__init__.py is found instead of src/pk/serve.py: rename one of them
""")
    (laid_out.folder / "pk" / "__init__.py").unlink()
    laid_out.write("pk.py", "")
    assert laid_out.lading("show", "pk.serve:main").err == snapshot("""\
error: there is no module pk.serve in project
hint: pk.py is found instead of src/pk/serve.py: rename one of them
""")


def test_a_folder_that_is_called_as_a_file_is_no_module(laid_out: Project) -> None:
    laid_out.write("src/kp.py/x.txt", "")
    assert laid_out.lading("show", "kp:main").err == snapshot("""\
error: there is no module kp in project
hint: it has pk
""")


def test_words_that_need_the_package_around_the_file_are_told_with_its_name(
    laid_out: Project,
) -> None:
    text = 'import lading\nimage = lading.Image(base_image="scratch")\n'
    text += 'web = lading.service(image=image)("pk.serve:main")\n'
    laid_out.write("src/pk/image.py", text)
    ran = laid_out.lading("show", "src/pk/image.py:web")
    assert (ran.code, ran.err) == (
        1,
        snapshot("""\
error: src/pk/image.py:3: there is no module pk.serve in pk
hint: name it as pk.image:web
"""),
    )
    assert "pk.serve" in shown(laid_out, "pk.image:web")


@pytest.mark.parametrize(
    ("folder", "target", "project", "said", "name"),
    [
        (
            "src",
            "pk.serve:main",
            "..",
            "pk/__init__.py is included from the folder src",
            "pk.serve",
        ),
        ("", "sub/app.py:main", ".", "app.py is included from the folder sub", "sub.app"),
        ("sub", "app.py:main", "..", "app.py is included from the folder sub", "sub.app"),
        ("", "src/pk/whole.py:main", ".", "whole.py is included from the folder pk", "pk.whole"),
    ],
)
def test_a_project_above_the_code_of_a_service_is_refused_in_a_line(
    laid_out: Project, folder: str, target: str, project: str, said: str, name: str
) -> None:
    own = SERVICE.replace("from pk.other import helper\n\n", "").replace("IMAGE", "")
    laid_out.write("sub/app.py", own)
    laid_out.write("src/pk/whole.py", own)
    inner = replace(laid_out, folder=laid_out.folder / folder)
    for command in ("show", "freeze"):
        ran = inner.lading(command, target, "--project", project)
        assert (ran.code, ran.err.count("error: ")) == (1, 1)
        assert f"{said}, which {target} is of, and --project is project" in ran.err
        hint = f"leave --project out, or name it as {name}:main, in the folder PROJECT"
        assert ran.err.endswith(f"hint: {hint}\n")
    assert laid_out.lading("show", f"{name}:main").code == 0


def test_a_project_above_is_right_where_it_has_the_files(laid_out: Project) -> None:
    image = 'import lading\nimage = lading.Image(base_image="scratch")'
    laid_out.write("sub/image.py", f'{image}.build_include("sub/*.py", "src/pk/other.py")\n')
    assert laid_out.lading("freeze", "sub/image.py", "--project", ".", "-o", "build").code == 0


@pytest.mark.parametrize(
    ("where", "target", "command"),
    [
        ("src/pk/serve.py", "pk.serve:main", ["python3", "src/pk/serve.py"]),
        ("src/pk/serve.py", "pk.serve:main", ["python3", "/app/src/pk/serve.py"]),
        ("pk/serve.py", "pk.serve:main", ["python3", "pk/serve.py"]),
        ("pk/serve.py", "pk.serve:main", ["python3", "-m", "pk.serve"]),
        ("serve.py", "serve.py:main", ["python3", "serve.py"]),
    ],
)
def test_what_stands_for_lading_is_found_by_a_command_of_one_s_own(
    bare: Project, where: str, target: str, command: list[str]
) -> None:
    text = SERVICE.replace("from pk.other import helper\n", "").replace("IMAGE", "")
    text = text.replace("helper()", "1").replace("image=image", f"image=image, command={command}")
    bare.write(where, f"{text}\n\nif __name__ == '__main__':\n    main()\n")
    bare.write(str(Path(where).parent / "__init__.py"), "")
    ran = bare.lading("freeze", target, "-o", "build")
    assert ran.code == 0, ran.err
    assert started(bare) == "started 1\n"
    is_told = "PYTHONPATH" in bare.read("build/image.json")
    assert is_told == (command[1] != "-m" and command[1] != "serve.py")
