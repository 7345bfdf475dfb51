from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lading.engines import BuildRequest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def bin_folder(tmp_path: Path) -> Path:
    """The only folder of `environment`'s PATH: a test puts shell scripts there as engines."""
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


@pytest.fixture
def program(bin_folder: Path) -> Callable[[str, str], Path]:
    def add(name: str, script: str) -> Path:
        path = bin_folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    return add


@pytest.fixture
def environment(bin_folder: Path) -> dict[str, str]:
    return {"PATH": str(bin_folder)}


@pytest.fixture
def host_environment() -> dict[str, str]:
    return dict(os.environ)


@pytest.fixture
def context(tmp_path: Path) -> Path:
    folder = tmp_path / "context"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM scratch\n")
    return folder


@pytest.fixture
def request_for(context: Path) -> Callable[..., BuildRequest]:
    def make(**asked: object) -> BuildRequest:
        return BuildRequest(**{"context": context, "platform": "linux/amd64", **asked})  # type: ignore[arg-type]

    return make
