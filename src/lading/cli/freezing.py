"""Freezing images to folders: all of them are decided, and then written, each alone in its own."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from lading.cli.failure import Misused
from lading.cli.libraries import refuse_missing
from lading.cli.talk import note
from lading.cli.together import together

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from lading.cli.target import Target
    from lading.freeze import Freezer
    from lading.freeze.deciding import Decided
    from lading.machine import Machine
    from lading.platforms import Platform

__all__ = [
    "Freezing",
    "alone_in",
    "check_above",
    "default_folder",
    "default_folders",
    "folder_name",
    "frozen",
]

_IMAGE = "image.json"


def folder_name(platform: Platform) -> str:
    """What a folder for a platform is called."""
    return str(platform).replace("/", "-")


def default_folder(project: Path, platform: Platform) -> Path:
    """Where a frozen folder goes, where nobody says."""
    return project / ".lading" / folder_name(platform)


def default_folders(project: Path, platform: Platform) -> Path:
    """Where the frozen folders of several images go, each by its name."""
    return project / ".lading" / "frozen" / folder_name(platform)


def check_above(folder: Path, project: Path) -> None:
    """Refuse a folder for several images that is not there for that alone.

    It may hold frozen folders, folders of such, and a bake file of ours: what is left of images
    that the project no longer has is no reason to refuse it.

    Args:
        folder: It.
        project: The project's folder.

    Raises:
        Misused: It is the folder of an image itself, or no folder, or holds something else.
        FreezeError: It is the project, or a folder that holds it.
    """
    from lading.freeze.folder import check_outside  # noqa: PLC0415 - only where one is written

    _check_no_image(folder)
    check_outside(folder, project.resolve())
    for entry in _entries(folder):
        if not _is_own(entry):
            raise Misused(
                f"--output: {folder.name} holds {entry.name}, which Lading has not written there",
                hint="name another folder, or a new one",
            )


def _check_no_image(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise Misused(f"--output: {folder.name} is a file, and each image gets a folder in it")
    if (folder / _IMAGE).is_file():
        raise Misused(
            f"--output: {folder.name} is a frozen image itself",
            hint="name another: each image gets a folder in it",
        )


def _is_own(path: Path) -> bool:
    """Whether it is a frozen folder, a folder of such alone, or the file that bakes them."""
    from lading.engines.bake_file import BAKE_FILE, is_own  # noqa: PLC0415 - as above

    if path.name == BAKE_FILE:
        return is_own(path)
    return _is_frozen(path) or (_is_folder(path) and all(map(_is_frozen, _entries(path))))


def _is_frozen(path: Path) -> bool:
    from lading.trees import UNFINISHED, is_frozen  # noqa: PLC0415 - as above

    return _is_folder(path) and (path.name.startswith(UNFINISHED) or is_frozen(path))


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise Misused(f"--output: {folder.name} can't be read: {why}") from None


def alone_in(folder: Path, machine: Machine) -> AbstractContextManager[None]:
    """Keep other builds and freezes out of a folder; they wait, and say so."""
    from lading.files import exclusive  # noqa: PLC0415 - only where a folder is written

    return exclusive(
        folder,
        locks=machine.cache / "locks",
        busy=lambda: note(f"waiting for another process that builds from {folder}"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Freezing:
    """An image that is to be frozen for a platform.

    Attributes:
        found: The image.
        platform: What for.
        folder: Where to, absolute.
        above: The folder of all such folders, which is no part of the project.
        outputs: What else is written there, and is no frozen folder.
    """

    found: Target
    platform: Platform
    folder: Path
    above: Path | None = None
    outputs: tuple[Path, ...] = ()

    def decide(self, freezer: Freezer) -> Decided:
        """The image with nothing left to choose; only the lock may be written."""
        return freezer.decide(
            self.found.image,
            platform=str(self.platform),
            project=self.found.project,
            target=self.folder,
            outputs=self.outputs,
            beside=self.found.beside() if self.outputs else (),
            excluded=() if self.above is None else (self.above,),
        )


def frozen(jobs: Sequence[Freezing], freezer: Freezer, *, strict: bool) -> tuple[Decided, ...]:
    """Write these folders.

    Args:
        jobs: Each has a folder of its own.
        freezer: Decides and writes.
        strict: Whether to refuse images that would lack libraries.

    Raises:
        LadingError: An image can't be decided, and nothing is written; or a folder can't be
            written, and all others are.
    """
    with ExitStack() as stack:
        for folder in sorted(job.folder for job in jobs):  # in one order, so that none waits twice
            stack.enter_context(alone_in(folder, freezer.machine))
        decided = together((job.found.name, partial(job.decide, freezer)) for job in jobs)
        if strict:
            together(
                (job.found.name, partial(refuse_missing, freezer, [one]))
                for job, one in zip(jobs, decided, strict=True)
            )
        together(
            (job.found.name, partial(_write, freezer, one, job.folder))
            for job, one in zip(jobs, decided, strict=True)
        )
    return decided


def _write(freezer: Freezer, decided: Decided, folder: Path) -> None:
    freezer.say(f"writing {folder}")
    freezer.write(decided, folder)
