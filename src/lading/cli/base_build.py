"""The base of a build that a Dockerfile of the project makes: the engine's first build of two."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from lading.dockerfile import dockerfile_of
from lading.errors import BuildError, Problem
from lading.grammar.dockerfile_base import DockerfileBase
from lading.info.layout import BASE_CONTEXT

if TYPE_CHECKING:
    from lading.engines import BuildRequest, Engine
    from lading.image import Image
    from lading.info import ImageInfo

__all__ = ["base_request", "check_keeps"]

_KEEPING: Final = ("docker", "podman", "buildah")
"""The engines whose next build sees what the last one has made."""


def check_keeps(image: Image, engine: Engine) -> None:
    """Refuse an engine that would look for the base in a registry, once it has built it.

    Raises:
        BuildError: It is such a one.
    """
    if not isinstance(image.base_image, DockerfileBase) or engine.name in _KEEPING:
        return
    raise BuildError(
        Problem(
            message=f"{engine.name} can't build on {image.base_image.path}: it keeps no image that "
            "the next build could begin with",
            hint=f"take another engine: --engine {' or '.join(_KEEPING)}",
            location=image.location,
        )
    )


def base_request(info: ImageInfo, request: BuildRequest) -> BuildRequest | None:
    """What builds the base, of the image's own request; None where nothing has to.

    No secret of the image is in it, and none of its tags.
    """
    base = dockerfile_of(info)
    if base is None or info.base_built is None:
        return None
    return replace(
        request,
        context=request.context / BASE_CONTEXT,
        file=base.file,
        tags=(info.base_built,),
        push=False,
        build_args=base.build_args,
        secrets=(),
        users=(),
        ca_bundle=None,
        options=("--target", base.target) if base.target is not None else (),
    )
