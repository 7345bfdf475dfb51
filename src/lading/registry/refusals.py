"""What a user is told when a registry can't be reached, refuses, or lacks what was asked for."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from lading.errors import RegistryError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.http import Answer, HttpError

__all__ = ["refused", "tags_in", "unreachable"]

_WAYS_OUT: Final = (
    "give base_image with its digest, take a mirror by --base-image, set HTTPS_PROXY or"
    " SSL_CERT_FILE, or go without a digest by --allow-unpinned-base"
    " (allow_unpinned_base=True)"
)
_NO_ACCESS: Final = frozenset({401, 403})
_TOO_MANY: Final = 429
_TAG: Final = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}")


def unreachable(domain: str, error: HttpError) -> RegistryError:
    """No usable answer came from a registry, or from its token server."""
    hint = f"{error.hint}; or {_WAYS_OUT}" if error.hint else _WAYS_OUT
    return RegistryError(f"can't reach registry {domain}: {error.reason}", hint=hint)


def refused(name: str, answer: Answer, remark: str | None) -> RegistryError:
    """A registry answered with a status that is no success.

    Args:
        name: The repository.
        answer: What it answered; its codes are shown, but not its free text, which may hold
            anything.
        remark: What a credential helper did, where one failed.
    """
    domain = name.partition("/")[0]
    codes = ", ".join(_codes(answer.body))
    why = f"status {answer.status}" + (f", {codes}" if codes else "")
    if answer.status in _NO_ACCESS:
        message, hint = f"registry {domain} refuses access to {name} ({why})", _log_in(domain)
    elif answer.status == _TOO_MANY:
        message, hint = f"registry {domain} limits requests ({why})", f"wait, or {_log_in(domain)}"
    else:
        message, hint = f"registry {domain} failed for {name} ({why})", f"try again, or {_WAYS_OUT}"
    return RegistryError(message, hint=f"{hint}; {remark}" if remark else hint)


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
