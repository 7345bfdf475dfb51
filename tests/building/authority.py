"""A certificate authority of a test's own, made by openssl."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lading import process

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Authority"]

_EXTENSIONS = (
    "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n"
    "authorityKeyIdentifier=keyid\n"
)
# RFC 5280, 4.2.1.3: an authority's certificate says so, and Python 3.13 minds where it doesn't.
_SIGNS = ("-addext", "keyUsage=critical,keyCertSign,cRLSign")


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """Its files are in `folder`."""

    folder: Path

    @property
    def certificate(self) -> Path:
        """What those trust who trust it."""
        return self.folder / "authority.pem"

    def found(self) -> None:
        """Makes it."""
        subject = ("-subj", "/CN=Authority of a test")
        key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
        out = ("-keyout", str(self.folder / "authority.key"), "-out", str(self.certificate))
        _openssl("req", "-x509", "-days", "2", *key, *subject, *_SIGNS, *out)

    def certify(self, name: str) -> Path:
        """A certificate for this machine's loopback, with its key: one PEM file."""
        key, asked, given = (self.folder / f"{name}.{end}" for end in ("key", "csr", "crt"))
        new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
        out = ("-keyout", str(key), "-out", str(asked))
        _openssl("req", "-new", *new, "-subj", f"/CN={name}", *out)
        extensions = self.folder / "extensions"
        extensions.write_text(_EXTENSIONS)
        by = ("-CA", str(self.certificate), "-CAkey", str(self.folder / "authority.key"))
        more = ("-CAcreateserial", "-days", "2", "-extfile", str(extensions))
        _openssl("x509", "-req", "-in", str(asked), *by, *more, "-out", str(given))
        both = self.folder / f"{name}.pem"
        both.write_text(given.read_text() + key.read_text())
        return both

    def lets_in(self) -> ssl.SSLContext:
        """A server's settings: only those whom it has certified."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certify("server"))
        context.load_verify_locations(self.certificate)
        context.verify_mode = ssl.CERT_REQUIRED
        return context


def _openssl(*words: str) -> None:
    done = process.run(("openssl", *words), env=os.environ, timeout=60)
    assert done.returncode == 0, done.stderr
