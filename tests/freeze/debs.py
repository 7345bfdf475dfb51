"""Tiny Debian packages, made by the tests."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile

from lading.lock.model import Archive, Deb

ARCHIVES = (
    Archive(
        url="https://archive.example.test/debian",
        suite="bookworm",
        release="0" * 64,
        date="2026-01-01T00:00:00Z",
    ),
)


def deb_file(name: str, version: str = "1.0", **fields: str) -> bytes:
    """A package without files (deb(5))."""
    lines = {"Package": name, "Version": version, "Architecture": "amd64", **fields}
    control = "".join(f"{key}: {value}\n" for key, value in lines.items()).encode()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        entry = tarfile.TarInfo("./control")
        entry.size = len(control)
        archive.addfile(entry, io.BytesIO(control))
    members = {
        "debian-binary": b"2.0\n",
        "control.tar.gz": gzip.compress(packed.getvalue(), mtime=0),
        "data.tar.gz": gzip.compress(b"", mtime=0),
    }
    made = b"!<arch>\n"
    for member, content in members.items():
        header = f"{member:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n"
        made += header.encode() + content + b"\n" * (len(content) % 2)
    return made


def deb(name: str, version: str = "1.0") -> Deb:
    """Such a package, locked."""
    content = deb_file(name, version)
    return Deb(
        name=name,
        version=version,
        architecture="amd64",
        path=f"pool/main/{name}_{version}_amd64.deb",
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        suite="bookworm",
    )
