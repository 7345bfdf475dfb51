"""What a command starts, as its words tell, and whether they tell where Python looks for it."""

from __future__ import annotations

import ast
import posixpath
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lading.errors import Location

__all__ = ["Started", "files_of", "imported_by", "started_by"]

_PLACE: Final = re.compile(r"([A-Za-z_][\w.]*):[A-Za-z_]\w*(?:\(.*\))?")

_RUNNER: Final = re.compile(
    r"python[\d.]*|celery|daphne|granian|gunicorn|hypercorn|uvicorn|waitress-serve"
)
"""Programs that look for a module in the working directory, and where PYTHONPATH says."""

_WRAPPERS: Final = frozenset({"catatonit", "dumb-init", "env", "nice", "tini"})
"""Programs that start another one, and leave it where they are."""

_WRAPPED: Final = re.compile(r"-.*|\w+=.*|[A-Z]+|\d+")
"""Words of a wrapper's own: options, variables, and a signal or a number as the value of one."""

_LEADING_AWAY: Final = frozenset(
    {"--app-dir", "--chdir", "--config", "--env-file", "--pythonpath", "--workdir", "--working-dir"}
    | {"-C", "-E", "-I", "-P"}
)
"""Options that change where modules are looked for, or name a file of settings that may."""

_CODE_ELSEWHERE: Final = re.compile(r"path|chdir|exec|runpy|site", re.IGNORECASE)


_MAIN: Final = "__main__.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A module or a script that a command starts.

    Attributes:
        files: Its file may be any of these: below a folder that Python looks in, or for a script
            below the working directory.
        location: Where the command is written.
        is_script: Whether it is named by its path.
        is_sure: Whether Python looks for it there and nowhere else.
    """

    files: tuple[str, ...]
    location: Location
    is_script: bool = False
    is_sure: bool = False

    @property
    def package(self) -> str | None:
        """The folder that it is where it is a package and run by `-m`: its `__main__.py` is."""
        folder, _, name = (self.files or ("",))[-1].rpartition("/")
        return folder if name == _MAIN and not self.is_script else None


def started_by(words: Iterable[tuple[str, Location]]) -> Iterator[Started]:
    """What a command may start: `web:app`, `-m web`, `web.py`, `-c import web`.

    Of each module all that may be its file; nothing outside of the working directory.

    Args:
        words: The command, each word with where it is written.
    """
    told = tuple(words)
    argv = [word for word, _ in told]
    is_sure = _is_known(argv)
    before = ""
    for word, location in told:
        found = _PLACE.fullmatch(word)
        if found is not None:
            files = files_of(found[1])
            yield Started(files=files, location=location, is_sure=is_sure)
        elif before == "-m":
            yield Started(files=_run_by(word), location=location, is_sure=is_sure)
            is_sure = is_sure and _RUNNER.fullmatch(word) is not None
        elif before == "-c":
            is_code_sure = is_sure and not _CODE_ELSEWHERE.search(word)
            for name in imported_by(word.encode()):
                yield Started(files=files_of(name), location=location, is_sure=is_code_sure)
        elif word.endswith(".py") and not _is_elsewhere(word) and not _is_option(before):
            script = (posixpath.normpath(word),)
            yield Started(files=script, location=location, is_script=True, is_sure=is_sure)
            is_sure = False  # its own folder takes the place of the working directory
        before = word


def _is_known(argv: list[str]) -> bool:
    """Whether all of a command's words are known to leave Python where it is."""
    first = next((place for place, word in enumerate(argv) if _is_runner(word)), None)
    if first is None or any(map(_leads_away, argv)):
        return False
    if "-c" in argv and not imported_by(_after(argv, "-c").encode()):
        return False  # the settings of gunicorn or hypercorn, which may say where it looks
    wrapping = argv[:first]
    return not wrapping or (
        posixpath.basename(wrapping[0]) in _WRAPPERS and all(map(_WRAPPED.fullmatch, wrapping[1:]))
    )


def _is_runner(word: str) -> bool:
    # A script without a folder is looked for where programs are, and not here.
    is_script = word.endswith(".py") and "/" in word
    return is_script or _RUNNER.fullmatch(posixpath.basename(word)) is not None


def _leads_away(word: str) -> bool:
    return word.partition("=")[0] in _LEADING_AWAY or "PYTHONPATH" in word or "chdir" in word


def _after(argv: list[str], option: str) -> str:
    return next(iter(argv[argv.index(option) + 1 :]), "")


def _is_elsewhere(path: str) -> bool:
    """Whether a path leads out of the working directory."""
    return posixpath.normpath(path).startswith(("/", "../"))


def _is_option(word: str) -> bool:
    """Whether what follows is a value: a file of settings may be mounted, and nobody starts it."""
    return word.startswith("--") and word != "--"


def files_of(module: str) -> tuple[str, ...]:
    """The files that a module may be; none where it is Python's own."""
    return _files(module, "__init__.py")


def _run_by(module: str) -> tuple[str, ...]:
    """The files that `-m` may run: of a package no other one."""
    return _files(module, _MAIN)


def _files(module: str, own: str) -> tuple[str, ...]:
    parts = module.split(".")
    if parts[0] in sys.stdlib_module_names or not all(parts):
        return ()
    path = "/".join(parts)
    return (f"{path}.py", f"{path}/{own}")


def imported_by(text: bytes) -> tuple[str, ...]:
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
