"""What a build gets from the machine that it runs on, and the image must not hold.

A company network is often reached only through a proxy and a certificate authority of its own.
Both are inputs of the build: the authority's certificates come as a build secret, which is mounted
on the steps that use the network and is in no layer; the proxies come as build arguments that every
engine knows without an `ARG` and keeps out of the image's history.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CA_BUNDLE_PATH", "CA_SECRET_ID", "PROXY_NAMES", "proxies_in"]

CA_SECRET_ID = "ca-bundle"  # noqa: S105 - an id, not a secret
"""The id of the build secret that holds the certificate authorities, in PEM."""

CA_BUNDLE_PATH = "/run/ca-bundle.pem"
"""Where a step that mounts that secret finds it. Only root may read it, unless the mount says so.

A file directly under a folder that every base has: builders leave the folders that they had to make
for a mount behind in the image, such as `/run/secrets`, but not the mounted file itself."""

PROXY_NAMES = tuple(
    written
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY")
    for written in (name, name.lower())
)
"""The proxy variables. Programs differ in the case that they read, so both are handed on."""


def proxies_in(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the proxy variables that are set, and not empty, in `environment`."""
    return tuple(name for name in PROXY_NAMES if environment.get(name))
