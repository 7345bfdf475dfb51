"""Whether the module that a container starts can be imported there, where Lading is not."""

from __future__ import annotations

import ast
import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lading.errors import Problem
from lading.freeze.config import workdir_of
from lading.grammar.base import SCRATCH
from lading.image import steps
from lading.image.spans import settings
from lading.info import CopyFiles

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lading.freeze.folder import Content
    from lading.image import Image
    from lading.info import Step
    from lading.lock.model import PlatformLock

__all__ = ["check_started"]

_LADING: Final = "lading"
_PLACE: Final = re.compile(r"([A-Za-z_][\w.]*):[A-Za-z_]\w*(?:\(.*\))?")


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
    written = image.steps
    last: tuple[steps.Entrypoint | steps.Cmd, ...] = (
        *settings(written, steps.Entrypoint)[-1:],
        *settings(written, steps.Cmd)[-1:],
    )
    if not last or _may_have_lading(image, lock):
        return
    files = _files(decided, contents)
    if any(path.endswith((f"/{_LADING}.py", f"/{_LADING}/__init__.py")) for path in files):
        return
    for name in _started(word for step in last for word in step.argv):
        content = files.get(posixpath.join(workdir_of(image), name))
        if content is not None and _imports_lading(content):
            yield Problem(
                message=f"{name} imports Lading when it is started, and the image has no Lading",
                hint="write the image in a file of its own, or say what is served by "
                "lading.service(image=...), which puts a stand-in there",
                location=last[-1].location,
            )


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


def _started(argv: Iterable[str]) -> Iterator[str]:
    """The files of the modules that a command may name: `web:app`, `-m web`, `web.py`."""
    before = ""
    for word in argv:
        found = _PLACE.fullmatch(word)
        if found is not None or before == "-m":
            yield (found[1] if found else word).replace(".", "/") + ".py"
        elif word.endswith(".py"):
            yield posixpath.normpath(word)
        before = word


def _imports_lading(content: Content) -> bool:
    """Whether its first lines do, that nothing guards."""
    source = content.source
    try:
        text = source.read_bytes() if isinstance(source, Path) else source
        body = ast.parse(text).body
    except (OSError, SyntaxError, ValueError, RecursionError):
        return False
    return any(
        name.partition(".")[0] == _LADING for statement in body for name in _imported(statement)
    )


def _imported(statement: ast.stmt) -> Iterator[str]:
    match statement:
        case ast.Import(names=names):
            yield from (one.name for one in names)
        case ast.ImportFrom(module=str(module), level=0):
            yield module
        case _:
            pass
