"""`lading freeze` and `lading dockerfile`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lading.cli.loading import loaded
from lading.cli.options import as_json, image_options, platform_option, quiet
from lading.cli.talk import note, progress

if TYPE_CHECKING:
    from lading.info import ImageInfo

__all__ = ["default_folder", "dockerfile", "freeze", "locked_option", "offline_option"]

locked_option = click.option(
    "--locked", is_flag=True, help="Refuse, rather than update lading.lock, where it is out of date."
)
offline_option = click.option(
    "--offline", is_flag=True, help="Refuse, rather than fetch a file that is not in the cache."
)


def default_folder(project: Path, platform: str) -> Path:
    """Where a frozen folder goes, where nobody says."""
    return project / ".lading" / platform.replace("/", "-")


@click.command()
@image_options
@platform_option
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="The folder to write; .lading/<platform> in the project where left out.",
)
@locked_option
@offline_option
@quiet
@as_json
def freeze(  # noqa: PLR0913 - one argument an option
    *,
    target: str,
    project: str | None,
    base_image: str | None,
    allow_unpinned_base: bool,
    ca_bundle: str | None,
    platform: str,
    output: Path | None,
    locked: bool,
    offline: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Decide the image completely, and write it as a build context for any engine."""
    from lading.freeze import Freezer  # noqa: PLC0415 - only for this command
    from lading.machine import Machine  # noqa: PLC0415

    found = loaded(target, project=project, base_image=base_image)
    folder = output or default_folder(found.project, platform)
    with progress(quiet=quiet) as say:
        freezer = Freezer(
            machine=Machine.here(ca_bundle=ca_bundle),
            locked=locked,
            allow_unpinned_base=allow_unpinned_base,
            offline=offline,
            say=say,
        )
        decided = freezer.decide(
            found.image, platform=platform, project=found.project, target=folder
        )
        say(f"writing {folder}")
        freezer.write(decided, folder)
    _tell(decided.info, folder, as_json=as_json, quiet=quiet)


def _tell(info: ImageInfo, folder: Path, *, as_json: bool, quiet: bool) -> None:
    if as_json:
        result = {
            "folder": str(folder),
            "key": info.key,
            "platform": info.platform,
            "base": info.base.reference,
            "digest": info.base.digest,
        }
        click.echo(json.dumps(result, indent=2))
    elif quiet:
        return
    else:
        note(f"frozen as {info.key}")
        click.echo(folder)


@click.command()
@image_options
@platform_option
@locked_option
@quiet
def dockerfile(  # noqa: PLR0913 - one argument an option
    *,
    target: str,
    project: str | None,
    base_image: str | None,
    allow_unpinned_base: bool,
    ca_bundle: str | None,
    platform: str,
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
        decided = freezer.decide(found.image, platform=platform, project=found.project)
    click.echo(decided.info.dockerfile, nl=False)
