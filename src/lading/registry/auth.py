"""How a registry asks who one is, and what is answered: Basic (RFC 7617) and Bearer (RFC 6750).

Source: distribution's token authentication specification.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit

from lading.errors import RegistryError
from lading.http import HttpError, is_loopback, is_web_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lading.http import Answer, HttpClient, HttpSettings
    from lading.registry.credentials import Login

__all__ = ["Challenge", "authorization", "parse_challenges"]

_MAX_TOKEN_ANSWER: Final = 1 << 20
_LONGEST_HEADER: Final = 8 << 10

# RFC 9110, 11.2 and 5.6: `name=token` or `name="quoted string"`, after a scheme.
_LETTER: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]"
_TOKEN: Final = rf"{_LETTER}+"
# A name begins where none goes on: tried from each of its letters, time grows with their square.
_NAME: Final = rf"(?<!{_LETTER})({_TOKEN})"
_PARAMETER: Final = re.compile(rf'{_NAME}\s*=\s*(?:"((?:[^"\\]|\\.)*)"|({_TOKEN}))')
_SCHEME: Final = re.compile(rf"(?:^|,)\s*({_TOKEN})(?=\s+{_TOKEN}\s*=|\s*(?:,|$))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """One way that a server accepts, from its `WWW-Authenticate`.

    Attributes:
        scheme: In lower case: `basic`, `bearer`.
        parameters: By lower-case name.
    """

    scheme: str
    parameters: Mapping[str, str]


def parse_challenges(header: str) -> tuple[Challenge, ...]:
    """Read a `WWW-Authenticate` header; what can't be read in it is left out, as one too long."""
    if len(header) > _LONGEST_HEADER:
        return ()
    blanked = _PARAMETER.sub(_without_value, header)
    starts = [match.start(1) for match in _SCHEME.finditer(blanked)]
    return tuple(_challenge(header[start:end]) for start, end in pairwise([*starts, len(header)]))


def _without_value(match: re.Match[str]) -> str:
    """The parameter with its value blanked, so that a comma or word in it begins no scheme."""
    return f"{match[1]}=".ljust(len(match[0]), "x")


def _challenge(text: str) -> Challenge:
    scheme, _, rest = text.partition(" ")
    found = _PARAMETER.finditer(rest)
    return Challenge(
        scheme=scheme.strip(", ").lower(),
        parameters={
            match[1].lower(): re.sub(r"\\(.)", r"\1", match[2]) if match[3] is None else match[3]
            for match in found
        },
    )


def authorization(
    client: HttpClient,
    challenges: tuple[Challenge, ...],
    login: Login | None,
    scopes: tuple[str, ...],
) -> str | None:
    """The `Authorization` that answers the challenges, or None where nothing can.

    Args:
        client: Reaches the token server.
        challenges: What the registry accepts.
        login: The user's login, or None for an anonymous token.
        scopes: What for, such as `repository:team/app:pull`. To read, what the challenge says
            goes in their place; to write, it only knows of the request that it answers.

    Raises:
        RegistryError: The token server refused, or is one that a login can't be entrusted to.
        HttpError: It can't be reached.
    """
    by_scheme = {challenge.scheme: challenge for challenge in challenges}
    if "bearer" in by_scheme:
        return f"Bearer {_token(client, by_scheme['bearer'].parameters, login, scopes)}"
    if "basic" in by_scheme and login is not None and login.identity_token is None:
        return login.basic
    return None


def _token(
    client: HttpClient, challenge: Mapping[str, str], login: Login | None, scopes: tuple[str, ...]
) -> str:
    realm = challenge.get("realm", "")
    _check_realm(realm, client.settings)
    asked = [("scope", scope) for scope in _wanted(challenge.get("scope", ""), scopes)]
    if challenge.get("service"):
        asked.insert(0, ("service", challenge["service"]))
    server = urlsplit(realm).netloc
    try:
        answer = _ask(client, realm, asked, login)
    except HttpError as error:
        reason = f"its token server {server}: {error.reason}"
        raise HttpError(reason, hint=error.hint, transient=error.transient) from None
    return _read_token(answer, server)


def _wanted(asked: str, scopes: tuple[str, ...]) -> tuple[str, ...]:
    """The scopes for a token, each once, and none that another one includes."""
    if asked and not any(scope.endswith(",push") for scope in scopes):
        return tuple(asked.split(" "))
    every = tuple(dict.fromkeys((*scopes, *asked.split())))
    return tuple(one for one in every if not any(more.startswith(f"{one},") for more in every))


def _ask(
    client: HttpClient, realm: str, asked: list[tuple[str, str]], login: Login | None
) -> Answer:
    if login is not None and login.identity_token is not None:
        return _exchange(client, realm, asked, login.identity_token)
    return _get_token(client, realm, asked, login)


def _check_realm(realm: str, settings: HttpSettings) -> None:
    """A login travels in the request's headers: it must be to a server behind TLS."""
    if is_web_url(realm):
        parts = urlsplit(realm)
        is_near = is_loopback(parts.hostname or "") or settings.is_plain(parts.netloc)
        is_safe = parts.scheme == "https" or is_near
        if is_safe and "@" not in parts.netloc:
            return
    raise RegistryError("the registry names a token server that is not an https:// URL")


def _get_token(
    client: HttpClient, realm: str, asked: list[tuple[str, str]], login: Login | None
) -> Answer:
    separator = "&" if urlsplit(realm).query else "?"
    headers = {} if login is None else {"Authorization": login.basic}
    url = f"{realm}{separator}{urlencode(asked)}"
    return client.read(url, headers=headers, limit=_MAX_TOKEN_ANSWER)


def _exchange(
    client: HttpClient, realm: str, asked: list[tuple[str, str]], identity_token: str
) -> Answer:
    """Trade an identity token for one of this scope (the specification's OAuth2 part)."""
    form = {
        "grant_type": "refresh_token",
        "client_id": "lading",
        "refresh_token": identity_token,
        "service": dict(asked).get("service", ""),
        "scope": " ".join(value for name, value in asked if name == "scope"),
    }
    return client.read(
        realm,
        method="POST",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        body=urlencode(form).encode(),
        limit=_MAX_TOKEN_ANSWER,
    )


def _read_token(answer: Answer, server: str) -> str:
    if answer.status != 200:  # noqa: PLR2004 - HTTP's own number
        raise RegistryError(
            f"the token server {server} refused with status {answer.status}",
            hint="log in again (`docker login` or `podman login`), or log out to go on anonymously",
        )
    try:
        content = json.loads(answer.body)
        token = content.get("token") or content.get("access_token")
    except (ValueError, AttributeError):
        token = None
    # RFC 6750, 2.1: anything else could end the header and begin another.
    if not isinstance(token, str) or not re.fullmatch(r"[\w.~+/-]+=*", token, re.ASCII):
        raise RegistryError(f"the token server {server} answered without a token")
    return token
