"""JSON documents that somebody else wrote, read field by field; an error says `layers[3].size`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NoReturn

from lading.errors import ImageError
from lading.grammar.invalid import Invalid
from lading.grammar.reference import Digest

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["LARGEST_DOCUMENT", "Pairs", "Table", "canonical", "parse_list", "parse_table", "plain"]

LARGEST_DOCUMENT: Final = 8 << 20
"""Bytes of a document that are read at all. Registries must take manifests of 4 MiB."""

_DEEPEST: Final = 48
_LARGEST_NUMBER: Final = (1 << 63) - 1  # what the engines' int64 holds

Pairs = tuple[tuple[str, str], ...]
"""Names and values, sorted by name, each name once."""


def plain(text: str) -> str:
    """Somebody else's word as it may be printed: nothing that a terminal would obey."""
    return re.sub(r"[^\w.+/:@-]", "?", text, flags=re.ASCII)[:100]


def canonical(document: object) -> bytes:
    """The one writing of a document: sorted keys, no spaces, UTF-8, no newline at its end."""
    text = json.dumps(
        document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode()


def parse_table(content: bytes, name: str) -> Table:
    """The JSON object that `content` is.

    Args:
        content: A document.
        name: What errors call it.

    Raises:
        ImageError: It is larger or deeper than documents are, no JSON object, or not UTF-8; or a
            field stands in it twice, which readers would understand differently.
    """
    document = _parse(content, name)
    if not isinstance(document, dict):
        raise ImageError(f"{name} can't be read: it is no JSON object")
    return Table(name=name, where="", values=document)


def parse_list(content: bytes, name: str) -> tuple[Table, ...]:
    """The JSON objects in the list that `content` is.

    Raises:
        ImageError: See `parse_table`.
    """
    document = _parse(content, name)
    if not isinstance(document, list) or not all(isinstance(one, dict) for one in document):
        raise ImageError(f"{name} can't be read: it is no list of JSON objects")
    return tuple(
        Table(name=name, where=f"[{number}]", values=one) for number, one in enumerate(document)
    )


def _parse(content: bytes, name: str) -> object:
    if len(content) > LARGEST_DOCUMENT:
        raise ImageError(f"{name} is larger than {LARGEST_DOCUMENT >> 20} MiB")
    try:
        document: object = json.loads(
            content.decode(),
            object_pairs_hook=_once,
            parse_constant=_refused,
            parse_float=_finite,
        )
        shallow = _is_shallow(document)
        canonical(document)  # a lone surrogate can't be written again
    except (ValueError, RecursionError) as error:
        why = str(error) if isinstance(error, _RefusedError) else "it is not JSON"
        raise ImageError(f"{name} can't be read: {why}") from None
    if not shallow:
        raise ImageError(f"{name} can't be read: it is deeper than documents of images are")
    return document


class _RefusedError(ValueError):
    """JSON that readers would understand differently."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise _RefusedError("a field stands in it twice")
    return table


def _refused(word: str) -> NoReturn:
    raise _RefusedError(f"{word} is no JSON")


def _finite(word: str) -> float:
    number = float(word)
    if number - number != 0:
        raise _RefusedError("a number in it is too large")
    return number


def _is_shallow(document: object) -> bool:
    level: list[object] = [document]
    for _ in range(_DEEPEST):
        level = [child for value in level for child in _children(value)]
        if not level:
            return True
    return False


def _children(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A JSON object.

    Attributes:
        name: What errors call the document.
        where: The object's own place there, such as `layers[3]`; empty at the top.
        values: Its fields.
    """

    name: str
    where: str
    values: dict[str, Any] = field(repr=False)

    def __post_init__(self) -> None:
        # Go's readers take `Size` for `size`: an object that has both means two things.
        if len({key.lower() for key in self.values}) != len(self.values):
            raise ImageError(f"{self._place()} has a field in two spellings")

    def at(self, key: str) -> str:
        """Where a field stands."""
        return f"{self.where}.{plain(key)}" if self.where else plain(key)

    def error(self, key: str, what: str) -> ImageError:
        """That a field is not as it must be."""
        return ImageError(f"{self.name}: {self.at(key)} {what}")

    def _place(self) -> str:
        return f"{self.name}: {self.where}" if self.where else self.name

    def has(self, key: str) -> bool:
        """Whether the field says anything: null says nothing."""
        return self.values.get(key) is not None

    def text(self, key: str) -> str:
        """A text that must be there."""
        found = self.optional_text(key)
        if found is None:
            raise self.error(key, "is missing")
        return found

    def optional_text(self, key: str) -> str | None:
        """A text; None where it is missing or empty, as Go's writers leave out what is empty."""
        found = self.values.get(key)
        if found is not None and not isinstance(found, str):
            raise self.error(key, "is not a text")
        return found or None

    def number(self, key: str) -> int:
        """A number that must be there: whole, not negative."""
        if not self.has(key):
            raise self.error(key, "is missing")
        return self.optional_number(key)

    def optional_number(self, key: str) -> int:
        """A whole number that is not negative; zero where it is missing."""
        found = self.values.get(key)
        if found is None:
            return 0
        if type(found) is not int or not 0 <= found <= _LARGEST_NUMBER:
            raise self.error(key, "is not a whole number from zero up")
        return found

    def flag(self, key: str) -> bool:
        """Yes or no; no where it is missing."""
        found = self.values.get(key)
        if found is not None and not isinstance(found, bool):
            raise self.error(key, "is neither true nor false")
        return bool(found)

    def digest(self, key: str) -> Digest:
        """A digest that must be there."""
        return self._digest(key, self.text(key))

    def digests(self, key: str) -> tuple[Digest, ...]:
        """A list of digests."""
        return tuple(
            self._digest(f"{key}[{number}]", text)
            for number, text in enumerate(self.texts(key) or ())
        )

    def _digest(self, key: str, text: str) -> Digest:
        try:
            return Digest.parse(text)
        except Invalid as error:
            place = f"{self.where}.{key}" if self.where else key
            raise ImageError(f"{self.name}: {place}: {error.message}") from None

    def texts(self, key: str) -> tuple[str, ...] | None:
        """A list of texts; None where it is missing or empty."""
        found = self.values.get(key)
        if found is None:
            return None
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise self.error(key, "is not a list of texts")
        return tuple(found) or None

    def table(self, key: str) -> Table:
        """An object that must be there."""
        if not self.has(key):
            raise self.error(key, "is missing")
        return self.optional_table(key)

    def optional_table(self, key: str) -> Table:
        """An object; an empty one where it is missing."""
        return self._table(self.at(key), {} if not self.has(key) else self.values[key], key)

    def tables(self, key: str) -> tuple[Table, ...]:
        """A list of objects."""
        found = self.values.get(key)
        if found is None:
            return ()
        if not isinstance(found, list):
            raise self.error(key, "is not a list")
        return tuple(
            self._table(f"{self.at(key)}[{number}]", one, f"{key}[{number}]")
            for number, one in enumerate(found)
        )

    def _table(self, where: str, value: object, key: str) -> Table:
        if not isinstance(value, dict):
            place = f"{self.where}.{key}" if self.where else key
            raise ImageError(f"{self.name}: {place} is not an object")
        return Table(name=self.name, where=where, values=value)

    def pairs(self, key: str) -> Pairs:
        """An object of texts, such as labels and annotations are; null stands for an empty text."""
        found = self.values.get(key)
        if found is None:
            return ()
        if not isinstance(found, dict) or not all(
            one is None or isinstance(one, str) for one in found.values()
        ):
            raise self.error(key, "is not an object of texts")
        return tuple(sorted((name, value or "") for name, value in found.items()))

    def names(self, key: str) -> tuple[str, ...]:
        """The names that an object has, sorted: ports and volumes are written as such objects."""
        found = self.values.get(key)
        if found is None:
            return ()
        if not isinstance(found, dict):
            raise self.error(key, "is not an object")
        return tuple(sorted(found))

    def rest(self, known: Iterable[str]) -> Pairs:
        """The fields that are none of `known`, each with its canonical JSON."""
        return tuple(
            sorted(
                (key, canonical(value).decode())
                for key, value in self.values.items()
                if key not in set(known)
            )
        )
