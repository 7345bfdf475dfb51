from __future__ import annotations

import signal
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.grammar.invalid import Invalid
from lading.grammar.signal import SIGNALS, parse_signal


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("SIGTERM", "SIGTERM"),
        ("TERM", "SIGTERM"),
        ("sigterm", "SIGTERM"),
        (15, "SIGTERM"),
        ("15", "SIGTERM"),
        ("SIGPOLL", "SIGIO"),
        (34, "SIGRTMIN"),
        (37, "SIGRTMIN+3"),
        ("RTMIN+3", "SIGRTMIN+3"),
        ("SIGRTMIN+0", "SIGRTMIN"),
        ("SIGRTMIN+16", "SIGRTMAX-14"),
        ("SIGRTMAX-30", "SIGRTMIN"),
        (64, "SIGRTMAX"),
    ],
)
def test_signals_go_by_name_or_number(value: int | str, name: str) -> None:
    assert parse_signal(value) == name


@pytest.mark.parametrize(
    "value",
    [
        0,
        -1,
        32,
        33,
        65,
        10**400,
        "",
        "0",
        "SIG",
        "SIGRTMIN+31",
        "SIGRTMAX-31",
        "SIGTERM\n",
        "15 ",
        "SIGRTMIN-1",
        "$SIG",
    ],
)
def test_other_signals_are_refused(value: int | str) -> None:
    with pytest.raises(Invalid):
        parse_signal(value)


@pytest.mark.parametrize(
    ("value", "meant"), [("SIGTREM", "SIGTERM"), ("sigin", "SIGINT"), ("KIL", "SIGKILL")]
)
def test_the_signal_that_was_meant_is_hinted_at(value: str, meant: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_signal(value)
    assert caught.value.hint == f'did you mean "{meant}"?'


@pytest.mark.parametrize("wrong", [None, True, 15.0, b"TERM"])
def test_only_a_name_or_number_is_a_signal(wrong: int) -> None:
    with pytest.raises(Invalid, match="must be a name"):
        parse_signal(wrong)


@pytest.mark.skipif(sys.platform != "linux", reason="compares with the signals of Linux")
def test_the_table_is_that_of_linux() -> None:
    for known in signal.Signals:
        assert SIGNALS[known.value] == known.name


@given(st.text() | st.text(alphabet="SIGRTMINAX+-0123") | st.integers())
def test_anything_is_a_signal_that_reads_back_or_invalid(value: int | str) -> None:
    try:
        name = parse_signal(value)
    except Invalid as error:
        message = error.message
        assert message.isprintable()
        return
    assert name in SIGNALS.values()
    assert parse_signal(name) == name
