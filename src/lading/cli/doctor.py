"""`lading doctor`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from lading.cli.options import as_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.engines.catalog import Diagnosis

__all__ = ["doctor"]


@click.command(short_help="Say which container engines can build here.")
@as_json
def doctor(*, as_json: bool) -> None:
    """Say which container engines can build here, and why the others can't.

    They are listed in the order in which `lading build` tries them. Exits with 1 where none can.

    With --json: a list of {engine, usable, version, reason, hint, classic}.
    """
    from lading.engines import diagnose  # noqa: PLC0415 - only for this command
    from lading.machine import Machine  # noqa: PLC0415

    found = diagnose(Machine.here().environ)
    if as_json:
        click.echo(json.dumps([_row(one) for one in found], indent=2))
    else:
        click.echo("\n".join(line for one in found for line in _lines(one)))
    if not any(one.usable for one in found):
        click.get_current_context().exit(1)


def _row(one: Diagnosis) -> dict[str, object]:
    row = asdict(one)
    return {"engine": row.pop("name"), **row}


def _lines(one: Diagnosis) -> Iterator[str]:
    said = one.version or "" if one.usable else one.reason or "it gives no reason"
    yield f"{'ok' if one.usable else 'no'}  {one.name:9} {said}".rstrip()
    if one.hint and not one.usable:
        yield f"              hint: {one.hint}"
    if one.classic and not one.usable:
        yield "              with --dialect classic it can"
