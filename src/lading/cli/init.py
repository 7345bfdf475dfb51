"""`lading init`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lading.cli.talk import from_here, note
from lading.errors import SpecificationError
from lading.grammar.invalid import Invalid

if TYPE_CHECKING:
    from lading.cli.modules import ProjectModules
    from lading.config.drafting import Draft
    from lading.services import Served

__all__ = ["init"]

_USUAL = ("app", "main", "service", "server", "api", "wsgi", "asgi", "serve")
"""Modules that serve, by the names that most have."""


@click.command(short_help="Write a first lading.toml.")
@click.argument("folder", default=".", type=click.Path(exists=True, file_okay=False))
def init(*, folder: str) -> None:
    """Write a first lading.toml for the project in a folder, from what its files show.

    It looks for a uv.lock, pylock.toml, pyproject.toml or requirements.txt, for the Python that the
    project names, and for an application of FastAPI, Flask, Gradio and others. Nothing is imported,
    and nothing that is there is replaced.

    Prints the file.
    """
    from lading.config.drafting import drafted  # noqa: PLC0415 - only for this command
    from lading.project_file import read_project_file  # noqa: PLC0415

    project = Path(folder)
    there = read_project_file(project)
    if there is not None and there.table:
        message = f"{there.path} says already what this project's image is"
        raise SpecificationError(message, hint="`lading show` shows it")
    path = project / "lading.toml"
    draft = _draft(project)
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(drafted(draft))
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise SpecificationError(f"{path} can't be written: {why}") from None
    for line in _told(draft):
        note(line)
    click.echo(from_here(str(path)))


def _draft(project: Path) -> Draft:
    from lading.cli.modules import ProjectModules  # noqa: PLC0415 - only for this command
    from lading.config.drafting import Draft, found_packages, found_python  # noqa: PLC0415
    from lading.services import start_of  # noqa: PLC0415

    modules = ProjectModules(project)
    packages, python = found_packages(project), found_python(project)
    found = _served(modules, project)
    if found is None:
        return Draft(packages=packages, python=python)
    module, attribute, served = found
    code = modules.code(module, attribute)
    try:
        start = start_of(served.kind, module, attribute, port=None, factory=served.is_factory)
    except Invalid:
        return Draft(packages=packages, python=python, files=code.files)
    return Draft(
        packages=packages,
        python=python,
        files=code.files,
        argv=start.argv,
        port=start.port,
        brought_by=start.brought_by,
    )


def _served(modules: ProjectModules, project: Path) -> tuple[str, str, Served] | None:
    """The first application in the project's own modules, those with usual names first."""
    names = sorted(one.stem for one in project.glob("*.py") if one.stem.isidentifier())
    names.sort(key=lambda name: name not in _USUAL)
    return next((found for name in names if (found := modules.application(name))), None)


def _told(draft: Draft) -> list[str]:
    packages = draft.packages.file if draft.packages else "write python_packages"
    lines = [f"Python packages: {packages}"]
    lines.append(f"starts with: {' '.join(draft.argv)}" if draft.argv else "starts with: write cmd")
    if draft.files:
        lines.append(f"includes: {', '.join(draft.files)}")
    return lines
