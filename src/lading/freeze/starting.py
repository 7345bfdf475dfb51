"""Whether the module that a container starts is there, and can be imported where Lading is not."""

from __future__ import annotations

import os
import posixpath
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lading.errors import Problem
from lading.freeze.commands import Started, files_of, imported_by, started_by
from lading.freeze.packaged import may_be_packaged
from lading.freeze.variables import variables
from lading.grammar.base import SCRATCH
from lading.image import steps
from lading.image.container import workdir_of
from lading.image.spans import settings
from lading.info import CopyFiles
from lading.services import PYTHONPATH, SOURCES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lading.errors import Location
    from lading.freeze.collect import Project
    from lading.freeze.folder import Content
    from lading.image import Image
    from lading.info import Step
    from lading.lock.model import PlatformLock

__all__ = ["check_included", "check_started"]

_LADING: Final = "lading"

_SETTING: Final = frozenset(
    {"GRANIAN_WORKING_DIR", "GUNICORN_CMD_ARGS", "UVICORN_APP_DIR", "UVICORN_ENV_FILE"}
)
"""Variables that may say where a server looks for modules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Container:
    """What is known of a container that starts something.

    Attributes:
        workdir: Its working directory.
        path: The folders of its PYTHONPATH.
        files: By path in it, the files of the project.
        origins: By path in it, what they are called in the project.
        is_known: Whether nothing but the project and its packages can say where modules are.
    """

    workdir: str
    path: tuple[str, ...]
    files: Mapping[str, Content]
    origins: Mapping[str, str]
    is_known: bool

    def places(self, started: Started) -> Iterator[str]:
        """Where Python looks for something that is started, in its order."""
        folders = (self.workdir, *(() if started.is_script else self.path))
        yield from (posixpath.join(*one) for one in product(folders, started.files))

    def has(self, started: Started) -> bool:
        """Whether it is where Python looks, or may be."""
        if self.is_known and started.is_sure:
            return any(one in self.files for one in self.places(started))
        ends = tuple(f"/{one}" for one in started.files)
        return any(one.endswith(ends) for one in self.files)

    def place(self, own: Iterable[str]) -> str | None:
        """Where the first is that it has of these files of the project."""
        found = {origin: path for path, origin in self.origins.items()}
        return next((found[one] for one in own if one in found), None)


def check_included(
    image: Image, decided: Iterable[Step], contents: Mapping[str, Content], project: Project
) -> Iterator[Problem]:
    """Refuse to start a module of the project that is not where it is looked for in the image.

    What nothing of the project brings may be a package's.

    Args:
        image: The image.
        decided: Its steps.
        contents: By path in the frozen folder, what the project has of it.
        project: Where its files are.
    """
    there, told = tuple(decided), set[str]()
    container = _container(image, there, contents)
    for started in _all_started(image):
        own = _own(started.files, project)
        problem = _missing(started, own, container) if own else _unmade(started, project)
        if problem is None or container.has(started):
            continue
        if problem.message not in told and not may_be_packaged(started.files[0], there, project):
            told.add(problem.message)
            yield problem


def check_started(
    image: Image, lock: PlatformLock, decided: Iterable[Step], contents: Mapping[str, Content]
) -> Iterator[Problem]:
    """Refuse to start a module that imports Lading at once, where nothing can have brought it.

    Args:
        image: The image.
        lock: Its lock.
        decided: Its steps.
        contents: By path in the frozen folder, what the project has of it.
    """
    if _may_have_lading(image, lock):
        return
    container = _container(image, tuple(decided), contents)
    lading = (f"/{_LADING}.py", f"/{_LADING}/__init__.py")
    if any(path.endswith(lading) for path in container.files):
        return
    for started in started_by(_words(image)):
        place = next((one for one in container.places(started) if one in container.files), None)
        if place is not None and _imports_lading(container.files[place]):
            yield Problem(
                message=f"{container.origins[place]} imports Lading when it is started, and the "
                "image has no Lading",
                hint="write the image in a file of its own, or say what is served by "
                "lading.service(image=...), which puts a stand-in there",
                location=started.location,
            )


def _container(
    image: Image, decided: tuple[Step, ...], contents: Mapping[str, Content]
) -> _Container:
    set_last = variables(settings(image.steps, steps.Env), {})
    workdir, copied = workdir_of(image), tuple(_copied(decided))
    files = {place: contents[source] for place, _, source in copied}
    entries = set_last.get(PYTHONPATH, "").split(":") if set_last.get(PYTHONPATH) else []
    path = tuple(posixpath.normpath(posixpath.join(workdir, one)) for one in entries)
    # An entry may be an archive; and gunicorn reads this file without being told.
    leading = {*path, posixpath.join(workdir, "gunicorn.conf.py")} & files.keys()
    return _Container(
        workdir=workdir,
        path=path,
        files=files,
        origins={place: name for place, name, _ in copied},
        is_known=not leading and _SETTING.isdisjoint(set_last) and _is_all_there_is(image),
    )


def _words(image: Image) -> Iterator[tuple[str, Location]]:
    """The words of what is started, each with where it is written."""
    for step in _starting(image):
        yield from ((word, step.location) for word in step.argv)


def _all_started(image: Image) -> Iterator[Started]:
    """All that is started and nothing but the project can bring.

    What a service says that it serves is the project's in any case; a base or a volume may bring
    the rest.
    """
    if _is_all_there_is(image):
        yield from started_by(_words(image))
    for step in _starting(image):
        if isinstance(step, steps.Cmd) and step.module is not None:
            yield Started(files=files_of(step.module), location=step.location)


def _starting(image: Image) -> tuple[steps.Entrypoint | steps.Cmd, ...]:
    """The steps that say what is started."""
    written = image.steps
    return (*settings(written, steps.Entrypoint)[-1:], *settings(written, steps.Cmd)[-1:])


def _is_all_there_is(image: Image) -> bool:
    """Whether nothing but the project and its packages can bring what a command starts."""
    own_base = image.base_image not in {None, SCRATCH}
    bringing = steps.Run | steps.RunScript | steps.Volume
    return not own_base and not any(isinstance(one, bringing) for one in image.steps)


def _own(files: tuple[str, ...], project: Project) -> tuple[str, ...]:
    """The files of the project that it may be: at its top, or in a `src` layout."""
    places = (*files, *(f"{SOURCES}/{one}" for one in files))
    return tuple(one for one in places if os.path.isfile(project.root / one))  # noqa: PTH113 - False for any word


def _unmade(started: Started, project: Project) -> Problem | None:
    """What is wrong with a package of the project that `-m` can't run."""
    file = f"{started.package}/__init__.py"
    packages = _own((file,), project) if started.package and started.is_sure else ()
    if not packages:
        return None
    main = packages[0].replace("__init__", "__main__")
    return Problem(
        message=f"its command starts a package by -m, and the project has no {main}",
        hint="write that file, or name the module that is meant",
        location=started.location,
    )


