"""The documents that describe an image: index, manifest and configuration.

Sources: OCI image-spec 1.1 (image-index, manifest, config, descriptor) and Docker's image manifest
version 2, schema 2, whose manifest list is the same as an index but for its media types.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from lading.errors import RegistryError
from lading.grammar.invalid import Invalid
from lading.grammar.reference import Digest
from lading.platforms import Platform

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "ACCEPT",
    "Descriptor",
    "Index",
    "Manifest",
    "choose",
    "fits",
    "parse_config",
    "parse_document",
]

_OCI: Final = "application/vnd.oci.image"
_DOCKER: Final = "application/vnd.docker.distribution.manifest"
_INDEX_TYPES: Final = (f"{_OCI}.index.v1+json", f"{_DOCKER}.list.v2+json")
_MANIFEST_TYPES: Final = (f"{_OCI}.manifest.v1+json", f"{_DOCKER}.v2+json")

ACCEPT: Final = ", ".join((*_INDEX_TYPES, *_MANIFEST_TYPES))


@dataclass(frozen=True, slots=True, kw_only=True)
class Descriptor:
    """What points to a manifest (OCI image-spec, descriptor).

    Attributes:
        platform: In one spelling where it is one of ours, else as written; None where none is said.
    """

    media_type: str
    digest: Digest
    size: int
    platform: Platform | str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """An image index or manifest list: manifests of images, each for a platform."""

    manifests: tuple[Descriptor, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """An image manifest, of which the configuration matters here."""

    config: Digest


def parse_document(content: bytes, content_type: str, name: str) -> Index | Manifest:
    """Read what a registry answered for a manifest.

    Args:
        content: The body.
        content_type: Its `Content-Type`.
        name: What was asked for, in messages.

    Raises:
        RegistryError: It is neither an index nor a manifest, or both at once.
    """
    document = _json(content, name)
    media_type = _media_type(document, content_type.partition(";")[0].strip(), name)
    if media_type in _INDEX_TYPES:
        return Index(manifests=tuple(_descriptors(document, name)))
    if media_type in _MANIFEST_TYPES:
        return Manifest(config=_digest(_table(document, "config", name), name))
    raise RegistryError(
        f"{name} is of the kind {_shown(media_type)}, which is not an image",
        hint="image manifests are OCI's, or Docker's version 2 with schema 2",
    )


def _media_type(document: Mapping[str, Any], content_type: str, name: str) -> str:
    """The one kind that a document has.

    CVE-2021-41190: a document that can be read as an index and as a manifest is refused, and so is
    one whose own `mediaType` is another than that which the registry said.
    """
    own = document.get("mediaType")
    known = (*_INDEX_TYPES, *_MANIFEST_TYPES)
    both = "manifests" in document and ("config" in document or "layers" in document)
    if both or (own is not None and content_type in known and own != content_type):
        raise RegistryError(f"{name} can be read in two ways, as an index and as a manifest")
    if content_type in known or "vnd." in content_type:
        return content_type
    if isinstance(own, str):
        return own
    return _INDEX_TYPES[0] if "manifests" in document else _MANIFEST_TYPES[0]


def _descriptors(document: Mapping[str, Any], name: str) -> Iterator[Descriptor]:
    entries = document.get("manifests")
    if not isinstance(entries, list):
        raise _malformed(name)
    for entry in entries:
        if not isinstance(entry, dict):
            raise _malformed(name)
        yield Descriptor(
            media_type=str(entry.get("mediaType")),
            digest=_digest(entry, name),
            size=_size(entry, name),
            platform=_platform(entry.get("platform")),
        )


def _platform(said: object) -> Platform | str | None:
    if not isinstance(said, dict):
        return None
    words = (said.get("os"), said.get("architecture"), said.get("variant"))
    text = "/".join(str(word) for word in words if word)
    try:
        return Platform.parse(text)
    except Invalid:
        return _shown(text)


def _shown(text: str) -> str:
    """A registry's word as it may be printed: nothing that a terminal would obey."""
    return re.sub(r"[^\w.+/-]", "?", text, flags=re.ASCII)[:100]


def choose(index: Index, platform: Platform, name: str) -> Descriptor:
    """The image for a platform.

    As containerd does: an older variant of the architecture serves where the wanted one is missing
    (`arm/v6` runs on `arm/v7`), and the first of several that fit is taken.

    Args:
        index: The images there are.
        platform: The target.
        name: What was asked for, in messages.

    Raises:
        RegistryError: None fits. The hint lists the platforms that there are.
    """
    images = [image for image in index.manifests if image.media_type in _MANIFEST_TYPES]
    for wanted in _acceptable(platform):
        for image in images:
            if image.platform == wanted:
                return image
    if len(images) == 1 and images[0].platform is None:  # its configuration will say
        return images[0]
    raise RegistryError(f"{name} has no image for {platform}", hint=_offer(images))


def _offer(images: list[Descriptor]) -> str:
    # Attestations, which BuildKit adds to an index, are for "unknown/unknown".
    there = sorted({str(image.platform) for image in images if image.platform} - {_UNKNOWN})
    return f"it has {', '.join(there)}" if there else "it names no platform at all"


_UNKNOWN: Final = "unknown/unknown"


def _acceptable(platform: Platform) -> Iterator[Platform]:
    """The platforms whose programs run on this one, best first (containerd/platforms, compare)."""
    wanted = Platform.parse(str(platform))
    yield wanted
    if wanted.variant is not None:
        lowest = 5 if wanted.architecture == "arm" else 2
        for number in range(int(wanted.variant[1:]) - 1, lowest - 1, -1):
            yield replace(wanted, variant=f"v{number}")
        if wanted.architecture != "arm":
            yield replace(wanted, variant=None)


def parse_config(content: bytes, name: str) -> Platform | str:
    """The platform that an image's configuration says (OCI image-spec, config).

    Args:
        content: The configuration.
        name: What was asked for, in messages.

    Raises:
        RegistryError: It says none.
    """
    config = _json(content, name)
    said = _platform(config) if config.get("os") and config.get("architecture") else None
    if said is None:
        raise RegistryError(f"{name} does not say what platform it is for: is it an image?")
    return said


def fits(said: Platform | str, platform: Platform) -> bool:
    """Whether an image for the platform `said` serves as one for `platform`."""
    return any(said == wanted for wanted in _acceptable(platform))


def _json(content: bytes, name: str) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        raise _malformed(name) from None
    if not isinstance(document, dict):
        raise _malformed(name)
    return document


def _table(document: Mapping[str, Any], key: str, name: str) -> Mapping[str, Any]:
    table = document.get(key)
    if not isinstance(table, dict):
        raise _malformed(name)
    return table


def _digest(descriptor: Mapping[str, Any], name: str) -> Digest:
    try:
        return Digest.parse(str(descriptor.get("digest")))
    except Invalid:
        raise _malformed(name) from None


def _size(descriptor: Mapping[str, Any], name: str) -> int:
    size = descriptor.get("size")
    if not isinstance(size, int) or size < 0:
        raise _malformed(name)
    return size


def _malformed(name: str) -> RegistryError:
    return RegistryError(f"the registry's answer for {name} is not an image manifest")
