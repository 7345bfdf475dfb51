"""What an annotation takes: how a word of the command line, or a value of TOML, becomes one."""

from __future__ import annotations

import inspect
import re
import types
import typing
from dataclasses import dataclass
from enum import Enum
from math import isfinite
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from lading.grammar.invalid import Invalid
from lading.grammar.nearest import did_you_mean
from lading.grammar.words import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Kind", "Plain", "Scalar", "kind_of", "plain"]

Scalar: TypeAlias = str | int | float | bool
"""What is written: text on a command line, and what TOML has."""

Plain: TypeAlias = Scalar | None

_WHOLE: Final = r"[+-]?[0-9]{1,18}"
_LARGE: Final = r"[+-]?[0-9]+"
_NONE: Final = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a parameter takes.

    Attributes:
        text: As code has it: `bool`, `"12.4" | "12.6"`, `int | None`.
        read: Makes a value of what is written.
        holds: Whether a value of code is of that type.
    """

    text: str
    read: Callable[[Scalar], object]
    holds: Callable[[object], bool]


def kind_of(annotation: object) -> Kind | None:
    """What that annotation takes; None where nothing that is written can be of its type."""
    for known, kind in _BASIC:
        if annotation is known:
            return kind
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Literal:
        return _choices(arguments)
    if origin is typing.Annotated:
        return kind_of(arguments[0])
    if origin in {typing.Union, types.UnionType}:
        kinds = [kind_of(one) for one in arguments]
        return None if None in kinds else _either([one for one in kinds if one is not None])
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return _choices(tuple(annotation))
    return None


def plain(value: object) -> Plain:
    """A value as JSON has it; of one that it has not, what it is."""
    if isinstance(value, Enum):
        return plain(value.value)
    return value if isinstance(value, Scalar) or value is None else shown(value)


def _read_text(value: Scalar) -> str:
    if not isinstance(value, str):
        raise Invalid(f"{shown(value)} is no text", hint="write it in quotes")
    return value


def _read_whole(value: Scalar) -> int:
    if isinstance(value, str) and re.fullmatch(_WHOLE, value):
        return int(value)
    if isinstance(value, str) and re.fullmatch(_LARGE, value):
        raise Invalid(f"{shown(value)} is too large", hint="a whole number has 18 digits at most")
    if isinstance(value, bool) or not isinstance(value, int):
        raise Invalid(f"{shown(value)} is no whole number")
    return value


def _read_number(value: Scalar) -> float:
    try:
        found = None if isinstance(value, bool) else float(value)
    except (ValueError, OverflowError):
        found = None
    if found is None or not isfinite(found):
        raise Invalid(f"{shown(value)} is no number")
    return found


def _read_flag(value: Scalar) -> bool:
    word = str(value).lower() if isinstance(value, str | bool) else ""
    if word not in {"true", "false"}:
        raise Invalid(f"{shown(value)} is neither true nor false")
    return word == "true"


def _read_none(value: Scalar) -> None:
    if value != _NONE:
        raise Invalid(f"{shown(value)} is not {_NONE}")


def _choices(choices: Sequence[object]) -> Kind:
    """One of these."""
    by_word = {_worded(one): one for one in choices}

    def read(value: Scalar) -> object:
        for word, choice in by_word.items():
            if value == word or (type(value), value) == (type(choice), choice):
                return choice
        hint = did_you_mean(str(value), by_word)
        raise Invalid(f"{shown(value)} is none of {', '.join(map(shown, by_word))}", hint=hint)

    def holds(value: object) -> bool:
        # Text for one of an Enum that is of text too.
        return any(isinstance(one, type(value)) and value == one for one in choices)

    return Kind(text=" | ".join(map(_code, by_word.values())), read=read, holds=holds)


def _either(kinds: Sequence[Kind]) -> Kind:
    """What any of these takes; text is tried last, because all that is written is text."""
    ordered = sorted(kinds, key=lambda one: one.text == "str")

    def read(value: Scalar) -> object:
        refused: list[Invalid] = []
        for one in ordered:
            try:
                return one.read(value)
            except Invalid as error:
                refused.append(error)
        raise refused[0]

    return Kind(
        text=" | ".join(one.text for one in kinds),
        read=read,
        holds=lambda value: any(one.holds(value) for one in kinds),
    )


def _worded(choice: object) -> str:
    found = plain(choice)
    return str(found).lower() if isinstance(found, bool) or found is None else str(found)


def _code(choice: object) -> str:
    found = plain(choice)
    return f'"{found}"' if isinstance(found, str) else str(found)


def _of(kind: type | tuple[type, ...]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, kind)


_ANY: Final = Kind(text="str", read=_read_text, holds=_of(object))
_NOTHING: Final = Kind(text="None", read=_read_none, holds=_of(type(None)))

_BASIC: Final[tuple[tuple[object, Kind], ...]] = (
    (inspect.Parameter.empty, _ANY),
    (str, Kind(text="str", read=_read_text, holds=_of(str))),
    (int, Kind(text="int", read=_read_whole, holds=_of(int))),
    # PEP 484: where a float is expected, an int will do.
    (float, Kind(text="float", read=_read_number, holds=_of((float, int)))),
    (bool, Kind(text="bool", read=_read_flag, holds=_of(bool))),
    (type(None), _NOTHING),
    (None, _NOTHING),
)
