"""A reader of Dockerfiles by Docker's documented rules, written apart from the serializer.

It knows directives, comments, continuations, flags, here-documents (which it refuses), JSON forms
and the word lexer with expansion. Where BuildKit and imagebuilder (buildah, podman) differ,
`dialect` chooses.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Dialect: TypeAlias = Literal["buildkit", "imagebuilder"]
DIALECTS: tuple[Dialect, ...] = ("buildkit", "imagebuilder")

_CONTINUES = {
    "buildkit": re.compile(r"(?:(?<=[^\\])|^)\\[ \t]*$"),
    "imagebuilder": re.compile(r"\\[ \t]*$"),
}
_DIRECTIVE = re.compile(r"#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$")
_GO_SPACE = " \t\n\v\f\r\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"
_GO_SPACE += "\u200a\u2028\u2029\u202f\u205f\u3000"


class NotReadableError(ValueError):
    """A builder would refuse this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """An instruction as a builder sees it: keyword, flags, and the rest of its line unread."""

    kind: str
    flags: tuple[str, ...]
    rest: str


def directives(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.split("\n"):
        match = _DIRECTIVE.match(line)
        if match is None or match[1].lower() not in {"escape", "syntax", "check"}:
            break
        found[match[1].lower()] = match[2]
    return found


def parse(text: str, dialect: Dialect = "buildkit") -> tuple[Parsed, ...]:
    if directives(text):
        raise NotReadableError("a directive changes how the file is read")
    return tuple(_split(line) for line in _logical_lines(text, _CONTINUES[dialect]))


def _logical_lines(text: str, continues: re.Pattern[str]) -> Iterator[str]:
    line, open_ = "", False
    for physical in text.split("\n"):
        if len(physical.encode()) >= 65_535:
            raise NotReadableError("line too long")
        stripped = physical.lstrip(_GO_SPACE)
        if stripped == "" or stripped.startswith("#"):
            continue
        piece = physical if open_ else stripped
        open_ = continues.search(piece) is not None
        line += continues.sub("", piece)
        if not open_:
            yield line
            line = ""
    if line:
        yield line


def _split(line: str) -> Parsed:
    kind, *tail = re.split(r"[\t\v\f\r ]+", line.strip(_GO_SPACE), maxsplit=1)
    rest = tail[0] if tail else ""
    flags = []
    while rest.lstrip(_GO_SPACE).startswith("--"):
        flag, rest = _take_flag(rest.lstrip(_GO_SPACE))
        if flag == "--":
            break
        flags.append(flag)
    rest = rest.strip(_GO_SPACE)
    if kind in {"RUN", "COPY", "ADD"} and "<<" in rest and not rest.startswith("["):
        raise NotReadableError("a here-document")
    return Parsed(kind=kind, flags=tuple(flags), rest=rest)


def _take_flag(text: str) -> tuple[str, str]:
    """The first word with its quotes and backslashes taken off, and what follows it."""
    word, quote, chars = "", "", iter(enumerate(text))
    for position, char in chars:
        if char == "\\":
            word += next(chars, (0, ""))[1]
        elif quote:
            quote = "" if char == quote else quote
            word += char if quote else ""
        elif char in "'\"":
            quote = char
        elif char in _GO_SPACE:
            return word, text[position:]
        else:
            word += char
    return word, ""


def words(rest: str) -> tuple[str, ...]:
    """The words of ENV, LABEL or ARG, with their quotes still on."""
    found: list[str] = []
    word: str | None = None
    quote = ""
    chars = iter(rest)
    for char in chars:
        if not quote and char in _GO_SPACE:
            found += [word] if word is not None else []
            word = None
            continue
        word = (word or "") + char
        if char == "\\" and quote != "'":
            word += next(chars, "")
        elif char == quote:
            quote = ""
        elif not quote and char in "'\"":
            quote = char
    return (*found, word) if word is not None else tuple(found)


def expand(word: str, env: Mapping[str, str]) -> str:
    """What the word lexer makes of a word: quotes and escapes taken off, variables put in."""
    text = word.removeprefix("\ufeff")
    out, quote, position = "", "", 0
    while position < len(text):
        char = text[position]
        position += 1
        if char == quote:
            quote = ""
        elif quote == "'":
            out += char
        elif char == "$":
            value, position = _variable(text, position, env)
            out += value
        elif char == "\\":
            following = text[position : position + 1]
            out += following if not quote or following in '"$\\' else "\\" + following
            position += 1
        elif not quote and char in "'\"":
            quote = char
        else:
            out += char
    if quote:
        raise NotReadableError(f"no closing {quote}")
    return out


def _variable(text: str, position: int, env: Mapping[str, str]) -> tuple[str, int]:
    match = re.compile(r"\{(\w+)\}|(\w+)").match(text, position)
    if match is None:
        if text[position : position + 1] == "{":
            raise NotReadableError("bad substitution")
        return "$", position
    return env.get(match[1] or match[2], ""), match.end()


def pairs(parsed: Parsed, env: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The names and values of ENV or LABEL."""
    found = []
    for word in words(parsed.rest):
        name, equals, value = word.partition("=")
        if not equals:
            raise NotReadableError(f"no = in {word!r}")
        found.append((expand(name, env), expand(value, env)))
    return tuple(found)


def json_list(rest: str) -> tuple[str, ...] | None:
    """The strings of a JSON form, or None where the text is not one."""
    if not rest.startswith("["):
        return None
    # BuildKit of Docker 20.10 and imagebuilder read one value and ignore what follows it.
    try:
        found, _ = json.JSONDecoder().raw_decode(rest)
    except ValueError:
        return None
    return tuple(found)


def argv(rest: str) -> tuple[str, ...]:
    """What RUN, CMD or ENTRYPOINT executes."""
    listed = json_list(rest)
    return ("/bin/sh", "-c", rest) if listed is None else listed


def paths(parsed: Parsed, env: Mapping[str, str]) -> tuple[str, ...]:
    """The arguments of COPY or VOLUME, expanded; sources are still patterns."""
    listed = json_list(parsed.rest)
    given = re.split(r"[\t\v\f\r ]+", parsed.rest) if listed is None else listed
    if any(re.fullmatch(r"\d*<<-?\s*[^<]*", path) for path in given):
        raise NotReadableError("a here-document")
    return tuple(expand(path, env) for path in given)


def selects(pattern: str, path: str) -> bool:
    """Whether a source of COPY selects this path of a context, by Go's filepath.Match."""
    unescaped = re.sub(r"\\.", "", pattern)
    if not re.search(r"[*?[]", unescaped):
        return pattern == path  # BuildKit takes such a source as it stands, backslashes and all
    regex = re.sub(
        r"\\(.)|\[((?:\\.|[^\]])+)\]|(\*)|(\?)|(.)",
        _regex_piece,
        pattern,
        flags=re.DOTALL,
    )
    return re.fullmatch(regex, path, flags=re.DOTALL) is not None


def _regex_piece(match: re.Match[str]) -> str:
    escaped, chars, star, mark, plain = match.groups()
    if chars is not None:
        return re.escape(re.sub(r"\\(.)", r"\1", chars))  # classes of one character only
    if star or mark:
        return "[^/]*" if star else "[^/]"
    return re.escape(escaped or plain)
