"""`lading schema`."""

from __future__ import annotations

import json

import click

__all__ = ["schema"]


@click.command(short_help="Print the JSON Schema of project files.")
def schema() -> None:
    """Print the JSON Schema of a lading.toml, and of [tool.lading] in a pyproject.toml.

    Editors complete and check by it: they take a first line `#:schema ./lading.schema.json` in a
    lading.toml, once this was written to that file.
    """
    from lading.config import schema as of_project_files  # noqa: PLC0415 - only for this command

    click.echo(json.dumps(of_project_files(), indent=2))
