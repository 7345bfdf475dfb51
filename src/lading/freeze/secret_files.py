"""Files that hold a secret of the image: none of them may become a part of it (CASES R30)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from lading.errors import BuildError, FreezeError, Problem
from lading.image.named_secrets import secrets_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lading.errors import Location
    from lading.freeze.folder import Content
    from lading.image import Image
    from lading.machine import Machine

__all__ = ["check_not_copied"]


def check_not_copied(
    image: Image, contents: Mapping[str, Content], machine: Machine, project: Path
) -> None:
    """Refuse an image whose build context would hold the file that a secret is read from.

    Raises:
        FreezeError: There are such; all together, with the lines that name the secrets.
    """
    files = _files(image, machine, project)
    if not files:
        return
    problems = []
    for content in contents.values():
        source = content.source
        if isinstance(source, Path) and source in files:
            name, location = files[source]
            path = source.relative_to(project).as_posix()
            problems.append(
                Problem(
                    message=f"{path} holds the secret {name!r}, and would be in the build context",
                    hint=f'keep it outside of the project, or leave it out: exclude=["{path}"]',
                    location=location,
                )
            )
    if problems:
        raise FreezeError(dict.fromkeys(problems))


def _files(image: Image, machine: Machine, project: Path) -> dict[Path, tuple[str, Location]]:
    """The files of the project that secrets are read from; whether they exist does not matter."""
    found: dict[Path, tuple[str, Location]] = {}
    for secret, location in secrets_of(image):
        try:
            file = machine.source(secret, project=project).file
        except BuildError:
            continue
        # Unlike Path.resolve, this has an answer for links that lead in a circle.
        real = Path(os.path.realpath(file)) if file is not None else None
        if real is not None and real.is_relative_to(project):
            found.setdefault(real, (secret.id, location))
    return found
