from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.grammar.invalid import Invalid
from lading.grammar.size import parse_size
from lading.store.sizes import format_age, format_size, parse_age, parse_limit


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("4096", 4096),
        ("1B", 1),
        ("20GB", 20 * 10**9),
        ("20 GB", 20 * 10**9),
        ("500mb", 500 * 10**6),
        ("1.5GiB", 3 << 29),
        ("0.1kB", 100),
        ("2TiB", 2 << 40),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size
    assert parse_limit(text) == size


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("20G", 'write "20GB"'),
        ("20 gigs", 'write "20GB"'),
        ("", 'write it like "20GB" or "500MB"'),
        ("-1", 'write it like "20GB" or "500MB"'),
        ("1e9", 'write it like "20GB" or "500MB"'),
        ("GB", 'write it like "20GB" or "500MB"'),
        ("٣GB", 'write it like "20GB" or "500MB"'),
    ],
)
def test_what_is_no_size(text: str, hint: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_size(text)
    assert caught.value.hint == hint


def test_a_size_that_no_disk_has() -> None:
    with pytest.raises(Invalid, match="is more than any disk has"):
        parse_size("99999999999TB")


def test_no_limit_has_a_word_of_its_own() -> None:
    assert parse_limit("none") is None
    with pytest.raises(Invalid):
        parse_size("none")


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (1500, "1.5 kB"),
        (99_940, "99.9 kB"),
        (99_950, "100 kB"),
        (140_000_000, "140 MB"),
        (999_400_000, "999 MB"),
        (999_500_000, "1.0 GB"),
        (1_400_000_000, "1.4 GB"),
        (20 * 10**12, "20.0 TB"),
        (5 * 10**15, "5000 TB"),
    ],
)
def test_sizes_as_they_are_shown(size: int, text: str) -> None:
    assert format_size(size) == text


@given(st.integers(0, 10**15))
def test_what_is_shown_can_be_read_and_is_near(size: int) -> None:
    shown = format_size(size)
    assert abs(parse_size(shown) - size) <= size * 0.06
    assert len(shown) <= 7


@given(st.integers(0, 10**15), st.integers(0, 10**15))
def test_larger_is_never_shown_as_smaller(one: int, other: int) -> None:
    small, large = sorted((one, other))
    assert parse_size(format_size(small)) <= parse_size(format_size(large))


@pytest.mark.parametrize(
    ("text", "seconds"), [("30d", 30 * 86400), ("12h", 43200), ("90m", 5400), ("2w", 1209600)]
)
def test_ages(text: str, seconds: int) -> None:
    assert parse_age(text) == seconds


@pytest.mark.parametrize(
    ("text", "hint"), [("30", 'write "30d"'), ("", 'write it like "30d"'), ("1y", None)]
)
def test_what_is_no_age(text: str, hint: str | None) -> None:
    with pytest.raises(Invalid) as caught:
        parse_age(text)
    assert caught.value.hint == (hint or 'write it like "30d"')


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "less than a minute"),
        (59, "less than a minute"),
        (60, "1 minute"),
        (7199, "1 hour"),
        (7200, "2 hours"),
        (86400 * 12.5, "12 days"),
    ],
)
def test_ages_as_they_are_shown(seconds: float, text: str) -> None:
    assert format_age(seconds) == text
