"""Whether a lock fits an image: one question, whoever asks it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.lock.below import differences, part_below
from lading.lock.debs import debs_drift
from lading.lock.drift import drift
from lading.lock.file import lock_name
from lading.platforms import DEFAULT_PLATFORM, Platform

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lading.image import Image
    from lading.lock.inputs import Asked
    from lading.lock.model import Lock, PlatformLock

__all__ = ["misfits", "renewal"]


def renewal(lock: Lock | None, platforms: Sequence[str]) -> str:
    """The command that makes a lock fit: for these platforms, and those that it has already.

    Args:
        lock: The lock; None where there is none.
        platforms: What is asked for.
    """
    locked = [part.platform for part in lock.platforms] if lock else []
    if set(platforms) <= {*(locked or [DEFAULT_PLATFORM])}:
        return "lading lock"
    wanted = dict.fromkeys((*locked, *platforms))
    return " ".join(("lading lock", *(f"--platform {one}" for one in wanted)))


def misfits(
    lock: Lock | None,
    asked: Asked,
    platforms: Sequence[str],
    *,
    allow_unpinned_base: bool = False,
) -> tuple[str, ...]:
    """Each thing in which a lock is not what an image asks for, in words; none where it fits.

    System packages are compared where all else fits, and last what the image below has.

    Args:
        lock: The lock; None where there is none.
        asked: What the image asks for.
        platforms: The platforms that must be in the lock.
        allow_unpinned_base: Whether their base images may go without a digest.

    Raises:
        SpecificationError: A step does not say what it installs on the image's distro, or a file
            that one names for a platform is missing or invalid.
    """
    if lock is None:
        return (f"there is no {lock_name(asked.image)}",)
    here = {name: asked.on(Platform.parse(name)) for name in platforms}
    found = drift(
        lock,
        asked.inputs,
        platforms,
        own={name: one.inputs for name, one in here.items()},
        allow_unpinned_base=allow_unpinned_base,
    )
    if found:
        return found
    parts = (part for name in platforms if (part := lock.platform(name)) is not None)
    found = tuple(
        f"{part.platform}: {one}"
        for part in parts
        for one in _drift_of_debs(here[part.platform].image, part)
    )
    return found or differences(asked, lock)


def _drift_of_debs(image: Image, part: PlatformLock) -> Iterator[str]:
    """What of the system packages is not as the image asks, and the images below it do."""
    yield from debs_drift(image, part)
    if image.below is not None:
        found = _drift_of_debs(image.below, part_below(image, part))
        yield from (f"the image below: {one}" for one in found)
