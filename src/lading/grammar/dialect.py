"""The dialects of Dockerfiles."""

from __future__ import annotations

from typing import Literal, TypeAlias

from lading.grammar.invalid import Invalid
from lading.grammar.nearest import did_you_mean
from lading.grammar.words import expect_text, shown

__all__ = ["DIALECTS", "Dialect", "parse_dialect"]

Dialect: TypeAlias = Literal["buildkit", "classic"]

DIALECTS: tuple[Dialect, ...] = ("buildkit", "classic")
"""`buildkit` is what BuildKit, buildah and podman build; `classic` what every builder does."""


def parse_dialect(text: str) -> Dialect:
    """`text`, one of `DIALECTS`.

    Raises:
        Invalid: It is none.
    """
    expect_text("dialect", text)
    for dialect in DIALECTS:
        if text == dialect:
            return dialect
    hint = did_you_mean(text, DIALECTS) or f"it takes {' or '.join(DIALECTS)}"
    raise Invalid(f"dialect {shown(text)} is unknown", hint=hint)
