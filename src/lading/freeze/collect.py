"""The files of a project that an image includes: found, read, and kept inside the project."""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from lading.errors import FreezeError, Problem
from lading.freeze.folder import is_frozen
from lading.freeze.patterns import Pattern
from lading.freeze.replacing import UNFINISHED
from lading.grammar.nearest import did_you_mean
from lading.info import ContextFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.errors import Location
    from lading.image.steps import BuildInclude, RunScript

__all__ = ["Collected", "Project"]

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

_SKIPPED_FILES = ("*.pyc", ".DS_Store", "lading.lock")

_EVERYTHING = Pattern(())

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """A file of the project and what it becomes in the frozen folder."""

    source: Path
    file: ContextFile


@dataclass(frozen=True, slots=True)
class Project:
    """A project's folder.

    Attributes:
        root: Its absolute path, with links resolved.
        excluded: Folders below it that are no part of it, such as the one that freeze writes.
    """

    root: Path
    excluded: tuple[Path, ...] = ()

    def include(self, step: BuildInclude) -> tuple[Collected, ...]:
        """The files that `step` names, sorted, each once.

        Raises:
            FreezeError: A pattern finds nothing, or a file leaves the project; all such together.
        """
        problems: list[Problem] = []
        found: dict[str, Path] = {}
        search = _Search(self, tuple(Pattern.of_exclusion(one.text) for one in step.exclude))
        for pattern in step.patterns:
            try:
                found |= search.files(pattern.text)
            except FreezeError as error:
                problems += (replace(one, location=step.location) for one in error.problems)
        if problems:
            raise FreezeError(problems)
        with _placed(step.location):
            return tuple(_describe(name, source) for name, source in sorted(found.items()))

    def script(self, step: RunScript) -> bytes:
        """The text of a script, with the line ends that a POSIX kernel reads.

        Raises:
            FreezeError: It is missing, leaves the project, or has no `#!` line.
        """
        name = step.path.text
        with _placed(step.location):
            # CASES R45: `#!/bin/sh\r` is a program that no image has.
            content = self.read(name).removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
            if not content.startswith(b"#!"):
                message = f"the script {name} does not begin with a #! line"
                hint = "let its first line be #!/bin/sh, or #!/usr/bin/env python3"
                raise FreezeError(message, hint=hint)
        return content

    def read(self, name: str) -> bytes:
        """The content of one regular file of the project.

        Raises:
            FreezeError: There is none of that name, it is outside the project, or unreadable.
        """
        source = self.file(name)
        try:
            return source.read_bytes()
        except OSError as error:
            raise _unreadable(name, error) from None

    def sha256(self, name: str) -> str:
        """The SHA-256 of one regular file of the project.

        Raises:
            FreezeError: As `read`.
        """
        return _describe(name, self.file(name)).file.sha256

    def file(self, name: str) -> Path:
        """The absolute path of one regular file of the project.

        Raises:
            FreezeError: There is none of that name, or it is outside the project.
        """
        path = self.root / name
        if not os.path.lexists(path):
            raise FreezeError(self.nothing(name))
        real = self.inside(path, name)
        if not real.is_file():
            raise FreezeError(f"{name} is not a file")
        return real

    def inside(self, path: Path, name: str) -> Path:
        """The path with its links resolved, which must lead to something in the project."""
        try:
            real = path.resolve(strict=True)
        except (OSError, RuntimeError):  # a RuntimeError is a loop, before Python 3.13
            message = f"{name} is a link to nothing, or to itself"
            raise FreezeError(message, hint="mend or exclude it") from None
        if not real.is_relative_to(self.root):
            message = f"{name} is a link that leaves the project"
            raise FreezeError(message, hint="copy what it names into the project")
        return real

    def nothing(self, name: str) -> Problem:
        """The problem that the project has nothing of that name."""
        try:
            around = sorted(entry.name for entry in (self.root / name).parent.iterdir())
        except OSError:
            around = []
        near = did_you_mean(PurePosixPath(name).name, around)
        hint = near or f"paths start from the project's folder, {self.root.name}/"
        return Problem(message=f"the project has no {name}", hint=hint)


