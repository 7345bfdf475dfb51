"""What of other programs' words may be shown, where they may hold the value of a secret."""

from __future__ import annotations

import base64
import json
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from lading.grammar.credentials import MASK, redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["SHORTEST_MASKED", "forms_of", "masker"]

SHORTEST_MASKED = 6
"""Shorter words stand in many lines by chance, and masking them would tell where."""

# What a netrc file has besides the values themselves.
_NETRC_WORDS = frozenset({"machine", "default", "login", "account", "password", "macdef", "init"})


def forms_of(value: str, users: Iterable[str] = ()) -> Iterator[str]:
    """What `value` is written as: each of its lines, in a URL too, and as part of a login.

    Args:
        value: The value of a secret.
        users: Who it may be the password of; HTTP joins the two and encodes them (RFC 7617).
    """
    for line in (line.strip() for line in value.splitlines()):
        yield from _spellings(line)
        for password in _passwords(line):
            yield from _spellings(password)
        for user in users:
            yield _base64(f"{user}:{line}")


def masker(values: Iterable[str]) -> Callable[[str], str]:
    """A function that masks these values in a text, and the credentials in its URLs.

    Values of fewer than `SHORTEST_MASKED` characters are left as they are.
    """
    found = {value for value in values if len(value) >= SHORTEST_MASKED}
    # The longest first: one may be part of another.
    ordered = sorted(found, key=lambda value: (-len(value), value))

    def mask(text: str) -> str:
        for value in ordered:
            text = text.replace(value, MASK)
        return redact(text)

    return mask


def _spellings(word: str) -> Iterator[str]:
    """What programs write for a word: itself, in a URL, in JSON, in Python, encoded."""
    yield word
    yield quote(word, safe="")
    yield quote(word)
    yield quote_plus(word)
    yield json.dumps(word)[1:-1]
    yield json.dumps(word, ensure_ascii=False)[1:-1]
    yield repr(word)[1:-1]
    yield _base64(word)
    yield _base64(f"{word}\n")  # `echo ... | base64`


def _base64(text: str) -> str:
    return base64.b64encode(text.encode(errors="surrogateescape")).decode("ascii")


def _passwords(line: str) -> Iterator[str]:
    """The passwords in a line of a netrc file, which no program writes with the words around."""
    words = line.split()
    if _NETRC_WORDS.isdisjoint(words):
        return
    for before, word in pairwise(words):
        if before in {"password", "account"}:
            yield word
