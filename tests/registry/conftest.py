from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lading.http import HttpSettings
from registry.fake_registry import FakeRegistry, serving
from registry.full_registry import running_registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from registry.fake_registry import FakeServer
    from registry.full_registry import FullRegistry


@pytest.fixture
def http() -> HttpSettings:
    """Patience for tests: as many retries as by default, and no waiting."""
    return HttpSettings(timeout=5, backoff=0, longest_wait=1)


@pytest.fixture
def contents() -> FakeRegistry:
    """What the fake registry holds."""
    return FakeRegistry()


@pytest.fixture
def server(contents: FakeRegistry) -> Iterator[FakeServer]:
    """The fake registry, running."""
    with serving(contents.route) as running:
        contents.realm = running.url
        yield running


@pytest.fixture
def full() -> Iterator[FullRegistry]:
    """A registry that can be pushed to, running."""
    with running_registry() as running:
        yield running
