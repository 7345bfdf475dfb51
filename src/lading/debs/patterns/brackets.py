"""Bracket expressions: `[a-z]`, `[^[:space:]]` (XBD 9.3.5); those of the shell have `!`, too."""

from __future__ import annotations

from typing import Final

from lading.debs.patterns.nodes import Chars

__all__ = ["CLASSES", "bracket"]

# As the C locale has them, which is what is known of an image's.
CLASSES: Final = {
    "alnum": ("09", "AZ", "az"),
    "alpha": ("AZ", "az"),
    "blank": ("  ", "\t\t"),
    "cntrl": ("\0\x1f", "\x7f\x7f"),
    "digit": ("09",),
    "graph": ("!~",),
    "lower": ("az",),
    "print": (" ~",),
    "punct": ("!/", ":@", "[`", "{~"),
    "space": ("\t\r", "  "),
    "upper": ("AZ",),
    "xdigit": ("09", "AF", "af"),
}
_OTHER: Final = ("[.", "[=")  # collating elements


def bracket(text: str, place: int, negation: str) -> tuple[Chars, int] | None:
    """The expression whose `[` is before a place, and the place after its `]`.

    Args:
        text: The pattern.
        place: After the bracket.
        negation: What says no as the first character.

    Returns:
        None where it has no end.

    Raises:
        ValueError: It has what is not known here.
    """
    is_negated = text.startswith(negation, place)
    place += int(is_negated)
    ranges: list[tuple[str, str]] = []
    start = place
    while text[place : place + 1] != "]" or place == start:
        if place >= len(text):
            return None
        if text.startswith(_OTHER, place):
            raise ValueError(text)
        if text.startswith("[:", place):
            end = text.find(":]", place)
            name = text[place + 2 : max(end, 0)]
            if name not in CLASSES:
                raise ValueError(text)
            ranges += ((one[0], one[1]) for one in CLASSES[name])
            place = end + 2
            continue
        low, place = text[place], place + 1
        high = low
        is_range = _begins_range(text, place)
        if is_range:
            high, place = text[place + 1], place + 2
        if high < low or high == "[" != low:
            raise ValueError(text)
        if is_range and _begins_range(text, place):  # XBD 9.3.5, 7: undefined
            raise ValueError(text)
        ranges.append((low, high))
    return Chars(tuple(ranges), is_negated), place + 1


def _begins_range(text: str, place: int) -> bool:
    """Whether a hyphen is there that is not the last character of the expression."""
    return text[place : place + 1] == "-" and text[place + 1 : place + 2] not in {"", "]"}
