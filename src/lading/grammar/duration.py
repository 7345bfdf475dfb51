"""Durations, as Go writes them and HEALTHCHECK takes them."""

from __future__ import annotations

import re
from datetime import timedelta

from lading.grammar.invalid import Invalid
from lading.grammar.words import expect_text, shown

__all__ = ["nanoseconds", "parse_duration"]

_NANOSECONDS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,  # U+00B5, micro sign
    "μs": 1_000,  # U+03BC, Greek mu: Go takes both
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_SECOND = _NANOSECONDS["s"]
_LEAST = _NANOSECONDS["ms"]  # Dockerfile reference, HEALTHCHECK
_MOST = 2**63 - 1  # Go counts nanoseconds in an int64
_PART = r"([0-9]{1,19})(?:\.([0-9]{0,19}))?(ns|us|µs|μs|ms|s|m|h)"


def parse_duration(value: str | float | timedelta) -> str:
    """The duration as Go reads it, in its shortest form: `30s`, `1m30s`, `1h`, `1.5s`, `500ms`.

    Args:
        value: Go's text (`"1m30s"`), seconds as a number, or a timedelta.

    Raises:
        Invalid: It is none, is shorter than 1 ms, or is longer than Go can count.
    """
    total = _nanoseconds(value)
    if not _LEAST <= total <= _MOST:
        raise Invalid(f"duration {_written(value)} is not between 1ms and 292 years")
    return _format(total)


def nanoseconds(text: str) -> int:
    """How long a duration in Go's notation is.

    Raises:
        Invalid: It is none.
    """
    return _parse(text)


def _nanoseconds(value: object) -> int:
    if isinstance(value, timedelta):
        return (value // timedelta(microseconds=1)) * _NANOSECONDS["us"]
    if isinstance(value, str):
        return _parse(expect_text("duration", value))
    if isinstance(value, int) and not isinstance(value, bool):
        return value * _SECOND
    if isinstance(value, float) and abs(value) < _MOST:  # neither infinite nor NaN
        return round(value * _SECOND)
    raise Invalid(f"duration must be text or seconds, not {shown(value)}", hint='write "30s"')


def _parse(text: str) -> int:
    if not re.fullmatch(rf"(?:{_PART}){{1,16}}", text):
        raise Invalid(f"duration {shown(text)} is invalid", hint=_hint(text))
    return sum(_part(*groups) for groups in re.findall(_PART, text))


def _part(whole: str, fraction: str, unit: str) -> int:
    scale = _NANOSECONDS[unit]
    # As Go does, what is less than a nanosecond is cut off.
    return int(whole + fraction) * scale // int("1" + "0" * len(fraction))


def _format(total: int) -> str:
    if total < _SECOND:
        return f"{_decimal(total, _NANOSECONDS['ms'])}ms"
    hours, rest = divmod(total, _NANOSECONDS["h"])
    minutes, rest = divmod(rest, _NANOSECONDS["m"])
    parts = (f"{hours}h" if hours else "", f"{minutes}m" if minutes else "")
    return "".join(parts) + (f"{_decimal(rest, _SECOND)}s" if rest else "")


def _decimal(count: int, scale: int) -> str:
    whole, fraction = divmod(count, scale)
    digits = str(fraction).zfill(len(str(scale)) - 1).rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)


def _hint(text: str) -> str:
    match = re.fullmatch(r"\s*([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*([A-Za-z]{0,16})\s*", text)
    if match is None:
        return 'write it like "30s", "1m30s" or "500ms"'
    number, word = match[1], match[2].lower()
    if word.startswith("d"):
        return 'days are written in hours: "24h"'
    unit = "ms" if word in ("ms", "msec") or word.startswith("milli") else word[:1]
    return f'write "{number}{unit}"' if unit in _NANOSECONDS else f'write "{number}s"'


def _written(value: object) -> str:
    return str(value) if isinstance(value, timedelta) else shown(value)
