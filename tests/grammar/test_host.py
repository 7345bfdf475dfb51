from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.grammar.host import is_ipv6


@pytest.mark.parametrize("text", ["::", "::1", "fd00::1", "1:2:3:4:5:6:7:8", "::ffff:127.0.0.1"])
def test_ipv6_addresses_are_known(text: str) -> None:
    assert is_ipv6(text)


@pytest.mark.parametrize(
    "text", ["", "0", ":::", "1:2", "127.0.0.1", "[::1]", "fe80::1%eth0", "::g"]
)
def test_nothing_else_is_one(text: str) -> None:
    assert not is_ipv6(text)


@given(st.ip_addresses(v=6))
def test_every_address_is_known(address: object) -> None:
    assert is_ipv6(str(address))
