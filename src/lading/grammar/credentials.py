"""What in a text is a credential, so that no message, log or file shows one (CASES R30)."""

from __future__ import annotations

import re

__all__ = ["MASK", "has_credentials", "redact"]

MASK = "***"

# Patterns are given to `re` as text where they are used: it compiles each once, when first needed.
# Each repetition is bounded or stops at the next separator, so that no text takes long to search.

# RFC 3986 section 3.2: the authority ends at the first "/", "?" or "#"; the user information is all
# before its last "@". For ssh a bare name is an account ("git"), not a secret.
_USER_INFORMATION = r"(?i)(?P<start>(?P<ssh>ssh|sftp)?://)(?P<user>[^\s/?#]+)(?P<end>@)"

# A password in which "/", "?" or "#" was not escaped: what follows the colon is no port number.
_UNESCAPED = r"(?P<start>://)[^\s/?#:@\[]*:(?!\d{0,5}(?:[/?#:,;.)\"']|\s|$))\S{1,2048}(?P<end>@)"

# The same, when the whole URL was percent-encoded into another one.
_ENCODED_URL = r"(?i)(?P<start>%3a%2f%2f)(?:(?!%2f|%40)[^\s/?#]){1,2048}(?P<end>%40)"

# user:password@ with no scheme before it. An image reference (name:tag@sha256:...) is none.
_NO_SCHEME = (
    r"(?P<start>(?<![\w/@.+%-]))[\w.+%-]{1,128}:[^\s@/]{1,256}(?P<end>@)(?!sha(?:256|384|512):)"
)

_TELLING_NAME = (
    r"[\w.%-]{0,64}(?:token|secret|passw|signature|credential|api[_-]?key|apikey)[\w.%-]{0,64}"
    r"|auth|authorization|sig|pwd|key|jwt"
)
_PARAMETER = rf"(?i)(?P<start>[?&;#](?:{_TELLING_NAME})=)[^\s&;#\"'<>]+(?P<end>)"


def redact(text: str) -> str:
    """`text` with the credentials of each URL in it masked; masking it again changes nothing.

    Masked are user information (`user:password@`, a bare token, escaped or not) and the values of
    query parameters whose name says that they are secret (`token=`, `X-Amz-Signature=`).
    """
    if "://" in text:
        text = re.sub(_USER_INFORMATION, _mask_user, text)
        text = re.sub(_UNESCAPED, _mask, text)
    if "@" in text:
        text = re.sub(_NO_SCHEME, _mask, text)
    if "%40" in text:
        text = re.sub(_ENCODED_URL, _mask, text)
    return re.sub(_PARAMETER, _mask, text) if "=" in text else text


def has_credentials(url: str) -> bool:
    """Whether a URL holds user information, or a query parameter that is a secret by its name."""
    patterns = (_UNESCAPED, _ENCODED_URL, _PARAMETER)
    if any(re.search(pattern, url) for pattern in patterns):
        return True
    return any(_is_secret(match) for match in re.finditer(_USER_INFORMATION, url))


def _mask(match: re.Match[str]) -> str:
    return f"{match['start']}{MASK}{match['end']}"


def _mask_user(match: re.Match[str]) -> str:
    return _mask(match) if _is_secret(match) else match.group()


def _is_secret(match: re.Match[str]) -> bool:
    return not match["ssh"] or ":" in match["user"] or "%3a" in match["user"].lower()
