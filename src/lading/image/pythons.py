"""Which Python an image has where the user does not say, and whether its base can have it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from lading.distros import (
    available_pythons,
    base_image,
    infer_distro,
    interpreter_packages,
    root_packages,
)
from lading.grammar.base import SCRATCH
from lading.grammar.invalid import Invalid
from lading.grammar.python_version import PythonVersion
from lading.grammar.reference import ImageReference

if TYPE_CHECKING:
    from lading.distros import Distro
    from lading.grammar.base import BaseImage

__all__ = ["DEFAULT_PYTHON_VERSION", "check_base", "default_python", "told_python"]

DEFAULT_PYTHON_VERSION = "3.13"
"""The Python of an image that names none, on distros whose base comes in every version."""

_PLAIN_NAME = re.compile(r"debian|ubuntu|alpine|amazonlinux|ubi[89]?(-minimal)?")
"""The last part of the name of a distro's own image, which comes without Python."""

_OFFICIAL_TAG = re.compile(r"3\.\d+(\.\d+)?(?=-|$)")


def default_python(distro: Distro | None, base: BaseImage | None) -> PythonVersion:
    """The version of an image that names none: never that of the machine at hand.

    It is what a `python:3.11-...` base image says; with another base image, the newest one of the
    distro's own archive; else `DEFAULT_PYTHON_VERSION`, or the distro's newest where it lacks that.
    """
    return told_python(distro, base)[0]


def told_python(
    distro: Distro | None, base: BaseImage | None
) -> tuple[PythonVersion, Literal["base image", "distro", "default"]]:
    """The same, and who has told it."""
    if base is not None and (told := _told_by(base)):
        return told, "base image"
    usual = PythonVersion.parse(DEFAULT_PYTHON_VERSION)
    own = available_pythons(distro) if distro is not None else ()
    if not own or (base is None and distro is not None and _has(distro, usual)):
        return usual, "default"
    return PythonVersion.parse(own[-1]), "distro"


def _has(distro: Distro, python: PythonVersion) -> bool:
    try:
        base_image(distro, python)
    except Invalid:
        return False
    return True


def check_base(base: BaseImage | None, distro: Distro | None, python: PythonVersion) -> None:
    """Refuse a Python version or a distro that the base can't have.

    Raises:
        Invalid: The distro has no base of that version, the base's own name tells of another
            version or distro, or it is a plain distro or scratch, and the distro's archive lacks
            the version (CASES R52).
    """
    if base is None:
        assert distro is not None  # noqa: S101 - no base image means Debian
        base_image(distro, python)
        return
    if base == SCRATCH:
        if distro is not None:
            root_packages(distro, python)
        return
    inside = infer_distro(base)
    if inside is not None and inside != distro:
        raise Invalid(
            f"base_image {base.familiar} has {inside}, but distro is {distro}",
            hint=f'leave out distro, or write distro="{inside}"',
        )
    told = _told_by(base)
    if told is not None and told.series != python.series:
        raise Invalid(
            f"base_image {base.familiar} has Python {told}, but python_version is {python}",
            hint=f'leave out python_version, or take "python:{python}-..."',
        )
    if distro is not None and _PLAIN_NAME.fullmatch(_last_name(base)):
        _check_archive(base, distro, python)


def _check_archive(base: BaseImage, distro: Distro, python: PythonVersion) -> None:
    """A plain distro has no Python but that of its archive; other bases may bring their own."""
    if interpreter_packages(distro, python) is not None:
        return
    own = " or ".join(f'"{one}"' for one in available_pythons(distro))
    choice = f"python_version={own}, or " if own else ""
    raise Invalid(
        f"base_image {base.familiar} comes without Python, and {distro} has no Python {python}",
        hint=f'{choice}base_image="python:{python}-..."',
    )


def _last_name(base: BaseImage) -> str:
    return base.path.rpartition("/")[2] if isinstance(base, ImageReference) else ""


def _told_by(base: BaseImage) -> PythonVersion | None:
    """What a base's name tells; that of a file tells nothing."""
    if not isinstance(base, ImageReference):
        return None
    if _last_name(base) != "python" or base.tag is None:
        return None
    match = _OFFICIAL_TAG.match(base.tag)
    return PythonVersion.parse(match.group()) if match else None
