"""Whom a connection trusts, and how it says who one is."""

from __future__ import annotations

import ssl
from pathlib import Path

from lading.http.failure import HttpError

__all__ = ["identify", "trust_in"]


def trust_in(ca_bundle: str | None) -> ssl.SSLContext:
    """The certificates of a bundle, or the system's where none is named.

    Raises:
        HttpError: The bundle can't be read.
    """
    if ca_bundle is None:
        return ssl.create_default_context()
    try:
        if Path(ca_bundle).is_dir():
            return ssl.create_default_context(capath=ca_bundle)
        return ssl.create_default_context(cafile=ca_bundle)
    except OSError as error:  # ssl.SSLError is one
        raise HttpError(
            f"the CA bundle {ca_bundle} can't be read ({error.strerror or 'not PEM'})",
            hint="SSL_CERT_FILE, REQUESTS_CA_BUNDLE or --ca-bundle names a file of certificates",
        ) from None


def identify(trust: ssl.SSLContext, certificate: str) -> None:
    """Let the context show a client certificate to whoever asks for one.

    Raises:
        HttpError: It can't be read.
    """
    try:
        # Without a password, OpenSSL would ask for one on the terminal.
        trust.load_cert_chain(certificate, password="")
    except (OSError, ValueError):  # ssl.SSLError is an OSError
        raise HttpError(
            "the client certificate can't be read",
            hint="it is a PEM file with a certificate and its key, which has no password",
        ) from None
