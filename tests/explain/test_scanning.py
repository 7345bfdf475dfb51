"""What layers make together, against the reader of bases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from lading.bases.tree import Tree, tree_of
from lading.explain.scanning import distributions_in, flattened, scan
from lading.oci.unpacking import walk
from oci.images import layer

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = ["a", "b", "a/c", "a/c/d", "b/c", "a/"]
WHITEOUTS = [".wh.a", "a/.wh.c", "a/c/.wh.d", "a/.wh..wh..opq", ".wh..wh..opq", "b/.wh.c"]

contents = st.one_of(st.binary(max_size=2), st.sampled_from(["a", "b/c"]))
layers = st.lists(
    st.dictionaries(st.sampled_from(NAMES), contents, max_size=4).flatmap(
        lambda files: st.sets(st.sampled_from(WHITEOUTS), max_size=2).map(
            lambda hidden: {**files, **dict.fromkeys(hidden | {"a/"} & files.keys(), b"")}
        )
    ),
    min_size=1,
    max_size=4,
)


def is_tree(files: dict[str, bytes | str]) -> bool:
    """Whether no file of one layer stands where it has a folder too: no tool writes such."""
    plain = {name for name in files if not name.endswith("/") and ".wh." not in name}
    return not any(other.startswith(f"{name}/") for name in plain for other in files)


@given(layers)
def test_the_files_of_layers_are_those_that_the_reader_of_bases_sees(
    found: list[dict[str, bytes | str]],
) -> None:
    made = [layer(files).blob for files in found if is_tree(files)]
    tree = tree_of([walk(blob) for blob in made], "image")
    assert set(flattened(map(scan, made)).files) == set(files_below(tree, ""))


def files_below(tree: Tree, folder: str) -> Iterator[str]:
    for name in tree.names(folder or "/"):
        path = f"{folder}/{name}"
        if tree.link(path) is None and tree.is_folder(path):
            yield from files_below(tree, path)
        else:
            yield path


def test_the_content_of_a_file_is_that_of_the_uppermost_layer() -> None:
    lower, upper = layer({"a": b"1", "b": b"1"}).blob, layer({"a": b"2", "l": "b"}).blob
    files = flattened([scan(lower), scan(upper)]).files
    assert files["/a"] == scan(upper).files["/a"]
    assert files["/b"] == scan(lower).files["/b"]
    assert (files["/l"].content, files["/l"].size) == ("-> b", 0)


def test_distributions_are_told_by_their_metadata() -> None:
    paths = ("/x/Foo.Bar-1.0.dist-info/METADATA", "/x/foo/METADATA", "/x/foo-1.dist-info/RECORD")
    assert list(distributions_in(paths).values()) == [("foo-bar", "1.0")]
