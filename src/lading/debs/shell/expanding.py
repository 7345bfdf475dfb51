"""Words expanded: variables, substitutions, arithmetic, splitting into fields, names of files."""

from __future__ import annotations

import ast
import operator
import re
from typing import TYPE_CHECKING, Final, TypeAlias

from lading.debs.shell.state import Unfollowable
from lading.debs.shell.syntax import Arithmetic, Substitution, Text, Variable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lading.debs.shell.state import State
    from lading.debs.shell.syntax import Body, Part, Word

__all__ = ["Expander", "fits", "pattern_of"]

# A piece of text, and whether it was quoted: then it is neither split nor a pattern.
_Piece: TypeAlias = tuple[str, bool]

_LONGEST_SUM: Final = 200
_GLOB: Final = frozenset("*?[")
_OPERATORS: Final = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
}


def fits(pattern: re.Pattern[str], word: str) -> bool:
    """Whether a pattern fits a whole word."""
    return pattern.fullmatch(word) is not None


def pattern_of(pieces: Iterable[_Piece]) -> re.Pattern[str]:
    """A pattern of the shell's as a regular expression (section 2.13)."""
    found = ""
    for text, quoted in pieces:
        found += re.escape(text) if quoted else _unquoted_pattern(text)
    return re.compile(found, re.DOTALL)


def _unquoted_pattern(text: str) -> str:
    found, place = "", 0
    while place < len(text):
        char = text[place]
        place += 1
        end = text.find("]", place + 1) if char == "[" else -1
        if char == "*":
            found += ".*"
        elif char == "?":
            found += "."
        elif end >= 0:
            inside = text[place:end].replace("\\", r"\\").replace("[", r"\[")
            found += f"[^{inside[1:]}]" if inside[:1] in {"!", "^"} else f"[{inside}]"
            place = end + 1
        else:
            found += re.escape(char)
    return found


