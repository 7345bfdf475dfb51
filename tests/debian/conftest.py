from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from debian.signed_archive import Keys

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def keys() -> Iterator[Keys]:
    with Keys.made() as keys:
        yield keys


@pytest.fixture(scope="session")
def other_keys() -> Iterator[Keys]:
    with Keys.made() as keys:
        yield keys
