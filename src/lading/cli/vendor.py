"""`lading vendor`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lading.cli.failure import Misused
from lading.cli.freeze import write_frozen
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
)
from lading.cli.talk import note

if TYPE_CHECKING:
    from typing import Unpack

    from lading.cli.freeze import FreezeOptions
    from lading.freeze.checking import Checked

__all__ = ["vendor"]

# What only writing a folder takes, each with the option that says it.
_WRITING = {
    "target": "TARGET",
    "project": "--project",
    "base_image": "--base-image",
    "allow_unpinned_base": "--allow-unpinned-base",
    "ca_bundle": "--ca-bundle",
    "platform": "--platform",
    "output": "--output",
    "dialect": "--dialect",
    "settings": "--set",
    "secrets": "--secret",
    "locked": "--locked",
    "offline": "--offline",
    "strict": "--strict",
}


@click.command(short_help="Write a build context that needs no network; or check one.")
@image_options
@platform_option
@output_option
@click.option(
    "--check",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Write nothing: compare each file of this folder to what its image.json says, offline.",
)
@dialect_option
@secret_option
@locked_option
@offline_option
@strict_option
@quiet
@as_json
def vendor(*, check: Path | None, **options: Unpack[FreezeOptions]) -> None:
    """Write a build context with all that is installed, by hash.

    Its build takes nothing but the base image from the network. It is `lading freeze --vendor`.

    Prints the folder. With --json: {folder, key, platform, base, digest}; with --check
    {key, files, differences}, the last a list of sentences. --check exits with 1 where there are
    any.
    """
    if check is not None:
        _refuse_others(click.get_current_context())
        _check(check, as_json=options["as_json"], quiet=options["quiet"])
        return
    write_frozen(options, vendor=True)


def _refuse_others(context: click.Context) -> None:
    """Refuse an option that checking would not heed."""
    given = click.core.ParameterSource.COMMANDLINE
    for name, written in _WRITING.items():
        if context.get_parameter_source(name) is given:
            raise Misused(
                f"--check: it looks at a folder alone, so it can't go with {written}",
                hint="lading vendor --check DIR",
            )


def _check(folder: Path, *, as_json: bool, quiet: bool) -> None:
    from lading.freeze.checking import check_folder  # noqa: PLC0415 - only for this command

    checked = check_folder(folder.absolute())
    if as_json:
        click.echo(_result(checked))
    elif checked.differences:
        for one in checked.differences:
            note(f"differs: {one}")
        note("hint: vendor it again from its project, or get it again from whoever did")
    elif not quiet:
        note(f"{folder}: all {checked.files} files are as {checked.info.key} has them")
    if checked.differences:
        click.get_current_context().exit(1)


def _result(checked: Checked) -> str:
    result = {
        "key": checked.info.key,
        "files": checked.files,
        "differences": list(checked.differences),
    }
    return json.dumps(result, indent=2)
