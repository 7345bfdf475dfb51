"""Sizes in bytes, as people write them."""

from __future__ import annotations

import re
from typing import Final

from lading.grammar.invalid import Invalid
from lading.grammar.words import expect_text, shown

__all__ = ["parse_size", "written_size"]

_UNITS: Final = {
    "": 1,
    "B": 1,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KIB": 1 << 10,
    "MIB": 1 << 20,
    "GIB": 1 << 30,
    "TIB": 1 << 40,
}
_LARGEST: Final = 1 << 60


def parse_size(text: str) -> int:
    """A number of bytes: `20GB`, `500 MB`, `1.5GiB`, `4096`; GB is 10^9, GiB 2^30.

    Raises:
        Invalid: It is none.
    """
    expect_text("size", text)
    match = re.fullmatch(r"([0-9]{1,18}(?:\.[0-9]{1,9})?) ?([A-Za-z]{0,3})", text)
    unit = _UNITS.get(match[2].upper()) if match else None
    if match is None or unit is None:
        raise Invalid(f"size {shown(text)} is invalid", hint=_hint(text))
    whole, _, fraction = match[1].partition(".")
    size = int(whole + fraction) * unit // int("1" + "0" * len(fraction))
    if size > _LARGEST:
        raise Invalid(f"size {shown(text)} is more than any disk has")
    return size


def _hint(text: str) -> str:
    match = re.fullmatch(r"\s*([0-9]{1,18})\s*([kKmMgGtT])\w*\s*", text)
    return f'write "{match[1]}{match[2].upper()}B"' if match else 'write it like "20GB" or "500MB"'


def written_size(size: int) -> str:
    """A size exactly, in the largest unit that needs no fraction: `8GB`, `1536MiB`, `1001B`."""
    names = {"KIB": "KiB", "MIB": "MiB", "GIB": "GiB", "TIB": "TiB", "KB": "kB"}
    unit = max((one for one in _UNITS if size % _UNITS[one] == 0), key=lambda one: _UNITS[one])
    return f"{size // _UNITS[unit]}{names.get(unit, unit) or 'B'}"
