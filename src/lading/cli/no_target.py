"""Why a TARGET names no image, and what is likely meant."""

from __future__ import annotations

import os
from pathlib import Path

from lading.cli.modules import ProjectModules
from lading.errors import SpecificationError
from lading.grammar.nearest import did_you_mean
from lading.project_file import PROJECT_FILES

__all__ = ["FORM", "no_project_file", "no_target"]

FORM = (
    "name it as path/service.py:image, package.module:image, or a folder with "
    '[tool.lading] image = "service:image"'
)


def no_target(text: str, *, every: bool) -> SpecificationError:
    """The error for a TARGET that is no folder, no file of a module and no module's name.

    Args:
        text: It.
        every: Whether all images that it stands for are wanted.
    """
    where, colon, name = text.rpartition(":") if ":" in text else (text, "", "")
    missing = "/" in text and not colon and not os.path.lexists(text)
    message = f"there is no folder {text!r}" if missing else f"{text!r} names no image"
    return SpecificationError(message, hint=_hint(where, name, every=every) or _around(text))


def no_project_file(folder: Path) -> SpecificationError:
    """The error for a folder that says nothing of images."""
    real = folder.resolve()
    message = f"there is no pyproject.toml and no lading.toml in {real.name or real}"
    return SpecificationError(message, hint=FORM)


def _hint(where: str, name: str, *, every: bool) -> str | None:
    """The nearest that would name an image, or all of a module."""
    place, parts = Path(where), where.split(".")
    if place.name in PROJECT_FILES and place.is_file():
        return f"name its folder: {place.parent}{name and f':{name}'}"
    if ":" in where.rstrip(":") and name:
        return f"a variant of an image is named after a dot: {where}.{name}"
    is_dotted = len(parts) > 1 and all(map(str.isidentifier, parts))
    if is_dotted and ProjectModules(Path()).file(where):
        named = f"{where}: with its colon, for all that it has" if every else f"{where}:image"
        return f"did you mean {named}?"
    if place.name and place.with_suffix(".py").is_file():
        return f"did you mean {place.with_suffix('.py')}{'' if every else ':image'}?"
    return None


def _around(text: str) -> str:
    """The folder or module beside it that has nearly its name, else how one is named."""
    place = Path(text)
    try:
        others = [str(one) for one in place.parent.iterdir() if one.is_dir()]
    except (OSError, ValueError):
        others = []
    return did_you_mean(str(place), others) or FORM
