"""`lading freeze` and `lading dockerfile`."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import click

from lading.cli.freezing import (
    Freezing,
    check_above,
    default_folder,
    default_folders,
    frozen,
)
from lading.cli.libraries import warn_of_missing
from lading.cli.loading import chosen, loaded
from lading.cli.options import (
    as_json,
    dialect_option,
    every_option,
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
from lading.cli.talk import from_here, note, progress, tell_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Unpack

    from lading.cli.target import Target
    from lading.grammar.base import BaseImage
    from lading.grammar.dialect import Dialect
    from lading.info import ImageInfo
    from lading.platforms import Platform
    from lading.secret_values import SecretSource

__all__ = [
    "FreezeOptions",
    "dockerfile",
    "freeze",
    "write_frozen",
]


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


def write_frozen(options: FreezeOptions, *, vendor: bool, every: bool = False) -> None:
    """Freeze what the options name into folders, and tell it: the folders on stdout.

    Args:
        options: As they were written.
        vendor: Whether all that is installed comes into the folders.
        every: Whether it is all images that the target stands for, each in a folder of its name.
    """
    from lading.freeze import Freezer  # noqa: PLC0415 - only where something is frozen
    from lading.machine import Machine  # noqa: PLC0415

    quiet, strict = options["quiet"], options["strict"]
    targets = chosen(
        options["target"],
        every=every,
        project=options["project"],
        base_image=options["base_image"],
    )
    jobs = _jobs(targets, options, every=every)
    machine = Machine.here(ca_bundle=options["ca_bundle"], secrets=options["secrets"])
    with progress(quiet=quiet) as say:
        freezer = Freezer(
            machine=machine,
            locked=options["locked"],
            allow_unpinned_base=options["allow_unpinned_base"],
            offline=options["offline"],
            vendor=vendor,
            dialect=options["dialect"],
            say=say,
        )
        decided = frozen(jobs, freezer, strict=strict)
    if not (quiet or strict):
        warn_of_missing(freezer, decided)
    done = "vendored" if vendor else "frozen"
    for job, one in zip(jobs, decided, strict=True):
        if not quiet:
            note(
                f"{job.found.name} {done} as {one.info.key}"
                if every
                else f"{done} as {one.info.key}"
            )
        if not options["as_json"]:
            click.echo(from_here(str(job.folder)))
    if options["as_json"]:
        tell_json(
            [
                (job.found.name, _result(one.info, job.folder))
                for job, one in zip(jobs, decided, strict=True)
            ],
            every=every,
        )


def _jobs(
    targets: Sequence[Target], options: FreezeOptions, *, every: bool
) -> tuple[Freezing, ...]:
    platform, output = options["platform"], options["output"]
    if not every:
        (found,) = targets
        folder = (output or default_folder(found.project, platform)).absolute()
        return (Freezing(found=found, platform=platform, folder=folder),)
    above = (output or default_folders(targets[0].project, platform)).absolute()
    check_above(above, targets[0].project)
    return tuple(
        Freezing(found=found, platform=platform, folder=above / found.name, above=above)
        for found in targets
    )


@click.command(short_help="Write the image as a build context.")
@image_options
@every_option
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
def freeze(*, vendor: bool, every: bool, **options: Unpack[FreezeOptions]) -> None:
    """Decide the image completely, and write it as a build context for any engine.

    Says which libraries the image would lack, as far as that is known.

    With --all each image goes to a folder of its name, in the one that --output says.

    Prints the folder. With --json: {folder, key, platform, base, digest}; with --all {images}, each
    image of these with its {name}.
    """
    write_frozen(options, vendor=vendor, every=every)


def _result(info: ImageInfo, folder: Path) -> dict[str, object]:
    return {
        "folder": str(folder),
        "key": info.key,
        "platform": info.platform,
        "base": info.base.reference,
        "digest": info.base.digest,
    }


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
