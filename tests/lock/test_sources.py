"""What is compiled from source: locked without running any of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lading import process
from lading.freeze import Freezer
from lading.lock.file import write_lock
from lading.lock.uv import Uv, reduced
from lock.dock import AMD64
from lock.package_index import pkg_info, sdist

if TYPE_CHECKING:
    from pathlib import Path

    from lading.errors import Problem
    from lock.dock import Dock

STATIC = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "alpha"
version = "1.0"
dependencies = ["beta"]
"""
IN_TREE = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
BACKEND = """
def prepare_metadata_for_build_wheel(folder, config_settings=None):
    import os
    os.mkdir(folder + "/alpha-1.0.dist-info")
    with open(folder + "/alpha-1.0.dist-info/METADATA", "w") as file:
        file.write("Metadata-Version: 2.1\\nName: alpha\\nVersion: 1.0\\n")
    return "alpha-1.0.dist-info"
"""


def mark(path: Path) -> str:
    """Code that shows that it ran."""
    return f"open({str(path)!r}, 'w').close()\n"


def publish(dock: Dock, ran: Path, **files: str) -> str:
    named = {name.replace("_", "."): text for name, text in files.items()}
    named = {
        name: mark(ran) + text if name.endswith(".py") else text for name, text in named.items()
    }
    return dock.index.add(sdist("alpha", "1.0", {"PKG-INFO": pkg_info("alpha", "1.0"), **named}))


def refused(dock: Dock) -> Problem:
    image = dock.image().python_packages("alpha", no_binary=["alpha"])
    (problem,) = dock.refused(image)
    return problem


def test_an_sdist_is_refused_with_the_way_to_allow_it(dock: Dock, tmp_path: Path) -> None:
    publish(dock, tmp_path / "ran", setup_py="")
    (problem,) = dock.refused(dock.image().python_packages("alpha"))
    assert 'no_binary=["alpha"]' in (problem.hint or "")


def test_an_allowed_sdist_is_locked_by_what_it_declares(dock: Dock, tmp_path: Path) -> None:
    digest = publish(dock, tmp_path / "ran", setup_py="", pyproject_toml=STATIC)
    dock.index.wheel("beta", "1.0")

    found = dock.distributions(dock.image().python_packages("alpha", no_binary=["alpha"]))

    assert (found["alpha"].kind, found["alpha"].hashes) == ("sdist", (digest,))
    assert found["beta"].kind == "wheel"
    assert not (tmp_path / "ran").exists()


def test_a_freeze_after_the_lock_needs_no_network(dock: Dock, tmp_path: Path) -> None:
    publish(dock, tmp_path / "ran", setup_py="", pyproject_toml=STATIC)
    dock.index.wheel("beta", "1.0")
    image = dock.image().python_packages("alpha", no_binary=["alpha"])
    lock = dock.lock(image)
    write_lock(dock.project, lock)
    asked = len(dock.index.asked)

    freezer = Freezer(machine=dock.machine(), locked=True, offline=True)
    decided = freezer.decide(image, platform=AMD64, project=dock.project)
    freezer.write(decided, tmp_path / "frozen")

    source = tmp_path / "frozen" / "sources" / "alpha-1.0.tar.gz"
    assert source.read_bytes() == dock.index.files["alpha-1.0.tar.gz"]
    assert len(dock.index.asked) == asked
    assert not (tmp_path / "ran").exists()


