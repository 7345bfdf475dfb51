"""The kinds of content that images consist of, in both vocabularies.

Sources: OCI image-spec 1.1, media-types; Docker's image manifest version 2, schema 2. The documents
of the two are the same but for these words.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

__all__ = [
    "CONFIGS",
    "DOCKER",
    "INDEXES",
    "LAYERS",
    "MANIFESTS",
    "OCI",
    "Vocabulary",
    "compression_of",
    "translated",
    "vocabulary_of",
]

Vocabulary: TypeAlias = Literal["oci", "docker"]

Compression: TypeAlias = Literal["none", "gzip", "zstd"]

_OCI = "application/vnd.oci.image"
_DOCKER = "application/vnd.docker"

OCI: Final = {
    "index": f"{_OCI}.index.v1+json",
    "manifest": f"{_OCI}.manifest.v1+json",
    "config": f"{_OCI}.config.v1+json",
    "layer": f"{_OCI}.layer.v1.tar",
    "layer+gzip": f"{_OCI}.layer.v1.tar+gzip",
    "layer+zstd": f"{_OCI}.layer.v1.tar+zstd",
}

DOCKER: Final = {
    "index": f"{_DOCKER}.distribution.manifest.list.v2+json",
    "manifest": f"{_DOCKER}.distribution.manifest.v2+json",
    "config": f"{_DOCKER}.container.image.v1+json",
    "layer": f"{_DOCKER}.image.rootfs.diff.tar",
    "layer+gzip": f"{_DOCKER}.image.rootfs.diff.tar.gzip",
    "layer+zstd": f"{_DOCKER}.image.rootfs.diff.tar.zstd",
}

INDEXES: Final = (OCI["index"], DOCKER["index"])
MANIFESTS: Final = (OCI["manifest"], DOCKER["manifest"])
CONFIGS: Final = (OCI["config"], DOCKER["config"])

_COMPRESSIONS: Final[dict[str, Compression]] = {
    OCI["layer"]: "none",
    DOCKER["layer"]: "none",
    OCI["layer+gzip"]: "gzip",
    DOCKER["layer+gzip"]: "gzip",
    OCI["layer+zstd"]: "zstd",
    DOCKER["layer+zstd"]: "zstd",
}

LAYERS: Final = tuple(_COMPRESSIONS)


def compression_of(media_type: str) -> Compression | None:
    """How a layer of this kind is compressed; None where it is no layer that may be given away."""
    return _COMPRESSIONS.get(media_type)


def translated(media_type: str, vocabulary: Vocabulary) -> str:
    """The word of `vocabulary` for the same kind of content; one that neither knows stays."""
    words = OCI if vocabulary == "oci" else DOCKER
    for known in (OCI, DOCKER):
        for kind, word in known.items():
            if word == media_type:
                return words[kind]
    return media_type


def vocabulary_of(media_type: str) -> Vocabulary | None:
    """Whose word it is, or None where it is neither's."""
    if media_type.startswith(f"{_OCI}."):
        return "oci"
    return "docker" if media_type.startswith(f"{_DOCKER}.") else None
