"""A script's text as commands. What isn't POSIX, or is rare in such scripts, is refused."""

from __future__ import annotations

import re
from typing import Final

from lading.debs.shell.state import Unfollowable
from lading.debs.shell.syntax import (
    AndOr,
    Body,
    Case,
    Command,
    For,
    Function,
    Group,
    If,
    Pipeline,
    Redirect,
    Simple,
    Text,
    While,
    Word,
)
from lading.debs.shell.words import Source, quoted, read_word

__all__ = ["parse"]

_ASSIGNMENT: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_REDIRECT: Final = re.compile(r"(?P<fd>[0-9])?(?P<operator><<-?|>>|>\||[<>]&|[<>])")
_FUNCTION: Final = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_-]*)[ \t]*\([ \t]*\)")
_RESERVED: Final = frozenset(
    [
        "if",
        "then",
        "elif",
        "else",
        "fi",
        "for",
        "do",
        "done",
        "while",
        "until",
        "case",
        "in",
        "esac",
        "{",
        "}",
        "!",
    ]
)
_ENDS: Final = frozenset(["then", "elif", "else", "fi", "do", "done", "esac", "}"])
_KEYWORD: Final = re.compile(r"(?:[a-z]+|[{}!])(?=[\s;&|<>()]|\Z)")
_LARGEST: Final = 1 << 18


def parse(text: str) -> Body:
    """The commands of a script.

    Raises:
        Unfollowable: It is not in the grammar.
    """
    if len(text) > _LARGEST:
        raise Unfollowable("it is longer than any script")
    if "\0" in text:
        raise Unfollowable("it has a NUL, which no script has")
    source = Source(text, _enclosed)
    body = _body(source)
    if source.place < len(source.text):
        raise Unfollowable(f"its syntax is not understood near {source.peek(20)!r}")
    return body


def _enclosed(source: Source, end: str) -> Body:
    """The commands up to a closing bracket, or (for none) the text's end."""
    body = _body(source)
    if source.take(max(1, len(end))) != end:
        raise Unfollowable("it has a command substitution or a subshell without an end")
    return body


def _body(source: Source) -> Body:
    source.deeper()
    found = []
    while True:
        _skip_lines(source)
        if source.peek() in {"", ")"} or source.peek(2) == ";;" or _keyword(source) in _ENDS:
            break
        found.append(_and_or(source))
        source.skip_blanks()
        if source.peek() == "&" and source.peek(2) != "&&":
            raise Unfollowable("it starts a command in the background")
        if source.peek() == ";" and source.peek(2) != ";;":
            source.take()
        elif source.peek() not in {"", "\n", ")"} and source.peek(2) != ";;":
            raise Unfollowable(f"its syntax is not understood near {source.peek(20)!r}")
    source.depth -= 1
    return tuple(found)


def _skip_lines(source: Source) -> None:
    while True:
        source.skip_blanks()
        if source.peek() != "\n":
            return
        source.take()


def _keyword(source: Source) -> str:
    match = _KEYWORD.match(source.text, source.place)
    return match[0] if match and match[0] in _RESERVED else ""


def _expect(source: Source, word: str) -> None:
    _skip_lines(source)
    if _keyword(source) != word:
        raise Unfollowable(f"its syntax is not understood: {word} is missing")
    source.take(len(word))


def _and_or(source: Source) -> AndOr:
    first = _pipeline(source)
    rest: list[tuple[str, Pipeline]] = []
    while True:
        source.skip_blanks()
        operator = source.peek(2)
        if operator not in {"&&", "||"}:
            return AndOr(first, tuple(rest))
        source.take(2)
        _skip_lines(source)
        rest.append((operator, _pipeline(source)))


def _pipeline(source: Source) -> Pipeline:
    is_negated = False
    while _keyword(source) == "!":
        source.take()
        source.skip_blanks()
        is_negated = not is_negated
    found = [_command(source)]
    while True:
        source.skip_blanks()
        if source.peek() != "|" or source.peek(2) == "||":
            return Pipeline(tuple(found), is_negated)
        source.take()
        _skip_lines(source)
        found.append(_command(source))


def _command(source: Source) -> Command:  # noqa: PLR0911 - one for each kind
    source.skip_blanks()
    word = _keyword(source)
    if source.peek() == "(":
        source.take()
        return Group(_enclosed(source, ")"), is_subshell=True, redirects=_redirects(source))
    match word:
        case "if":
            return _if(source)
        case "for":
            return _for(source)
        case "while" | "until":
            return _while(source, word)
        case "case":
            return _case(source)
        case "{":
            source.take()
            body = _body(source)
            _expect(source, "}")
            return Group(body, is_subshell=False, redirects=_redirects(source))
        case _:
            return _function(source) or _simple(source)


def _if(source: Source) -> If:
    branches = []
    otherwise: Body = ()
    source.take(2)
    while True:
        condition = _body(source)
        _expect(source, "then")
        branches.append((condition, _body(source)))
        word = _keyword(source)
        source.take(len(word))
        if word == "else":
            otherwise = _body(source)
            _expect(source, "fi")
        if word != "elif":
            break
    if word not in {"else", "fi"}:
        raise Unfollowable("its syntax is not understood: fi is missing")
    return If(tuple(branches), otherwise, _redirects(source))


