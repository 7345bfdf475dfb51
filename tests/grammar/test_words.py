from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.grammar.invalid import Invalid
from lading.grammar.words import expect_line, expect_text, expect_words, no_control, shown

EXAMPLE = 'python_packages("numpy", "pandas>=2")'


def refusal(values: object) -> Invalid:
    with pytest.raises(Invalid) as caught:
        expect_words("python_packages", values, example=EXAMPLE)
    return caught.value


@pytest.mark.parametrize("values", [("numpy", "pandas"), ["numpy", "pandas"]])
def test_tuples_and_lists_of_words_become_a_tuple(values: object) -> None:
    assert expect_words("python_packages", values, example=EXAMPLE) == ("numpy", "pandas")


def test_r50_a_string_for_a_list_shows_the_right_call() -> None:
    error = refusal("requirements.txt")
    assert error.message == 'python_packages takes a list of strings, not "requirements.txt"'
    assert error.hint == f"write {EXAMPLE}"


def test_r50_the_letters_of_a_string_are_put_together_again() -> None:
    assert refusal(tuple("numpy")).message == ('python_packages got the single letters of "numpy"')


def test_words_of_one_letter_can_be_allowed() -> None:
    assert expect_words("cmd", ["a", "b", "c"], example="", letters=True) == ("a", "b", "c")


@pytest.mark.parametrize("values", [None, True, 3, b"numpy", {"a"}, {"a": 1}, iter("ab")])
def test_what_is_no_list_is_refused(values: object) -> None:
    assert refusal(values).message.startswith("python_packages takes a list of strings, not ")


@pytest.mark.parametrize("value", [None, True, 3, b"numpy", {"a"}])
def test_what_is_no_string_is_refused(value: object) -> None:
    assert refusal(["numpy", value]).message.startswith("python_packages takes strings, not ")


def test_a_list_in_a_list_is_refused() -> None:
    assert refusal((["numpy"],)).message == "python_packages takes strings, but has a list in it"


@pytest.mark.parametrize(
    ("value", "end", "hint"),
    [
        (None, "not None", None),
        (True, "not True", 'write "true"'),
        (8080, "not 8080", 'write "8080"'),
        (1.5, "not 1.5", 'write "1.5"'),
        (b"x", "not bytes", None),
        ([], "not a list", None),
        pytest.param(10**5000, "not a very large number", None, id="huge"),
        ("\ud800", "UTF-8 can't encode", None),
    ],
)
def test_what_is_no_text_is_refused(value: object, end: str, hint: str | None) -> None:
    with pytest.raises(Invalid) as caught:
        expect_text("word", value)
    assert caught.value.message.endswith(end)
    assert caught.value.hint == hint


@pytest.mark.parametrize("char", ["\0", "\n", "\r", "\t", "\x1b", "\x7f", "\x85", "\u2028"])
def test_control_characters_are_refused_and_named(char: str) -> None:
    with pytest.raises(Invalid, match=r"has (a|the) ") as caught:
        no_control(f"a{char}b", "word")
    assert char not in caught.value.message


@pytest.mark.parametrize("text", ["", " a", "a ", "a\n"])
def test_a_line_is_neither_empty_nor_has_outer_space(text: str) -> None:
    with pytest.raises(Invalid):
        expect_line("word", text)


def test_a_line_may_have_spaces_and_any_script_within() -> None:
    assert expect_line("word", "数 据") == "数 据"


@given(st.text() | st.text(alphabet='\n\r\0"\\\u202e\u2028a'))
def test_what_is_shown_is_one_printable_line(text: str) -> None:
    assert shown(text).isprintable()
    assert len(shown(text)) <= 102


@given(st.text(alphabet="abc123", min_size=1, max_size=2_000))
def test_no_message_shows_a_password_however_long(password: str) -> None:
    assert shown(f"https://user:{password}@host.test/") == '"https://***@host.test/"'
