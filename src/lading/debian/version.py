"""The order of Debian versions: deb-version(7), Debian Policy 5.6.12."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import zip_longest
from typing import Final

from lading.grammar.invalid import Invalid
from lading.grammar.words import shown

__all__ = ["compare", "satisfies"]

# Bounded: a number of more digits than this is no version, but costs time to read.
_FORM: Final = re.compile(
    r"(?:(?P<epoch>[0-9]{1,9}):)?"
    r"(?P<upstream>[0-9A-Za-z][0-9A-Za-z.+~-]{0,255}?)"
    r"(?:-(?P<revision>[0-9A-Za-z.+~]{1,256}))?"
)
_PARTS: Final = re.compile(r"([^0-9]*)([0-9]*)")
_OTHERS: Final = 256


def compare(one: str, other: str) -> int:
    """Below zero where `one` is older than `other`, above where it is newer, zero where equal.

    Raises:
        Invalid: One of them is no version.
    """
    for mine, theirs in zip(_key(one), _key(other), strict=True):
        for left, right in zip_longest(mine, theirs, fillvalue=0):
            if left != right:
                return -1 if left < right else 1
    return 0


def satisfies(version: str, operator: str, wanted: str) -> bool:
    """Whether the version is what a relation such as `>= 1.2` asks for (Policy 7.1).

    Raises:
        Invalid: One of them is no version.
        KeyError: There is no such operator; that is the caller's mistake.
    """
    order = compare(version, wanted)
    return {
        "<<": order < 0,
        "<=": order <= 0,
        "=": order == 0,
        ">=": order >= 0,
        ">>": order > 0,
    }[operator]


@lru_cache(maxsize=4096)
def _key(version: str) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Epoch, upstream version and revision as numbers, of which any lacking ones count as zero."""
    match = _FORM.fullmatch(version)
    if match is None:
        raise Invalid(f"{shown(version)} is not a Debian version")
    epoch = (int(match["epoch"] or 0),)
    return epoch, _weights(match["upstream"]), _weights(match["revision"] or "")


def _weights(text: str) -> tuple[int, ...]:
    """A part's characters and numbers in turn: `a~1` as a's weight, ~'s weight, an end, and 1."""
    found: list[int] = []
    for word, number in _PARTS.findall(text):
        found += [*map(_weight, word), 0, int(number or 0)]
    return tuple(found)


def _weight(char: str) -> int:
    # dpkg, lib/dpkg/version.c, `order`: a tilde before the end, letters before all else.
    if char == "~":
        return -1
    return ord(char) if char.isalpha() else ord(char) + _OTHERS
