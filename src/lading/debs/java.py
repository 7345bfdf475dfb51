"""Java's trusted certificates, `/etc/ssl/certs/java/cacerts`, as ca-certificates-java makes them.

Source: OpenJDK's sun.security.provider.JavaKeyStore: a header, an entry for each certificate with
its alias and date, and SHA-1 over the password, a fixed phrase and all before. The date is fixed.
"""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING, Final

from lading.debs.certificates import certificates_in
from lading.oci.entries import MTIME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lading.debs.root import Root

__all__ = ["encode_keystore", "write_java_certificates"]

_FILE: Final = "etc/ssl/certs/java/cacerts"
_MAGIC: Final = 0xFEEDFEED
_VERSION: Final = 2
_TRUSTED: Final = 2
_KIND: Final = b"X.509"
_PHRASE: Final = b"Mighty Aphrodite"
# Known to everybody: it keeps nobody out, and shows damage.
_PASSWORD: Final = "changeit"  # noqa: S105


def write_java_certificates(root: Root) -> None:
    """Write the certificates that the image trusts, unless the file is there."""
    if root.leads_to(_FILE) is None:
        found = {f"debian:{name.lower()}": der for name, der in certificates_in(root).items()}
        root.write(_FILE, encode_keystore(found), source="Java's certificates")


def encode_keystore(certificates: Mapping[str, bytes]) -> bytes:
    """A keystore of trusted certificates, by their aliases."""
    content = struct.pack(">3I", _MAGIC, _VERSION, len(certificates))
    for alias, der in sorted(certificates.items()):
        name = alias.encode()
        content += struct.pack(">IH", _TRUSTED, len(name)) + name
        content += struct.pack(">QH", MTIME * 1000, len(_KIND)) + _KIND
        content += struct.pack(">I", len(der)) + der
    secret = _PASSWORD.encode("utf-16-be") + _PHRASE
    return content + hashlib.sha1(secret + content, usedforsecurity=False).digest()
