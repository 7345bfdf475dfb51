"""Type checkers over the modules of tests/typing, and what those expect of them.

A line ends in `# error: arg-type` where mypy is to report an error of that code there; several are
in alphabetical order, with commas between them.
"""

from __future__ import annotations

import ast
import json
import os
import re
import sys
from typing import TYPE_CHECKING

from lading.process import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["CODES", "Errors", "errors_of_mypy", "expected_errors", "lines_of_pyright", "used_names"]

CODES = re.compile(r"# error: (.*)$")

SECONDS = 600.0

Errors = dict[str, list[tuple[int, str]]]
"""By module, as its path below the folder: the line and the code of each error."""


def expected_errors(folder: Path) -> Errors:
    """The errors that the modules in a folder say they have; an empty list for those with none."""
    return {
        path.relative_to(folder).as_posix(): sorted(_expected(path.read_text("utf-8")))
        for path in sorted(folder.rglob("*.py"))
    }


def _expected(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if found := CODES.search(line):
            yield from ((number, code) for code in found[1].split(", "))


def errors_of_mypy(folder: Path, *, python: Path, cache: Path) -> Errors:
    """The errors that `mypy --strict` finds in a folder, which holds no settings of its own.

    Args:
        folder: It, and every module in it.
        python: The interpreter that has Lading installed.
        cache: What mypy keeps for the next time.
    """
    options = ("--strict", "--config-file=", "--explicit-package-bases", "--output=json")
    reports = _lines_of(
        [
            *(sys.executable, "-m", "mypy", *options, "--warn-unreachable"),
            *("--python-executable", str(python), "--cache-dir", str(cache), "."),
        ],
        folder,
    )
    found: Errors = {name: [] for name in expected_errors(folder)}
    for report in map(json.loads, reports):
        if report["severity"] == "error":
            found[report["file"]].append((report["line"], report["code"]))
    return {name: sorted(errors) for name, errors in found.items()}


def lines_of_pyright(folder: Path, *, python: Path, program: list[str]) -> dict[str, list[int]]:
    """The lines, by module, in which Pyright finds an error; of each kind it has names of its own.

    Args:
        folder: It, and every module in it.
        python: The interpreter that has Lading installed.
        program: The words that start it.
    """
    settings = folder / "pyrightconfig.json"
    settings.write_text('{"typeCheckingMode": "standard"}')
    words = ["--outputjson", "--pythonpath", str(python), "."]
    told = "\n".join(_lines_of([*program, *words], folder))
    found: dict[str, set[int]] = {name: set() for name in expected_errors(folder)}
    for report in json.loads(told)["generalDiagnostics"]:
        if report["severity"] == "error":
            name = os.path.relpath(report["file"], folder)
            found[name].add(report["range"]["start"]["line"] + 1)
    return {name: sorted(lines) for name, lines in found.items()}


def _lines_of(argv: list[str], folder: Path) -> list[str]:
    done = run(argv, env=dict(os.environ), cwd=folder, timeout=SECONDS)
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    return done.stdout.strip().splitlines()


def used_names(folder: Path) -> set[str]:
    """All names and attributes that the modules in a folder read or import."""
    return {
        name
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        for name in _names(node)
    }


def _names(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            yield name
        case ast.ImportFrom(names=names):
            yield from (alias.name for alias in names)
        case _:
            pass
