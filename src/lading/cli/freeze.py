"""`lading freeze` and `lading dockerfile`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from lading.cli.loading import loaded
from lading.cli.options import (
    as_json,
    image_options,
    locked_option,
    offline_option,
    output_option,
    platform_option,
    quiet,
)
from lading.cli.talk import from_here, note, progress

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from lading.grammar.reference import ImageReference
    from lading.info import ImageInfo
    from lading.machine import Machine
    from lading.platforms import Platform

__all__ = ["alone_in", "default_folder", "dockerfile", "freeze"]


def default_folder(project: Path, platform: Platform) -> Path:
    """Where a frozen folder goes, where nobody says."""
    return project / ".lading" / str(platform).replace("/", "-")


def alone_in(folder: Path, machine: Machine) -> AbstractContextManager[None]:
    """Keep other builds and freezes out of a folder; they wait, and say so."""
    from lading.files import exclusive  # noqa: PLC0415 - only where a folder is written

    return exclusive(
        folder,
        locks=machine.cache / "locks",
        busy=lambda: note(f"waiting for another process that builds from {folder}"),
    )


@click.command(short_help="Write the image as a build context.")
@image_options
@platform_option
@output_option
@locked_option
@offline_option
@quiet
@as_json
def freeze(  # noqa: PLR0913 - one argument an option
    *,
    target: str,
    project: str | None,
    base_image: ImageReference | None,
    allow_unpinned_base: bool,
    ca_bundle: str | None,
    platform: Platform,
    output: Path | None,
    locked: bool,
    offline: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Decide the image completely, and write it as a build context for any engine.

    Prints the folder. With --json: {folder, key, platform, base, digest}.
    """
    from lading.freeze import Freezer  # noqa: PLC0415 - only for this command
    from lading.machine import Machine  # noqa: PLC0415

    found = loaded(target, project=project, base_image=base_image)
    folder = (output or default_folder(found.project, platform)).absolute()
    machine = Machine.here(ca_bundle=ca_bundle)
    with alone_in(folder, machine), progress(quiet=quiet) as say:
        freezer = Freezer(
            machine=machine,
            locked=locked,
            allow_unpinned_base=allow_unpinned_base,
            offline=offline,
            say=say,
        )
        decided = freezer.decide(
            found.image, platform=str(platform), project=found.project, target=folder
        )
        say(f"writing {folder}")
        freezer.write(decided, folder)
    if not quiet:
        note(f"frozen as {decided.info.key}")
    click.echo(_result(decided.info, folder) if as_json else from_here(str(folder)))


def _result(info: ImageInfo, folder: Path) -> str:
    result = {
        "folder": str(folder),
        "key": info.key,
        "platform": info.platform,
        "base": info.base.reference,
        "digest": info.base.digest,
    }
    return json.dumps(result, indent=2)


@click.command(short_help="Print the Dockerfile.")
@image_options
@platform_option
@locked_option
@quiet
def dockerfile(  # noqa: PLR0913 - one argument an option
    *,
    target: str,
    project: str | None,
    base_image: ImageReference | None,
    allow_unpinned_base: bool,
    ca_bundle: str | None,
    platform: Platform,
    locked: bool,
    quiet: bool,
) -> None:
    """Print the Dockerfile, and write nothing but, where it must be updated, the lock."""
    from lading.freeze import Freezer  # noqa: PLC0415 - only for this command
    from lading.machine import Machine  # noqa: PLC0415

    found = loaded(target, project=project, base_image=base_image)
    with progress(quiet=quiet) as say:
        freezer = Freezer(
            machine=Machine.here(ca_bundle=ca_bundle),
            locked=locked,
            allow_unpinned_base=allow_unpinned_base,
            say=say,
        )
        decided = freezer.decide(found.image, platform=str(platform), project=found.project)
    click.echo(decided.info.dockerfile, nl=False)
