"""What of an image has to be executed, as far as its steps alone tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.errors import Problem
from lading.grammar.dockerfile_base import DockerfileBase
from lading.image import steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.image import Image

__all__ = ["surely_executed"]


def _is_installed_by_apt(step: steps.SystemPackages, image: Image) -> bool:
    """Whether a package manager has to install it: what is locked may not need one."""
    from lading.lock.debs import is_lockable  # noqa: PLC0415 - only where system packages are

    return not isinstance(step, steps.BuildPackages) and not is_lockable(image)


def surely_executed(image: Image) -> Iterator[Problem]:
    """What of an image has to be executed, as far as it tells before it is decided."""
    if isinstance(image.base_image, DockerfileBase):
        message = f"{image.base_image.path}, which makes the base image, has to be executed"
        yield Problem(message=message, location=image.location)
    for step in image.steps:
        match step:
            case steps.Run():
                yield Problem(message="a command has to be executed", location=step.location)
            case steps.RunScript():
                yield Problem(message="a script has to be executed", location=step.location)
            case steps.SystemPackages() if _is_installed_by_apt(step, image):
                message = "the distribution's package manager has to be executed"
                yield Problem(message=message, location=step.location)
            case _ if isinstance(step, steps.PythonStep) and not image.lock_python_packages:
                message = "an installer has to be executed, since the image is not locked"
                yield Problem(message=message, location=step.location)
