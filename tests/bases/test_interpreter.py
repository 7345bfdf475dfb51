from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bases import made
from bases.made import PROGRAM, Hard
from lading.bases import Interpreter, interpreter
from lading.errors import ImageError
from lading.grammar.python_version import PythonVersion

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lading.bases import Base
    from lading.store import Store

    Files = Mapping[str, bytes | str | Hard | None]

OFFICIAL = {"PYTHON_VERSION": "3.11.9", "PYTHON_SHA256": "00"}


def found(base: Base, store: Store, version: str, *, installable: bool = False) -> Interpreter:
    one = interpreter(base, PythonVersion.parse(version), store, installable=installable)
    assert one is not None
    return one


@pytest.mark.parametrize("version", ["3.11", "3.11.9"])
def test_an_official_image_tells_by_its_configuration(
    project: Path, store: Store, version: str
) -> None:
    # No layer is read: there is no such file in it.
    base = made.base(project, store, {"etc/x": b""}, **OFFICIAL)
    one = found(base, store, version)
    assert (one.path, one.home, one.version) == (
        "/usr/local/bin/python3.11",
        "/usr/local/bin",
        "3.11.9",
    )


def test_a_variable_of_that_name_alone_tells_nothing(project: Path, store: Store) -> None:
    files: Files = {"opt/python/bin/python3.11": PROGRAM}
    base = made.base(project, store, files, path="/opt/python/bin", PYTHON_VERSION="3.11.9")
    assert found(base, store, "3.11").path == "/opt/python/bin/python3.11"


@pytest.mark.parametrize(
    ("files", "path", "expected"),
    [
        # Debian's own, with links put into /usr/local/bin: uv calls it by the link.
        (
            {
                "usr/bin/python3.11": PROGRAM,
                "usr/local/bin/python3.11": "/usr/bin/python3.11",
                "usr/local/bin/python3": "/usr/bin/python3.11",
            },
            "/usr/local/bin:/usr/bin",
            "/usr/local/bin/python3.11",
        ),
        # Debian's and Alpine's own alone.
        (
            {"usr/bin/python3.11": PROGRAM, "usr/bin/python3": "python3.11"},
            "/usr/local/bin:/usr/bin",
            "/usr/bin/python3.11",
        ),
        # The merged /usr, with /bin first.
        ({"usr/bin/python3.11": PROGRAM, "bin": "usr/bin"}, "/bin:/usr/bin", "/bin/python3.11"),
        # A prefix of one's own that has no name with the series: the library tells.
        (
            {"opt/py/bin/python3": PROGRAM, "opt/py/lib/python3.11/os.py": b""},
            "/opt/py/bin",
            "/opt/py/bin/python3",
        ),
        # The link's name is `python`, and where it leads tells.
        (
            {"opt/py/bin/python": "../versions/bin/python3.11", "opt/py/versions/bin": None}
            | {"opt/py/versions/bin/python3.11": PROGRAM},
            "/opt/py/bin",
            "/opt/py/bin/python",
        ),
        # Another folder of PATH comes first, with another series.
        (
            {"usr/local/bin/python3.12": PROGRAM, "usr/local/bin/python3": "python3.12"}
            | {"usr/bin/python3.11": PROGRAM},
            "/usr/local/bin:/usr/bin",
            "/usr/bin/python3.11",
        ),
        # One of a virtual environment is not to be built on, and a folder is no program.
        (
            {"opt/venv/bin/python3.11": "/usr/bin/python3.11", "opt/venv/pyvenv.cfg": b""}
            | {"usr/bin/python3.11": PROGRAM, "srv/bin/python3.11": None},
            "/opt/venv/bin:relative:/srv/bin:/usr/bin",
            "/usr/bin/python3.11",
        ),
        # No PATH at all: the engines' own.
        ({"usr/bin/python3.11": PROGRAM}, None, "/usr/bin/python3.11"),
        # A hard link.
        (
            {"usr/bin/python3.11": PROGRAM, "usr/local/bin/python3.11": Hard("usr/bin/python3.11")},
            "/usr/local/bin",
            "/usr/local/bin/python3.11",
        ),
    ],
)
def test_files_tell_where_the_configuration_does_not(
    project: Path, store: Store, files: Files, path: str | None, expected: str
) -> None:
    base = made.base(project, store, files, path=path)
    one = found(base, store, "3.11")
    assert (one.path, one.version) == (expected, "3.11")
    assert found(base, store, "3.11") == one


