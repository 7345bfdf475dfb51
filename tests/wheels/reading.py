"""What the entries of a wheel hold, read by means of our own."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from lading.oci.entries import Deflated, Literal, Regular
from lading.wheels import Scheme, Wheel, read_wheel

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["SCHEME", "content_of", "held", "read"]

SCHEME = Scheme(prefix="/opt/venv", python="3.11", interpreter="/opt/venv/bin/python")


def read(
    path: Path,
    *,
    filename: str | None = None,
    direct_url: str | None = None,
    sha256: str | None = None,
) -> Wheel:
    """The wheel in the environment that the tests mean."""
    return read_wheel(
        path,
        SCHEME,
        filename=filename or path.name,
        direct_url=direct_url,
        sha256=sha256,
    )


def content_of(entry: Regular) -> bytes:
    """The bytes of a file."""
    content = entry.content
    if isinstance(content, Literal):
        return content.data
    length = content.compressed if isinstance(content, Deflated) else content.size
    with content.path.open("rb") as file:
        file.seek(content.offset)
        data = file.read(length)
    found = zlib.decompress(data, -zlib.MAX_WBITS) if isinstance(content, Deflated) else data
    assert len(found) == content.size
    assert content.crc32 in {None, zlib.crc32(found)}
    return found


def held(wheel: Wheel) -> dict[str, tuple[int, bytes]]:
    """Each file's mode and bytes, by its path."""
    files = (entry for entry in wheel.entries if isinstance(entry, Regular))
    return {entry.path: (entry.mode, content_of(entry)) for entry in files}
