"""What a user is told when a registry can't be reached, refuses, or lacks what was asked for."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lading.errors import RegistryError
from lading.oci.media_types import INDEXES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.http import Answer, HttpError

__all__ = [
    "Aim",
    "has_code",
    "lock",
    "manifest_refused",
    "pull",
    "push",
    "refused",
    "tags_in",
    "unreachable",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What a registry is asked for.

    Attributes:
        actions: In the words of token scopes.
        ways_out: What a user can do where it can't be had.
    """

    actions: str
    ways_out: str


lock: Final = Aim(
    actions="pull",
    ways_out="give base_image with its digest, take a mirror by --base-image, set HTTPS_PROXY or"
    " SSL_CERT_FILE, or go without a digest by --allow-unpinned-base"
    " (allow_unpinned_base=True)",
)
pull: Final = Aim(actions="pull", ways_out="check the image's name, HTTPS_PROXY and SSL_CERT_FILE")
push: Final = Aim(
    actions="pull,push", ways_out="check the image's name, HTTPS_PROXY and SSL_CERT_FILE"
)

_NO_ACCESS: Final = frozenset({401, 403})
_NOT_FOUND: Final = 404
_TOO_MANY: Final = 429
_NO_ROOM: Final = frozenset({413, 507})
_BAD_MANIFEST: Final = frozenset({400, 404, 405, 406, 415, 422})
_BLOB_CODES: Final = frozenset({"MANIFEST_BLOB_UNKNOWN", "BLOB_UNKNOWN"})
_TAG: Final = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}")

# OpenSSL's words for an answer that isn't TLS.
_NO_TLS: Final = ("wrong version number", "record layer failure", "packet length too long")


def unreachable(domain: str, error: HttpError, aim: Aim) -> RegistryError:
    """No usable answer came from a registry, or from its token server."""
    hint = f"{error.hint}; or {aim.ways_out}" if error.hint else aim.ways_out
    if any(words in error.reason for words in _NO_TLS):
        hint = f"where {domain} speaks plain HTTP on purpose: --plain-http {domain}"
    return RegistryError(f"can't reach registry {domain}: {error.reason}", hint=hint)


def refused(name: str, answer: Answer, aim: Aim, remark: str | None) -> RegistryError:
    """A registry answered with a status that is no success.

    Args:
        name: The repository.
        answer: What it answered; its codes are shown, but not its free text, which may hold
            anything.
        aim: What it was asked for.
        remark: What a credential helper did, where one failed.
    """
    domain = name.partition("/")[0]
    why = _why(answer)
    writes = aim is push
    if answer.status in _NO_ACCESS:
        message, hint = f"registry {domain} refuses access to {name} ({why})", _log_in(domain)
        if writes:
            hint = f"{hint}; the login needs the right to push there"
    elif answer.status == _TOO_MANY:
        message, hint = f"registry {domain} limits requests ({why})", f"wait, or {_log_in(domain)}"
    elif answer.status == _NOT_FOUND and writes:
        message, hint = f"registry {domain} has no repository {name} ({why})", _make(domain)
    elif answer.status in _NO_ROOM:
        message = f"registry {domain} has no room for what is sent to {name} ({why})"
        hint = "a quota of the registry, or a limit of a proxy before it, is reached"
    else:
        message = f"registry {domain} failed for {name} ({why})"
        hint = f"try again, or {aim.ways_out}"
    return RegistryError(message, hint=f"{hint}; {remark}" if remark else hint)


def manifest_refused(
    name: str, answer: Answer, media_type: str, remark: str | None
) -> RegistryError:
    """A registry did not take a manifest or an index."""
    codes = set(_codes(answer.body))
    if answer.status not in _BAD_MANIFEST or "NAME_UNKNOWN" in codes:
        return refused(name, answer, push, remark)
    domain = name.partition("/")[0]
    message = f"registry {domain} does not take the {_kind(media_type)} of {name} ({_why(answer)})"
    if codes & _BLOB_CODES:
        return RegistryError(message, hint="it lost layers that were sent before: push again")
    if "vnd.oci." in media_type:
        hint = "it may know Docker's image format only: --media-types docker"
        return RegistryError(message, hint=hint)
    return RegistryError(message, hint="the registry's own log says why")


def _kind(media_type: str) -> str:
    kind = "index" if media_type in INDEXES else "manifest"
    return f"OCI {kind}" if "vnd.oci." in media_type else kind


def _make(domain: str) -> str:
    return f"make the repository at {domain} first, if it does not make them on its own"


def _why(answer: Answer) -> str:
    codes = ", ".join(_codes(answer.body))
    return f"status {answer.status}" + (f", {codes}" if codes else "")


def has_code(answer: Answer, *codes: str) -> bool:
    """Whether the answer has one of these error codes."""
    return not set(codes).isdisjoint(_codes(answer.body))


def _log_in(domain: str) -> str:
    host = "" if domain == "docker.io" else f" {domain}"
    return f"log in by `docker login{host}` or `podman login {domain}`, and check the image's name"


def _codes(body: bytes) -> Iterator[str]:
    """The error codes of distribution-spec's "Error codes"."""
    errors = _json(body).get("errors")
    for error in errors[:3] if isinstance(errors, list) else ():
        code = error.get("code") if isinstance(error, dict) else None
        if isinstance(code, str) and re.fullmatch(r"[A-Z_]{1,40}", code):
            yield code


def tags_in(body: bytes) -> list[str]:
    """The words in a list of tags that are tags by the distribution-spec's grammar."""
    tags = _json(body).get("tags")
    words = [word for word in tags if isinstance(word, str)] if isinstance(tags, list) else []
    return [word for word in words if _TAG.fullmatch(word)]


def _json(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
