from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.dockerfile.layout import MADE_BY as IN_DOCKERFILES
from lading.grammar.invalid import Invalid
from lading.trees import MADE_BY, TreeFile, digest_of, tree_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write(tmp_path, "libs/x/pyproject.toml", "[project]")
    write(tmp_path, "libs/x/src/x.py", "x = 1")
    return tmp_path.resolve()


def write(root: Path, name: str, text: str = "") -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def emptied(path: Path) -> Path:
    shutil.rmtree(path)
    return path


def names(project: Path, name: str = "libs/x") -> list[str]:
    return [one.path for one in tree_of(project, name)]


def test_a_tree_is_the_files_below_a_folder(project: Path) -> None:
    write(project, "libs/x/run.sh", "#!/bin/sh").chmod(0o744)
    found = tree_of(project, "libs/x")
    assert [one.path for one in found] == ["pyproject.toml", "run.sh", "src/x.py"]
    assert [one.executable for one in found] == [False, True, False]
    assert [one.size for one in found] == [9, 9, 5]
    assert names(project, ".") == [f"libs/x/{one.path}" for one in found]


@pytest.mark.parametrize(
    "left",
    [
        *(".git/config", ".venv/pyvenv.cfg", "env of mine/pyvenv.cfg", "src/__pycache__/x.pyc"),
        *("x.egg-info/PKG-INFO", "src/x.egg-info/PKG-INFO", "target/CACHEDIR.TAG"),
        *("build/lib/x.py", "dist/x-1-py3-none-any.whl", "lading.lock", ".lading/a/Dockerfile"),
    ],
)
def test_what_a_build_or_a_tool_leaves_changes_no_digest(project: Path, left: str) -> None:
    before = digest_of(tree_of(project, "libs/x"))
    write(project, f"libs/x/{left}")
    assert digest_of(tree_of(project, "libs/x")) == before


@pytest.mark.parametrize("kept", ["build/hook.py", "src/build/lib/x.py", "dist/README", "venv/x"])
def test_what_only_looks_like_it_is_part_of_the_source(project: Path, kept: str) -> None:
    write(project, f"libs/x/{kept}")
    assert kept in names(project)


def test_a_frozen_folder_is_no_source(project: Path) -> None:
    before = names(project, ".")
    write(project, "context/Dockerfile", f"# {MADE_BY}: ...")
    write(project, "context/image.json", "{}")
    assert names(project, ".") == before
    assert MADE_BY == IN_DOCKERFILES


def test_only_names_contents_and_modes_count(project: Path, tmp_path: Path) -> None:
    digest = digest_of(tree_of(project, "libs/x"))
    elsewhere = tmp_path / "an other @ plâce"
    shutil.copytree(project / "libs", elsewhere / "libs")
    os.utime(elsewhere / "libs/x/pyproject.toml", (1, 1))
    (elsewhere / "libs/x/pyproject.toml").chmod(0o600)
    assert digest_of(tree_of(elsewhere, "libs/x")) == digest
    (elsewhere / "libs/x/pyproject.toml").chmod(0o700)
    assert digest_of(tree_of(elsewhere, "libs/x")) != digest


def test_links_inside_the_project_are_followed(project: Path) -> None:
    write(project, "shared/y.py", "y")
    (project / "libs/x/y.py").symlink_to("../../shared/y.py")
    assert "y.py" in names(project)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda x: (x / "out").symlink_to("/etc"), "libs/x/out is a link that leaves"),
        (lambda x: (x / "key").symlink_to("/etc/passwd"), "libs/x/key is a link that leaves"),
        (lambda x: (x / "none").symlink_to("nothing"), "libs/x/none is a link to nothing"),
        (lambda x: (x / "round").symlink_to("."), "libs/x/round leads back"),
        (lambda x: os.mkfifo(x / "pipe"), "libs/x/pipe is neither a file"),
        (shutil.rmtree, "there is no libs/x"),
        (lambda x: emptied(x).mkdir(), "libs/x holds no files"),
        (lambda x: emptied(x).touch(), "libs/x is not a folder"),
    ],
)
def test_what_is_no_source_is_refused_by_name(project: Path, make: object, message: str) -> None:
    make(project / "libs/x")  # type: ignore[operator]
    with pytest.raises(Invalid, match=message):
        tree_of(project, "libs/x")


def test_nothing_beside_the_folder_is_looked_at(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # CASES R46
    write(project, "data/one/a")
    looked: list[str] = []
    scandir = os.scandir

    def spying(path: str) -> object:
        looked.append(os.fspath(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", spying)
    names(project)
    assert sorted(looked) == [str(project / "libs/x"), str(project / "libs/x/src")]


files = st.builds(
    TreeFile,
    path=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=3),
    sha256=st.sampled_from(["0" * 64, "1" * 64]),
    size=st.just(0),
    executable=st.booleans(),
    source=st.none(),
)
trees = st.lists(files, max_size=3, unique_by=lambda one: one.path)


@given(one=trees, other=trees)
def test_digests_are_equal_exactly_where_trees_are(
    one: list[TreeFile], other: list[TreeFile]
) -> None:
    assert (digest_of(one) == digest_of(other)) == (
        sorted(one, key=lambda file: file.path) == sorted(other, key=lambda file: file.path)
    )
