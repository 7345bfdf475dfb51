"""From the name of a base image to the digests that stand for it on one platform."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from lading.errors import ImageError, RegistryError
from lading.http import HttpClient
from lading.oci.choice import choose, fits
from lading.oci.config import parse_config
from lading.oci.documents import Index, Manifest, parse_document
from lading.registry.credentials import Credentials
from lading.registry.repository import Repository
from lading.registry.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.grammar.reference import Digest, ImageReference
    from lading.http import HttpSettings
    from lading.platforms import Platform
    from lading.registry.repository import Content

__all__ = ["ResolvedBase", "resolve_base", "understood"]

_ANONYMOUS: Final = Credentials()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedBase:
    """The digests of a base image.

    Attributes:
        digest: Of what the reference names, an index or a manifest: what a Dockerfile pins.
        manifest: Of the image for the platform.
        config: Of that image's configuration.
    """

    digest: Digest
    manifest: Digest
    config: Digest


def resolve_base(
    reference: ImageReference,
    platform: Platform,
    *,
    http: HttpSettings,
    credentials: Credentials = _ANONYMOUS,
) -> ResolvedBase:
    """Ask a base image's registry which content its name stands for now.

    Args:
        reference: The image; with a digest, the registry is held to it.
        platform: The target.
        http: How to reach the registry.
        credentials: Where logins are, in case it asks for one.

    Raises:
        RegistryError: The registry can't be reached, refuses, lacks the image or an image for the
            platform, or sends something other than what it says.
    """
    # The logins of package indexes are none of a registry's.
    with understood(), HttpClient(replace(http, logins=(), netrc=None)) as client:
        session = Session(client, reference.domain, reference.path, credentials)
        repository = Repository(session)
        named = repository.manifest(reference.digest or reference.tag or "latest")
        document = _read(named, str(reference))
        if isinstance(document, Index):
            return _from_index(repository, named, document, platform, str(reference))
        _check_platform(repository, document, platform, str(reference))
        return ResolvedBase(
            digest=named.digest, manifest=named.digest, config=document.config.digest
        )


@contextmanager
def understood() -> Iterator[None]:
    """Documents that can't be read here are the registry's fault.

    Raises:
        RegistryError: In place of an `ImageError`.
    """
    try:
        yield
    except ImageError as error:
        raise RegistryError(error.problems) from None


def _read(content: Content, name: str) -> Index | Manifest:
    return parse_document(content.content, content.media_type, name)


def _from_index(
    repository: Repository, named: Content, index: Index, platform: Platform, name: str
) -> ResolvedBase:
    chosen = choose(index, platform, name)
    content = repository.manifest(chosen.digest)
    manifest = _read(content, name)
    if not isinstance(manifest, Manifest) or len(content.content) != chosen.size:
        raise RegistryError(f"the index of {name} does not fit the image that it names")
    if chosen.platform is None:
        _check_platform(repository, manifest, platform, name)
    return ResolvedBase(digest=named.digest, manifest=chosen.digest, config=manifest.config.digest)


def _check_platform(
    repository: Repository, manifest: Manifest, platform: Platform, name: str
) -> None:
    said = parse_config(repository.config(manifest.config.digest), name).platform
    if not fits(said, platform):
        raise RegistryError(
            f"{name} is an image for {said}, not for {platform}",
            hint=f"take a base image for {platform}, or name its platform: --platform {said}",
        )