def test_an_sdist_with_a_static_record_is_locked_by_it(dock: Dock, tmp_path: Path) -> None:
    files = {"PKG-INFO": pkg_info("alpha", "1.0", "2.2"), "setup.py": mark(tmp_path / "ran")}
    dock.index.add(sdist("alpha", "1.0", files))
    found = dock.distributions(dock.image().python_packages("alpha", no_binary=["alpha"]))
    assert found["alpha"].kind == "sdist"
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "files",
    [
        {"setup_py": "from setuptools import setup; setup(name='alpha', version='1.0')\n"},
        {"pyproject_toml": IN_TREE, "backend_py": BACKEND},
    ],
    ids=["setup.py", "a backend of its own"],
)
def test_code_that_would_tell_dependencies_is_never_run(
    dock: Dock, tmp_path: Path, files: dict[str, str]
) -> None:
    publish(dock, tmp_path / "ran", **files)

    problem = refused(dock)

    assert not (tmp_path / "ran").exists()
    assert "no code of a package is run" in (problem.detail or "")
    assert "alpha tells its dependencies only to those who run its code" in (problem.hint or "")


def test_without_the_guard_that_code_would_run(dock: Dock, tmp_path: Path) -> None:
    """The tests above could not fail otherwise."""
    publish(dock, tmp_path / "ran", pyproject_toml=IN_TREE, backend_py=BACKEND)
    uv = Uv.from_environment(dock.environ, interpreter=dock.interpreter)
    words = ("pip", "compile", "-", "--python", uv.interpreter)
    index = ("--default-index", f"{dock.index.url}/simple")
    done = uv.call((*words, *index), cwd=tmp_path, stdin="alpha\n")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "ran").exists()


def test_an_archive_at_a_url_that_must_run_code_is_refused(dock: Dock, tmp_path: Path) -> None:
    publish(dock, tmp_path / "ran", pyproject_toml=IN_TREE, backend_py=BACKEND)
    url = f"{dock.index.url}/files/alpha-1.0.tar.gz"
    (problem,) = dock.refused(dock.image().python_packages(f"alpha @ {url}"))
    assert not (tmp_path / "ran").exists()
    assert "only to those who run its code" in (problem.hint or "")


def test_an_archive_at_a_url_is_locked_by_what_it_declares(dock: Dock, tmp_path: Path) -> None:
    digest = publish(dock, tmp_path / "ran", pyproject_toml=STATIC)
    dock.index.wheel("beta", "1.0")
    url = f"{dock.index.url}/files/alpha-1.0.tar.gz"

    found = dock.distributions(dock.image().python_packages(f"alpha @ {url}"))

    alpha = found["alpha"]
    assert (alpha.kind, alpha.url, alpha.hashes, alpha.index) == ("sdist", url, (digest,), None)


@pytest.fixture
def repository(dock: Dock, tmp_path: Path, git: str) -> tuple[str, str]:
    """A git repository's URL, as plain files of the index, and its commit."""
    work = tmp_path / "work"
    work.mkdir()
    (work / "pyproject.toml").write_text(STATIC)
    env = reduced(dock.environ) | {"GIT_CONFIG_NOSYSTEM": "1"}

    def call(*words: str) -> str:
        author = ("-c", "user.name=a", "-c", "user.email=a@example.test")
        done = process.run((git, *author, *words), env=env, cwd=work)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    call("init", "--quiet", "--initial-branch=main")
    call("add", ".")
    call("commit", "--quiet", "--message=one")
    bare = tmp_path / "bare.git"
    call("clone", "--quiet", "--bare", ".", str(bare))
    call("-C", str(bare), "update-server-info")
    for file in bare.rglob("*"):
        if file.is_file():
            path = file.relative_to(bare).as_posix()
            dock.index.files[f"bare.git/{path}"] = file.read_bytes()
    return f"{dock.index.url}/files/bare.git", call("rev-parse", "HEAD")


def test_a_branch_is_locked_to_its_commit(dock: Dock, repository: tuple[str, str]) -> None:
    url, commit = repository
    dock.index.wheel("beta", "1.0")
    image = dock.image().python_packages(f"alpha @ git+{url}@main").run("true")

    found = dock.distributions(image.python_packages("beta"))

    alpha = found["alpha"]
    assert (alpha.kind, alpha.url, alpha.commit) == ("git", url, commit)
    assert alpha.version == "1.0"
    assert {name: one.group for name, one in found.items()} == {"alpha": 1, "beta": 1}
