"""Small images for pushing, with contents that are the same in every run."""

from __future__ import annotations

import base64
import io
import json
import random
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, BinaryIO

from lading.grammar.reference import ImageReference
from lading.oci.blobs import Artifact, Blob, BytesBlob
from lading.oci.media_types import DOCKER, OCI
from lading.registry import Credentials

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from lading.oci.blobs import Descriptor
    from registry.full_registry import FullRegistry


@dataclass(frozen=True)
class OneWay:
    """A content that can be read from its beginning only."""

    descriptor: Descriptor
    content: bytes
    place: None = None

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        yield _OneWay(self.content)


class _OneWay(io.BytesIO):
    def seekable(self) -> bool:
        return False

    def seek(self, *_: int) -> int:
        raise io.UnsupportedOperation("seek")


def noise(size: int, seed: int = 0) -> bytes:
    return random.Random(seed).randbytes(size)  # noqa: S311 - content that can't be compressed


def layer(size: int = 1000, seed: int = 0) -> BytesBlob:
    return BytesBlob.of(noise(size, seed), OCI["layer+gzip"])


def described(descriptor: Descriptor) -> dict[str, Any]:
    return {
        "mediaType": descriptor.media_type,
        "digest": str(descriptor.digest),
        "size": descriptor.size,
    }


def image(
    *layers: Blob,
    architecture: str = "amd64",
    words: dict[str, str] = OCI,
    diff_ids: tuple[str, ...] = (),
    **more: object,
) -> Artifact:
    """An image of these layers, or of two small ones; `more` goes into its manifest."""
    layers = layers or (layer(1000, 1), layer(2000, 2))
    unpacked = diff_ids or tuple(str(one.descriptor.digest) for one in layers)
    document = {
        "architecture": architecture,
        "os": "linux",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": unpacked},
    }
    config = BytesBlob.of(json.dumps(document).encode(), words["config"])
    manifest = {
        "schemaVersion": 2,
        "mediaType": words["manifest"],
        "config": described(config.descriptor),
        "layers": [described(one.descriptor) for one in layers],
        **more,
    }
    content = json.dumps(manifest).encode()
    descriptor = BytesBlob.of(content, words["manifest"]).descriptor
    return Artifact(
        descriptor=replace(descriptor, platform=f"linux/{architecture}"),
        content=content,
        blobs=(config, *layers),
    )


def index(*images: Artifact, words: dict[str, str] = OCI) -> Artifact:
    manifests = [
        {
            **described(one.descriptor),
            "platform": dict(
                zip(("os", "architecture"), str(one.descriptor.platform).split("/"), strict=True)
            ),
        }
        for one in images
    ]
    document = {"schemaVersion": 2, "mediaType": words["index"], "manifests": manifests}
    content = json.dumps(document).encode()
    return Artifact(
        descriptor=BytesBlob.of(content, words["index"]).descriptor,
        content=content,
        children=images,
    )


def names(registry: FullRegistry, *texts: str) -> Sequence[ImageReference]:
    return [ImageReference.parse(f"{registry.host}/{text}") for text in texts]


def login(folder: Path, registry: FullRegistry, pair: str = "ada:hunter2") -> Credentials:
    """A file with a login for the registry."""
    file = folder / "auth.json"
    auth = base64.b64encode(pair.encode()).decode()
    file.write_text(json.dumps({"auths": {registry.host: {"auth": auth}}}))
    return Credentials(files=(file,))


def digests(artifact: Artifact) -> set[str]:
    """Of all contents of an image."""
    return {str(blob.descriptor.digest) for one in artifact.manifests() for blob in one.blobs}


__all__ = [
    "DOCKER",
    "OCI",
    "OneWay",
    "described",
    "digests",
    "image",
    "index",
    "layer",
    "login",
    "names",
    "noise",
]
