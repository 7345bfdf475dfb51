"""A base image of a registry, whose documents are asked for once and then kept."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING, BinaryIO

from lading.errors import ImageError
from lading.grammar.reference import Digest
from lading.oci.blobs import (
    Artifact,
    BytesBlob,
    Descriptor,
    Place,
    content_of,
    digest_of,
)
from lading.oci.documents import Manifest, parse_document

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from lading.grammar.reference import ImageReference
    from lading.http import HttpSettings
    from lading.lock.model import LockedBase
    from lading.oci.blobs import Blob
    from lading.platforms import Platform
    from lading.registry import Credentials
    from lading.store import Store

__all__ = ["Remote"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """A way to a repository, and the store that spares it.

    Attributes:
        reference: What is asked for: the base, or a mirror's copy of it.
        http: How to reach the registry.
        credentials: Where its login is.
        store: Where documents are kept.
    """

    reference: ImageReference
    http: HttpSettings
    credentials: Credentials
    store: Store

    def artifact(self, locked: LockedBase, platform: Platform) -> Artifact:
        """The manifest for the platform with its configuration; no layer is fetched.

        Raises:
            ImageError: A document is not what it must be.
            RegistryError: The registry can't be reached, refuses, or lacks it.
        """
        if locked.manifest is None:
            return self._pulled(self.reference, platform)
        manifest = Digest.parse(locked.manifest)
        found = self._kept(manifest)
        if found is None:
            found = self._pulled(self._pinned(manifest), platform)
            if found.descriptor.digest != manifest:
                raise ImageError(f"{self.reference} has {found.descriptor.digest}, not {manifest}")
            self._keep(found)
        return found

    def _pinned(self, manifest: Digest) -> ImageReference:
        return replace(self.reference, tag=None, digest=manifest)

    def _pulled(self, reference: ImageReference, platform: Platform) -> Artifact:
        from lading.registry import pull  # noqa: PLC0415 - only where a registry is asked

        return pull(reference, platform=platform, http=self.http, credentials=self.credentials)

    def _kept(self, manifest: Digest) -> Artifact | None:
        """What an earlier call has kept, where all of it is there and whole."""
        kept = self.store.record(_document(manifest))
        if kept is None:
            return None
        media_type, _, content = kept.partition(b"\n")
        if digest_of(content) != manifest:
            return None
        document = parse_document(content, media_type.decode(), str(self.reference))
        if not isinstance(document, Manifest):
            return None
        config = self.store.record(_document(document.config.digest))
        if config is None or digest_of(config) != document.config.digest:
            return None
        place = Place(domain=self.reference.domain, path=self.reference.path)
        known = _Known(remote=self, document=content, media_type=document.media_type)
        head = BytesBlob(descriptor=document.config, content=config, place=place)
        layers = (_Later(descriptor=one, place=place, known=known) for one in document.layers)
        descriptor = Descriptor(media_type=document.media_type, digest=manifest, size=len(content))
        return Artifact(descriptor=descriptor, content=content, blobs=(head, *layers))

    def _keep(self, found: Artifact) -> None:
        config = found.blobs[0]
        # The manifest comes last: where it is, the configuration is.
        self.store.keep(_document(config.descriptor.digest), content_of(config))
        media_type = found.descriptor.media_type.encode()
        self.store.keep(_document(found.descriptor.digest), media_type + b"\n" + found.content)


@dataclass(slots=True, kw_only=True)
class _Known:
    """An image whose manifest is at hand: what reads registries is loaded for its first layer."""

    remote: Remote
    document: bytes
    media_type: str
    _blobs: dict[Digest, Blob] = field(default_factory=dict)
    _guard: Lock = field(default_factory=Lock)

    def blob(self, digest: Digest) -> Blob:
        """A layer in the registry; all of them share its connections."""
        with self._guard:
            if not self._blobs:
                from lading.registry import known  # noqa: PLC0415 - only where a layer is read

                found = known(
                    self.remote.reference,
                    self.document,
                    self.media_type,
                    http=self.remote.http,
                    credentials=self.remote.credentials,
                )
                self._blobs = {one.descriptor.digest: one for one in found.blobs}
            return self._blobs[digest]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Later:
    """A layer that the registry is asked for once somebody reads it."""

    descriptor: Descriptor
    place: Place
    known: _Known = field(repr=False, compare=False)

    def open(self) -> AbstractContextManager[BinaryIO]:
        """The bytes, which nobody has checked.

        Raises:
            RegistryError: They can't be had.
        """
        return self.known.blob(self.descriptor.digest).open()


def _document(digest: Digest) -> str:
    return f"base-document-1-{digest}"
