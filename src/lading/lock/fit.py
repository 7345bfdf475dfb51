"""Whether a lock fits an image: one question, whoever asks it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.lock.below import differences
from lading.lock.debs import debs_drift
from lading.lock.drift import drift
from lading.lock.file import lock_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lading.image import Image
    from lading.lock.model import Inputs, Lock

__all__ = ["misfits"]


def misfits(  # noqa: PLR0913 - a lock, and all that it is held against
    lock: Lock | None,
    image: Image,
    inputs: Inputs,
    platforms: Sequence[str],
    *,
    project: Path,
    allow_unpinned_base: bool = False,
) -> tuple[str, ...]:
    """Each thing in which a lock is not what an image asks for, in words; none where it fits.

    System packages are compared where all else fits, and last what the image below has.

    Args:
        lock: The lock; None where there is none.
        image: What it is to be of.
        inputs: What the image asks for.
        platforms: The platforms that must be in the lock.
        project: The folder that the image's paths start from, with the locks of others.
        allow_unpinned_base: Whether their base images may go without a digest.

    Raises:
        SpecificationError: A step does not say what it installs on the image's distro.
    """
    if lock is None:
        return (f"there is no {lock_name(image)}",)
    found = drift(lock, inputs, platforms, allow_unpinned_base=allow_unpinned_base)
    if found:
        return found
    parts = (part for name in platforms if (part := lock.platform(name)) is not None)
    found = tuple(f"{part.platform}: {one}" for part in parts for one in debs_drift(image, part))
    return found or differences(image, lock, project)
