"""`lading init`."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lading.cli.talk import from_here, note
from lading.errors import SpecificationError
from lading.grammar.invalid import Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lading.cli.modules import ProjectModules
    from lading.cli.scripts import Script
    from lading.config.drafting import Draft
    from lading.services import Code, Served

__all__ = ["init"]

_TOOLS = ("conftest", "fabfile", "manage", "noxfile", "setup", "tasks")
"""Modules that no image needs."""

_USUAL = ("app", "main", "service", "server", "api", "wsgi", "asgi", "serve")
"""Modules that serve, by the names that most have."""

_FACTORIES = tuple(
    f"{verb}_{noun}" for verb in ("create", "make", "build") for noun in ("app", "application")
)
"""Functions that give an application, by the names that most have."""

_DJANGO = "manage.py"
"""What every project of Django's has."""

_PAGES = "pages"
"""Where Streamlit has its other pages."""

_ASIDE = ("docs", "examples", "scripts", "test", "tests")
"""Folders whose modules serve something else."""


@click.command(short_help="Write a first lading.toml.")
@click.argument("folder", default=".", type=click.Path(exists=True, file_okay=False))
def init(*, folder: str) -> None:
    """Write a first lading.toml for the project in a folder, from what its files show.

    It looks for a uv.lock, pylock.toml, pyproject.toml or requirements.txt, for the Python that the
    project names, and for an application of FastAPI, Flask, Gradio and others. Where no file says
    which Python packages are needed, it goes by what the modules import. Where the modules declare
    services or Images, the file refers to these, and says nothing else. Nothing is run, and nothing
    that is there is replaced.

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
    except FileExistsError:
        raise SpecificationError(f"{path} is there already", hint="remove it first") from None
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise SpecificationError(f"{path} can't be written: {why}") from None
    for line in _told(draft):
        note(line)
    click.echo(from_here(str(path)))


def _draft(project: Path) -> Draft:
    from lading.cli.modules import ProjectModules  # noqa: PLC0415 - only for this command
    from lading.cli.references import references  # noqa: PLC0415
    from lading.config.drafting import Draft  # noqa: PLC0415

    modules = ProjectModules(project)
    declared = references(modules, _all_names(modules))
    if declared:
        return Draft(images=tuple((one.name, one.text) for one in declared))
    return _drafted(modules)


def _drafted(modules: ProjectModules) -> Draft:
    """What nothing in the code says."""
    from lading.cli.scripts import launching, script_among  # noqa: PLC0415 - only for this command
    from lading.config.drafting import found_python  # noqa: PLC0415

    names = _names(modules.root)
    inner = [one for folder in modules.folders for one in _names_in_packages(folder)]
    places = (*names, *inner, *(one.name for one in _packages_of(modules)))
    found = _application(modules, places)
    if found is None:
        beside = [name for name in _beside(modules) if modules.is_in_sources(name)]
        script = script_among(modules, names, beside) or _program(modules)
    else:
        script = launching(modules, found[0]) if found[2].kind == "gradio" else None
    if script is not None:
        draft = _started(modules, script)
    elif found is not None:
        draft = _serving(modules, *found)
    else:
        draft = _packages(modules, names)
    return replace(draft, python=found_python(modules.root))


def _program(modules: ProjectModules) -> Script | None:
    """What is started of a project that is a program, and has no module for that at its top."""
    from lading.cli.scripts import entry_of, main_of  # noqa: PLC0415 - only for this command
    from lading.config.drafting import found_entry  # noqa: PLC0415

    entry, packages = found_entry(modules.root), [one.name for one in _packages_of(modules)]
    return main_of(modules, packages) or (entry_of(modules, entry) if entry else None)


def _application(modules: ProjectModules, names: Sequence[str]) -> tuple[str, str, Served] | None:
    """What serves: an application that one of the modules makes, else what gives one."""
    for look in (modules.application, partial(_factory, modules)):
        found = next((one for name in names if (one := look(name))), None)
        if found is not None:
            return found
    return None


def _factory(modules: ProjectModules, module: str) -> tuple[str, str, Served] | None:
    """A function of a module whose text tells that it gives an application, if it is called so."""
    for name in _FACTORIES:
        found = modules.served(module, name)
        if found.is_factory and not found.needs and found.kind in {"asgi", "wsgi", "gradio"}:
            return module, name, found
    return None


def _serving(modules: ProjectModules, module: str, attribute: str, served: Served) -> Draft:
    """With the command for an application."""
    from lading.services import start_of  # noqa: PLC0415 - only for this command

    code = _whole(modules, modules.code(module, attribute))
    draft = replace(_packages(modules, [module]), files=code.files, env=_finding(code))
    try:
        start = start_of(served.kind, module, attribute, port=None, factory=served.is_factory)
    except Invalid:
        return draft
    return replace(draft, argv=start.argv, port=start.port, brought_by=start.brought_by)


def _started(modules: ProjectModules, script: Script) -> Draft:
    """With the command for a module that is started as a whole."""
    code = _whole(modules, modules.code(script.module, ""))
    files = code.files
    if script.brought_by == "streamlit":
        files = (*files, *_pages(modules, script.module))
    return replace(
        _packages(modules, [script.module]),
        files=files,
        argv=script.argv,
        env=(*script.env, *_finding_for(modules, script, code)),
        port=script.port,
        brought_by=script.brought_by,
    )


def _pages(modules: ProjectModules, module: str) -> tuple[str, ...]:
    """The folder with other pages, beside the one that Streamlit runs."""
    file = modules.file(module)
    folder = (modules.root if file is None else file.parent) / _PAGES
    return (folder.relative_to(modules.root).as_posix(),) if folder.is_dir() else ()


def _finding_for(
    modules: ProjectModules, script: Script, code: Code
) -> tuple[tuple[str, str], ...]:
    """As `_finding`: beside a script Python finds modules, and not where it is started."""
    from lading.image.container import DEFAULT_WORKDIR  # noqa: PLC0415 - only for this command
    from lading.services import PYTHONPATH  # noqa: PLC0415

    if script.file is None or not modules.is_in_sources(script.module):
        return _finding(code)
    is_all = all(map(modules.is_in_sources, modules.led_to(script.module)))
    return () if is_all else ((PYTHONPATH, DEFAULT_WORKDIR),)


def _finding(code: Code) -> tuple[tuple[str, str], ...]:
    """The variable by which Python finds modules in `src`, where some are there."""
    from lading.image.container import DEFAULT_WORKDIR  # noqa: PLC0415 - only for this command
    from lading.services import PYTHONPATH, SOURCES  # noqa: PLC0415

    return ((PYTHONPATH, f"{DEFAULT_WORKDIR}/{SOURCES}"),) if code.in_sources else ()


def _names(project: Path) -> list[str]:
    """The project's own modules, those with usual names for what serves first."""
    found = sorted(one.stem for one in project.glob("*.py") if one.stem.isidentifier())
    kept = [name for name in found if name not in _TOOLS and not name.startswith("test_")]
    return sorted(kept, key=_rank)


