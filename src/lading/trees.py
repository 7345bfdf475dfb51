"""The files below a folder of a project: found, described, and kept inside the project.

A folder that decides by its content, such as a package's source, has a digest here: of the names,
contents and executable bits of its files, and of nothing that differs between two checkouts.
"""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from lading.grammar.invalid import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

__all__ = [
    "MADE_BY",
    "UNFINISHED",
    "TreeFile",
    "Walk",
    "describe",
    "digest_of",
    "inside",
    "is_frozen",
    "regular",
    "tree_of",
    "unreadable",
]

MADE_BY: Final = "Made by Lading"
"""What a Dockerfile of ours begins with, as a comment. It tells a frozen folder from others."""

UNFINISHED: Final = ".lading-"
"""How the name of a folder begins that a freeze is still writing, or was killed while writing."""

SKIPPED_FOLDERS = frozenset(
    {
        ".git",
        ".hg",
        ".hypothesis",
        ".lading",
        ".mypy_cache",
        ".nox",
        ".pytest_cache",
        ".ruff_cache",
        ".svn",
        ".tox",
        ".venv",
        "__pycache__",
        "node_modules",
    }
)
"""Folders that are entered only where they are named: histories, caches, environments."""

_SKIPPED_FILES = ("*.pyc", ".DS_Store", "lading.lock", "lading.*.lock")

_VENV_MARK = "pyvenv.cfg"  # PEP 405: what makes a folder a virtual environment

_CACHE_MARK = "CACHEDIR.TAG"  # the Cache Directory Tagging Specification; cargo's `target` has it

# What setuptools leaves in `build`. A later build would take modules from there that are gone.
_SETUPTOOLS_BUILD = ("lib", "lib.*", "temp.*", "bdist.*", "scripts-*")

_DISTS = ("*.whl", "*.tar.gz", ".gitignore")

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeFile:
    """A file below a folder.

    Attributes:
        path: From that folder, with `/` between names.
        sha256: Of its content.
        size: In bytes.
        executable: Whether its owner may run it; no other mode bit counts.
        source: The file itself, with links resolved.
    """

    path: str
    sha256: str
    size: int
    executable: bool
    source: Path


def tree_of(project: Path, name: str) -> tuple[TreeFile, ...]:
    """The files of a source: a folder of the project, sorted by path.

    Histories, environments, caches, what a build leaves behind and frozen folders are no part of
    it. A link inside the project stands for what it names.

    Args:
        project: The project's folder.
        name: The folder's normalised path in it; `.` is the project's own.

    Raises:
        Invalid: It is no folder, has no files, or one of them leaves the project or can't be read.
    """
    root = project.resolve()
    name = "" if name == "." else name
    shown = name or "the project"
    if not inside(root, root / name, shown).is_dir():
        raise Invalid(f"{shown} is not a folder")
    start = f"{name}/" if name else ""
    found = [
        describe(path.removeprefix(start), real, shown=path)
        for path, real in Walk(root=root, keeps=_keeps_source(start)).files(name)
    ]
    if not found:
        raise Invalid(f"{shown} holds no files")
    return tuple(sorted(found, key=lambda file: file.path))


def digest_of(tree: Iterable[TreeFile]) -> str:
    """The SHA-256, in hexadecimal, of what a tree holds, in whatever order its files come."""
    digest = hashlib.sha256()
    for one in sorted(tree, key=lambda file: file.path):
        mode = "x" if one.executable else "-"
        # No path holds a NUL, so that no two trees give the same text.
        digest.update(f"{one.sha256} {mode} {one.path}\0".encode())
    return digest.hexdigest()


def describe(path: str, source: Path, *, shown: str | None = None) -> TreeFile:
    """What a file holds.

    Args:
        path: What its path is to be.
        source: The file, with links resolved.
        shown: What errors call it, where that is not `path`.

    Raises:
        Invalid: It can't be read, or its name is not UTF-8.
    """
    shown = shown or path
    digest = hashlib.sha256()
    size = 0
    try:
        path.encode()
        with source.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            while block := file.read(_BLOCK):
                digest.update(block)
                size += len(block)
    except UnicodeEncodeError:
        message = f"the name of {os.fsencode(shown)!r} is not UTF-8"
        raise Invalid(message, hint="rename or exclude it") from None
    except OSError as error:
        raise unreadable(shown, error) from None
    executable = bool(mode & stat.S_IXUSR)
    return TreeFile(
        path=path, sha256=digest.hexdigest(), size=size, executable=executable, source=source
    )


def inside(root: Path, path: Path, name: str) -> Path:
    """`path` with its links resolved, which must lead to something in `root`.

    Raises:
        Invalid: It leads elsewhere, or nowhere, or can't be read; the message calls it `name`.
    """
    try:
        real = path.resolve(strict=True)
    except PermissionError as error:
        raise unreadable(name, error) from None
    except (OSError, RuntimeError):  # a RuntimeError is a loop, before Python 3.13
        if not os.path.lexists(path):
            raise Invalid(f"there is no {name}") from None
        message = f"{name} is a link to nothing, or to itself"
        raise Invalid(message, hint="mend or exclude it") from None
    if not real.is_relative_to(root):
        message = f"{name} is a link that leaves the project"
        raise Invalid(message, hint="copy what it names into the project")
    return real


