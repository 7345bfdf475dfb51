"""A type checker knows the public API: it takes the right uses, and refuses each wrong one."""

from __future__ import annotations

import os
import shutil
import sys
import zipfile
from inspect import getattr_static
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING

import pytest
import uv

import lading
from lading import Image, ImageInfo
from lading.process import run
from type_checking import errors_of_mypy, expected_errors, lines_of_pyright, used_names

if TYPE_CHECKING:
    from type_checking import Errors

CHECKOUT = Path(__file__).parents[1]
MODULES = CHECKOUT / "tests" / "typing"
EXPECTED = expected_errors(MODULES)

# What is called pyright there fetches its program from elsewhere; this one has it inside.
PYRIGHT = "basedpyright==1.40.2"


def done(*argv: str) -> str:
    ran = run(argv, env=dict(os.environ), cwd=CHECKOUT, timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def calls(kind: type) -> list[str]:
    """The public methods and properties of a class; its fields are the constructor's."""
    made = (FunctionType, classmethod, property)
    return [
        name
        for name in dir(kind)
        if name[0] != "_" and isinstance(getattr_static(kind, name), made)
    ]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lading as it is published."""
    folder = tmp_path_factory.mktemp("wheel")
    done(
        sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)
    )
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter with that wheel, and with what is installed here of others."""
    folder = tmp_path_factory.mktemp("user") / "environment"
    program = folder / "bin" / "python"
    done(uv.find_uv_bin(), "venv", "--quiet", "--python", sys.executable, str(folder))
    installing = ("pip", "install", "--quiet", "--offline", "--no-deps", "--python", str(program))
    done(uv.find_uv_bin(), *installing, str(wheel))
    (packages,) = folder.glob("lib/python*/site-packages")
    others = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "others.pth").write_text("\n".join(others))
    return program


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What mypy keeps between its runs here."""
    return tmp_path_factory.mktemp("mypy-cache")


@pytest.fixture(scope="module")
def reported(python: Path, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Errors:
    """All that mypy says of the modules, away from the settings of this project."""
    folder = tmp_path_factory.mktemp("typing") / "typing"
    shutil.copytree(MODULES, folder)
    return errors_of_mypy(folder, python=python, cache=cache)


def test_the_wheel_says_that_it_is_typed(wheel: Path) -> None:
    """PEP 561: without this file a type checker takes everything of Lading for Any."""
    assert "lading/py.typed" in zipfile.ZipFile(wheel).namelist()


@pytest.mark.parametrize("module", EXPECTED)
def test_mypy_finds_what_is_wrong_and_nothing_else(module: str, reported: Errors) -> None:
    assert reported[module] == EXPECTED[module]


def test_the_right_uses_expect_no_error_and_the_wrong_ones_do() -> None:
    wrong = {module for module, errors in EXPECTED.items() if errors}
    assert wrong == {module for module in EXPECTED if module.startswith("refused/")}
    assert len(EXPECTED) > len(wrong) > 0


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        ("Image().cmd('true')  # error: arg-type", []),  # expected, and not found
        ("Image().cmd(1)", ["arg-type"]),  # found, and not expected
        ("Image().cmd(1)  # error: call-arg", ["arg-type"]),  # another one
        ("Image().cmd(1, 2)  # error: arg-type", ["arg-type"] * 2),  # one too many
        ("assert_type(Image().cmd('true'), str)", ["assert-type"]),
        ("Image().cmd(1)  # type: ignore[arg-type]  # error: arg-type", []),
    ],
)
def test_a_wrong_expectation_is_seen(
    line: str, codes: list[str], python: Path, cache: Path, tmp_path: Path
) -> None:
    head = "from typing import assert_type\n\nfrom lading import Image\n\n"
    (tmp_path / "module.py").write_text(f"{head}{line}\n")
    found = errors_of_mypy(tmp_path, python=python, cache=cache)
    assert found == {"module.py": [(5, code) for code in codes]}
    assert found != expected_errors(tmp_path)


@pytest.mark.network
def test_pyright_finds_an_error_in_the_same_lines(python: Path, tmp_path: Path) -> None:
    folder = tmp_path / "typing"
    shutil.copytree(MODULES, folder)
    words = ("tool", "run", "--quiet", "--python", sys.executable, "--from", PYRIGHT)
    program = [uv.find_uv_bin(), *words, "basedpyright"]
    assert lines_of_pyright(folder, python=python, program=program) == {
        module: sorted({line for line, _ in errors}) for module, errors in EXPECTED.items()
    }


@pytest.mark.parametrize("name", [*lading.__all__, *calls(Image), *calls(ImageInfo)])
def test_every_public_name_is_used_where_a_type_checker_sees_it(name: str) -> None:
    assert name in used_names(MODULES / "accepted")
