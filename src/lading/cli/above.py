"""Imports of a service's modules that lead out of the folder that it is started in.

A file inside a package, or inside a folder that is imported as one, stands at the top of its
project where it is named by its path: in the container it is imported by its own name alone, and
Python then knows of nothing around it.
"""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lading.cli.bindings import certain_imports
from lading.cli.modules import ProjectModules, folders_of_modules
from lading.config.imports import distribution_of
from lading.errors import Location, Problem, SpecificationError
from lading.services import SOURCES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lading.cli.declared import Wanted

__all__ = ["check_within", "hint_above"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Above:
    """An import that leads out of the project's folder.

    Attributes:
        name: What it names.
        levels: How many folders above the modules it begins: the project's own is the first.
        location: Its line.
    """

    name: str
    levels: int
    location: Location


def check_within(modules: ProjectModules, module: str, wanted: Wanted) -> None:
    """Refuse a service that is started as `module` where its imports need a package around it.

    Raises:
        SpecificationError: One does; or another module is imported by the name of its file; or
            one file is imported by two names, with `src` and without it.
    """
    _check_seen(modules, module, wanted)
    names = modules.led_to(module)
    _check_sources(modules, module, names)
    _check_twice(modules, module)
    found = next((one for name in names for one in _leading_out(modules, name)), None)
    if found is None:
        return
    folder, packages = _packages(modules.root.resolve(), found.levels)
    package = ".".join(packages[: len(packages) - found.levels + 1])
    message = f"{found.name} is of the package {package}, and {wanted} is started outside of it"
    hint = _hint(folder, (*packages, *wanted.module.split(".")), wanted)
    raise SpecificationError(Problem(message=message, location=found.location, hint=hint))


def hint_above(module: str, wanted: Wanted) -> str | None:
    """The right name of what names a module of a package that the project's folder is in."""
    root, first = wanted.root.resolve(), module.partition(".")[0]
    for folder in root.parents:
        packages = root.relative_to(folder).parts
        if packages[0] == first and ProjectModules(folder).file(module) is not None:
            return _hint(folder, (*packages, *wanted.module.split(".")), wanted)
    return None


def _check_seen(modules: ProjectModules, module: str, wanted: Wanted) -> None:
    """Refuse a file that Python does not find by its name: `app.py` beside a package `app`."""
    file, seen = Path(wanted.where), modules.file(module)
    if module != wanted.module or file.suffix != ".py" or seen is None or seen.samefile(file):
        return
    message = f"{file} can't be imported in the image: {seen} is {module} there"
    raise SpecificationError(message, hint="rename one of them")


def _check_sources(modules: ProjectModules, module: str, names: Iterable[str]) -> None:
    """Refuse to call a module by the folder of a `src` layout: it would be there by two names."""
    above, _, own = module.partition(".")
    other = next((one for one in names if modules.is_in_sources(one)), None)
    if above == SOURCES and other is not None:
        message = f"{module} leads to {other}, which is in {SOURCES}/ too and called without it"
        raise SpecificationError(message, hint=f"name it without {SOURCES}: {own}")


def _check_twice(modules: ProjectModules, module: str) -> None:
    """Refuse to import one file by two names, of which Python makes two modules."""
    names = modules.led_to(module, surely=True)
    called = dict[Path, str]()
    for name in sorted(names, key=lambda one: one.startswith(f"{SOURCES}.")):
        file = modules.file(name)
        if file is not None and called.setdefault(file, name) != name:
            raise SpecificationError(_twice(modules, names, name, called[file]))


def _twice(modules: ProjectModules, names: Iterable[str], name: str, other: str) -> Problem:
    lines = (
        Location(str(file.resolve()), node.lineno)
        for one in names
        if (file := modules.file(one)) is not None
        for node, imported in modules.imported(one)
        if name in imported
    )
    return Problem(
        message=f"{name} is imported as {other} too, and would be two modules",
        hint=f"import it as {other} everywhere",
        location=next(lines, None),
    )


def _hint(folder: Path, names: tuple[str, ...], wanted: Wanted) -> str:
    unfit = [one for one in names if not one.isidentifier()]
    if unfit:
        return f"{unfit[0]} is no name of a package: import what is beside it without dots"
    if folder in folders_of_modules(folder.parent):
        folder = folder.parent
    where = "" if folder == Path.cwd() else f", in the folder {folder}"
    return f"name it as {'.'.join(names)}:{wanted.attribute}{where}"


def _packages(root: Path, levels: int) -> tuple[Path, tuple[str, ...]]:
    """The folder that the packages begin in, of which `root` is the innermost, and their names."""
    folder, names = root, tuple[str, ...]()
    while len(names) < levels or _is_package(folder):
        folder, names = folder.parent, (folder.name, *names)
    return folder, names


def _is_package(folder: Path) -> bool:
    return (folder / "__init__.py").is_file() and folder.name.isidentifier()


def _leading_out(modules: ProjectModules, name: str) -> Iterator[_Above]:
    file = modules.file(name)
    if file is None:
        return
    depth = len(name.split(".")) - (file.name != "__init__.py")
    for node in certain_imports(modules.text(name) or ""):
        for named, levels in _levels(modules, node, depth):
            location = Location(str(file.resolve()), node.lineno)
            yield _Above(name=named, levels=levels, location=location)


def _levels(
    modules: ProjectModules, node: ast.Import | ast.ImportFrom, depth: int
) -> Iterator[tuple[str, int]]:
    """What an import names above the project's folder, and how far above.

    Args:
        modules: The project's.
        node: The import.
        depth: How many packages of the project its module is in.
    """
    match node:
        case ast.ImportFrom(level=level, module=module) if level:
            # "from . import x" in a module of no package fails (PEP 328).
            if level > depth:
                yield "." * level + (module or ""), level - depth
        case ast.ImportFrom(module=module, names=names):
            name = module or ""
            yield from _of_packages(modules, name, *(f"{name}.{alias.name}" for alias in names))
        case ast.Import(names=names):
            for alias in names:
                yield from _of_packages(modules, alias.name)


def _of_packages(modules: ProjectModules, name: str, *taken: str) -> Iterator[tuple[str, int]]:
    """An absolute name that begins with a folder that the project's own is in.

    Args:
        modules: The project's.
        name: The name.
        taken: What may be a module in there that is taken of it.
    """
    first, root = name.partition(".")[0], modules.root.resolve()
    if modules.file(first) is not None or modules.has_folder(first):
        return
    is_foreign = first in sys.stdlib_module_names or distribution_of(first) is not None
    is_package = True
    for levels, folder in enumerate((root, *root.parents), start=1):
        is_package = is_package and _is_package(folder)
        # A folder need be no package (PEP 420), where what is named is in there.
        if folder.name == first and (
            is_package or (not is_foreign and _has(folder.parent, name, *taken))
        ):
            yield name, levels


def _has(folder: Path, *names: str) -> bool:
    """Whether one of these is a module in a folder of that one's."""
    modules = ProjectModules(folder)
    return any("." in one and modules.file(one) is not None for one in names)
