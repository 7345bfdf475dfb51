from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.grammar.invalid import Invalid
from lading.grammar.user import parse_uid, parse_user_name


@pytest.mark.parametrize(
    ("value", "uid"), [(0, 0), ("0", 0), (10001, 10001), ("10001", 10001), (2**31 - 1, 2147483647)]
)
def test_ids_are_numbers_or_digits(value: int | str, uid: int) -> None:
    assert parse_uid(value) == uid


@pytest.mark.parametrize(
    "value",
    [
        -1,
        2**31,
        4_000_000_000,
        2**32 - 1,
        10**400,
        "",
        "root",
        "-1",
        "+1",
        "007",
        "1 ",
        "1\n",
        "٣",
        "9" * 5_000,
        "4294967295",
        "$UID",
    ],
)
def test_other_ids_are_refused(value: int | str) -> None:
    with pytest.raises(Invalid):
        parse_uid(value)


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("app", "the USER of the image must be numeric: write 10001, or 0 for root"),
        ("1000:100", "write user(1000, group=100)"),
        ("007", "write 7"),
    ],
)
def test_r48_a_name_is_refused_since_user_must_be_numeric(value: str, hint: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_uid(value)
    assert caught.value.hint == hint


@pytest.mark.parametrize("wrong", [None, True, 1.0, b"1", [1]])
def test_only_a_number_or_text_is_an_id(wrong: int) -> None:
    with pytest.raises(Invalid, match="must be a number"):
        parse_uid(wrong)


@pytest.mark.parametrize("name", ["a", "app", "www-data", "user_1", "root", "a" * 32])
def test_names_are_accepted(name: str) -> None:
    assert parse_user_name(name) == name


@pytest.mark.parametrize(
    "name", ["", "App", "1a", "-a", "a b", "a:b", "a\n", "a$", "a.b", "ä", "a" * 33]
)
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(Invalid):
        parse_user_name(name)


@pytest.mark.parametrize("wrong", [None, True, 1, b"a"])
def test_only_text_is_a_name(wrong: str) -> None:
    with pytest.raises(Invalid, match="must be a string"):
        parse_user_name(wrong)


@given(st.text() | st.text(alphabet="019-+:a ") | st.integers())
def test_anything_is_an_id_or_invalid(value: int | str) -> None:
    try:
        uid = parse_uid(value)
    except Invalid as error:
        message = error.message
        assert message.isprintable()
        return
    assert 0 <= uid < 2**32 - 1
    assert parse_uid(str(uid)) == uid


@given(st.text() | st.text(alphabet="abA-_1:\n"))
def test_any_text_is_a_safe_name_or_invalid(text: str) -> None:
    try:
        name = parse_user_name(text)
    except Invalid as error:
        message = error.message
        assert message.isprintable()
        return
    assert name.isascii()
    assert name.replace("-", "").replace("_", "").isalnum()
    assert not name.startswith("-")
