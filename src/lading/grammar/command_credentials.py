"""Credentials that are written into a command, where a shell's variable could stand instead."""

from __future__ import annotations

import re

from lading.grammar.credentials import has_credentials
from lading.grammar.invalid import Invalid

__all__ = ["refuse_credentials"]

# What is no credential but stands for one: $NAME, ${NAME:-x}, $(cat FILE), `cat FILE`, printf's %s.
_EXPANSION = r"\$\w+|\$\{[^{}]*\}|\$\([^()]*\)|`[^`]*`|%s"
_STANDS = "\0"

# A URL ends where RFC 3986 lets no character of it be, as in sed's `s|http://|ftp://|`.
_URL = r"""(?i)[a-z][a-z0-9+.-]{0,30}://[^\s"'<>\\^`{|}\[(]*"""

# A login of which all that is of worth stands for something else, also in a pattern of sed's.
_GIVEN_LOGIN = rf"(?<=://)(?:(?:[^\s/?#:@]*:)?{_STANDS}+(?::|:x-oauth-basic)?|[^\w\s/?#@%]+)@"

# For HTTP and FTP a name alone may be a token; a database is asked as somebody.
_TAKES_TOKENS = r"(?i)(?:[a-z]+[+])?(?:https?|ftps?)://"
_ACCOUNT = r"(?<=://)[\w.-]+@"

_HEADER = r"(?i)\bauthorization\s{0,3}:\s{0,3}(?:basic|bearer|token)\s{1,3}[\w.~+/=-]{8}"


def refuse_credentials(text: str, *, hint: str) -> None:
    """Refuse credentials in a URL or a header of a command: whoever has the image could read them.

    A variable in their place is none: `https://ci:$TOKEN@host`.

    Args:
        text: A shell command, or a word of a command.
        hint: How the command gets at them without.

    Raises:
        Invalid: There are any.
    """
    given = re.sub(rf"[\"']?(?:{_EXPANSION})[\"']?", _STANDS, text)
    urls = map(_as_written, re.findall(_URL, given))
    if re.search(_HEADER, given) or any(map(has_credentials, urls)):
        raise Invalid("the command has credentials in it", hint=hint)


def _as_written(url: str) -> str:
    """`url` less the logins that a shell puts in."""
    url = re.sub(_GIVEN_LOGIN, "", url)
    if not re.match(_TAKES_TOKENS, url):
        url = re.sub(_ACCOUNT, "", url)
    # Elsewhere an expansion may be a parameter's value, a port, or a part of a name.
    return url.replace(f"={_STANDS}", "=").replace(_STANDS, "0")
