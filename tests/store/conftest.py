from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lading.store import Store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store that is not there yet."""
    return Store(tmp_path / "cache" / "layers")
