"""`lading freeze` and `lading dockerfile`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypedDict

import click

from lading.cli.libraries import refuse_missing, warn_of_missing
from lading.cli.loading import loaded
from lading.cli.options import (
    as_json,
    dialect_option,
    image_options,
    locked_option,
    offline_option,
    output_option,
    platform_option,
    quiet,
    secret_option,
    strict_option,
    vendor_option,
)
from lading.cli.talk import from_here, note, progress

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import Unpack

    from lading.grammar.base import BaseImage
    from lading.grammar.dialect import Dialect
    from lading.info import ImageInfo
    from lading.machine import Machine
    from lading.platforms import Platform
    from lading.secret_values import SecretSource

__all__ = [
    "FreezeOptions",
    "alone_in",
    "default_folder",
    "dockerfile",
    "freeze",
    "write_frozen",
]


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


class FreezeOptions(TypedDict):
    """What every command takes that writes a frozen folder."""

    target: str
    project: str | None
    base_image: BaseImage | None
    allow_unpinned_base: bool
    ca_bundle: str | None
    platform: Platform
    output: Path | None
    dialect: Dialect
    secrets: tuple[SecretSource, ...]
    locked: bool
    offline: bool
    strict: bool
    quiet: bool
    as_json: bool


def write_frozen(options: FreezeOptions, *, vendor: bool) -> None:
    """Freeze what the options name into a folder, alone, and tell it: the folder on stdout."""
    from lading.freeze import Freezer  # noqa: PLC0415 - only where something is frozen
    from lading.machine import Machine  # noqa: PLC0415

    platform, quiet = options["platform"], options["quiet"]
    found = loaded(options["target"], project=options["project"], base_image=options["base_image"])
    folder = (options["output"] or default_folder(found.project, platform)).absolute()
    machine = Machine.here(ca_bundle=options["ca_bundle"], secrets=options["secrets"])
    with progress(quiet=quiet) as say, alone_in(folder, machine):
        freezer = Freezer(
            machine=machine,
            locked=options["locked"],
            allow_unpinned_base=options["allow_unpinned_base"],
            offline=options["offline"],
            vendor=vendor,
            dialect=options["dialect"],
            say=say,
        )
        decided = freezer.decide(
            found.image, platform=str(platform), project=found.project, target=folder
        )
        if options["strict"]:
            refuse_missing(freezer, [decided])
        say(f"writing {folder}")
        freezer.write(decided, folder)
    info = decided.info
    if not (quiet or options["strict"]):
        warn_of_missing(freezer, [decided])
    if not quiet:
        note(f"{'vendored' if vendor else 'frozen'} as {info.key}")
    click.echo(_result(info, folder) if options["as_json"] else from_here(str(folder)))


@click.command(short_help="Write the image as a build context.")
@image_options
@platform_option
@output_option
@vendor_option
@dialect_option
@secret_option
@locked_option
@offline_option
@strict_option
@quiet
@as_json
def freeze(*, vendor: bool, **options: Unpack[FreezeOptions]) -> None:
    """Decide the image completely, and write it as a build context for any engine.

    Says which libraries the image would lack, as far as that is known.

    Prints the folder. With --json: {folder, key, platform, base, digest}.
    """
    write_frozen(options, vendor=vendor)


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
@dialect_option
@secret_option
@locked_option
@quiet
def dockerfile(  # noqa: PLR0913 - one argument an option
    *,
    target: str,
    project: str | None,
    base_image: BaseImage | None,
    allow_unpinned_base: bool,
    ca_bundle: str | None,
    platform: Platform,
    dialect: Dialect,
    secrets: tuple[SecretSource, ...],
    locked: bool,
    quiet: bool,
) -> None:
    """Print the Dockerfile, and write nothing but, where it must be updated, the lock."""
    from lading.dockerfile import dockerfile as text_of  # noqa: PLC0415 - only for this command
    from lading.freeze import Freezer  # noqa: PLC0415
    from lading.machine import Machine  # noqa: PLC0415

    found = loaded(target, project=project, base_image=base_image)
    with progress(quiet=quiet) as say:
        freezer = Freezer(
            machine=Machine.here(ca_bundle=ca_bundle, secrets=secrets),
            locked=locked,
            allow_unpinned_base=allow_unpinned_base,
            say=say,
        )
        decided = freezer.decide(found.image, platform=str(platform), project=found.project)
    click.echo(text_of(decided.info, dialect=dialect), nl=False)
