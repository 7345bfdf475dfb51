"""Content by its digest, wherever it is: the descriptor first, bytes when somebody lacks them."""

from __future__ import annotations

import hashlib
import io
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol

from lading.errors import ImageError
from lading.grammar.reference import Digest
from lading.oci.media_types import compression_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from lading.platforms import Platform
    from lading.progress import Progress

__all__ = [
    "Artifact",
    "Blob",
    "BytesBlob",
    "Descriptor",
    "FileBlob",
    "Place",
    "blocks",
    "content_of",
    "digest_of",
    "told",
]

_BLOCK: Final = 1 << 20


def digest_of(content: bytes) -> Digest:
    """The SHA-256 of a content that is in memory."""
    return Digest(algorithm="sha256", encoded=hashlib.sha256(content).hexdigest())


@dataclass(frozen=True, slots=True, kw_only=True)
class Descriptor:
    """What points to a content (OCI image-spec, descriptor).

    Attributes:
        media_type: What the content is.
        digest: Of the content.
        size: Of it, in bytes.
        platform: In one spelling where it is one of ours, else as written; None where none is said.
        annotations: Pairs of name and value, sorted.
        urls: Where else it may be had: foreign layers have such.
    """

    media_type: str
    digest: Digest
    size: int
    platform: Platform | str | None = None
    annotations: tuple[tuple[str, str], ...] = ()
    urls: tuple[str, ...] = ()

    def annotated(self, **annotations: str) -> Descriptor:
        """The same, with these annotations too."""
        pairs = {**dict(self.annotations), **annotations}
        return replace(self, annotations=tuple(sorted(pairs.items())))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A repository that has a content: a push to the same registry can mount it from there.

    Attributes:
        domain: The registry, as references name it.
        path: The repository's path there.
    """

    domain: str
    path: str


class Blob(Protocol):
    """A content that can be read when it is needed."""

    @property
    def descriptor(self) -> Descriptor:
        """What it is."""
        ...

    @property
    def place(self) -> Place | None:
        """A repository that is known to have it, or None."""
        ...

    def open(self) -> AbstractContextManager[BinaryIO]:
        """The bytes, which nobody has checked: whoever reads them compares the digest.

        Raises:
            LadingError: They can't be had.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BytesBlob:
    """A content that is in memory: a manifest, a configuration."""

    descriptor: Descriptor
    content: bytes = field(repr=False)
    place: Place | None = None

    @classmethod
    def of(cls, content: bytes, media_type: str) -> BytesBlob:
        """The blob of `content`."""
        found = Descriptor(media_type=media_type, digest=digest_of(content), size=len(content))
        return cls(descriptor=found, content=content)

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """The bytes."""
        yield io.BytesIO(self.content)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileBlob:
    """A content that is a file, or a part of one.

    Attributes:
        descriptor: What it is; its size is how many bytes of the file count.
        path: The file.
        offset: Where the content begins there, in bytes.
        place: See `Blob`.
    """

    descriptor: Descriptor
    path: Path
    offset: int = 0
    place: Place | None = None

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """The file from the content's beginning; no more than its size is to be read."""
        with self.path.open("rb") as file:
            file.seek(self.offset)
            yield file


def blocks(blob: Blob) -> Iterator[bytes]:
    """All bytes of a blob, in blocks; whoever reads to the end knows that they are what it says.

    Raises:
        ImageError: They are fewer than its size, or their digest is another. Nothing beyond its
            size is read.
        LadingError: They can't be had.
    """
    wanted = blob.descriptor
    left, digest = wanted.size, hashlib.new(wanted.digest.algorithm)
    try:
        with blob.open() as file:
            while left and (block := file.read(min(left, _BLOCK))):
                left -= len(block)
                digest.update(block)
                yield block
    except OSError as error:
        raise ImageError(f"{wanted.digest} can't be read: {error.strerror or error}") from None
    if left:
        raise ImageError(f"{wanted.digest} has {wanted.size - left} bytes, not {wanted.size}")
    if digest.hexdigest() != wanted.digest.encoded:
        raise ImageError(f"{wanted.digest} is damaged: its content has another digest")


def told(blob: Blob, progress: Progress) -> Iterator[bytes]:
    """`blocks` of what is being written, told as a piece of work that is called by its digest.

    Documents are too small to be worth telling.
    """
    if compression_of(blob.descriptor.media_type) is None:
        yield from blocks(blob)
        return
    piece, size = str(blob.descriptor.digest), blob.descriptor.size
    progress.begin(piece, size)
    for block in blocks(blob):
        yield block
        progress.advance(piece, len(block))
    progress.end(piece, "written", size)


def content_of(blob: Blob, *, limit: int = 8 << 20) -> bytes:
    """A small blob's bytes, checked: a document's.

    Raises:
        ImageError: They are not what it says, or more than `limit`.
        LadingError: They can't be had.
    """
    if blob.descriptor.size > limit:
        raise ImageError(f"{blob.descriptor.digest} is larger than {limit >> 20} MiB")
    return b"".join(blocks(blob))


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A manifest or an index, with all that it refers to; its own bytes are never written anew.

    Attributes:
        descriptor: Of `content`; with its platform and annotations, as an index shows it.
        content: The document, byte for byte.
        blobs: A manifest's configuration, then its layers in order.
        children: An index's manifests, in order.
    """

    descriptor: Descriptor
    content: bytes = field(repr=False)
    blobs: tuple[Blob, ...] = ()
    children: tuple[Artifact, ...] = ()

    def manifests(self) -> Iterator[Artifact]:
        """It and all below it, each child before what refers to it."""
        for child in self.children:
            yield from child.manifests()
        yield self
