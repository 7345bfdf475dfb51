"""A base image on one platform: known by its documents, its layers read when they are needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lading.errors import ImageError
from lading.oci.choice import fits
from lading.oci.config import ImageConfig
from lading.oci.fields import plain
from lading.oci.making import Layer, config_of
from lading.oci.media_types import LAYERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lading.grammar.reference import Digest
    from lading.oci.blobs import Artifact, Blob
    from lading.platforms import Platform

__all__ = ["Base", "base_of", "nothing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What an image is built on.

    Attributes:
        name: As the lock has it: a reference, `oci:images/base`, `scratch`.
        platform: What the image on it is for.
        config: Its configuration; of `scratch`, one that says nothing but the platform.
        layers: From the lowest up; none where it is `scratch`.
        artifact: The manifest for the platform, with the configuration and the layers; None for
            `scratch`.
        digest: Of what the name stands for, an index or a manifest; None for `scratch`.
    """

    name: str
    platform: Platform
    config: ImageConfig
    layers: tuple[Layer, ...] = ()
    artifact: Artifact | None = None
    digest: Digest | None = None

    @property
    def manifest(self) -> Digest | None:
        """Of the manifest for the platform."""
        return None if self.artifact is None else self.artifact.descriptor.digest


def nothing(platform: Platform) -> Base:
    """The base that holds no file, runs nothing and has no user."""
    config = ImageConfig(
        architecture=platform.architecture, os=platform.os, variant=platform.variant
    )
    return Base(name="scratch", platform=platform, config=config)


def base_of(name: str, artifact: Artifact, platform: Platform, *, digest: Digest) -> Base:
    """The base that a manifest describes.

    Args:
        name: As the lock has it.
        artifact: The manifest, with its configuration and layers.
        platform: What the base must be for.
        digest: Of what the name stands for.

    Raises:
        ImageError: It is for another platform, no image, or its documents contradict each other.
    """
    config = config_of(artifact)
    if not fits(config.platform, platform):
        raise ImageError(
            f"{name} is an image for {config.platform}, not for {platform}",
            hint=f"take a base image for {platform}, or name its platform: "
            f"--platform {config.platform}",
        )
    blobs = artifact.blobs[1:]
    if len(blobs) != len(config.diff_ids):
        raise ImageError(
            f"{name} has {len(blobs)} layers, and its configuration knows {len(config.diff_ids)}"
        )
    _check_kinds(name, blobs)
    layers = tuple(
        Layer(blob=blob, diff_id=diff_id)
        for blob, diff_id in zip(blobs, config.diff_ids, strict=True)
    )
    return Base(
        name=name,
        platform=platform,
        config=config,
        layers=layers,
        artifact=artifact,
        digest=digest,
    )


def _check_kinds(name: str, blobs: Iterable[Blob]) -> None:
    for blob in blobs:
        if blob.descriptor.media_type not in LAYERS:
            kind = plain(blob.descriptor.media_type)
            raise ImageError(
                f"{name} has a layer of the kind {kind}, which may not be distributed or is none",
                hint="take a base image whose layers are all in its registry",
            )
