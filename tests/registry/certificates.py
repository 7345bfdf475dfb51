"""A certificate for loopback, that only those trust who are told to."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest

from engine_support import must_run
from lading.process import run

if TYPE_CHECKING:
    from pathlib import Path


def self_signed(folder: Path) -> tuple[Path, Path]:
    key, certificate = folder / "key.pem", folder / "cert.pem"
    argv = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj")
    names = ("/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    out = ("-keyout", str(key), "-out", str(certificate))
    try:
        done = run([*argv, *names, *out], env={"PATH": "/usr/bin:/bin"}, timeout=60)
    except OSError:
        if must_run():
            raise
        pytest.skip("openssl is not on PATH")
    assert done.returncode == 0, done.stderr
    return key, certificate


def server_side(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """What a server needs, and what its clients do."""
    key, certificate = self_signed(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate
