from __future__ import annotations

import os
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from debian.signed_archive import needs
from lading import process
from lading.debian.version import compare, satisfies
from lading.grammar.invalid import Invalid

# Few characters, so that versions differ late and in what matters: ends, tildes, zeros, letters.
PARTS = st.text("01~a+.", max_size=6)
VERSIONS = st.builds(
    lambda epoch, upstream, revision: f"{epoch}0{upstream}{revision}",
    st.sampled_from(("", "0:", "1:")),
    PARTS,
    st.one_of(st.just(""), PARTS.filter(bool).map("-{}".format)),
)


def dpkg(one: str, operator: str, other: str) -> bool:
    argv = ("dpkg", "--compare-versions", one, operator, other)
    return process.run(argv, env=os.environ).returncode == 0


@needs("dpkg")
@settings(deadline=None, max_examples=200)
@given(VERSIONS, VERSIONS)
def test_the_order_is_dpkgs(one: str, other: str) -> None:
    order = {-1: "lt", 0: "eq", 1: "gt"}[compare(one, other)]
    assert dpkg(one, order, other), f"{one} {order} {other}"


@given(VERSIONS, VERSIONS, VERSIONS)
def test_the_order_is_an_order(one: str, other: str, third: str) -> None:
    assert compare(one, one) == 0
    assert compare(one, other) == -compare(other, one)
    if compare(one, other) <= 0 and compare(other, third) <= 0:
        assert compare(one, third) <= 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1.0~rc1", "1.0"),
        ("2.36-9+deb12u9", "2.36-9+deb12u10"),
        ("9", "1:1"),
        ("1.0", "1.0-1"),
        ("1.0-1", "1.0.1-1"),
        ("1a", "1+"),
    ],
)
def test_the_first_is_older(one: str, other: str) -> None:
    assert compare(one, other) == -1


@pytest.mark.parametrize(
    ("operator", "holding"),
    [("<<", "1"), ("<=", "1 2"), ("=", "2"), (">=", "2 3"), (">>", "3")],
)
def test_relations_hold_for_what_they_say(operator: str, holding: str) -> None:
    assert [v for v in "123" if satisfies(v, operator, "2")] == holding.split()


@pytest.mark.parametrize("text", ["", "-1", "1 2", "1_2", "é", "1\n", "1:", "1" * 600])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="is not a Debian version"):
        compare(text, "1")


@given(st.text())
def test_any_text_is_a_version_or_is_refused(text: str) -> None:
    with suppress(Invalid):
        compare(text, "1.0")
