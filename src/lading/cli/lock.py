"""`lading lock`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from lading.cli.loading import loaded
from lading.cli.options import as_json, image_options, quiet
from lading.cli.talk import note, progress
from lading.grammar.requirement import parse_package_name
from lading.platforms import Platform

if TYPE_CHECKING:
    from lading.cli.target import Target
    from lading.lock.model import Lock

__all__ = ["lock"]

DEFAULT_PLATFORM = "linux/amd64"


@click.command()
@image_options
@click.option(
    "--platform",
    "platforms",
    multiple=True,
    help="Lock for this platform, and each other that is named. Left out: those in the lock so far, "
    f"or {DEFAULT_PLATFORM}.",
)
@click.option("--check", is_flag=True, help="Change nothing; exit 1 and say what drifted, if anything did.")
@click.option("-U", "--upgrade", is_flag=True, help="Resolve everything anew, the base image too.")
@click.option(
    "-P", "--upgrade-package", "upgraded", multiple=True, metavar="NAME", help="Resolve this package anew."
)
@quiet
@as_json
def lock(  # noqa: PLR0913 - one argument an option
    *,
    target: str,
    project: str | None,
    base_image: str | None,
    allow_unpinned_base: bool,
    ca_bundle: str | None,
    platforms: tuple[str, ...],
    check: bool,
    upgrade: bool,
    upgraded: tuple[str, ...],
    quiet: bool,
    as_json: bool,
) -> None:
    """Resolve every version, digest and hash into lading.lock, beside the project.

    What is locked stays, where it still fits: only what changed is resolved, unless --upgrade or
    --upgrade-package says otherwise.
    """
    from lading.lock.file import read_lock, write_lock  # noqa: PLC0415 - only for this command
    from lading.lock.inputs import read_inputs  # noqa: PLC0415
    from lading.lock.making import LockMaker  # noqa: PLC0415
    from lading.lock.resolve import Renewal  # noqa: PLC0415
    from lading.machine import Machine  # noqa: PLC0415

    found = loaded(target, project=project, base_image=base_image)
    wanted = [Platform.parse(platform) for platform in platforms]
    names = tuple(parse_package_name(name) for name in upgraded)
    earlier = read_lock(found.project)
    if not wanted:
        known = [part.platform for part in earlier.platforms] if earlier else []
        wanted = [Platform.parse(platform) for platform in known or [DEFAULT_PLATFORM]]
    if check:
        _check(found, earlier, [str(platform) for platform in wanted], as_json=as_json, quiet=quiet)
        return
    with progress(quiet=quiet) as say:
        maker = LockMaker(
            machine=Machine.here(ca_bundle=ca_bundle),
            allow_unpinned_base=allow_unpinned_base,
            say=say,
        )
        made = maker.make(
            found.image,
            read_inputs(found.image, found.project),
            found.project,
            wanted,
            earlier=earlier,
            renewal=Renewal(everything=upgrade, packages=names),
        )
        changed = write_lock(found.project, made)
    _tell(made, changed=changed, as_json=as_json, quiet=quiet)


def _check(
    found: Target, earlier: Lock | None, platforms: list[str], *, as_json: bool, quiet: bool
) -> None:
    from lading.lock.drift import drift  # noqa: PLC0415 - only for this command
    from lading.lock.file import LOCK_NAME  # noqa: PLC0415
    from lading.lock.inputs import read_inputs  # noqa: PLC0415

    inputs = read_inputs(found.image, found.project).inputs
    drifted = drift(earlier, inputs, platforms) if earlier else (f"there is no {LOCK_NAME}",)
    if as_json:
        click.echo(json.dumps({"drifted": list(drifted)}, indent=2))
    elif drifted:
        for one in drifted:
            click.echo(f"drifted: {one}", err=True)
        click.echo("hint: run `lading lock`, and commit the result", err=True)
    elif not quiet:
        note(f"{LOCK_NAME} is up to date")
    if drifted:
        click.get_current_context().exit(1)


def _tell(lock: Lock, *, changed: bool, as_json: bool, quiet: bool) -> None:
    from lading.lock.file import LOCK_NAME  # noqa: PLC0415 - only for this command

    if as_json:
        platforms = {
            part.platform: {
                "base": part.base.reference,
                "digest": part.base.digest,
                "distributions": len(part.distributions),
            }
            for part in lock.platforms
        }
        result = {"file": LOCK_NAME, "changed": changed, "platforms": platforms}
        click.echo(json.dumps(result, indent=2))
        return
    if quiet:
        return
    for part in lock.platforms:
        pinned = "by digest" if part.base.digest else "WITHOUT a digest"
        count = len(part.distributions)
        note(f"{part.platform}: {count} distributions, base {part.base.reference} {pinned}")
        for one in part.distributions:
            if one.kind in {"sdist", "git"}:
                note(f"  {one.name} {one.version} is compiled from source in a builder stage")
    note(f"{LOCK_NAME} {'written' if changed else 'is unchanged'}")
