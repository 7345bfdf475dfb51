"""Whether a lock has all that a folder for builds without a network takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lading.image import Image
    from lading.lock.model import Lock

__all__ = ["vendored_drift"]


def vendored_drift(
    image: Image, lock: Lock, platforms: Iterable[str], *, vendor: bool
) -> tuple[str, ...]:
    """What the lock lacks of the system packages of a vendored build, in words.

    Args:
        image: The image.
        lock: A lock that fits it otherwise.
        platforms: The platforms to look at.
        vendor: Whether it must be a lock for vendored builds; else one that is none is left alone.

    Raises:
        SpecificationError: A step does not say what it installs on the image's distro.
    """
    return tuple(_differences(image, lock, platforms, vendor=vendor))


def _differences(
    image: Image, lock: Lock, platforms: Iterable[str], *, vendor: bool
) -> Iterator[str]:
    from lading.lock.debs import packages_of  # noqa: PLC0415 - for vendored locks only

    for name in platforms:
        part = lock.platform(name)
        if part is None or (part.debs_for is None and not vendor):
            continue
        wanted = packages_of(image, part)
        if part.debs_for is None:
            yield f"it has no system packages for builds of {name} without a network"
        elif part.debs_for != wanted:
            added = ", ".join(sorted({*wanted} - {*part.debs_for})) or "none"
            gone = ", ".join(sorted({*part.debs_for} - {*wanted})) or "none"
            yield (
                f"the system packages to vendor for {name}: not locked: {added}; "
                f"locked, and no longer asked for: {gone}"
            )
