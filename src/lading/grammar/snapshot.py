"""A moment of a distribution's archive, by which its packages are those that it had then."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from lading.grammar.invalid import Invalid
from lading.grammar.words import expect_text, shown

__all__ = ["moment_of", "parse_snapshot"]

_DAY: Final = "%Y-%m-%d"
_MOMENT: Final = "%Y%m%dT%H%M%SZ"
_FORM: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8}T[0-9]{6}Z")
_EXAMPLE: Final = 'snapshot="2026-11-01", or a moment of UTC, "20261101T120000Z"'


def parse_snapshot(text: str) -> str:
    """A day, or a moment of UTC, as the moment that archives of snapshots are addressed by.

    Args:
        text: `2026-11-01`, which is its first moment, or `20261101T000000Z`.

    Raises:
        Invalid: It is neither.
    """
    word = expect_text("snapshot", text)
    if not _FORM.fullmatch(word):
        raise Invalid(f"snapshot {shown(word)} is no date", hint=_EXAMPLE)
    try:
        found = datetime.strptime(word, _DAY if "-" in word else _MOMENT).replace(tzinfo=UTC)
    except ValueError:
        raise Invalid(f"snapshot {shown(word)} is no date", hint=_EXAMPLE) from None
    return found.strftime(_MOMENT)


def moment_of(snapshot: str) -> datetime:
    """The time of what `parse_snapshot` gave."""
    return datetime.strptime(snapshot, _MOMENT).replace(tzinfo=UTC)