def is_frozen(folder: Path) -> bool:
    """Whether it is a frozen folder: what freeze may replace, and what no project consists of."""
    mark = f"# {MADE_BY}".encode()
    dockerfile = folder / "Dockerfile"
    try:
        if not dockerfile.is_file():  # a pipe would be waited for, and for ever
            return False
        with dockerfile.open("rb") as file:
            return file.read(len(mark)) == mark and (folder / "image.json").is_file()
    except OSError:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """A walk through a folder of a project; nothing is looked at that it does not enter.

    Attributes:
        root: The project's folder, absolute, with links resolved.
        enters: Whether to look into a folder, by its path in the project.
        keeps: Whether to stay in a folder, by its path and the names of what it holds.
        takes: Whether to take a file, by its path in the project.
        avoids: Whether to leave a folder alone, by its real path.
        whole: Whether to take also what is skipped elsewhere.
    """

    root: Path
    enters: Callable[[str], bool] = lambda _name: True
    keeps: Callable[[str, frozenset[str]], bool] = lambda _name, _entries: True
    takes: Callable[[str], bool] = lambda _name: True
    avoids: Callable[[Path], bool] = lambda _folder: False
    whole: bool = False

    def files(self, name: str) -> Iterator[tuple[str, Path]]:
        """The path in the project and the real path of each file below the folder `name`.

        What is skipped elsewhere is entered where it is named.

        Raises:
            Invalid: Something leaves the project, can't be read, or is no file.
        """
        return self._below(name, self.root / name, ())

    def would_take(self, name: str, below: tuple[str, ...]) -> bool:
        """Whether a walk from `name` would take a file, if it were there, below these names."""
        if not below:  # it is what is named
            return True
        start = f"{name}/" if name else ""
        *above, file = (start + "/".join(below[:count]) for count in range(1, len(below) + 1))
        return (
            all(self._looks_at(one, _is_skipped_folder) for one in below[:-1])
            and self._looks_at(below[-1], _is_skipped_file)
            and all(map(self.enters, above))
            and self.takes(file)
        )

    def _below(
        self, folder: str, path: Path, above: tuple[Path, ...]
    ) -> Iterator[tuple[str, Path]]:
        real = inside(self.root, path, folder)
        if real in above:
            raise Invalid(f"the link {folder} leads back into a folder that holds it")
        if self.avoids(real) or (not self.whole and is_frozen(real)):
            return
        entries = _entries(folder, real)
        if above and not self._is_kept(folder, frozenset(entry.name for entry in entries)):
            return
        for entry in entries:
            name = f"{folder}/{entry.name}" if folder else entry.name
            if _is_folder(entry):
                if self._looks_at(entry.name, _is_skipped_folder) and self.enters(name):
                    yield from self._below(name, real / entry.name, (*above, real))
            elif self._looks_at(entry.name, _is_skipped_file) and self.takes(name):
                yield name, regular(self.root, real / entry.name, name)

    def _is_kept(self, folder: str, names: frozenset[str]) -> bool:
        return self.whole or (_VENV_MARK not in names and self.keeps(folder, names))

    def _looks_at(self, name: str, is_skipped: Callable[[str], bool]) -> bool:
        return self.whole or not is_skipped(name)


def regular(root: Path, path: Path, name: str) -> Path:
    """The real path of a regular file in `root`.

    Raises:
        Invalid: It is none, or it is elsewhere, or it can't be read.
    """
    try:
        real = inside(root, path, name) if path.is_symlink() else path
        mode = real.stat().st_mode
    except OSError as error:
        raise unreadable(name, error) from None
    if not stat.S_ISREG(mode):
        message = f"{name} is neither a file, a folder nor a link to one"
        raise Invalid(message, hint="exclude it")
    return real


def _keeps_source(start: str) -> Callable[[str, frozenset[str]], bool]:
    """What of the source below `start` is kept: all but what building it has left there."""

    def keeps(path: str, names: frozenset[str]) -> bool:
        name = path.removeprefix(start)
        if _CACHE_MARK in names or name.endswith(".egg-info"):
            return False
        made = {"build": _SETUPTOOLS_BUILD, "dist": _DISTS}.get(name)
        return made is None or not all(_fits(one, made) for one in names)

    return keeps


def _entries(folder: str, real: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(real) as found:
            return sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        raise unreadable(folder, error) from None


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _is_skipped_folder(name: str) -> bool:
    return name in SKIPPED_FOLDERS or name.startswith(UNFINISHED)


def _is_skipped_file(name: str) -> bool:
    return _fits(name, _SKIPPED_FILES)


def _fits(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def unreadable(name: str, error: OSError) -> Invalid:
    """That what is at `name` in the project, or all of it, can't be read."""
    why = (error.strerror or str(error)).lower()
    return Invalid(f"{name or 'the project'} can't be read: {why}")
