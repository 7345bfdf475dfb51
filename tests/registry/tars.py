"""Layers that engines can unpack."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile


def root_of(files: dict[str, bytes]) -> tuple[bytes, str]:
    """A compressed layer with these files, and its diff ID."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in sorted(files.items()):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    digest = f"sha256:{hashlib.sha256(out.getvalue()).hexdigest()}"
    return gzip.compress(out.getvalue(), mtime=0), digest
