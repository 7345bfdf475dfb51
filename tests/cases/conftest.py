"""What the cases are shown with: a project to freeze, and a dock to lock at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from freeze.world import World
from lock.conftest import dock, git, index, other_index

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["dock", "git", "index", "other_index", "world"]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A project that needs no network to be frozen."""
    return World(root=tmp_path.resolve())
