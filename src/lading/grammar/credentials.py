"""What in a text is a credential, so that no message, log or file shows one (CASES R30)."""

from __future__ import annotations

import re

__all__ = ["MASK", "has_credentials", "redact"]

MASK = "***"

# Patterns are given to `re` as text where they are used: it compiles each once, when first needed.
# Each repetition is bounded or stops at the next separator, so that no text takes long to search.

# What stands before an authority: "://", also with more or escaped slashes ("\/", as JSON has
# them), "https:/" with too few, and "//" with no scheme.
_SLASHES = r":(?:\\?/){2,9}"
_ONE_SLASH = r"(?:https?|ftps?):\\?/(?![\\/])"
_NO_SLASH_BEFORE = r"(?<![:/\\])//"

# An image reference is none: name:tag@sha256:...
_NO_DIGEST = r"(?!sha(?:256|384|512):)"

# RFC 3986 section 3.2: the authority ends at the first "/", "?" or "#"; the user information is all
# before its last "@". For ssh a bare name is an account ("git"), not a secret.
_USER_INFORMATION = (
    rf"(?i)(?P<start>(?P<ssh>ssh|sftp)?{_SLASHES}|{_ONE_SLASH})"
    rf"(?P<user>[^\s/?#]+)(?P<end>@){_NO_DIGEST}"
)
_NO_SCHEME_URL = (
    rf"(?P<start>{_NO_SLASH_BEFORE})[^\s/?#:@]{{0,256}}:[^\s/?#]+(?P<end>@){_NO_DIGEST}"
)

# A password in which "/", "?" or "#" was not escaped: what follows the colon is no port number.
_UNESCAPED = (
    rf"(?i)(?P<start>{_SLASHES}|{_ONE_SLASH}|{_NO_SLASH_BEFORE})"
    r"[^\s/?#:@\[]*:(?!\d{0,5}(?:[/?#:,;.)\"']|\s|$))\S{1,2048}"
    rf"(?P<end>@){_NO_DIGEST}"
)

# User information whose "@" is percent-encoded, and the same in a URL that was so as a whole.
_ENCODED_END = rf"(?i)(?P<start>{_SLASHES}|{_ONE_SLASH})(?P<user>[^\s/?#@]{{1,2048}})(?P<end>%40)"
_ENCODED_URL = (
    r"(?i)(?P<start>%3a%2f%2f)(?P<user>(?:(?!%2f|%3f|%23)[^\s/?#&@]){1,2048})(?P<end>%40|@)"
)

# user:password@ with no scheme before it.
_NO_SCHEME = (
    r"(?P<start>(?<![\w/@.+%-]))(?!mailto:)[\w.+%-]{1,128}:[^\s@/]{1,256}(?P<end>@)"
    rf"{_NO_DIGEST}"
)

_TELLING_NAME = (
    r"[\w.%-]{0,64}(?:token|secret|passw|signature|credential|api[_-]?key|apikey)[\w.%-]{0,64}"
    r"|auth|authorization|sig|pwd|pass|key|jwt|pat|sas"
)
_PARAMETER = rf"(?i)(?P<start>[?&;#](?:{_TELLING_NAME})=)[^\s&;#\"'<>]+(?P<end>)"
_ENCODED_PARAMETER = (
    rf"(?i)(?P<start>%(?:3f|26)(?:{_TELLING_NAME.replace('%', '')})%3d)"
    r"(?:(?!%26|%23|%3b)[^\s&;#\"'<>]){1,2048}(?P<end>)"
)
_HEADER = (
    r"(?i)(?P<start>\bauthorization[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?:basic|bearer|token)\s{1,3})"
    r"[^\s\"'<>]+(?P<end>)"
)


def redact(text: str) -> str:
    """`text` with the credentials of each URL in it masked; masking it again changes nothing.

    Masked are user information (`user:password@`, a bare token, escaped or not), the values of
    query parameters whose name says that they are secret (`token=`, `X-Amz-Signature=`), and those
    of `Authorization` headers.
    """
    if "@" in text:
        if "/" in text:
            text = re.sub(_USER_INFORMATION, _mask_user, text)
            text = re.sub(_NO_SCHEME_URL, _mask, text)
            text = re.sub(_UNESCAPED, _mask, text)
        text = re.sub(_NO_SCHEME, _mask, text)
    if "%" in text:
        for pattern in (_ENCODED_END, _ENCODED_URL, _ENCODED_PARAMETER):
            text = re.sub(pattern, _mask, text)
    if "=" in text:
        text = re.sub(_PARAMETER, _mask, text)
    return re.sub(_HEADER, _mask, text)


def has_credentials(url: str) -> bool:
    """Whether a URL holds user information, or a query parameter that is a secret by its name."""
    patterns = (
        *(_NO_SCHEME_URL, _UNESCAPED, _ENCODED_END, _ENCODED_URL),
        *(_PARAMETER, _ENCODED_PARAMETER),
    )
    if any(re.search(pattern, url) for pattern in patterns):
        return True
    return any(_is_secret(match) for match in re.finditer(_USER_INFORMATION, url))


def _mask(match: re.Match[str]) -> str:
    return f"{match['start']}{MASK}{match['end']}"


def _mask_user(match: re.Match[str]) -> str:
    return _mask(match) if _is_secret(match) else match.group()


def _is_secret(match: re.Match[str]) -> bool:
    return not match["ssh"] or ":" in match["user"] or "%3a" in match["user"].lower()
