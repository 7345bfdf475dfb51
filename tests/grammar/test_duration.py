from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.grammar.duration import parse_duration
from lading.grammar.invalid import Invalid

MOST_SECONDS = (2**63 - 1) // 10**9


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("30s", "30s"),
        ("1m30s", "1m30s"),
        ("90s", "1m30s"),
        ("1h", "1h"),
        ("1h0m0s", "1h"),
        ("1.5s", "1.5s"),
        ("500ms", "500ms"),
        ("1500us", "1.5ms"),
        ("1500µs", "1.5ms"),
        ("0.5h", "30m"),
        ("1h0.5s", "1h0.5s"),
        (30, "30s"),
        (1.5, "1.5s"),
        (0.001, "1ms"),
        (timedelta(minutes=1, seconds=30), "1m30s"),
        (timedelta(milliseconds=250), "250ms"),
        (timedelta(days=2), "48h"),
    ],
)
def test_durations_are_written_as_go_reads_them(value: str | float | timedelta, text: str) -> None:
    assert parse_duration(value) == text


@pytest.mark.parametrize(
    "value",
    [
        "",
        "30",
        "30 s",
        "s",
        "-1s",
        "1d",
        "1s ",
        "1s\n",
        ".5s",
        "1e3s",
        "٣s",
        "999us",
        "0s",
        "9999999999999999h",
        "1s" * 5_000,
        "1" * 5_000 + "s",
        0,
        -1,
        10**400,
        float("inf"),
        float("nan"),
        timedelta(0),
        timedelta(microseconds=999),
        timedelta(days=-1),
        timedelta.max,
    ],
)
def test_other_durations_are_refused(value: str | float | timedelta) -> None:
    with pytest.raises(Invalid):
        parse_duration(value)


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("30", 'write "30s"'),
        ("30 sec", 'write "30s"'),
        ("5 minutes", 'write "5m"'),
        ("100 millis", 'write "100ms"'),
        ("1d", 'days are written in hours: "24h"'),
        ("soon", 'write it like "30s", "1m30s" or "500ms"'),
    ],
)
def test_the_corrected_form_is_hinted_at(value: str, hint: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_duration(value)
    assert caught.value.hint == hint


@pytest.mark.parametrize("wrong", [None, True, b"1s", [1]])
def test_only_text_seconds_or_timedelta_is_a_duration(wrong: str) -> None:
    with pytest.raises(Invalid, match="must be text or seconds"):
        parse_duration(wrong)


@given(st.integers(min_value=1, max_value=MOST_SECONDS))
def test_seconds_are_kept_whole(seconds: int) -> None:
    assert parse_duration(parse_duration(seconds)) == parse_duration(f"{seconds}s")


@given(
    st.text()
    | st.text(alphabet="019.hmsnuµ ")
    | st.integers()
    | st.floats()
    | st.timedeltas()
    | st.from_regex(r"([0-9]{1,4}(\.[0-9]{0,3})?(ns|us|ms|s|m|h)){1,4}", fullmatch=True)
)
def test_anything_is_a_duration_that_reads_back_or_invalid(value: str | float | timedelta) -> None:
    try:
        text = parse_duration(value)
    except Invalid as error:
        message = error.message
        assert message.isprintable()
        return
    assert text.isascii()
    assert text[0].isdigit()
    assert parse_duration(text) == text
