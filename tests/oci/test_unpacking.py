from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from typing import TYPE_CHECKING

import pytest

from lading.errors import ImageError
from lading.oci.blobs import BytesBlob, Descriptor, FileBlob, digest_of
from lading.oci.layers import write_layer
from lading.oci.media_types import DOCKER, OCI
from lading.oci.unpacking import unpacked, walk
from oci.streams import entries_of_every_kind, literal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

zstd = pytest.importorskip("backports.zstd")


def tar_of(**files: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


TAR = tar_of(one=b"1", two=b"22" * 1000)


def plain(content: bytes, media_type: str) -> bytes:
    with unpacked(BytesBlob.of(content, media_type)) as stream:
        return stream.read()


def members_of_one_byte(data: bytes) -> bytes:
    return b"".join(gzip.compress(data[at : at + 1]) for at in range(len(data)))


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "none": lambda data: data,
    "gzip": gzip.compress,
    "gzip of many members": lambda data: gzip.compress(data[:700]) + gzip.compress(data[700:]),
    "gzip of very many members": lambda data: (
        members_of_one_byte(data[:300]) + gzip.compress(data[300:])
    ),
    "gzip and zeros": lambda data: gzip.compress(data) + bytes(100),
    "zstd": lambda data: bytes(zstd.compress(data)),
    "zstd of many frames": lambda data: bytes(zstd.compress(data[:9]) + zstd.compress(data[9:])),
    "zstd, skipped first": lambda data: b"\x50\x2a\x4d\x18\x03\0\0\0abc" + zstd.compress(data),
}


@pytest.mark.parametrize("packer", PACKERS)
@pytest.mark.parametrize(
    "media_type", [OCI["layer"], OCI["layer+gzip"], DOCKER["layer+gzip"], OCI["layer+zstd"], "x/y"]
)
def test_the_bytes_say_how_they_are_compressed(packer: str, media_type: str) -> None:
    assert plain(PACKERS[packer](TAR), media_type) == TAR


def test_what_is_nothing_that_an_engine_would_take() -> None:
    for content in (b"", b"BZh91AY&SY" * 100, b"<html>", TAR[:100], b"\xfd7zXZ\0" + bytes(600)):
        if content:
            with pytest.raises(ImageError, match="neither an archive nor gzip nor zstd"):
                plain(content, OCI["layer+gzip"])


def test_bytes_after_the_blobs_own_are_not_read(tmp_path: Path) -> None:
    file = tmp_path / "archive"
    file.write_bytes(b"junk" + TAR + b"junk")
    descriptor = Descriptor(media_type=OCI["layer"], digest=digest_of(TAR), size=len(TAR))
    with unpacked(FileBlob(descriptor=descriptor, path=file, offset=4)) as stream:
        assert stream.read() == TAR


@pytest.mark.parametrize("packer", ["gzip", "zstd"])
def test_what_is_damaged_is_said(packer: str) -> None:
    packed = PACKERS[packer](TAR)
    broken = packed[:40] + bytes([packed[40] ^ 0xFF]) + packed[41:]
    # A zstd frame has a checksum only where its maker wants one: the blob's digest is the check.
    for content in (packed[:-5], packed[:30], *((broken,) if packer == "gzip" else ())):
        with pytest.raises(ImageError, match="can't be decompressed"):
            plain(content, OCI["layer+gzip"])


def test_a_frame_that_asks_for_much_memory_is_refused() -> None:
    options = {zstd.CompressionParameter.window_log: 28}
    packer = zstd.ZstdCompressor(options=options)
    frame = packer.compress(TAR) + packer.flush()
    with pytest.raises(ImageError, match="can't be decompressed"):
        plain(frame, OCI["layer+zstd"])


def test_layers_of_our_own_are_walked(tmp_path: Path) -> None:
    out = io.BytesIO()
    entries = entries_of_every_kind(tmp_path)
    write_layer(entries, out)
    found = {
        member.name: (member.kind, member.mode, member.uid, member.gid, member.target)
        for member in walk(BytesBlob.of(out.getvalue(), OCI["layer+gzip"]))
    }
    kinds = {"Regular": "file", "Symlink": "symlink", "Folder": "folder"}
    for entry in entries:
        kind, target = kinds[type(entry).__name__], getattr(entry, "target", "")
        assert found[entry.path] == (kind, entry.mode, entry.uid, entry.gid, target)


def test_whoever_stops_early_reads_no_more() -> None:
    out = io.BytesIO()
    data = zlib.compress(b"x") * 400_000
    write_layer([literal("a", b"first"), literal("b", data)], out)

    class Counted(io.BytesIO):
        count = 0

        def read(self, size: int | None = -1, /) -> bytes:
            found = super().read(size)
            self.count += len(found)
            return found

    source = Counted(out.getvalue())

    class Blob(BytesBlob):
        __slots__ = ()

        def open(self) -> Counted:  # type: ignore[override]
            return source

    blob = Blob.of(out.getvalue(), OCI["layer+gzip"])
    walker = walk(blob)
    member = next(walker)
    assert (member.name, member.read()) == ("a", b"first")
    walker.close()
    assert source.count <= len(out.getvalue())


def test_a_bomb_is_walked_in_little_memory() -> None:
    out = io.BytesIO()
    write_layer([literal("zeros", bytes(50 << 20)), literal("zzz", b"last")], out)
    names = [(m.name, m.size) for m in walk(BytesBlob.of(out.getvalue(), OCI["layer+gzip"]))]
    assert names == [("zeros", 50 << 20), ("zzz", 4)]
