"""What dpkg has recorded in a base, wherever its layers have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lading.bases import dpkg_status
from lading.bases.base import base_of, nothing
from lading.errors import ImageError
from lading.platforms import Platform
from lading.store import Store
from oci import images

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lading.bases import Base

AMD64 = Platform.parse("linux/amd64")
STATUS = "var/lib/dpkg/status"
NOTHING: dict[str, bytes] = {"etc/": b""}


def base(*layers: Mapping[str, bytes | str]) -> Base:
    found = images.image(layers=[images.layer(files) for files in layers])
    return base_of("example", found, AMD64, digest=found.descriptor.digest)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def test_the_uppermost_list_counts(store: Store) -> None:
    found = base({STATUS: b"old"}, {STATUS: b"new"}, NOTHING)
    assert dpkg_status(found, store) == "new"


def test_layers_below_it_are_not_fetched(store: Store) -> None:
    lower, upper = images.layer({STATUS: b"old"}), images.layer({STATUS: b"new"})
    found = images.image(layers=[lower, upper])
    made = base_of("example", found, AMD64, digest=found.descriptor.digest)
    assert dpkg_status(made, store) == "new"
    assert store.stored(lower.blob.descriptor) is None
    assert store.stored(upper.blob.descriptor) is not None


def test_it_is_read_once(store: Store) -> None:
    found = base({STATUS: b"new"})
    dpkg_status(found, store)
    store.prune(room=0)
    assert dpkg_status(found, Store(store.folder.root)) == "new"


def test_one_file_for_each_package_counts_together(store: Store) -> None:
    found = base(
        {"var/lib/dpkg/status.d/a": b"Package: a\nVersion: 1\n"},
        {"var/lib/dpkg/status.d/b": b"Package: b\n", "var/lib/dpkg/status.d/b.md5sums": b"x"},
        {"var/lib/dpkg/status.d/a": b"Package: a\nVersion: 2\n\n"},
    )
    assert dpkg_status(found, store) == "Package: a\nVersion: 2\n\nPackage: b\n"


@pytest.mark.parametrize(
    "hiding", ["var/.wh.lib", "var/lib/.wh.dpkg", "var/lib/dpkg/.wh.status", "var/lib/.wh..wh..opq"]
)
def test_what_is_hidden_does_not_count(store: Store, hiding: str) -> None:
    assert dpkg_status(base({STATUS: b"old"}, {hiding: b""}), store) == ""


def test_scratch_has_nothing(store: Store) -> None:
    assert dpkg_status(nothing(AMD64), store) == ""
    assert dpkg_status(base(NOTHING), store) == ""


def test_a_list_that_is_no_text_is_refused(store: Store) -> None:
    with pytest.raises(ImageError, match="example: its list of installed packages is no text"):
        dpkg_status(base({STATUS: b"\xff"}), store)
