from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lading.store.selfchecked import decoded, encoded

NAME = "ab" * 32


@given(st.binary(max_size=300))
def test_what_was_encoded_is_decoded(content: bytes) -> None:
    assert decoded("fact", NAME, encoded("fact", NAME, content)) == content


@given(st.binary(max_size=60), st.data())
def test_a_change_of_any_byte_is_noticed(content: bytes, data: st.DataObject) -> None:
    whole = encoded("fact", NAME, content)
    at = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[at]))
    assert decoded("fact", NAME, whole[:at] + bytes([other]) + whole[at + 1 :]) is None


@given(st.binary(max_size=60), st.data())
def test_a_file_that_was_cut_off_or_has_grown_is_noticed(
    content: bytes, data: st.DataObject
) -> None:
    whole = encoded("fact", NAME, content)
    cut = data.draw(st.integers(0, len(whole) - 1))
    assert decoded("fact", NAME, whole[:cut]) is None
    assert decoded("fact", NAME, whole + b"\0") is None


def test_another_s_file_is_noticed() -> None:
    assert decoded("layer", NAME, encoded("fact", NAME, b"1")) is None
    assert decoded("fact", "cd" * 32, encoded("fact", NAME, b"1")) is None


@given(st.binary(max_size=300))
def test_garbage_is_nothing(data: bytes) -> None:
    assert decoded("fact", NAME, data) is None
