"""Several names of one file in a layer."""

from __future__ import annotations

import gzip
import io
import itertools
import tarfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lading.assembly.keys import environment_key
from lading.assembly.packages import owned
from lading.bases.tree import tree_of
from lading.errors import ImageError
from lading.oci.blobs import BytesBlob
from lading.oci.entries import Hardlink, Regular
from lading.oci.layers import write_layer
from lading.oci.media_types import OCI
from lading.oci.order import ordered
from lading.oci.tar import header
from lading.oci.unpacking import walk
from oci.streams import literal

if TYPE_CHECKING:
    from lading.oci.entries import Entry


def link(path: str, target: str, *, mode: int = 0o644) -> Hardlink:
    return Hardlink(path=path, mode=mode, target=target, source="a.deb")


def written(*entries: Entry) -> bytes:
    out = io.BytesIO()
    write_layer(entries, out)
    return out.getvalue()


@pytest.mark.parametrize("names", list(itertools.permutations("abc")))
def test_each_name_is_the_same_file_whichever_has_the_bytes(names: tuple[str, ...]) -> None:
    file, *links = names
    layer = written(literal(file, b"data"), *(link(name, file) for name in links))
    assert layer == written(literal("a", b"data"), link("b", "a"), link("c", "a"))
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(layer))) as archive:
        members = archive.getmembers()
        found = [(one.name, one.isreg(), one.islnk(), one.linkname, one.size) for one in members]
        assert found == [
            ("a", True, False, "", 4),
            ("b", False, True, "a", 0),
            ("c", False, True, "a", 0),
        ]
        again = archive.extractfile("c")
        assert again is not None
        assert again.read() == b"data"


def test_it_is_read_back_as_what_it_is() -> None:
    blob = BytesBlob.of(
        written(literal("a", b"data", mode=0o755), link("b", "a")), OCI["layer+gzip"]
    )
    found = {member.name: (member.kind, member.target) for member in walk(blob)}
    assert found == {"a": ("file", ""), "b": ("hardlink", "a")}
    file = tree_of([walk(blob)], "an image").file("/b")
    assert file is not None
    assert (file.name, file.executable) == ("a", True)


def test_the_mode_is_that_of_the_file() -> None:
    found = ordered([literal("b", b"x", mode=0o755), link("a", "b"), link("c", "b")])
    assert [one.mode for one in found] == [0o755, 0o755, 0o755]
    assert isinstance(found[0], Regular)


@pytest.mark.parametrize("target", ["none", "folder", "b"])
def test_a_link_to_what_is_no_file_of_the_layer_is_refused(target: str) -> None:
    with pytest.raises(ImageError) as caught:
        ordered([link("b", target), literal("folder/x")])
    assert str(caught.value) == (
        f"a.deb has the hard link b to '{target}', which is no file of the same layer"
    )


def test_two_that_differ_are_refused() -> None:
    one = link("b", "a")
    assert len(ordered([literal("a"), one, replace(one)])) == 2
    with pytest.raises(ImageError, match="both have b, and they differ"):
        ordered([literal("a"), literal("c"), one, link("b", "c")])
    with pytest.raises(ImageError, match="both have b, and they differ"):
        ordered([literal("a"), one, literal("b")])


def test_a_long_target_has_a_record() -> None:
    assert len(header(link("a", "t" * 100), 0)) == 512
    assert len(header(link("a", "t" * 101), 0)) == 3 * 512


def test_what_it_links_to_tells_it_from_others() -> None:
    assert owned([link("b", "a")]) == {"b": "= a"}
    assert environment_key([link("b", "a")]) != environment_key([link("b", "c")])