def _rank(name: str) -> int:
    return _USUAL.index(name) if name in _USUAL else len(_USUAL)


def _all_names(modules: ProjectModules) -> list[str]:
    """The project's own modules, and those in its packages."""
    root, *sources = modules.folders
    beside = [_name_in_sources(modules, name) for name in _beside(modules)]
    inner = [
        folder.name if one.stem == "__init__" else f"{folder.name}.{one.stem}"
        for above in modules.folders
        for folder in _folders(above)
        if folder not in sources
        for one in sorted(folder.glob("*.py"))
        if one.stem.isidentifier() and not one.stem.startswith("test_")
    ]
    found = dict.fromkeys((*_names(root), *beside, *inner))
    return [name for name in found if name.rpartition(".")[2] != "__main__"]  # which is Lading here


def _beside(modules: ProjectModules) -> list[str]:
    """The modules of a folder `src` that is no package."""
    return [name for folder in modules.folders[1:] for name in _names(folder)]


def _name_in_sources(modules: ProjectModules, name: str) -> str:
    """How a module in `src` is called: by what the others there call one another."""
    from lading.services import SOURCES  # noqa: PLC0415 - only for this command

    led_to = modules.led_to(name)
    return f"{SOURCES}.{name}" if any(one.startswith(f"{SOURCES}.") for one in led_to) else name


def _names_in_packages(project: Path) -> list[str]:
    """Modules with usual names in the project's folders: `app.main`, Django's `site.wsgi`."""
    found = [
        (folder.name, name)
        for folder in _folders(project)
        for name in (one.stem for one in folder.glob("*.py"))
        if name in _USUAL
    ]
    return [
        f"{folder}.{name}" for folder, name in sorted(found, key=lambda one: (_rank(one[1]), one))
    ]


def _packages_of(modules: ProjectModules) -> list[Path]:
    """The project's packages, whose own files may have what serves."""
    found = [one for folder in modules.folders for one in _folders(folder)]
    return [one for one in found if any(one.glob("__init__.py"))]


def _folders(project: Path) -> list[Path]:
    """The folders whose modules can be imported from the project's."""
    try:
        found = sorted(one for one in project.iterdir() if one.is_dir())
    except OSError:
        return []
    return [one for one in found if one.name.isidentifier() and one.name not in _ASIDE]


def _whole(modules: ProjectModules, code: Code) -> Code:
    """The code of what serves: of Django's projects all packages, which only settings name."""
    root = modules.root
    program = [one for folder in modules.folders if (one := folder / _DJANGO).is_file()]
    if not program:  # two names may lead to one file
        return replace(code, files=tuple(dict.fromkeys(code.files)))
    packages = _packages_of(modules)
    others = [one for one in code.files if not {*packages} & {*(root / one).parents}]
    whole = (one.relative_to(root).as_posix() for one in (*program, *packages))
    in_sources = any(one.parent != root for one in packages)
    files = tuple(sorted({*others, *whole}))
    return replace(code, files=files, in_sources=code.in_sources or in_sources)


def _packages(modules: ProjectModules, names: Sequence[str]) -> Draft:
    """What says which Python packages are needed: a file of the project, else its imports."""
    from lading.cli.imported import imported_by  # noqa: PLC0415 - only for this command
    from lading.config.drafting import Draft, found_elsewhere, found_packages  # noqa: PLC0415

    packages, elsewhere = found_packages(modules.root), found_elsewhere(modules.root)
    if packages is not None or elsewhere is not None:
        return Draft(packages=packages, elsewhere=elsewhere)
    imported = imported_by(modules, names)
    return Draft(imported=imported.distributions, unknown=imported.unknown)


def _told(draft: Draft) -> list[str]:
    if draft.images:
        return [f"refers to: {', '.join(text for _, text in draft.images)}, declared in the code"]
    lines = [f"Python packages: {_told_packages(draft)}"]
    if draft.unknown:
        lines.append(f"imported too, and yours to add: {', '.join(draft.unknown)}")
    lines.append(f"starts with: {' '.join(draft.argv)}" if draft.argv else "starts with: write cmd")
    if draft.files:
        lines.append(f"includes: {', '.join(draft.files)}")
    return lines


def _told_packages(draft: Draft) -> str:
    if draft.packages is not None:
        return draft.packages.file
    if draft.needed:
        return f"{', '.join(draft.needed)}, by what is imported"
    return "write python_packages"
