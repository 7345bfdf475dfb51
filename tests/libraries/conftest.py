from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from debian.conftest import keys
from lading.store import Store

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["keys"]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return Store(tmp_path / "cache" / "layers")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An empty project."""
    folder = tmp_path / "project"
    folder.mkdir()
    return folder