def test_what_an_upper_layer_removes_is_not_there(project: Path, store: Store) -> None:
    files: Files = {"usr/local/bin/python3.11": PROGRAM, "usr/bin/python3.11": PROGRAM}
    base = made.base(project, store, files, {"usr/local/bin/.wh.python3.11": b""})
    assert found(base, store, "3.11").path == "/usr/bin/python3.11"


@pytest.mark.parametrize(
    "files",
    [
        {
            "usr/bin/python3.11": PROGRAM,
            "usr/include/python3.11/patchlevel.h": b'/* x */\n#define PY_VERSION  "3.11.2+"\n',
        },
        {"usr/bin/python3.11": b"\x7fELF\0Python %s\x003.11\x003.11.2\0main\0"},
        {
            "usr/bin/python3.11": PROGRAM,
            "usr/lib/x86_64-linux-gnu/libpython3.11.so.1.0": b"\x7fELF\x003.11.2+\0",
        },
    ],
)
def test_the_release_is_read_where_one_is_asked_for(
    project: Path, store: Store, files: Files
) -> None:
    base = made.base(project, store, files)
    assert found(base, store, "3.11.2").version == "3.11.2"
    assert found(base, store, "3.11").version == "3.11"
    with pytest.raises(ImageError) as caught:
        found(base, store, "3.11.9")
    (problem,) = caught.value.problems
    assert problem.message == (
        "the base image oci:base has no Python 3.11.9: it has Python 3.11.2 "
        "(/usr/bin/python3.11, told by its files)"
    )
    assert problem.hint == (
        'write python_version="3.11" and lock again, or take a base image that has Python 3.11.9'
    )


def test_another_version_is_an_error_that_says_where_it_was_read(
    project: Path, store: Store
) -> None:
    base = made.base(project, store, {"usr/bin/python3.11": PROGRAM}, **OFFICIAL)
    with pytest.raises(ImageError) as caught:
        found(base, store, "3.12")
    message = caught.value.problems[0].message
    assert "Python 3.11.9 (/usr/local/bin/python3.11, told by its configuration's" in message
    assert "Python 3.11 (/usr/bin/python3.11, told by its files)" in message


def test_debians_own_python_beside_the_official_one_is_found(project: Path, store: Store) -> None:
    """`python:3.11` has Debian's interpreter too, which uv would take where it is asked for."""
    base = made.base(project, store, {"usr/bin/python3.12": PROGRAM}, **OFFICIAL)
    assert found(base, store, "3.12").path == "/usr/bin/python3.12"


def test_a_base_without_python_is_an_error_or_a_fact(project: Path, store: Store) -> None:
    base = made.base(project, store, {"usr/bin/perl": PROGRAM})
    python = PythonVersion.parse("3.11")
    assert interpreter(base, python, store, installable=True) is None
    with pytest.raises(ImageError, match="has no Python interpreter on its PATH"):
        interpreter(base, python, store)


def test_a_loop_of_links_is_no_interpreter(project: Path, store: Store) -> None:
    files: Files = {"usr/bin/python3.11": "python3", "usr/bin/python3": "python3.11"}
    base = made.base(project, store, files)
    assert interpreter(base, PythonVersion.parse("3.11"), store, installable=True) is None


@pytest.mark.parametrize(
    ("told", "path"),
    [
        (b"build_time_vars = {'PYTHON_BUILD_STANDALONE': 1}", "/opt/cpython/bin/python3.11"),
        (b"build_time_vars = {'prefix': '/install'}", "/opt/cpython/bin/python3.11"),
        (b"build_time_vars = {'prefix': '/usr'}", "/root/.local/bin/python3.11"),
    ],
)
def test_one_that_looks_for_its_library_is_called_where_it_is(
    project: Path, store: Store, told: bytes, path: str
) -> None:
    library = "opt/cpython-3.11.9/lib/python3.11"
    files: Files = {
        "opt/cpython-3.11.9/bin/python3.11": PROGRAM,
        f"{library}/os.py": b"",
        f"{library}/_sysconfigdata__linux_x86_64-linux-gnu.py": told,
        "opt/cpython": "cpython-3.11.9",
        "root/.local/bin/python3.11": "../python",
        "root/.local/python": "/opt/cpython/bin/python3.11",
    }
    base = made.base(project, store, files, path="/root/.local/bin")
    assert found(base, store, "3.11").path == path
    assert found(base, store, "3.11").path == path
