"""Package indexes: their URLs and names."""

from __future__ import annotations

import re

from lading.grammar.credentials import has_credentials, redact
from lading.grammar.host import is_ipv6
from lading.grammar.invalid import Invalid
from lading.grammar.login_form import index_hint
from lading.grammar.nearest import did_you_mean
from lading.grammar.words import expect_text, no_control, shown

__all__ = ["has_credentials", "parse_index_name", "parse_index_url", "redact"]

_SCHEMES = ("https", "http", "file")
_LARGEST_PORT = 65535

# RFC 3986, less what a simple index (PEP 503) has no use for (user information, query, fragment)
# and what means something to a shell ("$", "'").
_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[(?P<ipv6>[0-9A-Fa-f:.]+)\])"
_PATH = r"(?:/(?:[A-Za-z0-9._~!&()*+,;=:@-]|%[0-9A-Fa-f]{2})*)*"
_WEB = rf"(?P<host>{_HOST})(?::(?P<port>[1-9][0-9]{{0,4}}))?(?P<path>{_PATH})"
_FILE = rf"(?:localhost)?(?P<path>{_PATH})"


def parse_index_url(text: str) -> str:
    """The URL of a package index, without a final slash, scheme and host in lower case.

    Raises:
        Invalid: Its scheme is not https, http or file; it is malformed; or there are credentials in
            it, which would end up in the lock (CASES R30).
    """
    expect_text("index URL", text)
    if has_credentials(text) or "@" in _authority(text):
        raise Invalid("index URL has credentials in it", hint=index_hint(text))
    no_control(text, "index URL")
    if any(char.isspace() for char in text):
        raise Invalid(f"index URL {shown(text)} has white space in it")
    scheme, separator, rest = text.partition("://")
    if not separator or scheme.lower() not in _SCHEMES:
        raise Invalid(f"index URL {shown(text)} is not https, http or file", hint=_hint(text))
    return _file_url(rest, text) if scheme.lower() == "file" else _web_url(scheme, rest, text)


def parse_index_name(text: str) -> str:
    """`text`, a name of up to 64 letters, digits, `-`, `_` and `.`, such as `pytorch-cpu`.

    Raises:
        Invalid: It is none.
    """
    expect_text("index name", text)
    if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?", text):
        raise Invalid(
            f"index name {shown(text)} is invalid",
            hint="a name has letters, digits, '-', '_' and '.', with a letter or digit at each end",
        )
    return text


def _web_url(scheme: str, rest: str, text: str) -> str:
    match = re.fullmatch(_WEB, rest)
    if match is None:
        raise Invalid(f"index URL {shown(text)} is invalid", hint=_hint_at_rest(rest))
    if match["port"] and int(match["port"]) > _LARGEST_PORT:
        raise Invalid(f"index URL {shown(text)} has a port above {_LARGEST_PORT}")
    if match["ipv6"] and not is_ipv6(match["ipv6"]):
        raise Invalid(f"index URL {shown(text)} has no IPv6 address between [ and ]")
    port = f":{match['port']}" if match["port"] else ""
    return f"{scheme.lower()}://{match['host'].lower()}{port}{match['path'].rstrip('/')}"


def _file_url(rest: str, text: str) -> str:
    match = re.fullmatch(_FILE, rest)
    if match is None or not match["path"].strip("/"):
        raise Invalid(f"index URL {shown(text)} has no absolute path", hint="write file:///path")
    return f"file://{match['path'].rstrip('/')}"


def _authority(text: str) -> str:
    return re.split(r"[/?#]", text.partition("://")[2] or text, maxsplit=1)[0]


def _hint_at_rest(rest: str) -> str | None:
    bare = re.split(r"[?#]", rest, maxsplit=1)[0]
    return "an index has no query and no fragment; leave out what follows" if bare != rest else None


def _hint(text: str) -> str | None:
    if text.startswith("/") or "\\" in text:
        return "a folder is written as file:///path"
    scheme, separator, _ = text.partition(":")
    if separator and "/" not in scheme and "." not in scheme:
        return did_you_mean(scheme, _SCHEMES)
    return f"write {shown('https://' + text)}"
