"""Images put together from their parts: the manifest over a configuration and layers, the index."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lading.errors import ImageError
from lading.oci.blobs import Artifact, Blob, BytesBlob, Descriptor, FileBlob, content_of
from lading.oci.config import ImageConfig, encode_config, parse_config
from lading.oci.documents import Index, Manifest, encode_index, encode_manifest
from lading.oci.media_types import CONFIGS, DOCKER, OCI, Vocabulary, translated

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from contextlib import AbstractContextManager
    from typing import BinaryIO

    from lading.grammar.reference import Digest
    from lading.oci.blobs import Place
    from lading.oci.fields import Pairs

__all__ = ["Layer", "config_of", "image_of", "index_of", "manifest_of", "retyped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A layer: its blob, and the digest of the tar in it."""

    blob: Blob
    diff_id: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class _Described:
    """A blob under another descriptor of the same bytes."""

    descriptor: Descriptor
    blob: Blob

    @property
    def place(self) -> Place | None:
        return self.blob.place

    def open(self) -> AbstractContextManager[BinaryIO]:
        return self.blob.open()


def retyped(blob: Blob, descriptor: Descriptor) -> Blob:
    """The same bytes under a descriptor that calls them something else."""
    if blob.descriptor == descriptor:
        return blob
    if isinstance(blob, (BytesBlob, FileBlob)):
        return replace(blob, descriptor=descriptor)
    return _Described(descriptor=descriptor, blob=blob)


def image_of(
    config: ImageConfig,
    layers: Sequence[Layer],
    *,
    vocabulary: Vocabulary = "oci",
    annotations: Pairs = (),
) -> Artifact:
    """The image of a configuration and all its layers, from the lowest up.

    The configuration's diff IDs are taken from the layers.
    """
    diff_ids = tuple(layer.diff_id for layer in layers)
    content = encode_config(replace(config, diff_ids=diff_ids))
    blobs = [layer.blob for layer in layers]
    return manifest_of(content, blobs, vocabulary=vocabulary, annotations=annotations)


def manifest_of(
    config: bytes,
    layers: Iterable[Blob],
    *,
    vocabulary: Vocabulary = "oci",
    annotations: Pairs = (),
) -> Artifact:
    """The image of an encoded configuration and its layers, in one vocabulary.

    Docker's manifests know no annotations: they are left out there.

    Raises:
        ImageError: The configuration can't be read, or has another number of layers.
    """
    read = parse_config(config)
    words = OCI if vocabulary == "oci" else DOCKER
    blobs = tuple(_in_vocabulary(blob, vocabulary) for blob in layers)
    if len(blobs) != len(read.diff_ids):
        raise ImageError(f"{len(blobs)} layers don't fit {len(read.diff_ids)} diff IDs")
    head = BytesBlob.of(config, words["config"])
    manifest = Manifest(
        media_type=words["manifest"],
        config=head.descriptor,
        layers=tuple(blob.descriptor for blob in blobs),
        annotations=tuple(sorted(annotations)) if vocabulary == "oci" else (),
    )
    content = encode_manifest(manifest)
    found = BytesBlob.of(content, words["manifest"]).descriptor
    return Artifact(
        descriptor=replace(found, platform=read.platform), content=content, blobs=(head, *blobs)
    )


def _in_vocabulary(blob: Blob, vocabulary: Vocabulary) -> Blob:
    there = blob.descriptor
    annotations = there.annotations if vocabulary == "oci" else ()
    descriptor = replace(
        there,
        media_type=translated(there.media_type, vocabulary),
        annotations=annotations,
        platform=None,
    )
    return retyped(blob, descriptor)


def index_of(
    artifacts: Iterable[Artifact],
    *,
    vocabulary: Vocabulary = "oci",
    annotations: Pairs = (),
) -> Artifact:
    """The index of several images, in order; each says its platform there.

    Raises:
        ImageError: Two are for one platform.
    """
    children = tuple(_with_platform(one) for one in artifacts)
    platforms = [str(child.descriptor.platform) for child in children]
    twice = sorted({one for one in platforms if platforms.count(one) > 1})
    if twice:
        raise ImageError(f"an image index has two images for {', '.join(twice)}")
    words = OCI if vocabulary == "oci" else DOCKER
    index = Index(
        media_type=words["index"],
        manifests=tuple(child.descriptor for child in children),
        annotations=tuple(sorted(annotations)) if vocabulary == "oci" else (),
    )
    content = encode_index(index)
    found = BytesBlob.of(content, words["index"]).descriptor
    return Artifact(descriptor=found, content=content, children=children)


def _with_platform(artifact: Artifact) -> Artifact:
    plain = replace(artifact.descriptor, annotations=())
    if plain.platform is None:
        plain = replace(plain, platform=config_of(artifact).platform)
    return replace(artifact, descriptor=plain)


def config_of(artifact: Artifact) -> ImageConfig:
    """An image's configuration, read and checked against its digest.

    Raises:
        ImageError: It is no image, or its configuration is not what the manifest says.
    """
    if not artifact.blobs or artifact.blobs[0].descriptor.media_type not in CONFIGS:
        raise ImageError(f"{artifact.descriptor.digest} is not an image with a configuration")
    head = artifact.blobs[0]
    return parse_config(content_of(head), f"configuration {head.descriptor.digest}")
