"""Sizes and ages, as people write and read them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lading.errors import ImageError
from lading.grammar.invalid import Invalid
from lading.grammar.size import parse_size
from lading.grammar.words import expect_text, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "DEFAULT_LIMIT",
    "format_age",
    "format_size",
    "limit_of",
    "parse_age",
    "parse_limit",
]

DEFAULT_LIMIT: Final = 20 * 10**9
"""How many bytes of layers may stay after a build, where nothing else is said."""

_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def parse_limit(text: str) -> int | None:
    """A size, or None for the word `none`: there is no limit.

    Raises:
        Invalid: It is neither.
    """
    return None if text == "none" else parse_size(text)


def limit_of(environ: Mapping[str, str]) -> int | None:
    """What `LADING_CACHE_LIMIT` sets, in bytes: 20 GB without it, None for `none`.

    Raises:
        ImageError: It is no size.
    """
    text = environ.get("LADING_CACHE_LIMIT")
    try:
        return parse_limit(text) if text else DEFAULT_LIMIT
    except Invalid as error:
        raise ImageError(f"LADING_CACHE_LIMIT: {error.message}", hint=error.hint) from None


def format_size(size: int) -> str:
    """A size with its leading two or three digits: `512 B`, `1.5 kB`, `140 MB`, `1.4 GB`."""
    scale, unit = 1, "B"
    for larger in ("kB", "MB", "GB", "TB"):
        # What would be written as 1000 of a unit is 1.0 of the next.
        if size * 2 < scale * 1999:
            break
        scale, unit = scale * 1000, larger
    amount = size / scale
    is_short = unit != "B" and size * 20 < scale * 1999
    return f"{amount:.1f} {unit}" if is_short else f"{amount:.0f} {unit}"


def parse_age(text: str) -> int:
    """An age in seconds: `30d`, `12h`, `2w`, `90m`.

    Raises:
        Invalid: It is none.
    """
    match = re.fullmatch(r"([0-9]{1,6})([smhdw])", expect_text("age", text))
    if match is None:
        hint = f'write "{text}d"' if re.fullmatch(r"[0-9]{1,6}", text) else 'write it like "30d"'
        raise Invalid(f"age {shown(text)} is invalid", hint=hint)
    return int(match[1]) * _SECONDS[match[2]]


def format_age(seconds: float) -> str:
    """An age in its largest unit: `5 minutes`, `1 hour`, `12 days`."""
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            count = int(seconds // length)
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "less than a minute"
