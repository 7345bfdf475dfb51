"""The calls that begin an `Image` on a base which is no image yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.grammar.dockerfile_base import DockerfileBase
from lading.grammar.invalid import Invalid
from lading.image.beginnings import beginning
from lading.image.call import Call

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self, Unpack

    from lading.image.arguments import Arguments

__all__ = ["BaseCalls"]


class BaseCalls:
    """What `Image` has of these calls."""

    __slots__ = ()

    @beginning
    def from_dockerfile(
        cls,  # noqa: N805 - it is a class method
        path: str,
        *,
        context: str | None = None,
        target: str | None = None,
        build_args: Mapping[str, str] | None = None,
        **arguments: Unpack[Arguments],
    ) -> Self:
        """An image on what a Dockerfile of the project makes; nothing of that base is locked.

        An engine builds it first, from a copy of its context. The lock has a digest of that
        context, and none of an image.

        Args:
            path: The Dockerfile, in the project.
            context: The folder that it copies from, which holds it; its own where left out.
            target: The stage that is the base, by its name or its number from 0; the last where
                left out.
            build_args: Build arguments, by name; no secrets.
            **arguments: Of the constructor. `distro` and `python_version` say what the base has,
                since nothing else tells.

        Raises:
            SpecificationError: A word is invalid.
        """
        with Call() as call:
            base = call.read(
                DockerfileBase.of, path, context=context, target=target, build_args=build_args
            )
            if "base_image" in arguments:
                hint = "leave out base_image: the Dockerfile has its own FROM"
                call.refuse(Invalid("from_dockerfile takes no base_image", hint=hint))
        arguments["base_image"] = str(base)
        return cls(**arguments)  # type: ignore[misc]
