"""`$((...))`: whole numbers, as far as scripts count with them (Shell Command Language, 2.6.4)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lading.debs.shell.state import Unfollowable

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["calculated"]

_LONGEST: Final = 200
_DEEPEST: Final = 20
_TOKEN: Final = re.compile(r"[ \t\n]*(?:0|[1-9][0-9]{0,18}|[A-Za-z_]\w*|[-+*()])", re.ASCII)
_VALUE: Final = re.compile(r"[ \t\n]*[-+]?(?:0|[1-9][0-9]{0,18})[ \t\n]*")
_LARGEST: Final = 1 << 63


def calculated(text: str, variables: Mapping[str, str]) -> int:
    """The value of an expression.

    Raises:
        Unfollowable: It is none that is known here, or its value is too large for a shell.
    """
    try:
        return _Sum(text, variables).value()
    except ValueError:
        raise Unfollowable(f"it calculates {text[:_LONGEST]!r}") from None


class _Sum:
    """An expression, and what of it is left."""

    def __init__(self, text: str, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._left = _tokens(text)[::-1]

    def value(self) -> int:
        found = self._sum()
        if self._left:
            raise ValueError
        return found

    def _takes(self, signs: str) -> str:
        is_next = bool(self._left) and self._left[-1] in tuple(signs)
        return self._left.pop() if is_next else ""

    def _sum(self) -> int:
        found = self._product()
        while sign := self._takes("+-"):
            other = self._product()
            found = _checked(found + other if sign == "+" else found - other)
        return found

    def _product(self) -> int:
        found = self._one()
        while self._takes("*"):
            found = _checked(found * self._one())
        return found

    def _one(self) -> int:
        if sign := self._takes("+-"):
            return self._one() * (-1 if sign == "-" else 1)
        if self._takes("("):
            found = self._sum()
            if not self._takes(")"):
                raise ValueError
            return found
        word = self._left.pop() if self._left else ""
        return _checked(int(word)) if word.isdigit() else self._variable(word)

    def _variable(self, name: str) -> int:
        if not name.isidentifier():
            raise ValueError
        text = self._variables.get(name) or "0"
        if not _VALUE.fullmatch(text):
            raise ValueError
        return _checked(int(text))


def _tokens(text: str) -> list[str]:
    # `--` and `++` are other operators where they are known at all.
    if len(text) > _LONGEST or text.count("(") > _DEEPEST or "--" in text or "++" in text:
        raise ValueError
    found, place = [], 0
    text = text.rstrip(" \t\n")
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise ValueError
        found.append(match[0].lstrip(" \t\n"))
        place = match.end()
    return found


def _checked(number: int) -> int:
    if not -_LARGEST <= number < _LARGEST:
        raise ValueError
    return number
