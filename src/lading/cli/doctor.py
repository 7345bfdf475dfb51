"""`lading doctor`."""

from __future__ import annotations

import json

import click

from lading.cli.options import as_json

__all__ = ["doctor"]


@click.command()
@as_json
def doctor(*, as_json: bool) -> None:
    """Say which container engines can build here, and why the others can't.

    Exits with 1 where none can.
    """
    from lading.engines import diagnose  # noqa: PLC0415 - only for this command
    from lading.machine import Machine  # noqa: PLC0415

    found = diagnose(Machine.here().environ)
    if as_json:
        rows = [
            {
                "engine": one.name,
                "usable": one.usable,
                "version": one.version,
                "reason": one.reason,
                "hint": one.hint,
            }
            for one in found
        ]
        click.echo(json.dumps(rows, indent=2))
    else:
        for one in found:
            click.echo(f"{'ok' if one.usable else 'no':3} {one.name:9} {one.version or one.reason or ''}")
            if one.hint and not one.usable:
                click.echo(f"              hint: {one.hint}")
    if not any(one.usable for one in found):
        click.get_current_context().exit(1)