class Expander:
    """Expands words by a script's state."""

    def __init__(self, state: State, substituted: Callable[[Body, State], str]) -> None:
        self.state = state
        self._substituted = substituted
        self.status = 0

    def text(self, word: Word) -> str:
        """A word as one text: nothing is split."""
        return "".join(text for text, _ in self._pieces(word, joined=True))

    def pattern(self, word: Word) -> re.Pattern[str]:
        """A word as a pattern."""
        return pattern_of(self._pieces(word, joined=True))

    def fields(self, words: Iterable[Word]) -> list[str]:
        """Words as a command gets them."""
        found: list[str] = []
        for word in words:
            for field in self._split(self._pieces(word, joined=False)):
                found += self._names(field)
        return found

    def _pieces(self, word: Word, *, joined: bool) -> list[_Piece]:
        found: list[_Piece] = []
        for part in word:
            found += self._part(part, joined=joined)
        return found

    def _part(self, part: Part, *, joined: bool) -> list[_Piece]:
        match part:
            case Text(text=text, quoted=quoted):
                # What the script's author wrote is never split, but may be a pattern.
                return (
                    [(text, quoted)]
                    if quoted
                    else [(f"\0{text}", False)]
                    if not joined
                    else [(text, False)]
                )
            case Substitution(body=body, quoted=quoted):
                text = self._substituted(body, self.state)
                self.status = self.state.status
                return [(text, quoted)]
            case Arithmetic(word=word, quoted=quoted):
                return [(str(_calculated(self.text(word), self.state)), quoted)]
            case Variable():
                return self._variable(part, joined=joined)

    def _variable(self, part: Variable, *, joined: bool) -> list[_Piece]:
        if part.name == "@" and part.quoted and not joined and not part.operator:
            return self._arguments()
        value = self._value(part.name)
        if part.operator in {"%", "%%", "#", "##"}:
            pattern = self.pattern(part.argument)
            return [(_trimmed(value or "", pattern, part.operator), part.quoted)]
        if part.operator == "length":
            return [(str(len(value or "")), part.quoted)]
        is_there = value is not None and (bool(value) or not part.operator.startswith(":"))
        match part.operator[-1:]:
            case "-" | "=" if not is_there:
                if part.operator.endswith("="):
                    self.state.variables[part.name] = self.text(part.argument)
                return self._argument(part)
            case "+":
                return self._argument(part) if is_there else [("", part.quoted)]
            case "?" if not is_there:
                raise Unfollowable(f"it ends where {part.name} is not set")
            case _:
                return [(value or "", part.quoted)]

    def _argument(self, part: Variable) -> list[_Piece]:
        """What an expansion stands for besides the variable: it is split as a value would be."""
        return self._pieces(part.argument, joined=True) or [("", part.quoted)]

    def _arguments(self) -> list[_Piece]:
        found: list[_Piece] = []
        for number, argument in enumerate(self.state.arguments):
            found += [("\1", True)] if number else []
            found.append((argument, True))
        return found or [("\2", True)]

    def _value(self, name: str) -> str | None:
        state = self.state
        match name:
            case "?":
                return str(state.status)
            case "#":
                return str(len(state.arguments))
            case "@" | "*":
                return " ".join(state.arguments)
            case "0":
                return "script"
            case "$" | "!" | "-":
                raise Unfollowable(f"it goes on by ${name}")
        if name.isdigit():
            number = int(name) - 1
            return state.arguments[number] if number < len(state.arguments) else None
        return state.variables.get(name)

    def _split(self, pieces: list[_Piece]) -> list[list[_Piece]]:
        """Fields: what expansions gave is split at blanks, unless it was quoted (section 2.6.5)."""
        separators = self.state.variables.get("IFS", " \t\n")
        fields: list[list[_Piece]] = []
        current: list[_Piece] | None = None
        for text, quoted in pieces:
            if quoted and text == "\1":
                fields.append(current or [])
                current = []
            elif quoted and text == "\2":
                continue
            elif quoted or text.startswith("\0"):
                current = [*(current or []), (text.removeprefix("\0"), quoted)]
            else:
                current = self._split_text(text, separators, current, fields)
        return [*fields, current] if current is not None else fields

    @staticmethod
    def _split_text(
        text: str, separators: str, current: list[_Piece] | None, fields: list[list[_Piece]]
    ) -> list[_Piece] | None:
        for part in re.split(f"([{re.escape(separators)}]+)", text) if separators else [text]:
            if part and part[0] in separators:
                if current is not None:
                    fields.append(current)
                current = None
            elif part:
                current = [*(current or []), (part, False)]
        return current

    def _names(self, field: list[_Piece]) -> list[str]:
        """The files that a pattern fits; the pattern itself where there are none (2.6.6)."""
        whole = "".join(text for text, _ in field)
        if not any(not quoted and _GLOB & set(text) for text, quoted in field):
            return [whole]
        root = self.state.root
        found = ["/" if whole.startswith("/") else ""]
        for pieces in _by_folder(field):
            pattern, literal = pattern_of(pieces), "".join(text for text, _ in pieces)
            following = []
            for start in found:
                names = root.names(start) if _is_pattern(pieces) else (literal,)
                following += [
                    f"{start}{name}/"
                    for name in names
                    if not _is_pattern(pieces)
                    or (fits(pattern, name) and (name[0] != "." or literal[0] == "."))
                ]
            found = following
        there = [path[:-1] for path in found if root.kind(root.place(path)) is not None]
        return sorted(there) or [whole]


def _is_pattern(pieces: list[_Piece]) -> bool:
    return any(not quoted and _GLOB & set(text) for text, quoted in pieces)


def _by_folder(field: list[_Piece]) -> list[list[_Piece]]:
    parts: list[list[_Piece]] = [[]]
    for text, quoted in field:
        first, *rest = text.split("/")
        parts[-1].append((first, quoted))
        parts += [[(one, quoted)] for one in rest]
    return [part for part in parts if any(text for text, _ in part)]


def _trimmed(value: str, pattern: re.Pattern[str], how: str) -> str:
    ends = range(len(value) + 1)
    places = ends if how in {"#", "%%"} else reversed(ends)
    for place in places:
        if how[0] == "#" and fits(pattern, value[:place]):
            return value[place:]
        if how[0] == "%" and fits(pattern, value[place:]):
            return value[:place]
    return value


def _calculated(text: str, state: State) -> int:
    """The value of an expression of whole numbers."""

    def value(node: ast.expr) -> int:
        match node:
            case ast.Constant(value=int(number)):
                return number
            case ast.Name(id=name):
                return int(state.variables.get(name) or 0)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -value(operand)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                return int(_OPERATORS[type(op)](value(left), value(right)))
            case _:
                raise ValueError

    try:
        return value(ast.parse(text[:_LONGEST_SUM].strip(), mode="eval").body)
    except (ValueError, SyntaxError):
        raise Unfollowable(f"it calculates {text!r}") from None
