from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.grammar.invalid import Invalid
from lading.grammar.secret_id import RESERVED, parse_secret_id, parse_users_secret_id


@pytest.mark.parametrize("text", ["hf_token", "_x", "npm.rc", "a-b", "A" * 64])
def test_ids_are_accepted(text: str) -> None:
    assert parse_secret_id(text) == text


@pytest.mark.parametrize(
    "text", ["", "1a", "-a", ".a", "a b", "a/b", "../a", "a,src=x", "a=b", "a\n", "ä", "A" * 65]
)
def test_other_ids_are_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_secret_id(text)


@pytest.mark.parametrize(
    "text", ["token=hunter2", "a/quite/long/text-that-is-hunter2", "hunter2!!", "hunter2=="]
)
def test_a_secret_written_for_an_id_is_not_shown(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_secret_id(text)
    assert "hunter2" not in f"{caught.value.message}{caught.value.hint}"
    assert "its value is given when the image is built" in str(caught.value.hint)


def test_the_id_of_the_certificates_is_not_for_a_secret_of_a_users_own() -> None:
    assert parse_users_secret_id("token") == "token"
    for text in RESERVED:
        assert parse_secret_id(text) == text
        with pytest.raises(Invalid, match="is reserved") as caught:
            parse_users_secret_id(text)
        assert "--ca-bundle" in str(caught.value.hint)


@pytest.mark.parametrize("wrong", [None, True, 3, b"a", ["a"]])
def test_only_text_is_an_id(wrong: str) -> None:
    with pytest.raises(Invalid, match="must be a string"):
        parse_secret_id(wrong)


@given(st.text() | st.text(alphabet="aA_-./=,1\n"))
def test_any_text_is_a_safe_id_or_invalid(text: str) -> None:
    try:
        found = parse_secret_id(text)
    except Invalid as error:
        message = error.message
        assert message.isprintable()
        return
    assert found == text
    assert found.isascii()
    assert len(found) <= 64
    assert not set(found) & set("/,= \n")
    assert found[0] not in "-."
