"""What a suite's Release file says: when it was made, how long it holds, and its indexes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from lading.debian.control import fields_of
from lading.errors import ResolutionError
from lading.grammar.invalid import Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["IndexFile", "Release", "check_age", "read_release"]

_FILE: Final = re.compile(r"(?P<sha256>[0-9a-f]{64})\s+(?P<size>[0-9]{1,12})\s+(?P<path>[^\s]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexFile:
    """A file below the suite's folder, by the hash that the Release file has of it."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A Release file, whose signature has been checked.

    Attributes:
        names: What the suite is called: its suite and its codename.
        date: When it was made.
        valid_until: When it ceases to hold; None where it never does.
        by_hash: Whether its indexes can be had by their hash as well.
        files: By path.
    """

    names: frozenset[str]
    date: datetime
    valid_until: datetime | None
    by_hash: bool
    files: Mapping[str, IndexFile] = field(repr=False)


def read_release(text: bytes, *, what: str) -> Release:
    """A Release file.

    Args:
        text: What was signed.
        what: What it is, for the error.

    Raises:
        ResolutionError: It is no such file.
    """
    try:
        fields = fields_of(text.decode())
        listed = map(_FILE.fullmatch, fields["sha256"].strip().split("\n"))
        files = [_index_file(match) for match in listed if match]
        until = fields.get("valid-until")
        return Release(
            names=frozenset(fields[name] for name in ("suite", "codename") if name in fields),
            date=_date(fields["date"]),
            valid_until=None if until is None else _date(until),
            by_hash=fields.get("acquire-by-hash") == "yes",
            files={file.path: file for file in files},
        )
    except KeyError as error:
        raise ResolutionError(f"{what} can't be read as a Release file: no {error}") from None
    except (ValueError, OverflowError) as error:  # Invalid is a ValueError
        why = error.message if isinstance(error, Invalid) else f"{type(error).__name__}: {error}"
        raise ResolutionError(f"{what} can't be read as a Release file: {why}") from None


def _index_file(match: re.Match[str]) -> IndexFile:
    return IndexFile(path=match["path"], sha256=match["sha256"], size=int(match["size"]))


def _date(text: str) -> datetime:
    """A date as Debian's archives write it: RFC 5322's form, in UTC."""
    found = parsedate_to_datetime(text.replace("UTC", "+0000").replace("GMT", "+0000"))
    if found.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return found.astimezone(UTC)


def check_age(release: Release, suite: str, *, now: datetime, what: str) -> None:
    """Whether this is the suite's own Release file, and one that still holds.

    Raises:
        ResolutionError: It is not: a mirror hands out another one, or an old one.
    """
    if suite not in release.names:
        known = " and ".join(sorted(release.names)) or "nothing"
        raise ResolutionError(f"{what} is for {known}, not for {suite}")
    if release.valid_until is not None and release.valid_until < now:
        raise ResolutionError(
            f"{what} has held until {release.valid_until:%Y-%m-%d %H:%M} UTC, and now is"
            f" {now.astimezone(UTC):%Y-%m-%d %H:%M}",
            hint="the mirror lags behind the archive, or this machine's clock is wrong",
        )
