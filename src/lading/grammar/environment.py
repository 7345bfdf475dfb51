"""Environment variables: names that a shell can use, values of one line."""

from __future__ import annotations

import re

from lading.grammar.credentials import redact
from lading.grammar.invalid import Invalid
from lading.grammar.words import expect_text, shown

__all__ = ["parse_env_name", "parse_env_value"]


def parse_env_name(text: str) -> str:
    """`text`, a name as POSIX has it: letters, digits and `_`, not beginning with a digit.

    Raises:
        Invalid: It is none. Source: POSIX.1-2017, Base Definitions 3.235 and 8.1.
    """
    expect_text("environment name", text)
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
        raise Invalid(f"environment name {shown(text)} is invalid", hint=_hint_at_name(text))
    return text


def parse_env_value(text: str) -> str:
    """`text`, any text of one line; it is not interpreted.

    Raises:
        Invalid: There is a NUL, which ends a string for the kernel, or a line break, which no
            Dockerfile can carry in a value (CASES R1).
    """
    # The value is in no message: text of many lines is often a key.
    expect_text("environment value", text)
    if "\0" in text:
        raise Invalid("environment value has a NUL character in it")
    if "\n" in text or "\r" in text:
        raise Invalid(
            "environment value has a line break in it",
            hint="put text of many lines in a file, and include that with build_include",
        )
    return text


def _hint_at_name(text: str) -> str:
    name, equals, _ = text.partition("=")
    if equals and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        return f"name and value go apart: env({name}=...)"
    fixed = re.sub(r"[^A-Za-z0-9_]", "_", text.strip()[:64])
    # What holds credentials is no name with a slip in it, and its letters are not to be shown.
    if redact(text) == text and fixed.strip("_") and not fixed[0].isdigit():
        return f"write {shown(fixed)}"
    return "a name has letters, digits and '_', and does not begin with a digit"