def _missing(started: Started, own: tuple[str, ...], container: _Container) -> Problem:
    """What is wrong with something that Python does not find, and what to do."""
    place = container.place(own)
    if place is None:
        message = f"{own[0]} is what its command starts, and it is not in the image"
        hint = _included(started, own[0], container)
    elif started.is_script:
        message = f"its command starts {place}, and looks for it in {container.workdir}"
        hint = f"name it by its whole path: {place}"
    else:
        looked = " and ".join(dict.fromkeys((container.workdir, *container.path)))
        message = f"its command starts {place}, and Python looks for it in {looked}"
        hint = _found_in(_folder(started, place), container)
    return Problem(message=message, hint=hint, location=started.location)


def _included(started: Started, file: str, container: _Container) -> str:
    """How a file gets into the image, and is found there."""
    # A package that is run is seldom one file alone.
    named = file.removesuffix("/__main__.py")
    hint = (
        f'include it beside what is named: include=["{named}", ...] of a service, '
        f'.build_include("{named}") of an image'
    )
    folder = _folder(started, posixpath.join(container.workdir, file))
    if started.is_script or folder in {container.workdir, *container.path}:
        return hint
    return f"{hint}; and {_found_in(folder, container)}"


def _found_in(folder: str, container: _Container) -> str:
    """How Python is told to look in a folder too."""
    files = container.files
    kept = [one for one in container.path if any(path.startswith(f"{one}/") for path in files)]
    entries = ":".join((folder, *kept))
    return (
        f'let Python look in {folder}: .env({PYTHONPATH}="{entries}") of an image, '
        f'env={{"{PYTHONPATH}": "{entries}"}} of a service'
    )


def _folder(started: Started, path: str) -> str:
    """The folder that a module's file is imported from."""
    name = next(one for one in started.files if path.endswith(f"/{one}"))
    return path.removesuffix(f"/{name}") or "/"


def _may_have_lading(image: Image, lock: PlatformLock) -> bool:
    """Whether the base, a package or a command may have brought it."""
    own_base = image.base_image not in {None, SCRATCH}
    packaged = any(one.name == _LADING for one in lock.distributions)
    said = any(_LADING in step.command for step in settings(image.steps, steps.Run))
    scripted = bool(settings(image.steps, steps.RunScript))
    return own_base or packaged or said or scripted or not image.lock_python_packages


def _copied(decided: Iterable[Step]) -> Iterator[tuple[str, str, str]]:
    """Each file of the project: its path in the container, its own, and that of its content."""
    for step in decided:
        if isinstance(step, CopyFiles):
            for file in step.files:
                place = posixpath.join(step.destination, file.path)
                yield place, file.path, f"{step.source}/{file.path}"


def _imports_lading(content: Content) -> bool:
    """Whether its first lines do, that nothing guards."""
    source = content.source
    try:
        text = source.read_bytes() if isinstance(source, Path) else source
    except OSError:
        return False
    return any(name.partition(".")[0] == _LADING for name in imported_by(text))
