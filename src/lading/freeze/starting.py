"""Whether the module that a container starts is there, and can be imported where Lading is not."""

from __future__ import annotations

import ast
import os
import posixpath
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lading.errors import Problem
from lading.freeze.packaged import may_be_packaged
from lading.grammar.base import SCRATCH
from lading.image import steps
from lading.image.container import workdir_of
from lading.image.spans import settings
from lading.info import CopyFiles
from lading.services import SOURCES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lading.freeze.collect import Project
    from lading.freeze.folder import Content
    from lading.image import Image
    from lading.info import Step
    from lading.lock.model import PlatformLock

__all__ = ["check_included", "check_started"]

_LADING: Final = "lading"
_PLACE: Final = re.compile(r"([A-Za-z_][\w.]*):[A-Za-z_]\w*(?:\(.*\))?")


def check_included(
    image: Image, decided: Iterable[Step], contents: Mapping[str, Content], project: Project
) -> Iterator[Problem]:
    """Refuse to start a module of the project that is not in the image, and that nothing brings.

    Args:
        image: The image.
        decided: Its steps.
        contents: By path in the frozen folder, what the project has of it.
        project: Where its files are.
    """
    there, found = tuple(decided), list[str]()
    files = _files(there, contents)
    for step in _starting(image):
        for names in _modules(step) if _is_all_there_is(image, step) else ():
            own = [one for one in _places(names) if os.path.isfile(project.root / one)]  # noqa: PTH113 - False for any word
            if not own or own[0] in found or any(_is_in(files, one) for one in names):
                continue
            if may_be_packaged(names[0], there, project):
                continue
            found.append(own[0])
            yield Problem(
                message=f"{own[0]} is what its command starts, and it is not in the image",
                hint=f'include it beside what is named: include=["{own[0]}", ...] of a service, '
                f'.build_include("{own[0]}") of an image',
                location=step.location,
            )


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
    last = _starting(image)
    if not last or _may_have_lading(image, lock):
        return
    files = _files(decided, contents)
    if any(path.endswith((f"/{_LADING}.py", f"/{_LADING}/__init__.py")) for path in files):
        return
    for name in (name for step in last for names in _started(step.argv) for name in names):
        content = files.get(posixpath.join(workdir_of(image), name))
        if content is not None and _imports_lading(content):
            yield Problem(
                message=f"{name} imports Lading when it is started, and the image has no Lading",
                hint="write the image in a file of its own, or say what is served by "
                "lading.service(image=...), which puts a stand-in there",
                location=last[-1].location,
            )


def _starting(image: Image) -> tuple[steps.Entrypoint | steps.Cmd, ...]:
    """The steps that say what is started."""
    written = image.steps
    return (*settings(written, steps.Entrypoint)[-1:], *settings(written, steps.Cmd)[-1:])


def _is_all_there_is(image: Image, step: steps.Entrypoint | steps.Cmd) -> bool:
    """Whether nothing but the project and its packages can bring what a command starts.

    What a service says that it serves is the image's in any case; a volume may bring the rest.
    """
    if isinstance(step, steps.Cmd) and step.module is not None:
        return True
    own_base = image.base_image not in {None, SCRATCH}
    bringing = steps.Run | steps.RunScript | steps.Volume
    return not own_base and not any(isinstance(one, bringing) for one in image.steps)


def _modules(step: steps.Entrypoint | steps.Cmd) -> Iterator[tuple[str, ...]]:
    """The files that a command may start, of each module any."""
    if isinstance(step, steps.Cmd) and step.module is not None:
        yield _files_of(step.module)
    else:
        yield from _started(step.argv)


def _places(names: tuple[str, ...]) -> tuple[str, ...]:
    """Where a project has these: at its top, or in a `src` layout."""
    return (*names, *(f"{SOURCES}/{one}" for one in names))


def _is_in(files: Iterable[str], name: str) -> bool:
    """Whether the image has such a file; PYTHONPATH may lead anywhere, so the folder is open."""
    return any(path.endswith(f"/{name}") for path in files)


def _may_have_lading(image: Image, lock: PlatformLock) -> bool:
    """Whether the base, a package or a command may have brought it."""
    own_base = image.base_image not in {None, SCRATCH}
    packaged = any(one.name == _LADING for one in lock.distributions)
    said = any(_LADING in step.command for step in settings(image.steps, steps.Run))
    scripted = bool(settings(image.steps, steps.RunScript))
    return own_base or packaged or said or scripted or not image.lock_python_packages


def _files(decided: Iterable[Step], contents: Mapping[str, Content]) -> dict[str, Content]:
    """By path in the container, the files of the project."""
    return {
        posixpath.join(step.destination, file.path): contents[f"{step.source}/{file.path}"]
        for step in decided
        if isinstance(step, CopyFiles)
        for file in step.files
    }


def _started(argv: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """The files of modules that a command may name: `web:app`, `-m web`, `web.py`, `-c import web`.

    Of each module all that may be its file; nothing outside of the working directory.
    """
    before = ""
    for word in argv:
        found = _PLACE.fullmatch(word)
        if found is not None or before == "-m":
            yield _files_of(found[1] if found else word)
        elif before == "-c":
            yield from map(_files_of, _imported_by(word.encode()))
        elif word.endswith(".py") and not _is_elsewhere(word) and not _is_option(before):
            yield (posixpath.normpath(word),)
        before = word


def _is_elsewhere(path: str) -> bool:
    """Whether a path leads out of the working directory."""
    return posixpath.normpath(path).startswith(("/", "../"))


def _is_option(word: str) -> bool:
    """Whether what follows is a value: a file of settings may be mounted, and nobody starts it."""
    return word.startswith("--") and word != "--"


def _files_of(module: str) -> tuple[str, ...]:
    if module.partition(".")[0] in sys.stdlib_module_names:
        return ()
    path = module.replace(".", "/")
    return (f"{path}.py", f"{path}/__init__.py")


def _imports_lading(content: Content) -> bool:
    """Whether its first lines do, that nothing guards."""
    source = content.source
    try:
        text = source.read_bytes() if isinstance(source, Path) else source
    except OSError:
        return False
    return any(name.partition(".")[0] == _LADING for name in _imported_by(text))


def _imported_by(text: bytes) -> tuple[str, ...]:
    """The modules that a program imports at once; none where it is no Python."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError):
        return ()
    return tuple(name for statement in body for name in _imported(statement))


def _imported(statement: ast.stmt) -> Iterator[str]:
    match statement:
        case ast.Import(names=names):
            yield from (one.name for one in names)
        case ast.ImportFrom(module=str(module), level=0):
            yield module
        case _:
            pass
