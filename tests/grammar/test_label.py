from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.grammar.invalid import Invalid
from lading.grammar.label import parse_label_key, parse_label_value

texts = st.text() | st.text(alphabet="aA.-/= \n\"'$\\#")


@pytest.mark.parametrize("key", ["org.opencontainers.image.source", "a", "A_b-c/d", "team:x"])
def test_keys_are_accepted(key: str) -> None:
    assert parse_label_key(key) == key


@pytest.mark.parametrize(
    "key",
    [
        "",
        "a b",
        "a=b",
        'a"b',
        "a'b",
        "a$b",
        "a`b",
        "a\\b",
        "a\n",
        "a\0",
        "-a",
        "#a",
        "a\u2028b",
        "a\u00a0b",
    ],
)
def test_other_keys_are_refused(key: str) -> None:
    with pytest.raises(Invalid):
        parse_label_key(key)


def test_key_and_value_in_one_are_taken_apart_in_the_hint() -> None:
    with pytest.raises(Invalid) as caught:
        parse_label_key("team=ml")
    assert caught.value.hint == 'key and value go apart: label({"team": "..."})'


@pytest.mark.parametrize("value", ["", "a b", "$HOME", "'\"\\", "ü", "a\\"])
def test_any_text_of_one_line_is_a_value(value: str) -> None:
    assert parse_label_value(value) == value


@pytest.mark.parametrize("value", ["a\nRUN id", "a\r", "a\0"])
def test_line_breaks_and_nul_are_no_value(value: str) -> None:
    with pytest.raises(Invalid):
        parse_label_value(value)


@pytest.mark.parametrize("wrong", [None, True, 3, b"a", ["a"]])
def test_only_text_is_a_key_or_value(wrong: str) -> None:
    with pytest.raises(Invalid, match="must be a string"):
        parse_label_key(wrong)
    with pytest.raises(Invalid, match="must be a string"):
        parse_label_value(wrong)


@given(texts)
def test_any_text_is_a_safe_key_or_invalid(text: str) -> None:
    try:
        key = parse_label_key(text)
    except Invalid as error:
        message = error.message
        assert message.isprintable()
        return
    assert key == text
    assert key.isprintable()
    assert not set(key) & set(" \"'`=$\\")
    assert key[0] not in "-#"


@given(texts)
def test_any_text_is_a_value_of_one_line_or_invalid(text: str) -> None:
    try:
        value = parse_label_value(text)
    except Invalid as error:
        message = error.message
        assert message.isprintable()
        return
    assert not set(value) & {"\n", "\r", "\0"}


def test_r30_a_value_with_credentials_is_refused_and_not_shown() -> None:
    with pytest.raises(Invalid, match="credentials") as caught:
        parse_label_value("built from https://ci:hunter2@host.test/o/r.git")
    assert "hunter2" not in f"{caught.value.message}{caught.value.hint}"
