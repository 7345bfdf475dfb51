"""Users of a container: numeric ids, and the names that they have in /etc/passwd."""

from __future__ import annotations

import re

from lading.grammar.invalid import Invalid
from lading.grammar.words import expect_text, shown

__all__ = ["parse_uid", "parse_user_name"]

# uid_t has 32 bits, but docker starts no container with more: "uids and gids must be in range
# 0-2147483647" (moby/sys, user).
_LARGEST = 2**31 - 1


def parse_uid(value: int | str) -> int:
    """The numeric id of a user or group, written as a number or as digits.

    Raises:
        Invalid: It is a name, or not between 0 and 2147483647.
    """
    number = value if isinstance(value, int) and not isinstance(value, bool) else _digits(value)
    if not 0 <= number <= _LARGEST:
        raise Invalid(
            f"user id {shown(number)} is not between 0 and {_LARGEST}",
            hint="container engines start nothing with another id: write 10001",
        )
    return number


def parse_user_name(text: str) -> str:
    """`text`, a name that adduser of every distro takes: `[a-z][a-z0-9_-]*`, at most 32 long.

    Raises:
        Invalid: It is none. Source: adduser.conf(5), NAME_REGEX; useradd(8).
    """
    expect_text("user name", text)
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,31}", text):
        raise Invalid(f"user name {shown(text)} is invalid", hint=_hint_at_name(text))
    return text


def _digits(value: object) -> int:
    if not isinstance(value, str):
        raise Invalid(f"user id must be a number, not {shown(value)}", hint="write 10001")
    expect_text("user id", value)
    if not re.fullmatch(r"0|[1-9][0-9]{0,9}", value):
        raise Invalid(f"user id {shown(value)} is not a number", hint=_hint_at_id(value))
    return int(value)


def _hint_at_id(text: str) -> str:
    if re.fullmatch(r"[0-9]{1,10}:[0-9]{1,10}", text):
        user, _, group = text.partition(":")
        return f"write user({int(user)}, group={int(group)})"
    if re.fullmatch(r"[0-9]{1,10}", text):
        return f"write {int(text)}"
    # Kubernetes' runAsNonRoot can check only a number (CASES R48).
    return "the USER of the image must be numeric: write 10001, or 0 for root"


def _hint_at_name(text: str) -> str:
    lower = text.strip().lower()
    if re.fullmatch(r"[a-z][a-z0-9_-]{0,31}", lower):
        return f"write {shown(lower)}"
    return "a name begins with a-z, and goes on with a-z, 0-9, '_' and '-'"
