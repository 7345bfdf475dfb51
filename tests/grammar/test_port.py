from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.grammar.invalid import Invalid
from lading.grammar.port import Port


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (8080, "8080/tcp"),
        ("8080", "8080/tcp"),
        ("53/udp", "53/udp"),
        ("1/sctp", "1/sctp"),
        (65535, "65535/tcp"),
    ],
)
def test_ports_are_numbers_with_a_protocol(value: int | str, text: str) -> None:
    assert str(Port.parse(value)) == text


@pytest.mark.parametrize(
    "value",
    [
        0,
        -1,
        65536,
        10**400,
        "0",
        "65536",
        "080",
        "",
        "x",
        "8080/",
        "8080/TCP",
        "8080/tcp/x",
        "8080\n",
        " 80",
        "٨٠",
        "$PORT",
    ],
)
def test_other_ports_are_refused(value: int | str) -> None:
    with pytest.raises(Invalid):
        Port.parse(value)


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("8080/tpc", 'did you mean "tcp"?'),
        ("80:8080", "name only the container's port, 8080; the host's is chosen when it starts"),
        ("8000-8010", "name each port of the range on its own"),
        ("web", 'write 8080 or "8080/tcp"'),
    ],
)
def test_the_corrected_form_is_hinted_at(value: str, hint: str) -> None:
    with pytest.raises(Invalid) as caught:
        Port.parse(value)
    assert caught.value.hint == hint


@pytest.mark.parametrize("wrong", [None, True, 80.0, b"80", [80]])
def test_only_a_number_or_text_is_a_port(wrong: int) -> None:
    with pytest.raises(Invalid, match="must be a number"):
        Port.parse(wrong)


@given(st.text() | st.text(alphabet="0189/tcpud:-") | st.integers())
def test_anything_is_a_port_that_reads_back_or_invalid(value: int | str) -> None:
    try:
        port = Port.parse(value)
    except Invalid as error:
        message = error.message
        assert message.isprintable()
        return
    assert 1 <= port.number <= 65535
    assert Port.parse(str(port)) == port
