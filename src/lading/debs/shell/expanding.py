"""Words expanded: variables, substitutions, arithmetic, splitting into fields, names of files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from lading.debs.patterns import Pattern, glob
from lading.debs.refusal import Broken
from lading.debs.shell.arithmetic import calculated
from lading.debs.shell.splitting import cut
from lading.debs.shell.state import Unfollowable
from lading.debs.shell.syntax import Arithmetic, Substitution, Text, Variable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from lading.debs.bounds import Bounds
    from lading.debs.shell.state import State
    from lading.debs.shell.syntax import Body, Part, Word

__all__ = ["Expander"]

_GLOB: Final = frozenset("*?[")
_NUMBER: Final = 9
_WORD: Final = 16  # the work that a word is, beside its characters


class _Piece(NamedTuple):
    """A part of a word.

    Attributes:
        text: It.
        how: `quoted` is neither split nor a pattern; `plain` is the author's, and may be a pattern;
            `split` is an expansion's. `next` begins another word, `break` does after one that is
            there, `nothing` is none.
    """

    text: str
    how: Literal["quoted", "plain", "split", "next", "break", "nothing"]


_BREAK: Final = _Piece("", "break")


def _pattern(pieces: Iterable[_Piece], bounds: Bounds) -> Pattern:
    try:
        return Pattern(glob((text, how == "quoted") for text, how in pieces), bounds)
    except Broken:
        raise
    except ValueError as error:
        raise Unfollowable(f"it has the pattern {str(error)[:40]!r}") from None


class Expander:
    """Expands words by a script's state."""

    def __init__(self, state: State, substituted: Callable[[Body, State], str]) -> None:
        self.state = state
        self._bounds = state.bounds
        self._substituted = substituted
        self.status = 0

    def text(self, word: Word) -> str:
        """A word as one text: nothing is split."""
        return self._joined(self._pieces(word, joined=True))

    def pattern(self, word: Word) -> Pattern:
        """A word as a pattern."""
        pieces = self._pieces(word, joined=True)
        self._bounds.text(sum(len(piece.text) for piece in pieces))
        return _pattern(pieces, self._bounds)

    def fields(self, words: Iterable[Word]) -> list[str]:
        """Words as a command gets them."""
        found: list[str] = []
        for word in words:
            for field in self._split(self._pieces(word, joined=False)):
                found += self._names(field)
                self._bounds.spend(_WORD)
                self._bounds.words(len(found))
        return found

    def _joined(self, pieces: Iterable[_Piece]) -> str:
        texts = [piece.text for piece in pieces]
        self._bounds.text(sum(map(len, texts)))
        return "".join(texts)

    def _pieces(self, word: Word, *, joined: bool) -> list[_Piece]:
        found: list[_Piece] = []
        for part in word:
            new = self._part(part, joined=joined)
            self._bounds.spend(sum(len(piece.text) + 1 for piece in new))
            found += new
        return found

    def _part(self, part: Part, *, joined: bool) -> list[_Piece]:
        match part:
            case Text(text=text, quoted=quoted):
                # What the script's author wrote is never split, but may be a pattern.
                return [_Piece(text, "quoted" if quoted else "split" if joined else "plain")]
            case Substitution(body=body, quoted=quoted):
                text = self._substituted(body, self.state)
                self.status = self.state.status
                return [_expanded(text, part)]
            case Arithmetic(word=word):
                return [_expanded(str(calculated(self.text(word), self.state.variables)), part)]
            case Variable():
                return self._variable(part, joined=joined)

    def _variable(  # noqa: PLR0911 - one for each kind
        self, part: Variable, *, joined: bool
    ) -> list[_Piece]:
        if part.name in {"@", "*"} and not joined and not part.operator:
            if not part.quoted:
                return [one for x in self.state.arguments for one in (_Piece(x, "split"), _BREAK)]
            if part.name == "@":
                return self._arguments()
        value = self._value(part.name)
        if part.operator in {"%", "%%", "#", "##"}:
            return [_expanded(self._trimmed(value or "", part), part)]
        if part.operator == "length":
            return [_expanded(_length(value or ""), part)]
        is_there = value is not None and (bool(value) or not part.operator.startswith(":"))
        match part.operator[-1:]:
            case "-" | "=" if not is_there:
                if part.operator.endswith("="):
                    self.state.variables[part.name] = self.text(part.argument)
                return self._argument(part)
            case "+":
                return self._argument(part) if is_there else [_expanded("", part)]
            case "?" if not is_there:
                raise Unfollowable(f"it ends where {part.name} is not set")
            case _:
                return [_expanded(value or "", part)]

    def _argument(self, part: Variable) -> list[_Piece]:
        """What an expansion stands for besides the variable: it is split as a value would be."""
        return self._pieces(part.argument, joined=True) or [_expanded("", part)]

    def _arguments(self) -> list[_Piece]:
        found: list[_Piece] = []
        for number, argument in enumerate(self.state.arguments):
            found += [_Piece("", "next")] if number else []
            found.append(_Piece(argument, "quoted"))
        return found or [_Piece("", "nothing")]

    def _trimmed(self, value: str, part: Variable) -> str:
        pattern = self.pattern(part.argument)
        if part.operator[0] == "#":
            places = pattern.starts(value)
            return value[places[0 if part.operator == "#" else -1] :] if places else value
        places = pattern.ends(value)
        return value[: places[0 if part.operator == "%" else -1]] if places else value

    def _value(self, name: str) -> str | None:
        state = self.state
        match name:
            case "?":
                return str(state.status)
            case "#":
                return str(len(state.arguments))
            case "@" | "*":
                self._bounds.text(sum(len(word) + 1 for word in state.arguments))
                return (state.separators[:1] if name == "*" else " ").join(state.arguments)
            case "0":
                return "script"
            case "$" | "!" | "-":
                raise Unfollowable(f"it goes on by ${name}")
        if name.isdigit():
            number = int(name[:_NUMBER]) - 1
            return state.arguments[number] if number < len(state.arguments) else None
        return state.variables.get(name)

    def _split(self, pieces: list[_Piece]) -> list[list[_Piece]]:
        """Fields: what expansions gave is split, unless it was quoted (section 2.6.5)."""
        separators = self.state.separators
        fields: list[list[_Piece]] = []
        current: list[_Piece] | None = None
        for piece in pieces:
            if piece.how == "next":
                fields.append(current or [])
                current = []
            elif piece.how == "break":
                fields += [] if current is None else [current]
                current = None
            elif piece.how == "split":
                current = self._split_text(piece.text, separators, current, fields)
            elif piece.how != "nothing":
                current = [] if current is None else current
                current.append(piece)
        return [*fields, current] if current is not None else fields

    def _split_text(
        self,
        text: str,
        separators: str,
        current: list[_Piece] | None,
        fields: list[list[_Piece]],
    ) -> list[_Piece] | None:
        for part, is_ended in cut(text, separators):
            if part:
                current = [] if current is None else current
                current.append(_Piece(part, "split"))
            if is_ended is None:
                return current
            if is_ended or current is not None:
                fields.append(current or [])
                self._bounds.spend(_WORD)
                self._bounds.words(len(fields))
            current = None
        return current

    def _names(self, field: list[_Piece]) -> list[str]:
        """The files that a pattern fits; the pattern itself where there are none (2.6.6)."""
        whole = self._joined(field)
        if not (self.state.globs and _is_pattern(field)):
            return [whole]
        root = self.state.root
        found = ["/" if whole.startswith("/") else ""]
        for pieces in _by_folder(field):
            starts, found = found, []
            for start in starts:
                found += [f"{start}{name}/" for name in self._inside(start, pieces)]
                self._bounds.words(len(found))
        there = [path[:-1] for path in found if root.kind(root.place(path)) is not None]
        return sorted(there) or [whole]

    def _inside(self, folder: str, pieces: list[_Piece]) -> Iterable[str]:
        """The names in a folder that a pattern fits; of what is none it is the name itself."""
        plain = "".join(piece.text for piece in pieces)
        self._bounds.spend(len(folder) + len(plain))
        if not _is_pattern(pieces):
            return (plain,)
        pattern = _pattern(pieces, self._bounds)
        names = self.state.root.names(folder)
        return [name for name in names if name[0] != "." or plain[0] == "." if pattern.fits(name)]


def _expanded(text: str, part: Variable | Substitution | Arithmetic) -> _Piece:
    return _Piece(text, "quoted" if part.quoted else "split")


def _length(value: str) -> str:
    if not value.isascii():
        raise Unfollowable("it counts the characters of what shells count differently")
    return str(len(value))


def _is_pattern(pieces: Iterable[_Piece]) -> bool:
    return any(piece.how != "quoted" and _GLOB & set(piece.text) for piece in pieces)


def _by_folder(field: Sequence[_Piece]) -> list[list[_Piece]]:
    parts: list[list[_Piece]] = [[]]
    for text, how in field:
        first, *rest = text.split("/")
        parts[-1].append(_Piece(first, how))
        parts += [[_Piece(one, how)] for one in rest]
    return [part for part in parts if any(piece.text for piece in part)]
