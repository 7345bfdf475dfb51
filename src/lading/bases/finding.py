"""From what a lock says of a base to the base: a registry's, the project's, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.bases.base import Base, base_of, nothing
from lading.bases.local import read_local
from lading.bases.remote import Remote
from lading.errors import ImageError
from lading.grammar.base import LocalImage, Scratch, parse_base
from lading.grammar.dockerfile_base import DockerfileBase
from lading.grammar.reference import Digest, ImageReference

if TYPE_CHECKING:
    from pathlib import Path

    from lading.http import HttpSettings
    from lading.lock.model import LockedBase
    from lading.platforms import Platform
    from lading.registry import Credentials
    from lading.store import Store

__all__ = ["find_base"]

_AGAIN = "run `lading lock` again"


def find_base(  # noqa: PLR0913 - what is wanted, and where it may be
    locked: LockedBase,
    platform: Platform,
    *,
    project: Path,
    store: Store,
    http: HttpSettings,
    credentials: Credentials,
    mirror: str | None = None,
) -> Base:
    """The base that a lock names, by its documents alone: no layer is fetched.

    What a registry told once is kept in the store, so that the next time it isn't asked.

    Args:
        locked: The lock's word on it.
        platform: What the base must be for.
        project: The project's folder, for a base that is in it.
        store: Where documents are kept.
        http: How to reach registries.
        credentials: Where their logins are.
        mirror: The reference that the base is pulled by instead.

    Raises:
        ImageError: The base is not what the lock says, or not for the platform.
        RegistryError: The registry can't be reached, refuses, or lacks it.
    """
    named = parse_base(locked.reference)
    match named:
        case Scratch():
            return nothing(platform)
        case LocalImage():
            return _local(named, locked, platform, project)
        case DockerfileBase():
            raise ImageError(f"what {named.path} makes is not known before it is built")
        case ImageReference():
            asked = ImageReference.parse(mirror) if mirror else named
            remote = Remote(reference=asked, http=http, credentials=credentials, store=store)
            found = remote.artifact(locked, platform)
            digest = Digest.parse(locked.digest) if locked.digest else found.descriptor.digest
            return base_of(str(named), found, platform, digest=digest)


def _local(named: LocalImage, locked: LockedBase, platform: Platform, project: Path) -> Base:
    found = read_local(named, project)
    if str(found.digest) != locked.digest:
        message = f"{named} has changed: {locked.digest} is locked, {found.digest} is there"
        raise ImageError(message, hint=_AGAIN)
    image = found.image(platform)
    if locked.manifest is not None and str(image.descriptor.digest) != locked.manifest:
        raise ImageError(f"{named} has another image for {platform} than is locked", hint=_AGAIN)
    return base_of(str(named), image, platform, digest=found.digest)
