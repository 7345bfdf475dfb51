"""Versions of Python that exist."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lading.grammar.invalid import Invalid
from lading.grammar.words import shown

__all__ = ["PYTHON_SERIES", "PythonVersion"]

_MAJOR = 3

PYTHON_SERIES: dict[int, int | None] = {
    8: 20,
    9: 25,
    10: None,
    11: None,
    12: None,
    13: None,
    14: None,
    15: None,
}
"""Each series 3.x that exists (as of November 2026), and its last release where it has ended.

3.10's security support ended in October 2026; it is left open, as its last release may still come.
"""

_OLDEST, _NEWEST = min(PYTHON_SERIES), max(PYTHON_SERIES)
_LARGEST_PATCH = 99
_VERSION = r"3\.(0|[1-9][0-9]{0,2})(?:\.(0|[1-9][0-9]{0,2}))?"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class PythonVersion:
    """A series of CPython, `3.11`, or one release of it, `3.11.9`.

    Attributes:
        minor: The 11 of 3.11.
        patch: The 9 of 3.11.9; None means whichever release the base image has.

    Raises:
        Invalid: There is no such Python.
    """

    minor: int
    patch: int | None = None

    def __post_init__(self) -> None:
        if self.minor not in PYTHON_SERIES:
            raise Invalid(
                f"Python {self} is not one of 3.{_OLDEST} to 3.{_NEWEST}",
                hint=f"did you mean {_alike(self.minor)}?",
            )
        last = PYTHON_SERIES[self.minor] or _LARGEST_PATCH
        if self.patch is not None and not 0 <= self.patch <= last:
            raise Invalid(f"there is no Python {self}", hint=_hint_at_patch(self.minor))

    @classmethod
    def parse(cls, text: str) -> PythonVersion:
        """The version that `"3.11"` or `"3.11.9"` writes (CASES R12).

        Raises:
            Invalid: It is none. A number is refused: 3.10 is the number 3.1.
        """
        match = re.fullmatch(_VERSION, _expect_text(text))
        if match is None:
            raise Invalid(f"Python version {shown(text)} is invalid", hint=_hint(text))
        return cls(minor=int(match[1]), patch=None if match[2] is None else int(match[2]))

    @property
    def series(self) -> str:
        """Major and minor: `3.11`."""
        return f"{_MAJOR}.{self.minor}"

    @property
    def tag(self) -> str:
        """The interpreter's tag in a wheel's name: `cp311` (PEP 425)."""
        return f"cp{_MAJOR}{self.minor}"

    def __str__(self) -> str:
        return self.series if self.patch is None else f"{self.series}.{self.patch}"


def _alike(minor: int) -> str:
    if minor == 1:  # "3.1" is what a YAML reader, or str(3.10), leaves of 3.10
        return '"3.10"'
    return f'"3.{min(max(minor, _OLDEST), _NEWEST)}"'


def _hint_at_patch(minor: int) -> str:
    last = PYTHON_SERIES[minor]
    return f'the last one is "3.{minor}.{last}"' if last else f'write "3.{minor}"'


def _expect_text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise Invalid(
        f"Python version must be a string, not {shown(value)}", hint=_hint_at_value(value)
    )


def _hint_at_value(value: object) -> str:
    if isinstance(value, float):
        return _hint_at_float(value)
    if isinstance(value, tuple) and value and all(type(part) is int for part in value):
        return f'write "{".".join(shown(part) for part in value[:3])}"'
    return f'write "3.{_NEWEST - 2}"'


def _hint_at_float(value: float) -> str:
    if value == 3.1:  # noqa: PLR2004
        return 'write "3.10": the number 3.10 is 3.1'
    return f'write "{value}"' if _MAJOR <= value < _MAJOR + 1 else f'write "3.{_NEWEST - 2}"'


def _hint(text: str) -> str:
    if re.fullmatch(r"\s*3?\s*", text):
        return f'name the series: "3.{_NEWEST - 2}"'
    if re.match(r"\s*(?:python)?\s*2\b", text[:32]):
        return f"Python 2 is not supported; write a version from 3.{_OLDEST} on"
    found = re.search(r"3\.?([0-9]{1,2})(?:\.([0-9]{1,2})(?![0-9a-z]))?", text[:64])
    if found is None or int(found[1]) not in PYTHON_SERIES:
        return f'write a version such as "3.{_NEWEST - 2}"'
    patch = f".{int(found[2])}" if found[2] else ""
    return f'write "3.{int(found[1])}{patch}"'
