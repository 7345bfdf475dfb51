"""Ids of build secrets."""

from __future__ import annotations

import re

from lading.build_inputs import CA_SECRET_ID
from lading.grammar.invalid import Invalid
from lading.grammar.token import refuse_token
from lading.grammar.words import expect_text, shown

__all__ = ["RESERVED", "parse_secret_id", "parse_users_secret_id"]

RESERVED = frozenset({CA_SECRET_ID})
"""Ids of what Lading itself hands to a build."""


def parse_secret_id(text: str) -> str:
    """`text`, an id: a letter or `_`, then up to 63 letters, digits, `_`, `.` and `-`.

    It is also the name of the file below /run/secrets, and a field of an engine's `--secret`
    option, so it has neither `/` nor `,` nor `=`.

    Raises:
        Invalid: It is none.
    """
    expect_text("secret id", text)
    refuse_token("secret id", text)
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}", text):
        # Somebody may have written the secret where its id is meant: nothing of it is shown.
        hint = (
            "write its name alone, of letters, digits, '_', '.' and '-', with a letter or '_' "
            "first; its value is given when the image is built"
        )
        raise Invalid("secret id is invalid", hint=hint)
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
