"""Reading characters of a script: words, quotes and expansions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lading.debs.shell.state import Unfollowable
from lading.debs.shell.syntax import Arithmetic, Substitution, Text, Variable

if TYPE_CHECKING:
    from collections.abc import Callable

    from lading.debs.shell.syntax import Body, Part, Word

__all__ = ["Source", "quoted", "read_word"]

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]|[@*#?$!-]")
_BRACED: Final = re.compile(r"#?(?:[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*?$!-]|#)")
_OPERATOR: Final = re.compile(r":?[-=+?]|%%?|##?")
_PLAIN: Final = re.compile(r"""[^ \t\n;&|<>()'"\\$`}]+""")
_ENDS_WORD: Final = frozenset(" \t\n;&|<>()")
_DEEPEST: Final = 60


class Source:
    """A script's text, and the place that it was read up to."""

    def __init__(self, text: str, parse_body: Callable[[Source, str], Body]) -> None:
        self.text = text
        self.place = 0
        self.parse_body = parse_body
        self.depth = 0

    def peek(self, count: int = 1) -> str:
        """The next characters."""
        return self.text[self.place : self.place + count]

    def take(self, count: int = 1) -> str:
        """The next characters, and go past them."""
        found = self.peek(count)
        self.place += count
        return found

    def match(self, form: re.Pattern[str]) -> str:
        """What matches here, and go past it."""
        found = form.match(self.text, self.place)
        if found is None:
            return ""
        self.place = found.end()
        return found[0]

    def deeper(self) -> None:
        """Go into something that is in something else.

        Raises:
            Unfollowable: It is deeper than any script.
        """
        self.depth += 1
        if self.depth > _DEEPEST:
            raise Unfollowable("its commands are deeper in each other than any script's")

    def inner(self, text: str) -> Source:
        """A text in this one, as deep as this place is."""
        found = Source(text, self.parse_body)
        found.depth = self.depth
        found.deeper()
        return found

    def skip_blanks(self) -> None:
        """Go past blanks, joined lines and a comment."""
        while True:
            if self.peek() in {" ", "\t"} and self.peek():
                self.take()
            elif self.peek(2) == "\\\n":
                self.take(2)
            elif self.peek() == "#":
                while self.peek() not in {"", "\n"}:
                    self.take()
            else:
                return


def read_word(source: Source) -> Word | None:
    """The word that begins here; None where none does."""
    if not source.peek() or source.peek() in _ENDS_WORD:
        return None
    parts: list[Part] = []
    while source.peek() and source.peek() not in _ENDS_WORD:
        _read_part(source, parts)
    return tuple(parts)


def _read_part(source: Source, parts: list[Part]) -> None:
    char = source.peek()
    if char == "'":
        source.take()
        parts.append(Text(_until(source, "'"), quoted=True))
    elif char == '"':
        source.take()
        parts += quoted(source, '"') or (Text("", quoted=True),)
    elif char == "\\":
        escaped = source.take(2)[1:]
        if escaped != "\n":
            parts.append(Text(escaped, quoted=True))
    elif char in {"$", "`"}:
        parts.append(_expansion(source, quoted_=False))
    else:
        parts.append(Text(source.match(_PLAIN) or source.take(), quoted=False))


def _until(source: Source, end: str) -> str:
    place = source.text.find(end, source.place)
    if place < 0:
        raise Unfollowable("it has a quote without an end")
    found = source.text[source.place : place]
    source.place = place + len(end)
    return found


def quoted(source: Source, end: str) -> Word:
    """What stands in double quotes, or in a here-document up to the text's end (`end` is empty)."""
    parts: list[Part] = []
    text = ""
    while True:
        char = source.peek()
        if char == end or not char:
            break
        if char == "\\" and source.peek(2)[1:] in {"$", "`", '"', "\\", "\n"}:
            escaped = source.take(2)[1]
            # In a here-document a double quote is a character like any other.
            text += "" if escaped == "\n" else escaped if end or escaped != '"' else '\\"'
        elif char in {"$", "`"}:
            parts += [Text(text, quoted=True)] if text else []
            text = ""
            parts.append(_expansion(source, quoted_=True))
        else:
            text += source.take()
    if end and source.take() != end:
        raise Unfollowable("it has a quote without an end")
    return (*parts, Text(text, quoted=True)) if text else tuple(parts)


def _expansion(source: Source, *, quoted_: bool) -> Part:
    if source.take() == "`":
        return _backquoted(source, quoted_=quoted_)
    if source.peek(2) == "((":
        return _arithmetic(source, quoted_=quoted_)
    if source.peek() == "(":
        source.take()
        source.deeper()
        body = source.parse_body(source, ")")
        source.depth -= 1
        return Substitution(body, quoted_)
    if source.peek() == "{":
        source.take()
        source.deeper()
        found = _braced(source, quoted_=quoted_)
        source.depth -= 1
        return found
    name = source.match(_NAME)
    if not name:
        return Text("$", quoted=True)
    return Variable(name, "", (), quoted_)


def _backquoted(source: Source, *, quoted_: bool) -> Part:
    text = ""
    while (char := source.take()) != "`":
        if not char:
            raise Unfollowable("it has a quote without an end")
        escapes = {"$", "`", "\\"} | ({'"'} if quoted_ else set())
        text += source.take() if char == "\\" and source.peek() in escapes else char
    inner = source.inner(text)
    return Substitution(inner.parse_body(inner, ""), quoted_)


def _arithmetic(source: Source, *, quoted_: bool) -> Part:
    source.take(2)
    depth, start = 2, source.place
    while depth:
        char = source.take()
        if not char:
            raise Unfollowable("it has an arithmetic expression without an end")
        depth += {"(": 1, ")": -1}.get(char, 0)
    inner = source.inner(source.text[start : source.place - 2])
    return Arithmetic(quoted(inner, ""), quoted_)


def _braced(source: Source, *, quoted_: bool) -> Part:
    name = source.match(_BRACED)
    if name.startswith("#") and len(name) > 1 and source.peek() == "}":
        source.take()
        return Variable(name[1:], "length", (), quoted_)
    if name.startswith("#") and len(name) > 1:  # `${#-x}`: the number of arguments
        source.place -= len(name) - 1
        name = "#"
    operator = source.match(_OPERATOR)
    if not name or (not operator and source.peek() != "}"):
        raise Unfollowable("it has an expansion that POSIX doesn't know")
    argument = _braced_word(source, quoted_=quoted_ and operator[-1:] not in {"%", "#"})
    return Variable(name, operator, argument, quoted_)


def _braced_word(source: Source, *, quoted_: bool) -> Word:
    parts: list[Part] = []
    while (char := source.peek()) != "}":
        if not char:
            raise Unfollowable("it has an expansion without an end")
        if quoted_ and char not in {"$", "`", '"', "\\"}:
            parts.append(Text(source.take(), quoted=True))
        else:
            _read_part(source, parts)
    source.take()
    return tuple(parts)
