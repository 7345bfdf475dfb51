"""Imports of what is beside a service's module, in a folder that Python does not look in.

A project file names `services/job.py`, which is imported as `services.job` from the project's own
folder: there `import helper` finds no `services/helper.py`, as it does where job.py is started by
its path. But it may mean what is installed, or what a variable leads to.
"""

from __future__ import annotations

import ast
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lading.cli.bindings import certain_imports
from lading.config.imports import distribution_of
from lading.errors import Location, Problem, SpecificationError
from lading.image import steps
from lading.services import PYTHONPATH

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from lading.cli.modules import ProjectModules
    from lading.image import Image
    from lading.services import Service

__all__ = ["check_beside"]

_PATH: Final = "sys.path"
"""What a module changes to find others where Python does not look by itself."""

_READING: Final = (
    steps.RequirementsFile
    | steps.PyprojectToml
    | steps.UvLock
    | steps.ScriptRequirements
    | steps.RunScript
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Beside:
    """An import of what is beside its module.

    Attributes:
        name: What it names.
        meant: What that is called from the project's folder on.
        location: Its line.
    """

    name: str
    meant: str
    location: Location


def check_beside(
    modules: ProjectModules, module: str, service: Service, images: Iterable[Image]
) -> None:
    """Refuse a service that is started as `module` where that needs its own folder to be looked in.

    Raises:
        SpecificationError: An import finds nothing in the image, and something beside its module.
    """
    names = modules.led_to(module)
    if any(_PATH in (modules.text(name) or "") for name in names) or PYTHONPATH in dict(
        service.env
    ):
        return
    made = tuple(images)
    found = [one for name in names for one in _imports(modules, name)]
    problems = [
        Problem(
            message=f"{one.name} is not found in the image: it is {one.meant} there, from the "
            f"project's folder on, as {module} is",
            location=one.location,
            hint=f"import it as {one.meant}",
        )
        for one in found
        if not any(_may_have(image, modules.root, one.name) for image in made)
    ]
    if problems:
        raise SpecificationError(problems)


def _imports(modules: ProjectModules, module: str) -> Iterator[_Beside]:
    file = modules.file(module)
    if file is None:
        return
    package = modules.package(module)
    if not all(part.isidentifier() for part in package.split(".")):
        return
    for node in certain_imports(modules.text(module) or ""):
        for name in dict.fromkeys(_tops(node)):
            meant = f"{package}.{name}"
            if not _is_found(modules, name) and modules.file(meant) is not None:
                location = Location(str(file.resolve()), node.lineno)
                yield _Beside(name=name, meant=meant, location=location)


def _tops(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """The first name of each absolute one."""
    if isinstance(node, ast.Import):
        yield from (alias.name.partition(".")[0] for alias in node.names)
    elif node.module and not node.level:
        yield node.module.partition(".")[0]


def _is_found(modules: ProjectModules, name: str) -> bool:
    """Whether it is of the project's own folder, of Python, or of a package that is well known."""
    return (
        name in sys.stdlib_module_names
        or name == "lading"
        or modules.file(name) is not None
        or modules.has_folder(name)
        or distribution_of(name) is not None
    )


def _may_have(image: Image, root: Path, name: str) -> bool:
    """Whether something in an image is called so, or may be."""
    normal = _normal(name)
    return any(word is None or normal in _normal(word) for word in _words(image, root))


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _words(image: Image, root: Path) -> Iterator[str | None]:
    """All that says what is installed in an image; None where that may be anything."""
    for step in image.steps:
        match step:
            case steps.PythonPackages(requirements=requirements):
                yield from (one.name for one in requirements)
            case steps.SystemPackages(packages=packages, by_distro=by_distro):
                yield from (*packages, *(one for _, several in by_distro for one in several))
            case steps.Run(command=command):
                yield command
            case steps.BuildInclude(to=to) if to is not None:
                yield None
            case steps.Env(variables=variables) if PYTHONPATH in dict(variables):
                yield None
            case _ if isinstance(step, _READING):
                yield _text(root / step.path.text)
            case _:
                pass


def _text(file: Path) -> str | None:
    try:
        return file.read_text("utf-8", errors="replace") if file.is_file() else None
    except OSError:
        return None
