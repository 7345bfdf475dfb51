"""`lading import`."""

from __future__ import annotations

from pathlib import Path

import click

from lading.cli.failure import Misused
from lading.cli.talk import note

__all__ = ["import_"]

_USUAL = ("bentofile.yaml", "pyproject.toml")


@click.command("import", short_help="Print the Image that a bentofile.yaml describes.")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(["python", "toml"]),
    default="python",
    show_default=True,
    help="A module with an Image, or the [tool.lading] of a pyproject.toml.",
)
def import_(*, file: Path | None, form: str) -> None:
    """Print the Image that BentoML's bentofile.yaml, or [tool.bentoml.build], describes.

    FILE is a bentofile.yaml or a pyproject.toml; left out, the first of them that is in this
    folder. What has no counterpart is named on stderr, and in a comment of the result.
    """
    from lading.bentos.conversion import read_bentofile  # noqa: PLC0415 - only for this command
    from lading.bentos.emitting import as_python, as_toml, left_lines  # noqa: PLC0415

    found = read_bentofile(file or _usual())
    found = found.for_toml() if form == "toml" else found
    for problem in found.left:
        note("\n".join(("not carried over: " + left_lines(problem)[0], *left_lines(problem)[1:])))
    click.echo(as_python(found) if form == "python" else as_toml(found), nl=False)


def _usual() -> Path:
    found = next((Path(name) for name in _USUAL if Path(name).is_file()), None)
    if found is None:
        raise Misused(f"this folder has neither {' nor '.join(_USUAL)}", hint="name the file")
    return found
