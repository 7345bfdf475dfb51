"""Bytecode: what Python itself would load, and the same bytes whoever compiles it, and when."""

from __future__ import annotations

import importlib.util
import json
import marshal
import os
import stat
import subprocess
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lading.errors import ImageError
from lading.oci.entries import Literal, Regular, Symlink
from lading.process import run
from lading.wheels import Interpreter, bytecode, find_interpreter
from lading.wheels.interpreters import ISOLATED
from wheels.reading import content_of, read
from wheels.wheelmaker import Part, make_wheel

if TYPE_CHECKING:
    from lading.oci.entries import Entry

SERIES = f"{sys.version_info[0]}.{sys.version_info[1]}"
HERE = Interpreter(program=sys.executable, version=".".join(map(str, sys.version_info[:3])))
TAG = sys.implementation.cache_tag
SITE = "opt/venv/lib/python3.11/site-packages"
CHILD = Path(importlib.util.find_spec("lading.wheels").origin or "").with_name("compile_child.py")  # type: ignore[union-attr]

# What marshal writes by how often, and by whom, an object is referred to.
TRICKY = b"""
import sys, os.path as path
NAME = "a b c"; SAME = "a b c"; WORD = "word"; LETTER = "/"; BYTE = b"x"; EMPTY = ()
NUMBERS = (1, 2.5, 3j, 1 << 80, None, ..., "a b c", b"bytes", ("nested", ("deeper", "/")))
def function(a, b="a b c", *, c={"x", "y", "z"}, d=frozenset({1, 2, 3})):
    "doc string"
    return [lambda: (a in {"one", "two", "three four"}, "three four") for _ in range(3)]
class Class:
    word = "word"
    def method(self): return __class__, "\xc3\xa9t\xc3\xa9", "/"
match NUMBERS:
    case {"k": 1}: pass
"""


def entry(path: str, text: bytes) -> Regular:
    return Regular(path=f"{SITE}/{path}", mode=0o644, content=Literal(data=text), source="w")


def contents(entries: tuple[object, ...]) -> dict[str, bytes]:
    return {one.path: content_of(one) for one in entries if isinstance(one, Regular)}


def compiled(text: bytes, by: Interpreter = HERE) -> bytes:
    (found,) = contents(bytecode([entry("m.py", text)], by)).values()
    return found


def test_a_pyc_stands_beside_its_source_and_says_the_sources_hash(tmp_path: Path) -> None:
    text = b"x = 1\n\n\ndef f():\n    return x\n"
    path = make_wheel(
        tmp_path, {"p/m.py": text, "p/n.py": Part(name="p/n.py", content=b"", method=0)}
    )
    found = bytecode(read(path).entries, HERE)
    assert [one.path for one in found] == [
        f"{SITE}/p/__pycache__/m.{TAG}.pyc",
        f"{SITE}/p/__pycache__/n.{TAG}.pyc",
    ]
    assert {(one.mode, one.source) for one in found} == {(0o644, path.name)}
    content = contents(found)[f"{SITE}/p/__pycache__/m.{TAG}.pyc"]
    assert content[:4] == importlib.util.MAGIC_NUMBER
    assert content[4:8] == b"\1\0\0\0"
    assert content[8:16] == importlib.util.source_hash(text)
    code = marshal.loads(content[16:])  # noqa: S302
    assert code == compile(text, f"/{SITE}/p/m.py", "exec", dont_inherit=True, optimize=0)
    inner = [one for one in code.co_consts if isinstance(one, types.CodeType)]
    assert {one.co_filename for one in (code, *inner)} == {f"/{SITE}/p/m.py"}


