"""What to do about a build that failed, read off how the engine ended and its last words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["hint_for"]

# 128 + SIGKILL is how a shell tells it, and the engines with it.
_KILLED = (-9, 137)

# In the words of uv (rustls), Python, apt, git (GnuTLS, OpenSSL) and curl.
_UNTRUSTED = re.compile(
    r"invalid peer certificate|certificate[ _]verif|ssl certificate problem"
    r"|unable to get local issuer certificate|self[- ]signed certificate",
    re.IGNORECASE,
)
# The engines are written in Go, and so is no tool that runs in a step: crypto/x509's own words.
_UNTRUSTED_BY_ENGINE = re.compile(r"x509: |tls: failed to verify certificate")


# apt's own words, where a version is asked for that no index has.
_REPLACED = re.compile(r"Version '[^']+' for '[^']+' was not found")


# A base that was just built is asked of a registry on this machine, which there is not.
_UNSEEN_BASE = re.compile(
    r"failed to (?:resolve|do request)[^\n]*localhost/(?:v2/)?lading-base"
    r"|localhost/lading-base[^\n]*(?:not found|failed to|denied|refused)"
)

_HINTS = (
    (
        _UNTRUSTED_BY_ENGINE,
        "the engine does not trust that server: tell it of the authority in its own settings",
    ),
    (
        _UNSEEN_BASE,
        "this builder sees no image of the engine; docker's own does: `docker buildx use default`",
    ),
    (
        _REPLACED,
        (
            "the archive has replaced a system package since it was locked: run `lading lock "
            '--upgrade`, or lock a day of the archive by Image(snapshot="...")'
        ),
    ),
)


def hint_for(returncode: int, words: Iterable[str], *, ca_bundle: Path | None) -> str | None:
    """What the user can do, where that can be said.

    Args:
        returncode: The engine's exit code; below zero, the signal that ended it.
        words: The last lines that it wrote.
        ca_bundle: The certificate authorities that the build was given.
    """
    if returncode in _KILLED:
        return "it was killed: the machine may have run out of memory"
    text = "\n".join(words)
    for pattern, hint in _HINTS:
        if pattern.search(text):
            return hint
    if not _UNTRUSTED.search(text):
        return None
    if ca_bundle is None:
        return (
            "a step does not trust a server's certificate: name your network's certificate "
            "authorities with --ca-bundle FILE, or in SSL_CERT_FILE"
        )
    return f"the authority of that certificate is not in the CA bundle {ca_bundle}: add it there"
