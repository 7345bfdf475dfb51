"""A base that a Dockerfile of the project makes, in a frozen folder: its context, and its name."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace as replaced

from lading.bases import read_context
from lading.errors import FreezeError, ImageError, Problem
from lading.freeze.folder import Content
from lading.grammar.dockerfile_base import DockerfileBase
from lading.info.layout import BASE_CONTEXT

if TYPE_CHECKING:
    from lading.freeze.deciding import Decided
    from lading.image import Image

__all__ = ["not_vendored", "unlocked_base", "with_built_base"]

# A registry of that name is on this machine at most: no engine takes the image from elsewhere.
_NAME: Final = "localhost/lading-base"


def with_built_base(decided: Decided, digest: str | None) -> Decided:
    """The image with the context of its base, and the name that it is built under.

    The name tells of all that the base is made from. An image on any other base is as it was.

    Args:
        decided: The image.
        digest: What the context held when the image was locked.

    Raises:
        FreezeError: The context can't be read, or has changed meanwhile.
    """
    base = decided.origin.image.base_image
    if not isinstance(base, DockerfileBase):
        return decided
    try:
        found = read_context(base, decided.origin.project)
    except ImageError as error:
        raise FreezeError(error.problems) from None
    if found.digest != digest:
        raise FreezeError(f"{base.familiar} changed while it was frozen", hint="freeze again")
    files = {
        f"{BASE_CONTEXT}/{file.path}": Content(
            source=file.source, executable=file.executable, sha256=file.sha256
        )
        for file in found.files
    }
    made_from = "\0".join((found.digest, str(base), decided.info.platform))
    name = f"{_NAME}:{hashlib.sha256(made_from.encode()).hexdigest()[:32]}"
    info = replaced(decided.info, base_built=name)
    return replace(decided, info=info, contents={**decided.contents, **files})


def unlocked_base(image: Image) -> str | None:
    """What to say of a base that no lock pins; None of any other."""
    base = image.base_image
    if not isinstance(base, DockerfileBase):
        return None
    return f"the base image is not locked: {base.path} makes it"


def not_vendored(image: Image, said: str) -> Problem:
    """What to say where a folder is to hold all that a build takes."""
    return Problem(
        message=f"{said}, and what that fetches can't be vendored",
        hint="build it, push it to a registry of yours, and name that image as base_image",
        location=image.location,
    )
