"""What dpkg has recorded in a base, wherever its layers have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bases.made import Hard, tar
from lading.bases import dpkg, dpkg_status
from lading.bases.base import base_of, nothing
from lading.bases.tree import tree_of
from lading.errors import ImageError
from lading.oci.unpacking import walk
from lading.platforms import Platform
from lading.store import Store
from oci import images

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lading.bases import Base

AMD64 = Platform.parse("linux/amd64")
STATUS = "var/lib/dpkg/status"
PARTS = "var/lib/dpkg/status.d"
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


HIDING_ALL = [
    ".wh.var",
    "var/.wh.lib",
    "var/lib/.wh.dpkg",
    ".wh..wh..opq",
    "var/.wh..wh..opq",
    "var/lib/.wh..wh..opq",
    "var/lib/dpkg/.wh..wh..opq",
]


@pytest.mark.parametrize("hiding", [*HIDING_ALL, "var/lib/dpkg/.wh.status"])
def test_a_list_that_is_hidden_does_not_count(store: Store, hiding: str) -> None:
    assert dpkg_status(base({STATUS: b"old"}, {hiding: b""}), store) == ""
    assert dpkg_status(base({STATUS: b"old"}, {hiding: b""}, NOTHING), store) == ""


@pytest.mark.parametrize(
    "hiding", [*HIDING_ALL, "var/lib/dpkg/.wh.status.d", f"{PARTS}/.wh..wh..opq"]
)
def test_the_files_of_packages_are_hidden_together(store: Store, hiding: str) -> None:
    lower = {f"{PARTS}/a": b"Package: a\n", f"{PARTS}/b": b"Package: b\n"}
    upper = {hiding: b"", f"{PARTS}/c": b"Package: c\n"}
    assert dpkg_status(base(lower, upper), store) == "Package: c\n"


def test_the_file_of_one_package_is_hidden_alone(store: Store) -> None:
    lower = {f"{PARTS}/{name}": f"Package: {name}\n".encode() for name in "abc"}
    middle = {f"{PARTS}/.wh.a": b"", f"{PARTS}/.wh.b": b""}
    upper = {f"{PARTS}/b": b"Package: b\nVersion: 2\n"}
    assert dpkg_status(base(lower, middle, upper), store) == (
        "Package: b\nVersion: 2\n\nPackage: c\n"
    )


@pytest.mark.parametrize("hiding", ["var/lib/.wh.dpkg", f"{PARTS}/.wh.a", f"{PARTS}/.wh..wh..opq"])
@pytest.mark.parametrize("first", [True, False])
def test_a_layer_hides_nothing_of_its_own(store: Store, hiding: str, *, first: bool) -> None:
    own: dict[str, bytes | str] = {f"{PARTS}/a": b"Package: a\n"}
    layer = {hiding: b"", **own} if first else {**own, hiding: b""}
    assert dpkg_status(base(layer), store) == "Package: a\n"


@pytest.mark.parametrize(
    "hiding", ["var/lib/dpk/.wh.g", "etc/.wh.var", "var/lib/.wh..wh.dpkg", ".wh."]
)
def test_what_hides_something_else_hides_nothing_of_it(store: Store, hiding: str) -> None:
    assert dpkg_status(base({STATUS: b"old"}, {hiding: b""}), store) == "old"


def test_a_hidden_list_leaves_the_files_of_packages(store: Store) -> None:
    lower = {STATUS: b"old", f"{PARTS}/a": b"Package: a\n"}
    assert dpkg_status(base(lower, {"var/lib/dpkg/.wh.status": b""}), store) == "Package: a\n"


@pytest.mark.parametrize("place", ["var", "var/lib", "var/lib/dpkg", STATUS])
def test_something_else_in_its_place_hides_it_too(store: Store, place: str) -> None:
    assert dpkg_status(base({STATUS: b"old"}, {place: "elsewhere"}), store) == ""


def test_a_layer_that_hides_all_is_the_last_that_is_fetched(store: Store) -> None:
    lower, upper = images.layer({STATUS: b"old"}), images.layer({"var/.wh.lib": b""})
    found = images.image(layers=[lower, upper])
    made = base_of("example", found, AMD64, digest=found.descriptor.digest)
    assert dpkg_status(made, store) == ""
    assert store.stored(lower.blob.descriptor) is None


def test_a_list_that_is_a_hard_link_is_read(store: Store) -> None:
    content = tar({f"{STATUS}-old": b"Package: a\n", STATUS: Hard(f"{STATUS}-old")})
    found = images.image(layers=[images.layer({STATUS: b"old"}), images.packed_layer(content)])
    made = base_of("example", found, AMD64, digest=found.descriptor.digest)
    assert dpkg_status(made, store) == "Package: a\n"


def test_a_list_that_is_longer_than_any_is_refused(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dpkg, "_MOST", 10)
    parts = {f"{PARTS}/a": b"Package: a\n", f"{PARTS}/b": b""}
    with pytest.raises(ImageError, match="example: its list of installed packages is longer"):
        dpkg_status(base(parts), store)


def test_scratch_has_nothing(store: Store) -> None:
    assert dpkg_status(nothing(AMD64), store) == ""
    assert dpkg_status(base(NOTHING), store) == ""


def test_a_list_that_is_no_text_is_refused(store: Store) -> None:
    with pytest.raises(ImageError, match="example: its list of installed packages is no text"):
        dpkg_status(base({STATUS: b"\xff"}), store)


NAMES = st.sampled_from(
    [
        *(f"{PARTS}/{name}" for name in ("a", "b", ".wh.a", ".wh.b", ".wh..wh..opq")),
        *("var/lib/dpkg/.wh.status.d", "var/lib/.wh.dpkg", "var/lib/.wh..wh..opq"),
        *(".wh.var", ".wh..wh..opq", "var/lib/.wh..wh.aufs", "etc/other"),
    ]
)


@settings(deadline=None)
@given(st.lists(st.sets(NAMES), min_size=1, max_size=5))
def test_what_counts_is_what_is_there(
    tmp_path_factory: pytest.TempPathFactory, layers: list[set[str]]
) -> None:
    made = [
        images.layer({name: f"Package: {number}\n".encode() for name in sorted(names)})
        for number, names in enumerate(layers)
    ]
    found = images.image(layers=made)
    store = Store(tmp_path_factory.mktemp("store"))
    tree = tree_of((walk(layer.blob) for layer in made), "example")
    files = (tree.file(f"/{PARTS}/{name}") for name in tree.names(f"/{PARTS}"))
    expected = [f"Package: {file.layer}\n" for file in files if file is not None]
    status = dpkg_status(base_of("example", found, AMD64, digest=found.descriptor.digest), store)
    assert status == "\n".join(expected)
