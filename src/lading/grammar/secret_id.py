"""Ids of build secrets."""

from __future__ import annotations

import re

from lading.build_inputs import CA_SECRET_ID
from lading.grammar.credentials import redact
from lading.grammar.invalid import Invalid
from lading.grammar.words import expect_text, shown

__all__ = ["RESERVED", "parse_secret_id", "parse_users_secret_id"]

RESERVED = frozenset({CA_SECRET_ID})
"""Ids of what Lading itself hands to a build."""

_LONGEST_SHOWN = 16


def parse_secret_id(text: str) -> str:
    """`text`, an id: a letter or `_`, then up to 63 letters, digits, `_`, `.` and `-`.

    It is also the name of the file below /run/secrets, and a field of an engine's `--secret`
    option, so it has neither `/` nor `,` nor `=`.

    Raises:
        Invalid: It is none.
    """
    expect_text("secret id", text)
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}", text):
        raise Invalid(f"secret id {_shown_id(text)} is invalid", hint=_hint(text))
    return text


def parse_users_secret_id(text: str) -> str:
    """`text`, the id of a secret that is a user's own.

    Raises:
        Invalid: It is no id, or one of `RESERVED`.
    """
    if parse_secret_id(text) in RESERVED:
        raise Invalid(
            f"secret id {shown(text)} is reserved for the certificate authorities of a build",
            hint="hand them over with --ca-bundle FILE, or choose another id",
        )
    return text


def _shown_id(text: str) -> str:
    # Somebody may have written the secret where its id is meant.
    name, equals, _ = redact(text).partition("=")
    if equals or len(name) > _LONGEST_SHOWN:
        return shown(f"{name[:_LONGEST_SHOWN]}***")
    return shown(text)


def _hint(text: str) -> str:
    name, equals, _ = text.partition("=")
    if equals and name != "id" and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}", name):
        return f"write only the id, {shown(name)}; its value is given when the image is built"
    return "an id has letters, digits, '_', '.' and '-', and begins with a letter or '_'"
