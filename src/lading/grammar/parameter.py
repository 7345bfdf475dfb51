"""Values of an image's parameters: none is a secret, since they are in the names of files."""

from __future__ import annotations

import re
from typing import Final

from lading.grammar.credentials import redact
from lading.grammar.environment import is_secret_by_name
from lading.grammar.token import is_token

__all__ = ["why_secret"]

_VARIABLE: Final = r"[A-Z]+(?:_[A-Z0-9]+)+"
"""A variable's name, which stands for what it holds."""


def why_secret(name: str, value: str, *, is_free: bool) -> str | None:
    """Why a value is a secret by its looks; None where it is none (CASES R30).

    Args:
        name: What the parameter is called.
        value: What it is to be.
        is_free: Whether it may be any text, and is no choice that the code has itself.
    """
    if is_token(value):
        return "is a token by its looks"
    if redact(value) != value:
        return "has credentials in it"
    if is_free and is_secret_by_name(name, value) and not re.fullmatch(_VARIABLE, value):
        return "is a secret by its name"
    return None