def _for(source: Source) -> For:
    source.take(3)
    source.skip_blanks()
    name = _plain(read_word(source))
    _skip_lines(source)
    words: tuple[Word, ...] | None = None
    if _keyword(source) == "in":
        source.take(2)
        words = tuple(_words(source))
    source.skip_blanks()
    if source.peek() == ";":
        source.take()
    _expect(source, "do")
    body = _body(source)
    _expect(source, "done")
    return For(name, words, body, _redirects(source))


def _while(source: Source, word: str) -> While:
    source.take(len(word))
    condition = _body(source)
    _expect(source, "do")
    body = _body(source)
    _expect(source, "done")
    return While(condition, body, word == "until", _redirects(source))


def _case(source: Source) -> Case:
    source.take(4)
    source.skip_blanks()
    word = read_word(source)
    if word is None:
        raise Unfollowable("its syntax is not understood: a case without a word")
    _expect(source, "in")
    items: list[tuple[tuple[Word, ...], Body]] = []
    while True:
        _skip_lines(source)
        if _keyword(source) == "esac":
            source.take(4)
            return Case(word, tuple(items), _redirects(source))
        patterns = _patterns(source)
        items.append((patterns, _body(source)))
        if source.peek(2) == ";;":
            source.take(2)
        elif _keyword(source) != "esac":
            raise Unfollowable("its syntax is not understood: esac is missing")


def _patterns(source: Source) -> tuple[Word, ...]:
    if source.peek() == "(":
        source.take()
    found: list[Word] = []
    while True:
        source.skip_blanks()
        word = read_word(source)
        source.skip_blanks()
        end = source.take()
        if word is None or end not in {"|", ")"}:
            raise Unfollowable("its syntax is not understood: a pattern of a case")
        found.append(word)
        if end == ")":
            return tuple(found)


def _function(source: Source) -> Function | None:
    match = _FUNCTION.match(source.text, source.place)
    if match is None:
        return None
    source.place = match.end()
    _skip_lines(source)
    source.deeper()
    body = _command(source)
    source.depth -= 1
    return Function(match["name"], body)


def _words(source: Source) -> list[Word]:
    found: list[Word] = []
    while True:
        source.skip_blanks()
        word = read_word(source)
        if word is None:
            return found
        found.append(word)


def _simple(source: Source) -> Simple:
    assignments: list[tuple[str, Word]] = []
    words: list[Word] = []
    redirects: list[Redirect] = []
    while True:
        source.skip_blanks()
        redirect = _redirect(source)
        if redirect is not None:
            redirects.append(redirect)
            continue
        name = "" if words else source.match(_ASSIGNMENT)
        word = read_word(source)
        if name:
            assignments.append((name[:-1], word or ()))
        elif word is None:
            break
        else:
            words.append(word)
    if not (assignments or words or redirects):
        raise Unfollowable(f"its syntax is not understood near {source.peek(20)!r}")
    return Simple(tuple(assignments), tuple(words), tuple(redirects))


def _redirects(source: Source) -> tuple[Redirect, ...]:
    found: list[Redirect] = []
    while True:
        source.skip_blanks()
        redirect = _redirect(source)
        if redirect is None:
            return tuple(found)
        found.append(redirect)


def _document(source: Source, end: str, *, is_quoted: bool, strips_tabs: bool) -> Word:
    """The here-document that begins on the next line, which is taken out of the text."""
    start = source.text.find("\n", source.place) + 1
    lines, place = [], start
    while True:
        if not start or place >= len(source.text):
            raise Unfollowable("it has a here-document without an end")
        line_end = source.text.find("\n", place)
        line = source.text[place : line_end if line_end >= 0 else None]
        place += len(line) + 1
        line = line.lstrip("\t") if strips_tabs else line
        if line == end:
            break
        lines.append(f"{line}\n")
    source.text = source.text[:start] + source.text[place:]
    text = "".join(lines)
    return (Text(text, quoted=True),) if is_quoted else quoted(source.inner(text), "")


def _redirect(source: Source) -> Redirect | None:
    match = _REDIRECT.match(source.text, source.place)
    if match is None:
        return None
    source.place = match.end()
    operator = match["operator"]
    fd = int(match["fd"]) if match["fd"] else int(operator[0] == ">")
    source.skip_blanks()
    target = read_word(source)
    if target is None:
        raise Unfollowable("its syntax is not understood: a redirection to nothing")
    if not operator.startswith("<<"):
        return Redirect(fd, operator, target)
    is_quoted = any(isinstance(part, Text) and part.quoted for part in target)
    end = "".join(part.text for part in target if isinstance(part, Text))
    strips_tabs = operator == "<<-"
    text = _document(source, end, is_quoted=is_quoted, strips_tabs=strips_tabs)
    return Redirect(fd, "<<", text)


def _plain(word: Word | None) -> str:
    if word is None or not all(isinstance(part, Text) for part in word):
        raise Unfollowable("its syntax is not understood: a name is missing")
    return "".join(part.text for part in word if isinstance(part, Text))
