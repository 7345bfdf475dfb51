"""From the name of an image in a registry to its documents; its layers stay where they are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from lading.errors import RegistryError
from lading.http import HttpClient
from lading.oci.blobs import Artifact, BytesBlob, Descriptor, Place, digest_of
from lading.oci.choice import choose, fits
from lading.oci.config import parse_config
from lading.oci.documents import Index, Manifest, parse_document
from lading.oci.media_types import CONFIGS, INDEXES, MANIFESTS
from lading.registry import refusals
from lading.registry.credentials import Credentials
from lading.registry.remote_blob import RemoteBlob
from lading.registry.repository import Repository
from lading.registry.resolve import understood
from lading.registry.session import Session

if TYPE_CHECKING:
    from lading.grammar.reference import ImageReference
    from lading.http import HttpSettings
    from lading.oci.blobs import Blob
    from lading.platforms import Platform
    from lading.registry.repository import Content

__all__ = ["known", "pull"]

_ANONYMOUS: Final = Credentials()
_CONNECTIONS: Final = 8
_DEEPEST: Final = 4
_MOST: Final = 1000
"""Documents of one image: each is a request, and who writes an index decides how many."""


def pull(
    reference: ImageReference,
    *,
    platform: Platform | None,
    http: HttpSettings,
    credentials: Credentials = _ANONYMOUS,
) -> Artifact:
    """The image that a registry has under a name; a layer is fetched when it is opened.

    Args:
        reference: The image; with a digest, the registry is held to it.
        platform: Which image of an index; its configuration comes along. None takes the index with
            all that is in it.
        http: How to reach the registry.
        credentials: Where logins are, in case it asks for one.

    Raises:
        RegistryError: The registry can't be reached, refuses, lacks the image or an image for the
            platform, or sends something other than what it says.
    """
    session = _session(reference, http, credentials)
    puller = _Puller(session, str(reference))
    with understood():
        named = Repository(session).manifest(reference.digest or reference.tag or "latest")
        root = _described(named, reference)
        return (
            puller.everything(root, named.content)
            if platform is None
            else puller.one(root, named.content, platform)
        )


def known(  # noqa: PLR0913 - a manifest, and how the rest is had
    reference: ImageReference,
    document: bytes,
    media_type: str,
    *,
    http: HttpSettings,
    credentials: Credentials = _ANONYMOUS,
    config: bytes | None = None,
) -> Artifact:
    """The image whose manifest is at hand already; no request is made before a blob is opened.

    Args:
        reference: The repository that has its blobs.
        document: The manifest.
        media_type: What it is.
        http: How to reach the registry.
        credentials: Where logins are, in case it asks for one.
        config: The configuration, where that is at hand too.

    Raises:
        RegistryError: It is no manifest, or the configuration is another one's.
    """
    session = _session(reference, http, credentials)
    with understood():
        manifest = parse_document(document, media_type, str(reference))
        if not isinstance(manifest, Manifest):
            raise RegistryError(f"what is kept of {reference} is an index, not a manifest")
        descriptor = Descriptor(
            media_type=manifest.media_type, digest=digest_of(document), size=len(document)
        )
        return _artifact(session, descriptor, document, manifest, config)


def _session(reference: ImageReference, http: HttpSettings, credentials: Credentials) -> Session:
    # The logins of package indexes are none of a registry's. The connections are closed when the
    # last blob that may need them is gone.
    client = HttpClient(replace(http, logins=(), netrc=None), connections=_CONNECTIONS)
    return Session(client, reference.domain, reference.path, credentials, aim=refusals.pull)


def _described(content: Content, reference: ImageReference) -> Descriptor:
    document = parse_document(content.content, content.media_type, str(reference))
    return Descriptor(
        media_type=document.media_type, digest=content.digest, size=len(content.content)
    )


def _artifact(
    session: Session,
    descriptor: Descriptor,
    content: bytes,
    manifest: Manifest,
    config: bytes | None = None,
) -> Artifact:
    first: Blob = RemoteBlob(descriptor=manifest.config, session=session)
    if config is not None:
        place = Place(domain=session.domain, path=session.path)
        if digest_of(config) != manifest.config.digest:
            raise RegistryError(f"what is kept of {session.name} does not fit its manifest")
        first = BytesBlob(descriptor=manifest.config, content=config, place=place)
    layers = (RemoteBlob(descriptor=layer, session=session) for layer in manifest.layers)
    return Artifact(descriptor=descriptor, content=content, blobs=(first, *layers))


class _Puller:
    """Documents of one repository."""

    def __init__(self, session: Session, name: str) -> None:
        self._session = session
        self._repository = Repository(session)
        self._name = name
        self._fetched = 0

    def everything(self, descriptor: Descriptor, content: bytes, depth: int = 0) -> Artifact:
        """An index or manifest, and all manifests below it."""
        document = parse_document(content, descriptor.media_type, self._name)
        if isinstance(document, Manifest):
            return _artifact(self._session, descriptor, content, document)
        if depth == _DEEPEST:
            raise RegistryError(f"{self._name} has indexes in indexes in indexes without an end")
        children = (
            self.everything(child, self._document(child), depth + 1)
            for child in document.manifests
            if child.media_type in {*INDEXES, *MANIFESTS}
        )
        return Artifact(descriptor=descriptor, content=content, children=tuple(children))

    def one(self, descriptor: Descriptor, content: bytes, platform: Platform) -> Artifact:
        """The image for a platform, with its configuration."""
        document = parse_document(content, descriptor.media_type, self._name)
        if isinstance(document, Index):
            descriptor = choose(document, platform, self._name)
            content = self._document(descriptor)
            document = parse_document(content, descriptor.media_type, self._name)
        if not isinstance(document, Manifest):
            raise RegistryError(f"the index of {self._name} does not fit the image that it names")
        config = self._repository.config(document.config.digest)
        if descriptor.platform is None:
            said = self._platform(document, config, platform)
            descriptor = replace(descriptor, platform=said)
        return _artifact(self._session, descriptor, content, document, config)

    def _document(self, descriptor: Descriptor) -> bytes:
        self._fetched += 1
        if self._fetched > _MOST:
            raise RegistryError(f"{self._name} has more than {_MOST} images in it")
        content = self._repository.manifest(descriptor.digest).content
        if len(content) != descriptor.size:
            raise RegistryError(f"the index of {self._name} does not fit the image that it names")
        return content

    def _platform(
        self, manifest: Manifest, config: bytes, platform: Platform
    ) -> Platform | str | None:
        if manifest.config.media_type not in CONFIGS:
            return None  # an artifact that is no image is for every platform
        said = parse_config(config, self._name).platform
        if not fits(said, platform):
            raise RegistryError(
                f"{self._name} is an image for {said}, not for {platform}",
                hint=f"name the platform that it is for: --platform {said}",
            )
        return said
