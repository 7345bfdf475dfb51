"""Looks for words in all that a build has written, in each form that a tool may have given them.

It opens what is packed: an image as its engine saves it holds layers, layers hold files, and files
may be archives. A name counts like a content, so that a whiteout's does.
"""

from __future__ import annotations

import base64
import bz2
import gzip
import hashlib
import io
import json
import lzma
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from engine_support import Engine

__all__ = ["Finding", "forms", "in_folder", "in_image", "in_text", "scan"]

Place: TypeAlias = tuple[str, bytes]

DEEPEST = 6
_BASE64_GROUP = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A word that was found: where, and in which form."""

    word: str
    form: str
    place: str


def forms(word: str) -> dict[str, bytes]:
    """What a word may look like in a file, by the form's name."""
    plain = word.encode()
    found = {
        "plain": plain,
        "percent-encoded": quote(word, safe="").encode(),
        "percent-encoded whole": "".join(f"%{byte:02X}" for byte in plain).encode(),
        "hexadecimal": plain.hex().encode(),
        "hexadecimal in capitals": plain.hex().upper().encode(),
        "JSON": json.dumps(word)[1:-1].encode(),
        "UTF-16": word.encode("utf-16-le"),
        "backwards": plain[::-1],
    }
    for before in range(_BASE64_GROUP):
        found[f"base64 after {before}"] = _in_base64(plain, before)
        found[f"URL-safe base64 after {before}"] = _in_base64(plain, before, altchars=b"-_")
    return found


def _in_base64(plain: bytes, before: int, altchars: bytes | None = None) -> bytes:
    """What the base64 of anything that ends `before` bytes into a group and goes on must hold."""
    encoded = base64.b64encode(bytes(before) + plain, altchars)
    whole = (before + len(plain)) * 8 // 6
    first = -(-before * 8 // 6)  # the sign that shares bits with what stands before
    return encoded[first:whole]


def scan(places: Iterable[Place], words: Iterable[str]) -> list[Finding]:
    """Every word that is at one of these places."""
    wanted = [(word, form, text) for word in words for form, text in forms(word).items()]
    assert all(len(text) >= 6 for _, _, text in wanted), "too short to mean anything"
    found = {}
    for place, content in places:
        for name, inner in _opened(place, content, DEEPEST):
            for word, form, text in wanted:
                if text in inner or text in name.encode():
                    found[word, form, name] = Finding(word=word, form=form, place=name)
    return list(found.values())


def in_text(name: str, text: str) -> Iterator[Place]:
    """A log, or what a program has said."""
    yield name, text.encode()


def in_folder(folder: Path) -> Iterator[Place]:
    """All files of a folder, with their names and where links lead."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            yield name, str(path.readlink()).encode()
        else:
            yield name, path.read_bytes() if path.is_file() else b""


def in_image(engine: Engine, image: str, folder: Path, *, base: str = "") -> Iterator[Place]:
    """An image as its engine saves it (all layers, configuration, history) and describes it.

    The layers of the image `base`, which was there before, are left out: they are most of it.
    """
    known = set(engine.inspect(base)["RootFS"]["Layers"]) if base else set()
    archive = folder / "saved.tar"
    archive.unlink(missing_ok=True)
    engine.run("save", "--output", str(archive), image)
    try:
        with tarfile.open(archive) as saved:
            for place, content in _members(saved):
                if f"sha256:{hashlib.sha256(content).hexdigest()}" not in known:
                    yield f"image!{place}", content
    finally:
        archive.unlink()
    yield "image inspect", engine.run("image", "inspect", image).encode()
    yield "image history", engine.run("history", "--no-trunc", image).encode()


def _opened(name: str, content: bytes, depth: int) -> Iterator[Place]:
    """A content, and all that is packed in it."""
    yield name, content
    if depth and (inner := _unpacked(name, content)) is not None:
        for place, member in inner:
            yield from _opened(place, member, depth - 1)


def _unpacked(name: str, content: bytes) -> Iterable[Place] | None:
    for magic, at, opened in _ARCHIVES:
        if content[at : at + len(magic)] == magic:
            try:
                return [(f"{name}!{inner}", member) for inner, member in opened(content)]
            except _NO_ARCHIVE:
                return None
    return None


def _unzipped(content: bytes) -> Iterator[Place]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            yield name, archive.read(name)


def _untarred(content: bytes) -> Iterator[Place]:
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        yield from _members(archive)


_ARCHIVES: tuple[tuple[bytes, int, Callable[[bytes], Iterable[Place]]], ...] = (
    (b"\x1f\x8b", 0, lambda content: [("gunzipped", gzip.decompress(content))]),
    (b"BZh", 0, lambda content: [("bunzipped", bz2.decompress(content))]),
    (b"\xfd7zXZ\0", 0, lambda content: [("unxzed", lzma.decompress(content))]),
    (b"PK\x03\x04", 0, _unzipped),
    (b"ustar", 257, _untarred),
)
# What only begins like one.
_NO_ARCHIVE = (
    *(OSError, EOFError, NotImplementedError, RuntimeError),
    *(zlib.error, lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile),
)


def _members(archive: tarfile.TarFile) -> Iterator[Place]:
    for member in archive:
        file = archive.extractfile(member) if member.isreg() else None
        yield member.name, file.read() if file else member.linkname.encode()
