"""Whatever another program makes of a secret, its value is not in what is shown."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lading.masking import SHORTEST_MASKED, forms_of, masker

lines = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs"]),
    min_size=SHORTEST_MASKED,
    max_size=20,
).filter(lambda line: "*" not in line)
around = st.text("ab: \n'", max_size=4)


@given(value=lines, user=st.sampled_from(["__token__", "ada"]), before=around, after=around)
@example(value="p@ss/word&", user="ada", before="", after="")
@example(value="machine", user="ada", before="", after="")
def test_no_form_of_a_value_is_left(value: str, user: str, before: str, after: str) -> None:
    mask = masker(forms_of(value, (user,)))
    login = base64.b64encode(f"{user}:{value}".encode()).decode()
    for form in (value, quote(value, safe=""), login):
        shown = mask(f"{before}{form}{after}")
        assert form not in shown
        assert mask(shown) == shown


@pytest.mark.parametrize("value", ["pä'ss\"w.*rd$(id)/\\x & y", "hunter2-and-more", "a'b\"c/d e+f"])
def test_what_programs_write_for_a_value_is_masked(value: str) -> None:
    mask = masker(forms_of(value))
    for form in (
        quote(value),
        quote(value, safe=""),
        quote_plus(value),
        json.dumps(value),
        json.dumps({"a": value}, ensure_ascii=False),
        repr(value),
        base64.b64encode(value.encode()).decode(),
        base64.b64encode(f"{value}\n".encode()).decode(),
    ):
        shown = mask(f"said: {form}.")
        assert "***" in shown
        assert len(shown) < len("said: ***.") + 12  # quotes, and a name


@given(st.lists(lines, min_size=1, max_size=3))
def test_each_line_of_a_value_is_masked(values: list[str]) -> None:
    mask = masker(forms_of("\r\n".join(values)))
    said = "; ".join(values)
    assert not any(value in mask(said) for value in values)


def test_a_value_that_is_a_part_of_another_does_not_save_the_rest() -> None:
    mask = masker([*forms_of("hunter2"), *forms_of("hunter2-and-more")])
    assert mask("hunter2-and-more hunter2") == "*** ***"


@pytest.mark.parametrize("value", ["a", "12345", "", "\n"])
def test_short_words_are_left_since_they_stand_everywhere(value: str) -> None:
    assert masker(forms_of(value))("a 12345 b") == "a 12345 b"


def test_the_password_of_a_netrc_file_is_masked_alone() -> None:
    netrc = (
        "machine h.test login ada password pa55word-1\nmachine i.test\n  password\tpa55/word-2\n"
    )
    mask = masker(forms_of(netrc))
    assert mask("pa55word-1, pa55/word-2, pa55%2Fword-2, ada") == "***, ***, ***, ada"
