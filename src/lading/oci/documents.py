"""The documents that say what an image consists of: index and manifest.

Sources: OCI image-spec 1.1 (image-index, manifest, descriptor) and Docker's image manifest version
2, schema 2, whose manifest list is the same as an index but for its media types.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lading.errors import ImageError
from lading.oci.blobs import Descriptor
from lading.oci.config import platform_of
from lading.oci.fields import Pairs, Table, canonical, parse_table, plain
from lading.oci.media_types import INDEXES, MANIFESTS

if TYPE_CHECKING:
    from lading.platforms import Platform

__all__ = [
    "Index",
    "Manifest",
    "encode_index",
    "encode_manifest",
    "parse_document",
    "parse_index",
    "parse_manifest",
]

_SCHEMA: Final = 2

_MOST: Final = 4096
"""Descriptors in one document: far above what engines can stack (127) or anybody has platforms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """An image index or manifest list: manifests of images, each for a platform.

    Attributes:
        media_type: Which of the two.
        annotations: Sorted pairs.
        artifact_type: What the whole is, where it is no image.
        subject: What it is about, where it refers to something (OCI 1.1).
    """

    media_type: str
    manifests: tuple[Descriptor, ...]
    annotations: Pairs = ()
    artifact_type: str | None = None
    subject: Descriptor | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """An image's manifest. What isn't said here is said at `Index`.

    Attributes:
        config: The configuration.
        layers: From the lowest up.
    """

    media_type: str
    config: Descriptor
    layers: tuple[Descriptor, ...]
    annotations: Pairs = ()
    artifact_type: str | None = None
    subject: Descriptor | None = None


def parse_document(content: bytes, media_type: str, name: str) -> Index | Manifest:
    """Read an index or a manifest, whichever it is.

    Args:
        content: The document.
        media_type: What the descriptor, or a registry's `Content-Type`, says it is; empty where
            nothing says so.
        name: What errors call it.

    Raises:
        ImageError: It is neither an index nor a manifest, or both at once, or has a field that is
            not as it must be.
    """
    table = parse_table(content, name)
    kind = _media_type(table, media_type.partition(";")[0].strip())
    if kind in INDEXES:
        return _index(table, kind)
    if kind in MANIFESTS:
        return _manifest(table, kind)
    raise ImageError(
        f"{name} is of the kind {plain(kind)}, which is not an image",
        hint="image manifests are OCI's, or Docker's version 2 with schema 2",
    )


def parse_index(content: bytes, name: str = "the image index") -> Index:
    """Read an index.

    Raises:
        ImageError: See `parse_document`; or it is a manifest.
    """
    found = parse_document(content, "", name)
    if not isinstance(found, Index):
        raise ImageError(f"{name} is an image manifest, not an index")
    return found


def parse_manifest(content: bytes, name: str = "the image manifest") -> Manifest:
    """Read a manifest.

    Raises:
        ImageError: See `parse_document`; or it is an index.
    """
    found = parse_document(content, "", name)
    if not isinstance(found, Manifest):
        raise ImageError(f"{name} is an image index, not a manifest")
    return found


def _media_type(table: Table, said: str) -> str:
    """The one kind that a document has.

    CVE-2021-41190: a document that can be read as an index and as a manifest is refused, and so is
    one whose own `mediaType` is another than that which its descriptor says.
    """
    own = table.optional_text("mediaType")
    known = (*INDEXES, *MANIFESTS)
    both = "manifests" in table.values and ("config" in table.values or "layers" in table.values)
    if both or (own is not None and said in known and own != said):
        raise ImageError(f"{table.name} can be read in two ways, as an index and as a manifest")
    if said in known or "vnd." in said:
        return said
    return own or (INDEXES[0] if "manifests" in table.values else MANIFESTS[0])


def _index(table: Table, media_type: str) -> Index:
    _check_schema(table)
    if "manifests" not in table.values:
        raise table.error("manifests", "is missing")
    return Index(
        media_type=media_type,
        manifests=_descriptors(table, "manifests"),
        **_common(table),
    )


def _manifest(table: Table, media_type: str) -> Manifest:
    _check_schema(table)
    return Manifest(
        media_type=media_type,
        config=_descriptor(table.table("config")),
        layers=_descriptors(table, "layers"),
        **_common(table),
    )


def _check_schema(table: Table) -> None:
    if table.values.get("schemaVersion", _SCHEMA) != _SCHEMA:
        raise table.error("schemaVersion", f"is not {_SCHEMA}")


def _common(table: Table) -> dict[str, Any]:
    subject = _descriptor(table.table("subject")) if table.has("subject") else None
    return {
        "annotations": table.pairs("annotations"),
        "artifact_type": table.optional_text("artifactType"),
        "subject": subject,
    }


def _descriptors(table: Table, key: str) -> tuple[Descriptor, ...]:
    found = table.tables(key)
    if len(found) > _MOST:
        raise table.error(key, f"has more than {_MOST} entries")
    return tuple(_descriptor(one) for one in found)


def _descriptor(table: Table) -> Descriptor:
    platform = table.optional_table("platform")
    return Descriptor(
        media_type=table.text("mediaType"),
        digest=table.digest("digest"),
        size=table.number("size"),
        platform=_platform(platform),
        annotations=table.pairs("annotations"),
        urls=table.texts("urls") or (),
    )


def _platform(table: Table) -> Platform | str | None:
    words = [table.optional_text(key) for key in ("os", "architecture", "variant")]
    return platform_of(*words) if any(words) else None


def encode_index(index: Index) -> bytes:
    """The document, canonical; what is empty is left out, but for the manifests."""
    manifests = [_descriptor_document(one) for one in index.manifests]
    return canonical({**_common_document(index), "manifests": manifests})


def encode_manifest(manifest: Manifest) -> bytes:
    """The document, canonical; what is empty is left out, but for the layers."""
    document = {
        **_common_document(manifest),
        "config": _descriptor_document(manifest.config),
        "layers": [_descriptor_document(one) for one in manifest.layers],
    }
    return canonical(document)


def _common_document(document: Index | Manifest) -> dict[str, Any]:
    subject = document.subject
    fields = {
        "mediaType": document.media_type,
        "annotations": dict(document.annotations),
        "artifactType": document.artifact_type,
        "subject": None if subject is None else _descriptor_document(subject),
    }
    return {"schemaVersion": _SCHEMA, **{key: value for key, value in fields.items() if value}}


def _descriptor_document(descriptor: Descriptor) -> dict[str, Any]:
    fields = {
        "platform": _platform_document(descriptor.platform),
        "annotations": dict(descriptor.annotations),
        "urls": list(descriptor.urls),
    }
    return {
        "mediaType": descriptor.media_type,
        "digest": str(descriptor.digest),
        "size": descriptor.size,
        **{key: value for key, value in fields.items() if value},
    }


def _platform_document(platform: Platform | str | None) -> dict[str, str]:
    # OCI image-spec, image-index.md: `architecture` and `os` are required in a platform.
    words = str(platform).split("/", 2) if platform else []
    return dict(zip(("os", "architecture", "variant"), words, strict=False))
