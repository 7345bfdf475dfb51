from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bases import made
from bases.made import Hard
from lading.bases.tree import Tree, decoded, tree_of
from lading.errors import ImageError
from lading.oci.tar_reading import members

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hypothesis.strategies import SearchStrategy


def tree(*layers: Mapping[str, bytes | str | Hard | None]) -> Tree:
    return tree_of((members(io.BytesIO(made.tar(one))) for one in layers), "base")


def test_layers_lie_over_each_other() -> None:
    found = tree({"a/one": b"1", "a/two": b"2"}, {"a/two": b"22", "a/three": b"3"})
    assert found.names("/a") == ("one", "three", "two")
    below, above = found.file("/a/one"), found.file("/a/two")
    assert below is not None
    assert above is not None
    assert (below.layer, above.layer) == (0, 1)


def test_a_whiteout_hides_what_is_below_it_alone() -> None:
    found = tree(
        {"a/one": b"1", "a/b/two": b"2", "c": b""},
        {"a/one": b"again", "a/.wh.one": b"", "a/.wh.b": b"", ".wh.c": b"", "x/.wh.none": b""},
    )
    assert found.names("/a") == ("one",)
    file = found.file("/a/one")
    assert file is not None
    assert file.layer == 1
    assert found.names("/") == ("a",)


def test_an_opaque_folder_hides_all_that_was_in_it() -> None:
    found = tree(
        {"a/one": b"1", "a/b/two": b"2"},
        {"a/three": b"3", "a/.wh..wh..opq": b"", "a/.wh..wh.plnk": b""},
    )
    assert found.names("/a") == ("three",)


def test_another_kind_takes_the_place_of_what_was_there() -> None:
    found = tree(
        {"folder/file": b"", "link": "folder", "file": b""},
        {"folder": b"now a file", "link": None, "file": "folder"},
    )
    assert found.file("/folder") is not None
    assert found.is_folder("/link")
    assert found.real("/file") == "/folder"


def test_a_folder_over_a_folder_keeps_what_is_in_it() -> None:
    assert tree({"a/b": b""}, {"a": None}).names("/a") == ("b",)
    assert tree({"a/b": b"", "a": None}).names("/a") == ("b",)


@pytest.mark.parametrize(
    ("path", "real"),
    [
        ("/lib/x/y", "/usr/lib/x/y"),
        ("/bin", "/usr/bin"),
        ("/var/run/app", "/run/app"),
        ("/usr/bin/up", "/"),
        ("/usr/bin/up/lib", "/usr/lib"),
        ("/round", None),
        ("/self/x", None),
        ("/nothing/../x", "/x"),
        ("/", "/"),
    ],
)
def test_links_are_followed_inside_the_image(path: str, real: str | None) -> None:
    found = tree(
        {
            "usr/lib/x/file": b"",
            "usr/bin/up": "../../../../..",
            "lib": "usr/lib",
            "bin": "/usr/bin",
            "var/run": "/run",
            "round": "about",
            "about": "./round",
            "self": "self",
        }
    )
    assert found.real(path) == real


def test_a_hard_link_has_the_content_of_the_other_name() -> None:
    found = tree({"bin/a": b"content", "bin/b": Hard("bin/a"), "bin/c": Hard("bin/b")})
    file = found.file("/bin/c")
    assert file is not None
    assert (file.path, file.name, file.executable) == ("/bin/c", "bin/a", True)


def test_folders_can_only_be_so_deep() -> None:
    with pytest.raises(ImageError, match="deeper than images have"):
        tree({"/".join("a" * 201): b""})


def test_a_name_that_leaves_the_image_is_refused() -> None:
    with pytest.raises(ImageError, match="leaves the image"):
        tree({"a/../../etc/passwd": b""})


NAMES = st.sampled_from(["a", "b", "..", ".", "c"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)


def _contents() -> SearchStrategy[dict[str, bytes | str | None]]:
    names = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map("/".join)
    kinds = st.one_of(st.none(), st.just(b""), PATHS, PATHS.map("/{}".format))
    return st.dictionaries(names, kinds, max_size=8)


@given(st.lists(_contents(), max_size=3), PATHS)
def test_no_path_leads_out_of_the_image_and_the_tree_can_be_kept(
    layers: list[dict[str, bytes | str | None]], path: str
) -> None:
    found = tree(*layers)
    real = found.real(f"/{path}")
    again = decoded(found.encoded())
    assert again.real(f"/{path}") == real
    assert again.encoded() == found.encoded()
    if real is not None:
        assert real.startswith("/")
        assert ".." not in real.split("/")
        assert found.real(real) == real
