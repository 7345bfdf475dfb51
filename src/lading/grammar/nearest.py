"""Which known word an unknown one was probably meant to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["did_you_mean", "nearest"]

_LONGEST = 64  # difflib's time grows with the square of the length


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """The choice most like `word`, whatever its case; None where none is alike."""
    folded: dict[str, str] = {}
    for choice in choices:
        folded.setdefault(choice.casefold(), choice)
    key = word.casefold()[:_LONGEST]
    if key in folded:
        return folded[key]
    from difflib import get_close_matches  # noqa: PLC0415 - loaded only once something is wrong

    found = get_close_matches(key, folded, n=1)
    return folded[found[0]] if found else None


def did_you_mean(word: str, choices: Iterable[str], form: str = "{}") -> str | None:
    """A hint that names the nearest choice, or None where none is alike.

    Args:
        word: What was written.
        choices: What could have been meant.
        form: How the corrected call is written, `{}` standing for the quoted choice:
            `distro={}` gives `did you mean distro="debian"?`.
    """
    choice = nearest(word, choices)
    if choice is None:
        return None
    corrected = form.replace("{}", f'"{choice}"')
    return f"did you mean {corrected}?"