def test_python_loads_it_and_does_not_look_at_the_source(tmp_path: Path) -> None:
    folder = tmp_path / "__pycache__"
    folder.mkdir()
    (tmp_path / "m.py").write_text("print('source')\n")
    (folder / f"m.{TAG}.pyc").write_bytes(compiled(b"print('compiled')\n"))
    told = subprocess.run(
        [sys.executable, "-c", "import m"],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == "compiled\n"


@pytest.mark.parametrize(
    "text",
    [
        b"def :\n",
        b"x = '\xff'\n",
        b"\0",
        b"# coding: none\n",
        b"(" * 500,
        b"return",
        b"x = 1\n\ty\n",
    ],
)
def test_what_cant_be_compiled_has_none_and_the_rest_do(text: bytes) -> None:
    found = bytecode([entry("a.py", text), entry("b.py", b"")], HERE)
    assert [one.path for one in found] == [f"{SITE}/__pycache__/b.{TAG}.pyc"]


def test_only_modules_of_site_packages_are_compiled() -> None:
    others: list[Entry] = [
        Regular(path="opt/venv/bin/tool.py", mode=0o755, content=Literal(data=b"")),
        Regular(path=f"{SITE}/data.txt", mode=0o644, content=Literal(data=b"")),
        Symlink(path=f"{SITE}/link.py", mode=0o777, target="m.py"),
    ]
    assert bytecode(others, HERE) == ()
    assert bytecode([], HERE) == ()


def test_a_warning_of_the_compiler_is_not_our_business() -> None:
    assert compiled(b"x = '\\d'\nassert (1, 'always')\n")


def modules(count: int) -> list[Regular]:
    return [entry(f"m{number}.py", TRICKY + b"# %d\n" % number) for number in range(count)]


def test_neither_order_nor_number_of_children_nor_the_run_shows() -> None:
    # Each child has a hash seed of its own: an isolated Python heeds no PYTHONHASHSEED.
    several = modules(120)
    first = contents(bytecode(several, HERE, jobs=1))
    assert len(first) == 120
    assert contents(bytecode(several[::-1], HERE, jobs=3)) == first
    for number in (0, 60, 119):
        assert contents(bytecode([several[number]], HERE)).items() <= first.items()


@pytest.mark.parametrize(
    "before",
    [
        "",
        "import asyncio, decimal, email, json, unittest.mock, xml.dom.minidom",
        "import sys; kept = [sys.intern(w) for w in ('/', 'a b c', 'three four', 'doc string')]",
        'kept = compile(\'x = 1 << 80, "a b c", b"bytes", {"x", "y"}\', \'f\', \'exec\')',
    ],
)
@pytest.mark.parametrize("series", ["3.11", "3.12", "3.13", "3.14"])
def test_what_else_the_compiling_process_has_loaded_does_not_show(
    tmp_path: Path, before: str, series: str
) -> None:
    found = find_interpreter(series, os.environ)
    if found is None:
        pytest.skip(f"no Python {series} on PATH")
    out = tmp_path / "out"
    job = {"name": f"/{SITE}/m.py", "size": len(TRICKY), "text": TRICKY.hex()}
    program = f"{before}\nexec(compile(open({str(CHILD)!r}).read(), 'child', 'exec'))"
    told = run(
        [found.program, *ISOLATED, "-c", program],
        env={},
        stdin=json.dumps({"out": str(out), "jobs": [job]}),
    )
    assert told.returncode == 0, told.stderr
    assert out.read_bytes() == compiled(TRICKY, found)


def test_a_child_that_dies_is_an_error_with_a_way_out(tmp_path: Path) -> None:
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho 'no disk' >&2\nexit 3\n")
    program.chmod(0o755)
    broken = Interpreter(program=str(program), version="3.11.0")
    with pytest.raises(
        ImageError, match=r"3\.11\.0 failed to compile the modules of w: no disk"
    ) as it:
        bytecode(modules(1), broken)
    assert it.value.problems[0].hint == "compile_bytecode=False leaves bytecode out"
    gone = Interpreter(program=str(tmp_path / "none"), version="3.11.0")
    with pytest.raises(ImageError, match="can't start"):
        bytecode(modules(1), gone)


# Interpreters.


def stand_in(folder: Path, name: str, script: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(stat.S_IRWXU)
    return path


def answer(**changes: object) -> str:
    told = {"kind": "cpython", "flags": "", "tag": "t", "level": "final", "version": "3.9.4"}
    return f"echo '{json.dumps(told | changes)}'"


def test_the_one_that_runs_us_is_taken_where_it_fits() -> None:
    assert find_interpreter(SERIES, {"PATH": ""}) == HERE
    assert HERE.series == SERIES


def test_what_does_not_answer_is_passed_over(tmp_path: Path) -> None:
    stand_in(tmp_path / "a", "python3.9", "echo 'not installed' >&2; exit 127")
    stand_in(tmp_path / "b", "python3.9", "echo hello")
    stand_in(tmp_path / "c", "python3.9", "echo '[]'")
    good = stand_in(tmp_path / "d", "python3.9", answer())
    path = os.pathsep.join(str(tmp_path / name) for name in ("none", "a", "b", "c", "d"))
    found = find_interpreter("3.9", {"PATH": path})
    assert found == Interpreter(program=str(good), version="3.9.4")


@pytest.mark.parametrize(
    "changes",
    [
        {"version": "3.8.4"},
        {"version": "3.91.0"},
        {"version": None},
        {"kind": "pypy"},
        {"level": "candidate"},
        {"flags": "t"},
        {"flags": "d"},
    ],
)
def test_a_python_that_compiles_otherwise_is_none(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    stand_in(tmp_path, "python3.9", answer(**changes))
    assert find_interpreter("3.9", {"PATH": str(tmp_path)}) is None


def test_none_at_all(tmp_path: Path) -> None:
    assert find_interpreter("3.9", {"PATH": str(tmp_path)}) is None
