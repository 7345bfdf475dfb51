"""Which image of several is the one for a platform."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from lading.errors import ImageError
from lading.oci.media_types import MANIFESTS
from lading.platforms import Platform

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lading.oci.blobs import Artifact, Descriptor
    from lading.oci.documents import Index

__all__ = ["choose", "choose_artifact", "choose_descriptor", "fits"]

_UNKNOWN: Final = "unknown/unknown"
_OLDEST_ARM: Final = 5


def choose(index: Index, platform: Platform, name: str) -> Descriptor:
    """The image of an index for a platform; see `choose_descriptor`."""
    return choose_descriptor(index.manifests, platform, name)


def choose_descriptor(among: Iterable[Descriptor], platform: Platform, name: str) -> Descriptor:
    """The image for a platform.

    As containerd does: an older variant of the architecture serves where the wanted one is missing
    (`arm/v6` runs on `arm/v7`), and the first of several that fit is taken.

    Args:
        among: The images there are, and what else an index may list.
        platform: The target.
        name: What was asked for, in messages.

    Raises:
        ImageError: None fits. The hint lists the platforms that there are.
    """
    images = [one for one in among if one.media_type in MANIFESTS]
    for wanted in _acceptable(platform):
        for image in images:
            if image.platform == wanted:
                return image
    if len(images) == 1 and images[0].platform is None:  # its configuration will say
        return images[0]
    raise ImageError(f"{name} has no image for {platform}", hint=_offer(images))


def choose_artifact(among: Iterable[Artifact], platform: Platform, name: str) -> Artifact:
    """The image for a platform, among artifacts and what their indexes hold.

    Raises:
        ImageError: None fits. The hint lists the platforms that there are.
    """
    there = [one for root in among for one in root.manifests() if not one.children]
    chosen = choose_descriptor((one.descriptor for one in there), platform, name)
    return next(one for one in there if one.descriptor == chosen)


def fits(said: Platform | str, platform: Platform) -> bool:
    """Whether an image for the platform `said` serves as one for `platform`."""
    return any(said == wanted for wanted in _acceptable(platform))


def _offer(images: list[Descriptor]) -> str:
    # Attestations, which BuildKit adds to an index, are for "unknown/unknown".
    there = sorted({str(image.platform) for image in images if image.platform} - {_UNKNOWN})
    return f"it has {', '.join(there)}" if there else "it names no platform at all"


def _acceptable(platform: Platform) -> Iterator[Platform]:
    """The platforms whose programs run on this one, best first (containerd/platforms, compare)."""
    wanted = Platform.parse(str(platform))
    yield wanted
    if wanted.variant is not None:
        lowest = _OLDEST_ARM if wanted.architecture == "arm" else 2
        for number in range(int(wanted.variant[1:]) - 1, lowest - 1, -1):
            yield replace(wanted, variant=f"v{number}")
        if wanted.architecture != "arm":
            yield replace(wanted, variant=None)
