"""What a build reaches of archives and of the base's registry: mirrors and keyrings."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lading.distros import SNAPSHOT
from lading.errors import FreezeError
from lading.freeze.folder import Content
from lading.grammar.invalid import Invalid
from lading.grammar.reference import ImageReference
from lading.info import ContextFile
from lading.info.layout import keyring_path
from lading.lock.archives import keyrings
from lading.lock.inputs import base_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lading.image import Image
    from lading.lock.inputs import Asked
    from lading.lock.model import PlatformLock
    from lading.mirrors import Mirrors

__all__ = ["Keyring", "archive_mirrors", "base_mirror", "keyring_files"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyring:
    """A keyring of the project.

    Attributes:
        archive: The archive that it is for, by name.
        file: Its place in the frozen folder.
        content: Where its bytes come from.
    """

    archive: str
    file: ContextFile
    content: Content


def base_mirror(image: Image, lock: PlatformLock, mirrors: Mirrors) -> str | None:
    """Where the base image is taken instead; None where it is taken by its own name.

    Raises:
        FreezeError: A mirror makes no reference of it.
    """
    try:
        base = base_of(image)
        if not isinstance(base, ImageReference):
            return None
        mirrored = str(mirrors.base(base))
    except Invalid as error:
        raise FreezeError(error.message, hint=error.hint) from None
    return mirrored if mirrored != lock.base.reference else None


def archive_mirrors(image: Image, mirrors: Mirrors) -> tuple[tuple[str, str], ...]:
    """The mirrors of the distro's own archives."""
    if image.distro is None:
        return ()
    own = image.distro.name
    kept = (own, SNAPSHOT) if image.snapshot else (own,)
    return tuple(pair for pair in mirrors.archives if pair[0].startswith(kept))


def keyring_files(asked: Asked, project: Path) -> Iterator[Keyring]:
    """The keyrings of the project, for the archives that the build asks."""
    for name, path in keyrings(asked.inputs):
        source = project / path
        content = source.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        place = keyring_path(name, is_text=content.startswith(b"-----BEGIN"))
        yield Keyring(
            archive=name,
            file=ContextFile(path=place, sha256=digest, size=len(content)),
            content=Content(source=source, sha256=digest),
        )
