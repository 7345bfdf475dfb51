from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.grammar.environment import parse_env_name, parse_env_value
from lading.grammar.invalid import Invalid

texts = st.text() | st.text(alphabet="aA_1= -\n\0$")


@pytest.mark.parametrize("name", ["A", "_", "PATH", "no_proxy", "A1_b"])
def test_names_that_a_shell_can_use_are_accepted(name: str) -> None:
    assert parse_env_name(name) == name


@pytest.mark.parametrize("name", ["A B", "1A", "A=B", "", "A-B", "A\n", "É", "A.B", "-A", "$A"])
def test_r4_other_names_are_refused(name: str) -> None:
    with pytest.raises(Invalid):
        parse_env_name(name)


@pytest.mark.parametrize(
    ("name", "hint"),
    [("A B", 'write "A_B"'), ("A=B", "name and value go apart: env(A=...)")],
)
def test_the_corrected_name_is_hinted_at(name: str, hint: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_env_name(name)
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    "value", ["", "'", '"', "$HOME", "${X:-y}", "\\", "a\\", "ü 数", " a ", "a\tb", "# x", "a=b"]
)
def test_r4_any_text_of_one_line_is_a_value(value: str) -> None:
    assert parse_env_value(value) == value


@pytest.mark.parametrize("value", ["x\nRUN echo PWNED", "a\r", "\n", "a\0", "\ud800"])
def test_r1_line_breaks_and_nul_are_no_value(value: str) -> None:
    with pytest.raises(ValueError, match="environment value"):
        parse_env_value(value)


def test_a_refused_value_is_not_shown() -> None:
    with pytest.raises(Invalid) as caught:
        parse_env_value("BEGIN KEY\nhunter2")
    assert "hunter2" not in f"{caught.value.message}{caught.value.hint}"


@pytest.mark.parametrize(
    ("wrong", "hint"), [(8080, 'write "8080"'), (True, 'write "true"'), (None, None), (b"x", None)]
)
def test_only_text_is_a_value(wrong: str, hint: str | None) -> None:
    with pytest.raises(Invalid, match="must be a string") as caught:
        parse_env_value(wrong)
    assert caught.value.hint == hint


@given(texts)
def test_any_text_is_a_safe_name_or_invalid(text: str) -> None:
    try:
        name = parse_env_name(text)
    except Invalid as error:
        message = error.message
        assert message.isprintable()
        return
    assert name == text
    assert name.isidentifier()
    assert name.isascii()


@given(texts)
def test_any_text_is_a_value_of_one_line_or_invalid(text: str) -> None:
    try:
        value = parse_env_value(text)
    except Invalid as error:
        message = error.message
        assert message.isprintable()
        return
    assert value == text
    assert not set(value) & {"\n", "\r", "\0"}
