"""`test` and `[`: POSIX.1-2017, with `-a`, `-o` and brackets, which scripts still use."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lading.oci.entries import Folder, Hardlink, Regular

if TYPE_CHECKING:
    from collections.abc import Callable

    from lading.debs.root import Root
    from lading.debs.shell import Call

__all__ = ["test"]

_NUMBER: Final = re.compile(r"[ \t\n]*[-+]?[0-9]{1,18}[ \t\n]*")
_NUMBERS: Final[dict[str, Callable[[int, int], bool]]] = {
    "-eq": int.__eq__,
    "-ne": int.__ne__,
    "-lt": int.__lt__,
    "-le": int.__le__,
    "-gt": int.__gt__,
    "-ge": int.__ge__,
}


def test(call: Call) -> int:
    """Whether what is said holds."""
    words = list(call.words)
    if call.name == "[":
        if words[-1:] != ["]"]:
            raise call.refuse()
        words.pop()
    left = _Left(call, words)
    found = left.either() if words else False
    if left.words:
        raise call.refuse()
    return int(not found)


class _Left:
    """What is left of an expression."""

    def __init__(self, call: Call, words: list[str]) -> None:
        self._call = call
        self.words = words

    def either(self) -> bool:
        found = self._both()
        while self.words[:1] == ["-o"]:
            self.words.pop(0)
            found = self._both() or found
        return found

    def _both(self) -> bool:
        found = self._one()
        while self.words[:1] == ["-a"]:
            self.words.pop(0)
            found = self._one() and found
        return found

    def _one(self) -> bool:
        words = self.words
        if len(words) >= 3 and (words[1] in _NUMBERS or words[1] in {"=", "==", "!=", "<", ">"}):  # noqa: PLR2004
            one, operator, other = words[:3]
            del words[:3]
            return self._compared(one, operator, other)
        if words[:1] == ["!"] and len(words) > 1:
            words.pop(0)
            return not self._one()
        if words[:1] == ["("] and len(words) > 2:  # noqa: PLR2004
            words.pop(0)
            found = self.either()
            if words[:1] != [")"]:
                raise self._call.refuse()
            words.pop(0)
            return found
        if len(words) >= 2 and len(words[0]) == 2 and words[0][0] == "-" and words[1] != "-a":  # noqa: PLR2004
            operator, word = words[:2]
            del words[:2]
            return self._unary(operator, word)
        return bool(words.pop(0))

    def _compared(self, one: str, operator: str, other: str) -> bool:
        if operator in _NUMBERS:
            if not (_NUMBER.fullmatch(one) and _NUMBER.fullmatch(other)):
                raise self._call.refuse("which compares what is no number")
            return _NUMBERS[operator](int(one), int(other))
        return {
            "=": one == other,
            "==": one == other,
            "!=": one != other,
            "<": one < other,
            ">": one > other,
        }[operator]

    def _unary(self, operator: str, word: str) -> bool:  # noqa: PLR0911 - one for each
        root = self._call.root
        match operator[1]:
            case "n":
                return bool(word)
            case "z":
                return not word
            case "h" | "L":
                return bool(word) and root.kind(root.place(word)) == "link"
            case "e" | "r" | "w":
                return bool(word) and root.leads_to(word) is not None
            case "f":
                return bool(word) and root.leads_to(word) == "file"
            case "d":
                return bool(word) and root.leads_to(word) == "folder"
            case "s":
                return bool(word) and bool(root.content(root.real(word), most=1))
            case "x":
                return bool(word) and _is_executable(root, word)
            case "t" | "c" | "b" | "p" | "S":
                return False
            case _:
                raise self._call.refuse()


def _is_executable(root: Root, path: str) -> bool:
    real = root.real(path)
    entry = root.entry(real)
    if isinstance(entry, Regular | Hardlink):
        return entry.mode & 0o111 != 0
    return isinstance(entry, Folder) or root.kind(real) is not None
