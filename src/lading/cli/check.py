"""`lading check`: libraries that an image would lack, found before it is built."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import click

from lading.cli.loading import chosen
from lading.cli.options import (
    as_json,
    every_option,
    image_options,
    offline_option,
    platform_option,
    quiet,
    secret_option,
)
from lading.cli.talk import from_here, note, progress, tell_json
from lading.cli.together import together

if TYPE_CHECKING:
    from lading.cli.target import Target
    from lading.freeze import Freezer
    from lading.freeze.libraries import LibraryCheck
    from lading.grammar.base import BaseImage
    from lading.libraries import Finding, Report
    from lading.libraries.findings import Level
    from lading.platforms import Platform
    from lading.secret_values import SecretSource

__all__ = ["check"]


@click.command(short_help="Find libraries that the image would lack.")
@image_options
@every_option
@platform_option
@click.option("--strict", is_flag=True, help="Exit 1 for remarks too.")
@offline_option
@secret_option
@quiet
@as_json
def check(  # noqa: PLR0913 - one argument an option
    *,
    target: str,
    every: bool,
    project: str | None,
    base_image: BaseImage | None,
    allow_unpinned_base: bool,
    ca_bundle: str | None,
    platform: Platform,
    strict: bool,
    offline: bool,
    secrets: tuple[SecretSource, ...],
    quiet: bool,
    as_json: bool,
) -> None:
    """Find shared libraries and programs that the locked wheels need and the image would lack.

    An error fails when its distribution is imported; a remark may fail later, in a part that need
    not be used. Exits with 1 where there are errors, or where something could not be checked.

    With --json: {platform, findings, unchecked}. With --all: {images}, each image of these with its
    {name}.
    """
    from lading.freeze import Freezer  # noqa: PLC0415 - only where something is decided
    from lading.freeze.libraries import LibraryCheck  # noqa: PLC0415
    from lading.machine import Machine  # noqa: PLC0415

    targets = chosen(target, every=every, project=project, base_image=base_image)
    machine = Machine.here(ca_bundle=ca_bundle, secrets=secrets)
    with progress(quiet=quiet) as say:
        freezer = Freezer(
            machine=machine,
            locked=True,
            allow_unpinned_base=allow_unpinned_base,
            offline=offline,
            say=say,
        )
        checker = LibraryCheck(freezer=freezer, store=machine.store(), now=datetime.now(UTC))
        reports = together(
            (one.name, partial(_report, checker, freezer, one, str(platform))) for one in targets
        )
    named = [(one.name, report) for one, report in zip(targets, reports, strict=True)]
    if as_json:
        tell_json([(name, _result(one, str(platform))) for name, one in named], every=every)
    else:
        for name, report in named:
            _tell(report, of=name if every else None, parts=strict, quiet=quiet)
    kinds: tuple[Level, ...] = ("error", "remark") if strict else ("error",)
    if any(one.unchecked or one.of(*kinds) for one in reports):
        click.get_current_context().exit(1)


def _report(checker: LibraryCheck, freezer: Freezer, found: Target, platform: str) -> Report:
    decided = freezer.decide(
        found.image, platform=platform, project=found.project, for_engine=False
    )
    return checker.report(decided)


def _tell(report: Report, *, of: str | None, parts: bool, quiet: bool) -> None:
    from lading.libraries import report_lines  # noqa: PLC0415 - not for data

    if of is not None and (report.findings or report.unchecked):
        click.echo(f"{of}:")
    for line in report_lines(report, parts=parts):
        click.echo(from_here(line))
    if not report.findings and not report.unchecked and not quiet:
        note(f"{of}: nothing is missing" if of else "nothing is missing")


def _result(report: Report, platform: str) -> dict[str, object]:
    return {
        "platform": platform,
        "findings": [_row(one) for one in report.findings],
        "unchecked": [{"message": one.message, "hint": one.hint} for one in report.unchecked],
    }


def _row(one: Finding) -> dict[str, object]:
    return {
        **asdict(one),
        "message": one.message,
        "hint": one.hint,
        "location": from_here(str(one.location)) if one.location else None,
    }
