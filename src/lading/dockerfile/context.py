"""The files of a build context that are generated from an `ImageInfo` for a Dockerfile build."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.distros import ca_prelude
from lading.dockerfile.apt_lists import apt_files
from lading.dockerfile.compiling import build_places, sources
from lading.dockerfile.dockerignore import dockerignore
from lading.dockerfile.layout import (
    CONTEXT_CA_SCRIPT,
    build_requirements_folder,
    requirements_name,
)
from lading.dockerfile.lower import lower
from lading.dockerfile.python import install_places
from lading.dockerfile.serialize import serialize
from lading.errors import FreezeError
from lading.grammar.invalid import Invalid
from lading.info import InstallPython, RunCommand, RunScript
from lading.info.layout import BASE_CONTEXT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lading.dockerfile.places import Place
    from lading.grammar.dialect import Dialect
    from lading.info import ImageInfo

__all__ = ["dockerfile", "generated_files"]

# The engine reads the Dockerfile itself; image.json is for people and tools, not for the build; and
# what a base is made from is not what the image is.
_NOT_SENT = frozenset({"Dockerfile", "image.json", BASE_CONTEXT})

_RUNNING = (InstallPython, RunCommand, RunScript)


def dockerfile(info: ImageInfo, *, dialect: Dialect = "buildkit") -> str:
    """The text of the Dockerfile that builds `info`.

    Raises:
        FreezeError: It can't be said in a Dockerfile, or not in that dialect.
    """
    try:
        return serialize(lower(info, dialect))
    except Invalid as error:
        raise FreezeError(error.message, hint=error.hint) from None


def generated_files(
    info: ImageInfo, others: Iterable[str], *, dialect: Dialect = "buildkit"
) -> dict[str, bytes]:
    """The Dockerfile, its `.dockerignore` and the requirements files, by path in the context.

    Args:
        info: What to build.
        others: The paths of the context's other files.
        dialect: Of the Dockerfile.

    Raises:
        FreezeError: As `dockerfile`.
    """
    texts = {
        "Dockerfile": dockerfile(info, dialect=dialect),
        "image.json": info.to_json(),
        **dict(_requirements(info)),
        **dict(apt_files(info)),
    }
    if dialect == "buildkit" and any(isinstance(step, _RUNNING) for step in info.steps):
        texts[CONTEXT_CA_SCRIPT] = f"{ca_prelude()}\n"
    sent = {path.partition("/")[0] for path in (*others, *texts)} - _NOT_SENT
    texts[".dockerignore"] = dockerignore(sorted(sent))
    return {path: text.encode() for path, text in sorted(texts.items())}


def _requirements(info: ImageInfo) -> Iterator[tuple[str, str]]:
    number = 0
    for image in info.stack:
        for step in image.own_steps:
            if isinstance(step, InstallPython):
                number += 1
                for place in install_places(image, step):
                    yield requirements_name(number, place.name), _text(place)
                if not step.requirements:
                    yield from _build_requirements(image, step)


def _build_requirements(info: ImageInfo, step: InstallPython) -> Iterator[tuple[str, str]]:
    for source in (*sources(step, isolated=True), *sources(step, isolated=False)):
        for place in build_places(info, step, source.name):
            folder = build_requirements_folder(source.name)
            yield f"{folder}/{place.name or 'default'}.txt", _text(place)


def _text(place: Place) -> str:
    return "".join(f"{line}\n" for line in place.lines)
