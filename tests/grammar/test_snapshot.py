"""A day of the archive."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lading.grammar.invalid import Invalid
from lading.grammar.snapshot import moment_of, parse_snapshot


@pytest.mark.parametrize(
    ("text", "moment"),
    [("2026-11-01", "20261101T000000Z"), ("20261101T123456Z", "20261101T123456Z")],
)
def test_a_day_or_a_moment_is_a_moment(text: str, moment: str) -> None:
    assert parse_snapshot(text) == moment


def test_a_moment_is_of_utc() -> None:
    assert moment_of("20261101T123456Z") == datetime(2026, 11, 1, 12, 34, 56, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13-01", "2026-02-30", "2026-11-01/..", "20261101T250000Z", "1"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="snapshot"):
        parse_snapshot(text)
