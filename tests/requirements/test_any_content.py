"""Whatever a file holds, it is read, or refused with its place: nothing else comes of it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lading.errors import SpecificationError
from lading.requirements import (
    RequirementSet,
    read_pylock,
    read_pyproject,
    read_requirements_file,
    read_script,
)
from lading.requirements.uv_lock import read_toml_lock

if TYPE_CHECKING:
    from collections.abc import Callable

quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

WORDS = st.sampled_from(
    [
        *("x", "x>=1", "p[a]", "p[b] ; os_name == 'nt'", "./x", "../x", "x\0", "", "é", "x y"),
        *("https://u:hunter2@h.test/s", "https://h.test/x.zip", "git+https://h.test/x", "-r y"),
        *("os_name == 'nt'", "(" * 4000 + "os_name == 'nt'", ">=3.11", "\u2028", "libs/*", "**"),
        *("/etc", "~/x", "a" * 300, "1.0", "corp", "../../etc/*", "a**b", "x\n[y]"),
    ]
)
KEYS = st.sampled_from(
    [
        *("project", "name", "dependencies", "optional-dependencies", "dynamic", "a", "b", "x"),
        *("dependency-groups", "include-group", "tool", "uv", "sources", "index", "url", "path"),
        *("workspace", "members", "exclude", "git", "rev", "marker", "extra", "setuptools", "file"),
        *("poetry", "constraint-dependencies", "requires-python", "format", "explicit", "default"),
        *("packages", "version", "wheels", "hashes", "vcs", "directory", "package", "source"),
    ]
)
LEAVES = WORDS | st.booleans() | st.integers(0, 9) | st.just(1.5)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
STRINGS = st.lists(WORDS, max_size=3)
SOURCE = st.dictionaries(
    st.sampled_from(
        ["path", "git", "rev", "url", "index", "workspace", "marker", "extra", "group"]
    ),
    WORDS | st.just(True),
    max_size=3,
)
UV = st.fixed_dictionaries(
    {},
    optional={
        "sources": st.dictionaries(
            KEYS, SOURCE | st.lists(SOURCE, max_size=2) | VALUES, max_size=2
        ),
        "index": st.lists(
            st.fixed_dictionaries({"url": WORDS}, optional={"name": WORDS}), max_size=2
        )
        | VALUES,
        "workspace": st.fixed_dictionaries({"members": STRINGS}) | VALUES,
        "constraint-dependencies": STRINGS | VALUES,
        "environments": STRINGS | VALUES,
        "find-links": STRINGS,
        "no-binary-package": STRINGS,
    },
)
PROJECTS = st.fixed_dictionaries(
    {
        "project": st.fixed_dictionaries(
            {"name": st.just("p")},
            optional={
                "dependencies": STRINGS | VALUES,
                "optional-dependencies": st.dictionaries(
                    st.sampled_from(["a", "b"]), STRINGS | VALUES
                ),
                "dynamic": st.lists(st.sampled_from(["dependencies", "optional-dependencies"])),
                "requires-python": VALUES,
            },
        )
        | VALUES
    },
    optional={
        "dependency-groups": st.dictionaries(
            st.sampled_from(["a", "b"]), st.lists(WORDS | st.just({"include-group": "b"})) | VALUES
        ),
        "tool": st.fixed_dictionaries(
            {"uv": UV | VALUES},
            optional={
                "setuptools": st.just({"dynamic": {"dependencies": {"file": "r.txt"}}}) | VALUES,
                "poetry": VALUES,
                "pdm": VALUES,
            },
        )
        | VALUES,
    },
)


def outcome(path: str, content: bytes, read: Callable[[Path, str], object]) -> None:
    with tempfile.TemporaryDirectory() as name:
        project = Path(name).resolve()
        (project / path).write_bytes(content)
        found, error = attempt(lambda: read(project, path))
        if error is not None:
            assert error.problems
            assert "hunter2" not in str(error)
            assert all(len(problem.message.splitlines()) == 1 for problem in error.problems)
        if isinstance(found, RequirementSet):
            assert all(one.requirement.text.isprintable() for one in found.requirements)


def attempt(read: Callable[[], object]) -> tuple[object, SpecificationError | None]:
    try:
        return read(), None
    except SpecificationError as error:
        return None, error


@quick
@given(PROJECTS)
def test_any_pyproject(tables: dict[str, object]) -> None:
    content = tomli_w.dumps(tables).encode()
    outcome(
        "pyproject.toml", content, lambda *at: read_pyproject(*at, extras=("a",), groups=("b",))
    )
    outcome("pyproject.toml", content, read_pyproject)


@quick
@given(st.fixed_dictionaries({}, optional={"dependencies": STRINGS | VALUES, "tool": VALUES}))
def test_any_block_of_a_script(tables: dict[str, object]) -> None:
    lines = tomli_w.dumps(tables).splitlines()
    block = "".join(f"# {line}\n" for line in lines)
    outcome("x.py", f"# /// script\n{block}# ///\n".encode(), read_script)


PACKAGE = st.fixed_dictionaries(
    {"name": st.just("x")},
    optional={
        "version": WORDS | VALUES,
        "marker": WORDS,
        "index": WORDS,
        "directory": st.fixed_dictionaries({"path": WORDS}),
        "vcs": st.fixed_dictionaries(
            {"type": st.just("git"), "url": WORDS, "commit-id": WORDS | st.just("0" * 40)}
        ),
        "archive": st.fixed_dictionaries(
            {"url": WORDS, "hashes": st.just({"sha256": "0" * 64}) | st.just({"md5": "0"})}
        ),
    },
)


@quick
@given(st.lists(PACKAGE, max_size=2), st.none() | VALUES)
def test_any_pylock(packages: list[dict[str, object]], more: object) -> None:
    tables: dict[str, object] = {"lock-version": "1.0", "created-by": "x", "packages": packages}
    if more is not None:
        tables["environments"] = more
    outcome("pylock.toml", tomli_w.dumps(tables).encode(), read_pylock)


@quick
@given(st.fixed_dictionaries({}, optional={"requires-python": VALUES, "package": VALUES}))
def test_any_uv_lock(tables: dict[str, object]) -> None:
    outcome("uv.lock", tomli_w.dumps(tables).encode(), read_toml_lock)


LINES = st.lists(
    st.sampled_from(
        [
            *(
                "-r ",
                "--index-url ",
                "-f ",
                "--no-binary ",
                "x",
                "==1",
                " ; ",
                "os_name=='nt'",
                "\\",
            ),
            *("https://u:hunter2@h.test", "${X}", "(" * 4000, "[", "]", "\n", "'", '"', "#", "./x"),
            *(" @ ", "file:", "git+ssh://", "\0", "é", "\r", " --hash=", "sha256:", "r.txt", "-e "),
        ]
    ),
    max_size=8,
).map("".join)


@quick
@given(LINES)
def test_any_requirements_file(text: str) -> None:
    outcome("r.txt", text.encode(), read_requirements_file)


@quick
@given(st.binary(max_size=40))
def test_any_bytes(content: bytes) -> None:
    outcome("r.txt", content, read_requirements_file)
    outcome("x.py", b"# /// script\n" + content + b"\n# ///\n", read_script)
    outcome("pyproject.toml", content, read_pyproject)
    outcome("pylock.toml", content, read_pylock)


@pytest.mark.parametrize(
    ("path", "read"),
    [("pyproject.toml", read_pyproject), ("pylock.toml", read_pylock), ("uv.lock", read_toml_lock)],
)
def test_toml_that_is_nested_beyond_reason_is_refused(
    path: str, read: Callable[[Path, str], object]
) -> None:
    outcome(path, b"a = " + b"[" * 100_000, read)
    outcome(path, b"a" + b".a" * 1_000 + b" = 1", read)
