"""Tiny Debian packages, made by the tests."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from typing import TYPE_CHECKING

from lading.lock.debs import debs_for
from lading.lock.model import Archive, Deb

if TYPE_CHECKING:
    from lading import Image
    from lading.lock.model import PlatformLock

SUITE = "bookworm"


def archive(suite: str = SUITE) -> Archive:
    """The one archive that has them."""
    return Archive(
        url="https://archive.example.test/debian",
        suite=suite,
        release="0" * 64,
        date="2026-01-01T00:00:00Z",
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


def deb(
    name: str,
    version: str = "1.0",
    *,
    group: int = 1,
    suite: str = SUITE,
    architecture: str = "amd64",
) -> Deb:
    """Such a package, locked."""
    content = deb_file(name, version)
    return Deb(
        name=name,
        version=version,
        architecture=architecture,
        path=f"pool/main/{name}_{version}_{architecture}.deb",
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        suite=suite,
        group=group,
    )


def locked_debs(image: Image, part: PlatformLock) -> dict[str, object]:
    """What a lock has of an image's system packages: each alone, with nothing that it needs."""
    asked = debs_for(image, part)
    if asked is None or image.distro is None:
        return {}
    suite, architecture = image.distro.codename, part.platform.partition("/")[2]
    groups = (*enumerate(asked.groups, start=1), (0, asked.compiling))
    found: dict[str, Deb] = {}
    for group, words in groups:
        for word in words:
            name = word.partition("=")[0].partition(":")[0]
            version = word.partition("=")[2].rstrip("*") or "1.0"
            found.setdefault(
                name, deb(name, version, group=group, suite=suite, architecture=architecture)
            )
    debs = tuple(sorted(found.values(), key=lambda one: (one.group, one.name)))
    return {"debs_for": asked, "debs": debs, "archives": (archive(suite),) if debs else ()}
