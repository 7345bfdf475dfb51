"""The files of a project that an image includes: found, read, and kept inside the project."""

from __future__ import annotations

import fnmatch
import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from lading.errors import FreezeError, Problem
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
"""Folders that are never walked: histories, caches and environments of the machine at hand."""

_SKIPPED_FILES = ("*.pyc", ".DS_Store", "lading.lock")

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
        for pattern in step.patterns:
            try:
                matched = dict(self._matches(pattern.text))
                if not matched:
                    raise FreezeError(self._nothing(pattern.text))
                found |= matched
            except FreezeError as error:
                problems += [_at(problem, step.location) for problem in error.problems]
        if problems:
            raise FreezeError(problems)
        excluded = tuple(pattern.text for pattern in step.exclude)
        return tuple(
            Collected(source=source, file=_describe(name, source))
            for name, source in sorted(found.items())
            if not _is_excluded(name, excluded)
        )

    def script(self, step: RunScript) -> bytes:
        """The text of a script, with the line ends that a POSIX kernel reads.

        Raises:
            FreezeError: It is missing, leaves the project, or has no `#!` line.
        """
        name = step.path.text
        try:
            source = self.file(name)
        except FreezeError as error:
            raise FreezeError(_at(problem, step.location) for problem in error.problems) from None
        # CASES R45: `#!/bin/sh\r` is a program that no image has.
        content = source.read_bytes().removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
        if not content.startswith(b"#!"):
            message = f"the script {name} does not begin with a #! line"
            hint = "let its first line be #!/bin/sh, or #!/usr/bin/env python3"
            raise FreezeError(Problem(message=message, hint=hint, location=step.location))
        return content

    def file(self, name: str) -> Path:
        """The absolute path of one regular file of the project.

        Raises:
            FreezeError: There is none of that name, or it is outside the project.
        """
        path = self.root / name
        if not path.is_file():
            raise FreezeError(self._nothing(name))
        return self._inside(path, name)

    def _matches(self, pattern: str) -> Iterator[tuple[str, Path]]:
        literal = self.root / pattern
        roots = [literal] if os.path.lexists(literal) else self._glob(pattern)
        for path in roots:
            name = path.relative_to(self.root).as_posix()
            real = self._inside(path, name)
            if real.is_dir():
                yield from self._walk(path, real, ())
            elif self._is_kept(path, real):
                yield name, real

    def _glob(self, pattern: str) -> list[Path]:
        # A glob of `**` would walk into environments and histories before anything is left out.
        if "**" not in pattern:
            return sorted(self.root.glob(pattern))
        head = pattern.partition("**")[0].rpartition("/")[0]
        names = (name for name, _ in self._walk(self.root / head, self.root / head, ()))
        return sorted(self.root / name for name in names if _matches_globstar(name, pattern))

    def _walk(
        self, folder: Path, real: Path, above: tuple[Path, ...]
    ) -> Iterator[tuple[str, Path]]:
        if real in above:
            name = folder.relative_to(self.root).as_posix()
            raise FreezeError(f"the link {name} leads back into a folder that holds it")
        if not real.is_dir():
            return
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            path = folder / entry.name
            if entry.is_dir(follow_symlinks=False) and not self._enters(entry.name, path):
                continue
            inside = self._inside(path, path.relative_to(self.root).as_posix())
            if inside.is_dir():
                if self._enters(entry.name, inside):
                    yield from self._walk(path, inside, (*above, real))
            elif self._is_kept(path, inside):
                yield path.relative_to(self.root).as_posix(), inside

    def _enters(self, name: str, real: Path) -> bool:
        return name not in SKIPPED_FOLDERS and real not in self.excluded

    def _is_kept(self, path: Path, real: Path) -> bool:
        if any(fnmatch.fnmatchcase(path.name, pattern) for pattern in _SKIPPED_FILES):
            return False
        if not stat.S_ISREG(real.stat().st_mode):
            name = path.relative_to(self.root).as_posix()
            raise FreezeError(f"{name} is neither a file, a folder nor a link to one")
        return True

    def _inside(self, path: Path, name: str) -> Path:
        try:
            real = path.resolve(strict=True)
        except (OSError, RuntimeError):
            message = f"{name} is a link to nothing, or to itself"
            raise FreezeError(message, hint="mend or exclude it") from None
        if not real.is_relative_to(self.root):
            message = f"{name} is a link that leaves the project"
            raise FreezeError(message, hint="copy what it names into the project")
        return real

    def _nothing(self, name: str) -> Problem:
        folder = (self.root / name).parent
        around = sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []
        hint = did_you_mean(PurePosixPath(name).name, around)
        return Problem(
            message=f"the project has no {name}",
            hint=hint or f"paths start from the project's folder, {self.root.name}/",
        )


def _matches_globstar(name: str, pattern: str) -> bool:
    # `**/` stands for any number of folders, none included.
    tail = pattern.replace("**/", "\0").replace("**", "*")
    options = {tail.replace("\0", ""), tail.replace("\0", "*/")}
    return any(fnmatch.fnmatchcase(name, option) for option in options)


def _is_excluded(name: str, patterns: tuple[str, ...]) -> bool:
    parents = (str(parent) for parent in PurePosixPath(name).parents)
    names = (name, PurePosixPath(name).name, *parents)
    return any(fnmatch.fnmatchcase(part, pattern) for part in names for pattern in patterns)


def _describe(name: str, source: Path) -> ContextFile:
    digest = hashlib.sha256()
    with source.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    status = source.stat()
    return ContextFile(
        path=name,
        sha256=digest.hexdigest(),
        size=status.st_size,
        executable=bool(status.st_mode & stat.S_IXUSR),
    )


def _at(problem: Problem, location: Location) -> Problem:
    return Problem(message=problem.message, hint=problem.hint, location=location)
