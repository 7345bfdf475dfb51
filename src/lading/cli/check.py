"""`lading check`: libraries that an image would lack, found before it is built."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from lading.cli.loading import loaded
from lading.cli.options import (
    as_json,
    image_options,
    offline_option,
    platform_option,
    quiet,
    secret_option,
)
from lading.cli.talk import from_here, note, progress

if TYPE_CHECKING:
    from lading.grammar.base import BaseImage
    from lading.libraries import Finding, Report
    from lading.platforms import Platform
    from lading.secret_values import SecretSource

__all__ = ["check"]


@click.command(short_help="Find libraries that the image would lack.")
@image_options
@platform_option
@click.option("--strict", is_flag=True, help="Exit 1 for remarks too.")
@offline_option
@secret_option
@quiet
@as_json
def check(  # noqa: PLR0913 - one argument an option
    *,
    target: str,
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

    With --json: {platform, findings, unchecked}.
    """
    from lading.freeze import Freezer  # noqa: PLC0415 - only where something is decided
    from lading.freeze.libraries import LibraryCheck  # noqa: PLC0415
    from lading.libraries import report_lines  # noqa: PLC0415
    from lading.machine import Machine  # noqa: PLC0415

    found = loaded(target, project=project, base_image=base_image)
    machine = Machine.here(ca_bundle=ca_bundle, secrets=secrets)
    with progress(quiet=quiet) as say:
        freezer = Freezer(
            machine=machine,
            locked=True,
            allow_unpinned_base=allow_unpinned_base,
            offline=offline,
            say=say,
        )
        decided = freezer.decide(
            found.image, platform=str(platform), project=found.project, for_engine=False
        )
        checker = LibraryCheck(freezer=freezer, store=machine.store(), now=datetime.now(UTC))
        report = checker.report(decided)
    if as_json:
        click.echo(json.dumps(_result(report, str(platform)), indent=2))
    else:
        for line in report_lines(report, parts=strict):
            click.echo(from_here(line))
        if not report.findings and not report.unchecked and not quiet:
            note("nothing is missing")
    failing = report.of("error", "remark") if strict else report.of("error")
    if report.unchecked or failing:
        click.get_current_context().exit(1)


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
