"""A bento's frozen image, written into its folder: what `bentoml containerize` then builds from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lading.bentos.layout import BENTO_PATH, DOCKERFILE, FROZEN, PYTHON_REQUIREMENTS
from lading.bentos.stand_in import write_stand_in
from lading.dockerfile.embedding import Added, embedded_dockerfile
from lading.info import InstallPython

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lading.freeze import Freezer
    from lading.freeze.deciding import Decided
    from lading.image import Image
    from lading.info import ImageInfo
    from lading.lock.model import Distribution

__all__ = ["local_paths", "requirements_of", "write_bento"]

_FOLDERS = ("models", "hf-models", "env/docker", "env/python", "apis", "src")
"""What the container has of a bento, in the order in which it seldom changes."""

_FILES = ("bento.yaml", "README.md")

_LOCAL = frozenset({"file", "archive", "directory"})


def write_bento(  # noqa: PLR0913 - what, where to, how and from where
    image: Image,
    bento: Path,
    *,
    freezer: Freezer,
    platform: str,
    project: Path,
    pack_git: bool,
) -> ImageInfo:
    """Freeze `image` into the folder of a bento.

    Args:
        image: What the container holds besides the bento, as `compose` makes it.
        bento: The bento's folder.
        freezer: How.
        platform: What it is for.
        project: The folder that the image's paths start from, with `lading.lock` in it.
        pack_git: Whether what comes from git repositories is to be in the bento itself.

    Raises:
        LadingError: As `Freezer.decide` and `Freezer.write`.
    """
    folder = bento / FROZEN
    decided = freezer.decide(image, platform=platform, project=project, target=folder)
    if pack_git and any(one.kind == "git" for one in _distributions(decided.info)):
        freezer = replace(freezer, vendor=True)
        decided = freezer.decide(image, platform=platform, project=project, target=folder)
    _write(bento, decided, freezer)
    if all(one.name != "lading" for one in _distributions(decided.info)):
        write_stand_in(bento / "src")
    return decided.info


def requirements_of(info: ImageInfo) -> str:
    """What is installed, as a requirements file: every version, with hashes where they are known.

    It is for whoever builds a bento without Lading.
    """
    unlocked = [
        line for step in info.steps if isinstance(step, InstallPython) for line in step.requirements
    ]
    lines = (*unlocked, *(_requirement(one) for one in _distributions(info) if not unlocked))
    return "".join(f"{line}\n" for line in lines)


def local_paths(info: ImageInfo) -> tuple[str, ...]:
    """The paths of the project that such a file names."""
    return tuple(one.url for one in _distributions(info) if one.kind in _LOCAL)


def _write(bento: Path, decided: Decided, freezer: Freezer) -> None:
    (bento / FROZEN).parent.mkdir(parents=True, exist_ok=True)
    freezer.write(decided, bento / FROZEN)
    added = (
        *(Added(sources=(f"{one}/",), destination=f"{BENTO_PATH}/{one}/") for one in _FOLDERS),
        Added(sources=_FILES, destination=f"{BENTO_PATH}/"),
    )
    texts = {
        DOCKERFILE: embedded_dockerfile(decided.info, FROZEN, added),
        PYTHON_REQUIREMENTS: requirements_of(decided.info),
    }
    for name, text in texts.items():
        (bento / name).parent.mkdir(parents=True, exist_ok=True)
        (bento / name).write_text(text, "utf-8", newline="\n")


def _distributions(info: ImageInfo) -> Iterator[Distribution]:
    for step in info.steps:
        if isinstance(step, InstallPython):
            yield from step.distributions


def _requirement(one: Distribution) -> str:
    if one.kind == "git":
        below = f"#subdirectory={one.subdirectory}" if one.subdirectory else ""
        return f"{one.name} @ git+{one.url}@{one.commit}{below}"
    if one.kind in _LOCAL:
        return f"./{one.url}"
    if one.index is None:
        return f"{one.name} @ {one.url}"
    return " \\\n    ".join(
        (f"{one.name}=={one.version}", *(f"--hash={digest}" for digest in one.hashes))
    )
