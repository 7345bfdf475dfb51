"""The index that a pylock.toml names for a package is the one that it comes from (PEP 751)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lock.dock import Dock

PYLOCK = """\
lock-version = "1.0"
created-by = "test"

[[packages]]
name = "alpha"
version = "1.0"
index = "INDEX/simple"
wheels = [{ url = "INDEX/files/alpha-1.0-py3-none-any.whl", hashes = { sha256 = "HASH" } }]
"""


def test_no_other_index_is_asked(dock: Dock) -> None:
    digest = dock.other.wheel("alpha", "1.0").removeprefix("sha256:")
    dock.index.wheel("alpha", "1.0", requires=["confused"])
    dock.write("pylock.toml", PYLOCK.replace("INDEX", dock.other.url).replace("HASH", digest))

    found = dock.distributions(dock.image().requirements_file("pylock.toml"))

    assert found["alpha"].index == f"{dock.other.url}/simple"
    assert found["alpha"].url.startswith(dock.other.url)
    assert "/simple/alpha/" not in dock.index.asked


def test_the_resolvers_own_index_is_none_that_was_chosen(dock: Dock) -> None:
    own = dock.machine().uv().default_index(dock.project)
    assert own is not None
    digest = dock.index.wheel("alpha", "1.0").removeprefix("sha256:")
    text = PYLOCK.replace("INDEX/simple", own).replace("INDEX", dock.index.url)
    dock.write("pylock.toml", text.replace("HASH", digest))

    found = dock.distributions(dock.image().requirements_file("pylock.toml"))

    assert found["alpha"].url.startswith(dock.index.url)
