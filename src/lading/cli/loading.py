"""The target of a command, with the changes that its options ask for."""

from __future__ import annotations

from dataclasses import replace

from lading.cli.target import Target, load_target

__all__ = ["loaded"]


def loaded(target: str, *, project: str | None, base_image: str | None) -> Target:
    """The image that a command works on, on another base where one was named."""
    found = load_target(target, project=project)
    if base_image is None:
        return found
    # The steps were written for the distro and the Python that the image had before.
    distro = found.image.distro
    image = found.image.replace(
        base_image=base_image,
        distro=str(distro) if distro else None,
        python_version=str(found.image.python_version),
    )
    return replace(found, image=image)