@dataclass(frozen=True, slots=True)
class _Search:
    """The search for files that patterns name, but for those that are left out."""

    project: Project
    exclusions: tuple[Pattern, ...]

    def files(self, text: str) -> dict[str, Path]:
        """By name in the project, the real path of each file that the pattern names."""
        if os.path.lexists(self.project.root / text):
            found = dict(self._at("" if text == "." else text))
            if not found:
                raise FreezeError(f"{text} holds no files to include", hint="leave it out")
            return found
        pattern = Pattern.of_path(text)
        folder = self.project.root / pattern.head
        found = dict(self._walk(pattern.head, folder, (), pattern)) if folder.is_dir() else {}
        if not found:
            raise FreezeError(self.project.nothing(text))
        return found

    def _at(self, name: str) -> Iterator[tuple[str, Path]]:
        """What is at a path that was written out, whether or not it is skipped elsewhere."""
        path = self.project.root / name
        if path.is_dir():
            yield from self._walk(name, path, (), _EVERYTHING)
        elif not self._is_excluded(name):
            real = self.project.inside(path, name)
            if not self._is_written(real):
                yield self._regular(name, real)

    def _walk(
        self, folder: str, path: Path, above: tuple[Path, ...], pattern: Pattern
    ) -> Iterator[tuple[str, Path]]:
        real = self.project.inside(path, folder)
        if real in above:
            raise FreezeError(f"the link {folder} leads back into a folder that holds it")
        if self._is_written(real) or is_frozen(real):
            return
        for entry in _entries(folder, real):
            name = f"{folder}/{entry.name}" if folder else entry.name
            is_folder = _is_folder(entry)
            if self._is_excluded(name) or _is_skipped(entry.name, is_folder=is_folder):
                continue
            if is_folder and pattern.reaches(name):
                yield from self._walk(name, real / entry.name, (*above, real), pattern)
            elif not is_folder and pattern.covers(name):
                yield self._regular(name, real / entry.name)

    def _is_written(self, real: Path) -> bool:
        return any(real.is_relative_to(folder) for folder in self.project.excluded)

    def _is_excluded(self, name: str) -> bool:
        return any(pattern.covers(name) for pattern in self.exclusions)

    def _regular(self, name: str, path: Path) -> tuple[str, Path]:
        real = self.project.inside(path, name) if path.is_symlink() else path
        try:
            mode = real.stat().st_mode
        except OSError as error:
            raise _unreadable(name, error) from None
        if not stat.S_ISREG(mode):
            message = f"{name} is neither a file, a folder nor a link to one"
            raise FreezeError(message, hint="exclude it")
        return name, real


def _entries(folder: str, real: Path) -> list[os.DirEntry[str]]:
    try:
        return sorted(os.scandir(real), key=lambda entry: entry.name)
    except OSError as error:
        raise _unreadable(folder, error) from None


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _is_skipped(name: str, *, is_folder: bool) -> bool:
    if is_folder:
        return name in SKIPPED_FOLDERS or name.startswith(UNFINISHED)
    return any(fnmatchcase(name, pattern) for pattern in _SKIPPED_FILES)


def _describe(name: str, source: Path) -> Collected:
    digest = hashlib.sha256()
    size = 0
    try:
        name.encode()
        with source.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            while block := file.read(_BLOCK):
                digest.update(block)
                size += len(block)
    except UnicodeEncodeError:
        message = f"the name of {os.fsencode(name)!r} is not UTF-8"
        raise FreezeError(message, hint="rename or exclude it") from None
    except OSError as error:
        raise _unreadable(name, error) from None
    executable = bool(mode & stat.S_IXUSR)
    file_info = ContextFile(path=name, sha256=digest.hexdigest(), size=size, executable=executable)
    return Collected(source=source, file=file_info)


def _unreadable(name: str, error: OSError) -> FreezeError:
    why = (error.strerror or str(error)).lower()
    return FreezeError(f"{name or 'the project'} can't be read: {why}")


@contextmanager
def _placed(location: Location) -> Iterator[None]:
    """Gives the problems that are raised in the block the user's line."""
    try:
        yield
    except FreezeError as error:
        raise FreezeError(replace(one, location=location) for one in error.problems) from None
