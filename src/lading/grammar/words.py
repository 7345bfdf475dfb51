"""What holds for every word: it is text, of one line, and can be shown in a message."""

from __future__ import annotations

from typing import TypeGuard

from lading.grammar.credentials import redact
from lading.grammar.invalid import Invalid

__all__ = ["expect_line", "expect_text", "expect_words", "no_control", "shown", "visible"]

_LONGEST_SHOWN = 100
_FEWEST_LETTERS = 3


def shown(value: object) -> str:
    """`value` as a message may show it: on one line, credentials masked, not too long.

    Text is quoted, its control characters escaped; anything else is its type and value.
    """
    if isinstance(value, str):
        return f'"{_shorten(_escape(value))}"'
    if value is None or isinstance(value, bool | int | float):
        return repr(value) if not isinstance(value, int) else _number(value)
    return "bytes" if isinstance(value, bytes) else f"a {type(value).__name__}"


def visible(text: str) -> str:
    r"""Somebody else's text as one line for a terminal: what isn't printable is written `\x1b`.

    Control characters would be obeyed, and those of Unicode's text direction turn words around.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _written(char) for char in text)


def expect_text(what: str, value: object) -> str:
    """`value`, which must be text that UTF-8 can write.

    Args:
        what: The kind of word, for the message: `environment name`.
        value: What the user handed in.

    Raises:
        Invalid: It is no str (None, bool, bytes, ...), or has a lone surrogate in it.
    """
    if not isinstance(value, str):
        raise Invalid(f"{what} must be a string, not {shown(value)}", hint=_as_text(value))
    if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
        raise Invalid(f"{what} has characters that UTF-8 can't encode")
    return value


def no_control(text: str, what: str) -> str:
    r"""`text`, which must have no control character: no NUL, no line break, no escape.

    Line breaks are all that `str.splitlines` knows, so U+2028 too: readers of a file differ in
    which of them end a line.

    Raises:
        Invalid: There is one.
    """
    for char in text:
        if char < " " or "\x7f" <= char <= "\x9f" or char in "\u2028\u2029":
            raise Invalid(f"{what} {shown(text)} has {_control_name(char)} in it")
    return text


def expect_line(what: str, value: object) -> str:
    """`value`, which must be text of one line: not empty, no control character, no outer space.

    Raises:
        Invalid: It is not.
    """
    text = no_control(expect_text(what, value), what)
    if not text:
        raise Invalid(f"{what} is empty")
    if text != text.strip():
        raise Invalid(
            f"{what} {shown(text)} begins or ends with a space", hint=f"write {shown(text.strip())}"
        )
    return text


def expect_words(
    name: str, values: object, *, example: str, letters: bool = False
) -> tuple[str, ...]:
    """The words of a call that takes several, or of an argument that takes a list (CASES R50).

    Args:
        name: The call's or the argument's name.
        values: A tuple or a list of strings. A set is refused: its order differs from run to run.
        example: The right call, for the hint.
        letters: Whether several words of one letter each may be meant.

    Raises:
        Invalid: A string stands where a list is meant, a list within a list, something that is no
            string, or the letters of a string that Python took apart.
    """
    hint = f"write {example}"
    if not isinstance(values, tuple | list):
        raise Invalid(f"{name} takes a list of strings, not {shown(values)}", hint=hint)
    for value in values:
        if isinstance(value, tuple | list):
            raise Invalid(f"{name} takes strings, but has a list in it", hint=hint)
        _expect_word(name, value, hint=hint)
    words = tuple(values)
    if not letters and _are_letters(words):
        raise Invalid(f"{name} got the single letters of {shown(''.join(words))}", hint=hint)
    return words


def _expect_word(name: str, value: object, *, hint: str) -> None:
    """Refuse an element of a list that is no string, showing the right call."""
    if not isinstance(value, str):
        raise Invalid(f"{name} takes strings, not {shown(value)}", hint=hint)
    expect_text(name, value)


def _are_letters(words: tuple[str, ...]) -> bool:
    return len(words) >= _FEWEST_LETTERS and all(len(word) == 1 for word in words)


def _escape(text: str) -> str:
    # Masked whole, before it is cut: what is left of a cut URL would not be known for one.
    return redact("".join(_escape_char(char) for char in text))


def _escape_char(char: str) -> str:
    if char == '"':
        return '\\"'
    return char if char.isprintable() else _written(char)


def _written(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


def _number(value: int) -> str:
    # Python refuses to write out an integer of more than 4300 digits.
    return repr(value) if value.bit_length() < 2 * _LONGEST_SHOWN else "a very large number"


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _as_text(value: object) -> str | None:
    if _is_number(value):
        return f'write "{shown(value)}"' if shown(value)[0] != "a" else None
    return f'write "{str(value).lower()}"' if isinstance(value, bool) else None


def _control_name(char: str) -> str:
    names = {"\0": "a NUL character", "\n": "a newline", "\r": "a carriage return", "\t": "a tab"}
    return names.get(char, f"the control character U+{ord(char):04X}")
