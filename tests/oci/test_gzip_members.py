from __future__ import annotations

import gzip
import hashlib
import zlib

from hypothesis import given
from hypothesis import strategies as st

from lading.oci.gzip_members import HEAD, compressed, encoded, tail

RUNS = st.lists(st.one_of(st.binary(max_size=40), st.integers(0, 1200).map(bytes)), max_size=8).map(
    b"".join
)


@given(RUNS)
def test_inflating_undoes_encoding(data: bytes) -> None:
    assert gzip.decompress(encoded(data)) == data


def test_every_length_of_a_run_of_zeros() -> None:
    for count in range(1100):
        assert gzip.decompress(encoded(b"a" + bytes(count) + b"b")) == b"a" + bytes(count) + b"b"


def test_every_byte() -> None:
    data = bytes(range(256)) * 3
    assert gzip.decompress(encoded(data)) == data


def test_encoding_does_not_drift() -> None:
    found = encoded(b"opt/venv/lib" + bytes(88) + b"0000644\0\xe9" + bytes(700))
    expected = (
        "1f8b08000000000000ffcb2f28d12f4bcd2bd3cfc94c62a011303030"
        "303033316178c9300a46c1100500aee15ff829030000"
    )
    assert found.hex() == expected


@given(RUNS)
def test_inflating_undoes_compressing(data: bytes) -> None:
    assert gzip.decompress(compressed(data)) == data


def test_what_is_dense_is_stored_in_blocks() -> None:
    data = hashlib.shake_256(b"seed").digest(200_000)
    member = compressed(data)
    assert gzip.decompress(member) == data
    assert len(member) == len(data) + 4 * 5 + 18


def test_a_member_says_its_size_modulo_four_gibibytes() -> None:
    assert tail(1, (1 << 32) + 5) == b"\1\0\0\0\5\0\0\0"


def test_members_one_after_another_are_one_file() -> None:
    stream = zlib.compress(b"two", 9, -15)
    raw = HEAD + stream + tail(zlib.crc32(b"two"), 3)
    assert gzip.decompress(encoded(b"one") + raw + compressed(b"three")) == b"onetwothree"
