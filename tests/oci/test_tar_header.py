from __future__ import annotations

import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.errors import ImageError
from lading.oci.entries import Folder, Symlink
from lading.oci.tar import END, header, padding
from oci.streams import literal


def parsed(block: bytes) -> tarfile.TarInfo:
    with tarfile.open(fileobj=io.BytesIO(block + END), mode="r:", errorlevel=2) as archive:
        member = archive.next()
        assert member is not None
        return member


@pytest.mark.parametrize("size", [0, 1, 511, 512, 8**11 - 1, 8**11, 3 << 40])
def test_every_size_is_read_back(size: int) -> None:
    assert parsed(header(literal("a"), size)).size == size


def test_only_what_does_not_fit_takes_records() -> None:
    assert len(header(literal("a" * 100), 8**11 - 1)) == 512
    assert len(header(literal("p" * 155 + "/" + "a" * 100), 0)) == 512
    assert len(header(Symlink(path="l", mode=0o777, target="t" * 100), 0)) == 512
    assert len(header(literal("a" * 101), 0)) == 3 * 512
    assert len(header(literal("p" * 156 + "/" + "a" * 99), 0)) == 3 * 512
    assert len(header(literal("ä"), 0)) == 3 * 512
    assert len(header(literal("a"), 8**11)) == 3 * 512
    assert len(header(Symlink(path="l", mode=0o777, target="t" * 101), 0)) == 3 * 512


@given(length=st.integers(1, 2000))
def test_a_records_length_counts_itself(length: int) -> None:
    name = "é" + "n" * length
    assert parsed(header(literal(name), 0)).name == name


def test_owners_beyond_two_million() -> None:
    member = parsed(header(Folder(path="d", mode=0o775, uid=1_000_660_000, gid=2**21), 0))
    assert (member.uid, member.gid) == (1_000_660_000, 2**21)


def test_special_bits_of_the_mode_are_kept_and_no_others() -> None:
    assert parsed(header(Folder(path="tmp", mode=0o1777), 0)).mode == 0o1777
    assert parsed(header(literal("f", mode=0o100644), 0)).mode == 0o644


@given(st.integers(0, 10**12))
def test_padding_fills_a_block(size: int) -> None:
    assert 0 <= padding(size) < 512
    assert (size + padding(size)) % 512 == 0


def test_a_target_that_is_no_unicode() -> None:
    with pytest.raises(ImageError, match="no valid Unicode"):
        header(Symlink(path="l", mode=0o777, target="\udcff"), 0)
