"""What is written where a model is: it would become a part of the model, and the lock drift."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lading.errors import FreezeError, Problem
from lading.image import steps
from lading.image.on_platform import named_platforms, on_platform
from lading.image.spans import settings
from lading.searching import Search

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from lading.image import Image

__all__ = ["check_apart"]


def check_apart(images: Iterable[Image], project: Path, outputs: Iterable[Path]) -> None:
    """Refuse an output of which a model of the images would have a file.

    A frozen folder is none: no model has what is in one.

    Args:
        images: With the steps of all platforms, since one lock has them all.
        project: The project's folder, absolute, with links resolved.
        outputs: An archive, a layout, or a bake file; each may be missing.

    Raises:
        FreezeError: There is such an output; all such together.
    """
    models = tuple(dict.fromkeys(one for image in images for one in _models(image)))
    problems = [
        Problem(
            message=f"{_written(output, project)} would become a part of the model "
            f"{', '.join(map(str, found))}, and its lock drift",
            location=step.location,
            hint="choose a folder for it that is not in the model's, or exclude= it there",
        )
        for output in outputs
        for step in models
        if (found := tuple(_naming(step, project, output.resolve())))
    ]
    if problems:
        raise FreezeError(problems)


def _written(output: Path, project: Path) -> str:
    """Its path in the project, as a model's patterns are: only there are files of one."""
    return os.path.relpath(output.resolve(), project)


def _models(image: Image) -> Iterator[steps.Model]:
    """Those of every platform, and of the images below."""
    for platform in (None, *named_platforms(image.steps)):
        yield from settings(on_platform(image, platform).steps, steps.Model)


def _naming(step: steps.Model, project: Path, output: Path) -> Iterator[str]:
    """The patterns of a model that name any of what an output is, or is of."""
    from lading.oci.graph import INDEX, MARK  # noqa: PLC0415 - only where there is a model

    search = Search.without(project, step.exclude)
    written = (output, *(output / name for name in (INDEX, MARK)))
    for pattern in step.patterns:
        if any(search.would_find(pattern.text, file) for file in written):
            yield pattern.text
