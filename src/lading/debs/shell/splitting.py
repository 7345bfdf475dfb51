"""Text split at the separators of `IFS` (Shell Command Language, 2.6.5, and `read`)."""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["cut", "fields_of"]

_BLANKS = " \t\n"


@lru_cache(maxsize=64)
def _separator(separators: str) -> re.Pattern[str]:
    """What stands between two fields: blanks, or one other separator with blanks around it."""
    blanks = "".join(char for char in separators if char in _BLANKS)
    others = "".join(char for char in separators if char not in _BLANKS)
    around = f"[{re.escape(blanks)}]*+" if blanks else ""
    forms = [f"{around}[{re.escape(others)}]{around}"] if others else []
    forms += [f"[{re.escape(blanks)}]++"] if blanks else []
    return re.compile("|".join(forms))


def cut(text: str, separators: str) -> list[tuple[str, bool | None]]:
    """A text as what is between separators, each with what comes after it.

    Returns:
        With each part whether a separator that is no blank follows; None where nothing does.
    """
    if not separators:
        return [(text, None)]
    found: list[tuple[str, bool | None]] = []
    place = 0
    for match in _separator(separators).finditer(text):
        found.append((text[place : match.start()], bool(match[0].strip(_BLANKS))))
        place = match.end()
    return [*found, (text[place:], None)]


def fields_of(line: str, separators: str, count: int) -> list[str]:
    """A line as `read` gives it to so many variables: the last gets all that is left."""
    blanks = "".join(char for char in separators if char in _BLANKS)
    line = line.strip(blanks) if blanks else line
    if not separators or (count == 1 and len(blanks) == len(separators)):
        return [line]
    found: list[str] = []
    place = 0
    for match in _separator(separators).finditer(line):
        if len(found) == count - 1:
            break
        found.append(line[place : match.start()])
        place = match.end()
    left = line[place:]
    rest = cut(left, separators)
    # A separator that only ends the last field does not belong to it.
    is_ended = len(rest) == 2 and not rest[1][0]  # noqa: PLR2004
    return [*found, rest[0][0] if is_ended else left]
