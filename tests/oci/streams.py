"""Entries whose bytes are in files, as a wheel's are, made for tests."""

from __future__ import annotations

import hashlib
import zlib
from typing import TYPE_CHECKING

from lading.oci.entries import Deflated, Entry, Folder, Literal, Regular, Slice, Symlink

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["deflated", "entries_of_every_kind", "literal", "raw", "sliced", "stored_stream"]


def raw(data: bytes, level: int = 6) -> bytes:
    """Its raw DEFLATE stream."""
    return zlib.compress(data, level, -15)


def stored_stream(data: bytes) -> bytes:
    """A stream that no library writes otherwise: blocks that hold the bytes as they are."""
    return raw(data, 0)


def deflated(
    file: Path,
    data: bytes,
    *,
    path: str = "opt/file",
    stream: bytes | None = None,
    size: int | None = None,
    crc32: int | None = None,
    sha256: str | None = None,
) -> Regular:
    """A file whose stream stands in `file`, after and before bytes of others."""
    stream = raw(data) if stream is None else stream
    file.write_bytes(b"before" + stream + b"after")
    content = Deflated(
        path=file,
        offset=6,
        compressed=len(stream),
        size=len(data) if size is None else size,
        crc32=zlib.crc32(data) if crc32 is None else crc32,
    )
    digest = hashlib.sha256(data).hexdigest() if sha256 is None else sha256
    return Regular(path=path, mode=0o644, content=content, sha256=digest, source="a.whl")


def sliced(file: Path, data: bytes, *, path: str = "opt/slice") -> Regular:
    """A file that stands in another as it is."""
    file.write_bytes(b"before" + data + b"after")
    content = Slice(path=file, offset=6, size=len(data), crc32=zlib.crc32(data))
    return Regular(path=path, mode=0o755, content=content, source="a.whl")


def literal(path: str, data: bytes = b"", *, mode: int = 0o644, source: str = "here") -> Regular:
    """A file in memory."""
    return Regular(path=path, mode=mode, content=Literal(data=data), source=source)


def entries_of_every_kind(folder: Path) -> tuple[Entry, ...]:
    """Whose bytes don't depend on the host's zlib: what zlib would compress is left out."""
    text = b"def f():\n    return 1\n" * 40
    return (
        deflated(folder / "1", text, path="opt/venv/a.py", stream=stored_stream(text)),
        deflated(folder / "2", b"\0" * 9, path="opt/venv/b.bin", stream=stored_stream(b"\0" * 9)),
        literal("opt/venv/empty/__init__.py"),
        Symlink(path="opt/venv/bin/python", mode=0o777, target="/usr/bin/python3"),
        Symlink(path="opt/venv/far", mode=0o777, target="../" * 40 + "name"),
        Folder(path="home/nöbody", mode=0o775, uid=1_000_660_000, gid=3_000_000),
        literal("opt/" + "long/" * 18 + "n" * 80, mode=0o755),
        literal("opt/" + "n" * 140),
        literal("app/ünïcode.txt"),
    )
