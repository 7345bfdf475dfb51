from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

import engine_support
from lock import package_index
from lock.dock import Dock
from lock.package_index import PackageIndex
from registry.fake_registry import FakeRegistry, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def index() -> Iterator[PackageIndex]:
    """A package index, running."""
    yield from _running()


@pytest.fixture
def other_index() -> Iterator[PackageIndex]:
    """Another one."""
    yield from _running()


def _running() -> Iterator[PackageIndex]:
    index = PackageIndex()
    with package_index.serving(index):
        yield index


@pytest.fixture
def dock(
    tmp_path: Path, home: Path, index: PackageIndex, other_index: PackageIndex
) -> Iterator[Dock]:
    """A project beside its indexes and registry, and a machine that knows nothing else."""
    project = tmp_path / "project"
    project.mkdir()
    index.add_uv("0.9.1")
    contents = FakeRegistry()
    images = [contents.add_image("python", None, f"linux/{arch}") for arch in ("amd64", "arm64")]
    contents.add_index("python", "3.11", images)
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "UV_CACHE_DIR": str(tmp_path / "uv-cache"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    with serving(contents.route) as registry:
        yield Dock(project, home, index, other_index, registry, contents, environ)


@pytest.fixture
def git(request: pytest.FixtureRequest) -> str:
    """The path of git, which uv needs for a repository and a machine may lack."""
    found = shutil.which("git")
    if found is not None:
        return found
    missing = "git is not installed"
    if engine_support.must_run():
        pytest.fail(missing, pytrace=False)
    request.node.user_properties.append(("left out", missing))
    pytest.skip(missing)
