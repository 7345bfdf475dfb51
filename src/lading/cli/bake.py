"""`lading bake`: frozen folders, and the file by which buildx builds all of them."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lading.cli.asked import NAME, PLATFORM, checked_tags, parse_tag, tag_of
from lading.cli.failure import Misused
from lading.cli.freezing import Freezing, check_above, folder_name, frozen
from lading.cli.libraries import warn_of_missing
from lading.cli.loading import chosen
from lading.cli.options import (
    as_json,
    every_option,
    image_options,
    locked_option,
    offline_option,
    parsed,
    quiet,
    secret_option,
    several_platforms,
    strict_option,
    vendor_option,
)
from lading.cli.talk import from_here, note, progress
from lading.platforms import DEFAULT_PLATFORM, Platform

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lading.engines.bake_file import BakeBase, BakeTarget
    from lading.freeze.deciding import Decided
    from lading.grammar.base import BaseImage
    from lading.info import ImageInfo
    from lading.secret_values import SecretSource

__all__ = ["bake"]


@click.command(short_help="Write build contexts, and a bake file for buildx.")
@image_options
@every_option
@several_platforms("What the images are for; repeat for more.", DEFAULT_PLATFORM)
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="The folder for the file and the contexts; left out, .lading/bake in the project.",
)
@click.option(
    "-t",
    "--tag",
    "tags",
    metavar="REF",
    multiple=True,
    callback=parsed(partial(parse_tag, words=(NAME, PLATFORM))),
    help="Name the images; {name} in it is what each is called here, {platform} what it is for, "
    "as linux-amd64.",
)
@vendor_option
@secret_option
@locked_option
@offline_option
@strict_option
@quiet
@as_json
def bake(  # noqa: PLR0913 - one argument an option
    *,
    target: str,
    every: bool,
    project: str | None,
    base_image: BaseImage | None,
    allow_unpinned_base: bool,
    ca_bundle: str | None,
    platforms: tuple[Platform, ...],
    output: Path | None,
    tags: tuple[str, ...],
    vendor: bool,
    secrets: tuple[SecretSource, ...],
    locked: bool,
    offline: bool,
    strict: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Freeze images, each for each platform, and write a docker-bake.json that builds them all.

    `docker buildx bake` in that folder then does. Each image goes to NAME/PLATFORM there, and is a
    target; those of one image are a group, by its name. The file says which secrets a build takes,
    by their ids, and nothing of what they are.

    Prints the file. With --json: {file, targets}, each target with its {name, platform, folder,
    key}.
    """
    from lading.engines.bake_file import BAKE_FILE, bake_file  # noqa: PLC0415 - only here
    from lading.files import write_atomically  # noqa: PLC0415
    from lading.freeze import Freezer  # noqa: PLC0415
    from lading.machine import Machine  # noqa: PLC0415

    targets = chosen(target, every=every, project=project, base_image=base_image)
    platforms = tuple(dict.fromkeys(platforms))
    checked_tags(tags, [one.name for one in targets])
    _check_platforms(tags, platforms)
    named = {
        (one.name, platform): tuple(_tag(tag, one.name, platform) for tag in tags)
        for one in targets
        for platform in platforms
    }
    above = (output or targets[0].project / ".lading" / "bake").absolute()
    for folder in (above, *(above / one.name for one in targets)):
        check_above(folder, targets[0].project)
    jobs = [
        Freezing(
            found=one,
            platform=platform,
            folder=above / one.name / folder_name(platform),
            above=above,
            outputs=(above / BAKE_FILE,),
        )
        for one in targets
        for platform in platforms
    ]
    machine = Machine.here(ca_bundle=ca_bundle, secrets=secrets)
    with progress(quiet=quiet) as say:
        freezer = Freezer(
            machine=machine,
            locked=locked,
            allow_unpinned_base=allow_unpinned_base,
            offline=offline,
            vendor=vendor,
            say=say,
        )
        decided = frozen(jobs, freezer, strict=strict)
    made = [
        _target(job, one, named[job.found.name, job.platform])
        for job, one in zip(jobs, decided, strict=True)
    ]
    write_atomically(above / BAKE_FILE, bake_file(made).encode())
    if not (quiet or strict):
        warn_of_missing(freezer, decided)
    if not quiet:
        count = f"{len(made)} target{'' if len(made) == 1 else 's'}"
        note(f"{count}: `docker buildx bake` in that folder builds all")
    file = above / BAKE_FILE
    click.echo(_result(file, jobs, decided) if as_json else from_here(str(file)))


def _check_platforms(tags: Sequence[str], platforms: Sequence[Platform]) -> None:
    """Refuse a tag that the images of several platforms would take from one another."""
    for tag in tags:
        if len(platforms) > 1 and PLATFORM not in tag:
            raise Misused(
                f"--tag: {tag} would be the image of the platform that is built last",
                hint=f"write {PLATFORM} in it, as in {tag}-{PLATFORM}; `docker buildx imagetools "
                "create` makes one of them",
            )


def _tag(tag: str, name: str, platform: Platform) -> str:
    return tag_of(tag, {NAME: name, PLATFORM: folder_name(platform)})


def _target(job: Freezing, decided: Decided, tags: tuple[str, ...]) -> BakeTarget:
    from lading.dockerfile import needs_ssh  # noqa: PLC0415 - only here
    from lading.engines.bake_file import BakeTarget  # noqa: PLC0415
    from lading.image.named_secrets import secrets_of  # noqa: PLC0415

    context = f"{job.found.name}/{folder_name(job.platform)}"
    return BakeTarget(
        image=job.found.name,
        platform=str(job.platform),
        context=context,
        tags=tags,
        secrets=tuple(sorted({one.id for one, _ in secrets_of(job.found.image)})),
        ssh=needs_ssh(decided.info),
        base=_base(decided.info, context),
    )


def _base(info: ImageInfo, context: str) -> BakeBase | None:
    """The base that a Dockerfile of the project makes; None of one that is there already."""
    from lading.dockerfile import dockerfile_of  # noqa: PLC0415 - only here
    from lading.engines.bake_file import BakeBase  # noqa: PLC0415
    from lading.info.layout import BASE_CONTEXT  # noqa: PLC0415

    base = dockerfile_of(info)
    if base is None or info.base_built is None:
        return None
    return BakeBase(
        name=info.base_built,
        context=f"{context}/{BASE_CONTEXT}",
        file=base.file,
        target=base.target,
        build_args=base.build_args,
    )


def _result(file: Path, jobs: Sequence[Freezing], decided: Sequence[Decided]) -> str:
    targets = [
        {
            "name": job.found.name,
            "platform": str(job.platform),
            "folder": str(job.folder),
            "key": one.info.key,
        }
        for job, one in zip(jobs, decided, strict=True)
    ]
    return json.dumps({"file": str(file), "targets": targets}, indent=2)
