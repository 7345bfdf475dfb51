"""What assertions ask of a place in a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lading.debs.patterns.nodes import Assertion

__all__ = ["facts_of", "holds"]

_START, _END, _WORD_BEFORE, _WORD_AFTER = 1, 2, 4, 8


def facts_of(text: str, place: int) -> int:
    """What is so at a place, as bits."""
    found = _START if place == 0 else 0
    found |= _END if place == len(text) else 0
    found |= _WORD_BEFORE if place > 0 and _is_of_word(text[place - 1]) else 0
    return found | (_WORD_AFTER if place < len(text) and _is_of_word(text[place]) else 0)


def holds(assertion: Assertion, facts: int) -> bool:
    """Whether an assertion holds where these are the facts."""
    before, after = bool(facts & _WORD_BEFORE), bool(facts & _WORD_AFTER)
    return {
        "start": bool(facts & _START),
        "end": bool(facts & _END),
        "edge": before != after,
        "no edge": before == after,
        "word start": after and not before,
        "word end": before and not after,
    }[assertion.what]


def _is_of_word(char: str) -> bool:
    return char.isalnum() or char == "_"
