"""Labels of an image."""

from __future__ import annotations

import re

from lading.grammar.credentials import has_credentials
from lading.grammar.invalid import Invalid
from lading.grammar.words import expect_text, no_control, shown

__all__ = ["parse_label_key", "parse_label_value"]

# Stricter than an engine, which takes anything: quotes, "=", "$" and backslashes mean something
# to a Dockerfile, and a key that begins with "#" would be a comment on a line of its own.
_KEY = r"[A-Za-z0-9_][^\s\"'`=$\\]*"


def parse_label_key(text: str) -> str:
    """`text`, a key such as `org.opencontainers.image.source`.

    Raises:
        Invalid: It is empty, begins with a sign, or has white space, a control character, a quote,
            `=`, `$` or a backslash in it. Source: OCI image-spec, annotations.md.
    """
    no_control(expect_text("label key", text), "label key")
    if not text:
        raise Invalid("label key is empty")
    if not re.fullmatch(_KEY, text) or not text.isprintable():
        raise Invalid(f"label key {shown(text)} is invalid", hint=_hint(text))
    return text


def parse_label_value(text: str) -> str:
    """`text`, any text of one line.

    Raises:
        Invalid: There is a NUL or a line break in it, or a URL with credentials (CASES R30).
    """
    expect_text("label value", text)
    if any(char in text for char in "\0\n\r"):
        raise Invalid(f"label value {shown(text)} has a NUL or a line break in it")
    if "://" in text and has_credentials(text):
        hint = "leave them out: whoever has the image reads its labels"
        raise Invalid(f"label value {shown(text)} has credentials in it", hint=hint)
    return text


def _hint(text: str) -> str:
    key, equals, _ = text.partition("=")
    if equals and re.fullmatch(_KEY, key):
        return f'key and value go apart: label({{{shown(key)}: "..."}})'
    return "write a key such as org.opencontainers.image.source"
