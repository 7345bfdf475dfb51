"""The arguments of commands: options apart from operands (XBD 12.2, and GNU's long ones)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lading.debs.shell.state import Call

__all__ = ["Words", "words_of"]


@dataclass(frozen=True, slots=True)
class Words:
    """A call's options, each a letter or a long name, and its operands."""

    options: dict[str, str]
    operands: tuple[str, ...]


def words_of(call: Call, known: str, *, long: str = "", valued: str = "") -> Words:
    """A call's words.

    Args:
        call: The call.
        known: The letters of options that it may have.
        long: Long options that it may have, with `=` at the end of those with a value.
        valued: Letters that take a value.

    Raises:
        Unfollowable: It has another option.
    """
    options: dict[str, str] = {}
    operands: list[str] = []
    left = list(call.words)
    names = long.split()
    while left:
        word = left.pop(0)
        if word == "--":
            operands += left
            break
        if word.startswith("--"):
            name, is_given, value = word[2:].partition("=")
            if f"{name}=" in names:
                options[name] = value if is_given or not left else left.pop(0)
            elif name in names and not is_given:
                options[name] = ""
            else:
                raise call.refuse(f"whose option --{name} is not known here")
        elif word.startswith("-") and len(word) > 1:
            _letters(call, word[1:], known, valued, options, left)
        else:
            operands.append(word)
    return Words(options, tuple(operands))


def _letters(  # noqa: PLR0913, PLR0917 - one word, and where its parts go
    call: Call, word: str, known: str, valued: str, options: dict[str, str], left: list[str]
) -> None:
    for place, letter in enumerate(word, 1):
        if letter in valued:
            value = word[place:] or (left.pop(0) if left else "")
            options[letter] = value
            return
        if letter not in known:
            raise call.refuse(f"whose option -{letter} is not known here")
        options[letter] = ""
