"""On which line of a TOML document each of its keys, and each element of its arrays, stands."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from itertools import count
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["KeyPath", "key_lines"]

KeyPath: TypeAlias = "tuple[str | int, ...]"
"""Keys, and indexes of arrays, from the document's root."""

# TOML 1.0: what stands between two tokens, keys and strings. Multi-line strings come first, since
# their delimiters begin as those of the others do.
_BLANK: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY: Final = re.compile(r"""[A-Za-z0-9_-]+|"(?:\\.|[^"\\])*"|'[^']*'""")
_STRING: Final = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}(?!")' + r"|'''.*?'{3,5}(?!')" + r"""|"(?:\\.|[^"\\])*"|'[^']*'""",
    re.DOTALL,
)
_SCALAR: Final = re.compile(r"[^,\]}\r\n#]+")


def key_lines(text: str) -> dict[KeyPath, int]:
    """The line of every key and element, from 1.

    Args:
        text: A valid document: what `tomllib` has read.
    """
    return dict(_Scanner(text).found())


class _Scanner:
    """Goes once over a document, in which nothing can be wrong any more."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._ends = [found.start() for found in re.finditer("\n", text)]
        self._arrays: dict[KeyPath, int] = {}

    def found(self) -> Iterator[tuple[KeyPath, int]]:
        table: KeyPath = ()
        while self._skip():
            if self._peek() == "[":
                table = self._header()
                yield table, self._line()
            else:
                yield from self._pair(table)

    def _header(self) -> KeyPath:
        """`[table]`, or `[[array]]`: one more of its tables."""
        brackets = 2 if self._text.startswith("[[", self._at) else 1
        self._at += brackets
        *above, last = self._keys()
        self._at += brackets
        path: KeyPath = ()
        for key in above:
            path = self._newest((*path, key))
        path = (*path, last)
        if brackets == 1:
            return self._newest(path)
        self._arrays[path] = self._arrays.get(path, -1) + 1
        return self._newest(path)

    def _newest(self, path: KeyPath) -> KeyPath:
        """The path, or where it is an array of tables that of its last one."""
        return (*path, self._arrays[path]) if path in self._arrays else path

    def _pair(self, table: KeyPath) -> Iterator[tuple[KeyPath, int]]:
        line = self._line()
        path = table
        for key in self._keys():
            path = (*path, key)
            yield path, line
        self._at += len("=")
        yield from self._value(path)

    def _value(self, path: KeyPath) -> Iterator[tuple[KeyPath, int]]:
        self._skip()
        match self._peek():
            case "[":
                yield from self._array(path)
            case "{":
                yield from self._inline(path)
            case '"' | "'":
                self._take(_STRING)
            case _:
                self._take(_SCALAR)

    def _array(self, path: KeyPath) -> Iterator[tuple[KeyPath, int]]:
        for index in self._elements("]"):
            yield (*path, index), self._line()
            yield from self._value((*path, index))

    def _inline(self, path: KeyPath) -> Iterator[tuple[KeyPath, int]]:
        for _ in self._elements("}"):
            yield from self._pair(path)

    def _elements(self, end: str) -> Iterator[int]:
        """Stops before each element of what a bracket opens, until the bracket that closes it."""
        self._at += 1
        for index in count():
            self._skip()
            if self._peek() == ",":
                self._at += 1
                self._skip()
            if self._peek() == end:
                self._at += 1
                return
            yield index

    def _keys(self) -> list[str]:
        """A dotted key, up to what follows it."""
        keys = []
        while True:
            self._skip()
            word = self._take(_KEY)
            keys.append(tomllib.loads(f"k = {word}")["k"] if word[0] in "\"'" else word)
            self._skip()
            if self._peek() != ".":
                return keys
            self._at += 1

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        assert found is not None  # noqa: S101 - the document is valid
        self._at = found.end()
        return found[0]

    def _skip(self) -> bool:
        """Whether anything is left after blanks and comments."""
        found = _BLANK.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return self._at < len(self._text)

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _line(self) -> int:
        return bisect_right(self._ends, self._at - 1) + 1
