"""How the tools of a build are told of a private certificate authority.

The bundle is a build-only input: it is mounted at a fixed path for the RUN that needs it and is no
part of the image. Where a build has none, nothing changes.
"""

from __future__ import annotations

from typing import Final

from lading.build_inputs import CA_BUNDLE_PATH

__all__ = ["ca_prelude", "when_ca_bundle"]

# OpenSSL (and apk, wget, uv), requests, curl, pip, Node, git, the AWS SDKs: each reads its own.
_VARIABLES: Final = (
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "PIP_CERT",
    "NODE_EXTRA_CA_CERTS",
    "GIT_SSL_CAINFO",
    "AWS_CA_BUNDLE",
)


def when_ca_bundle(command: str) -> str:
    """One command in POSIX sh that runs `command` if the build has a CA bundle, or else nothing.

    A mount that isn't required leaves no file, or an empty one, where the build has no such secret.
    """
    return f"{{ [ ! -s {CA_BUNDLE_PATH} ] || {command}; }}"


def ca_prelude() -> str:
    """One command in POSIX sh that tells generic tools of the build's CA bundle, if it has one."""
    return when_ca_bundle(
        " ".join(("export", *(f"{name}={CA_BUNDLE_PATH}" for name in _VARIABLES)))
    )
