"""Tiny images for tests, the same bytes on every Python: `image()`, `layer()`, `index()`."""

from __future__ import annotations

import io
import struct
import tarfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lading.oci.blobs import Artifact, BytesBlob, digest_of
from lading.oci.config import Execution, History, ImageConfig
from lading.oci.making import Layer, image_of, index_of
from lading.oci.media_types import OCI, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lading.oci.blobs import Descriptor, Place
    from lading.oci.fields import Pairs


CREATED = "1980-01-01T00:00:00Z"
FILES = {"app/": b"", "app/hello.txt": b"hello\n", "app/empty": b""}


def tar(files: Mapping[str, bytes | str]) -> bytes:
    """A tar: a name that ends in `/` is a folder, a text is a symbolic link's target."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name.rstrip("/"))
            info.mode = 0o755 if name.endswith("/") else 0o644
            info.mtime = 315532800
            if isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
                archive.addfile(info)
            elif name.endswith("/"):
                info.type = tarfile.DIRTYPE
                archive.addfile(info)
            else:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def gzipped(content: bytes) -> bytes:
    """A gzip member whose bytes no version of zlib decides: stored, not compressed."""
    deflate = zlib.compressobj(0, zlib.DEFLATED, -15)
    body = deflate.compress(content) + deflate.flush()
    head = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
    return head + body + struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFFFFFF)


def layer(files: Mapping[str, bytes | str] = FILES, compression: str = "gzip") -> Layer:
    """A layer of these files; `compression` is `none`, `gzip` or `zstd`."""
    content = tar(files)
    return packed_layer(content, compression)


def packed_layer(content: bytes, compression: str = "gzip") -> Layer:
    """A layer of this tar."""
    kind = {"none": "layer", "gzip": "layer+gzip", "zstd": "layer+zstd"}[compression]
    if compression == "gzip":
        packed = gzipped(content)
    elif compression == "zstd":
        packed = _zstd(content)
    else:
        packed = content
    return Layer(blob=BytesBlob.of(packed, OCI[kind]), diff_id=digest_of(content))


def _zstd(content: bytes) -> bytes:
    from backports import zstd  # noqa: PLC0415 - only where it is needed

    return zstd.compress(content)


def config(architecture: str = "amd64", layers: int = 1, **execution: object) -> ImageConfig:
    """A configuration that can be run where the image has anything to run."""
    step = History(created=CREATED, created_by="test")
    return ImageConfig(
        architecture=architecture,
        os="linux",
        created=CREATED,
        execution=Execution(**execution),  # type: ignore[arg-type]
        history=(step,) * layers,
    )


def image(
    architecture: str = "amd64",
    layers: Sequence[Layer] | None = None,
    *,
    vocabulary: Vocabulary = "oci",
    annotations: Pairs = (),
    **execution: object,
) -> Artifact:
    """An image of these layers."""
    found = (layer(),) if layers is None else tuple(layers)
    execution = {"env": ("PATH=/bin",), "cmd": ("/bin/true",), **execution}
    made = config(architecture, len(found), **execution)
    return image_of(made, found, vocabulary=vocabulary, annotations=annotations)


def index(*architectures: str, vocabulary: Vocabulary = "oci") -> Artifact:
    """An index of a tiny image for each of these."""
    return index_of(
        (image(one, vocabulary=vocabulary) for one in architectures), vocabulary=vocabulary
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LyingBlob:
    """A blob whose bytes are not what its descriptor says."""

    descriptor: Descriptor
    content: bytes
    place: Place | None = None

    def open(self) -> io.BytesIO:
        """The other bytes."""
        return io.BytesIO(self.content)


@dataclass(frozen=True, slots=True, kw_only=True)
class UntouchedBlob:
    """A blob that must not be read."""

    descriptor: Descriptor
    place: Place | None = None

    def open(self) -> io.BytesIO:
        """Fail the test."""
        raise AssertionError(f"{self.descriptor.digest} was opened")


def files_of(folder: Path) -> dict[str, bytes]:
    """What a folder holds."""
    return {
        str(one.relative_to(folder)): one.read_bytes()
        for one in sorted(folder.rglob("*"))
        if one.is_file()
    }
