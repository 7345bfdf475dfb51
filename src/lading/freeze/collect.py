"""The files of a project that an image includes: found, read, and kept inside the project."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from lading.errors import FreezeError, Problem
from lading.freeze.patterns import Pattern
from lading.grammar.invalid import Invalid
from lading.grammar.nearest import did_you_mean
from lading.info import ContextFile
from lading.trees import Walk, describe, inside, regular

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.errors import Location
    from lading.image.steps import BuildInclude, RunScript

__all__ = ["Collected", "Project"]

_EVERYTHING = Pattern(())


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
                with _placed(step.location):
                    found |= search.files(pattern.text)
            except FreezeError as error:
                problems += error.problems
        if problems:
            raise FreezeError(problems)
        with _placed(step.location):
            return tuple(_collected(name, source) for name, source in sorted(found.items()))

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
            why = (error.strerror or str(error)).lower()
            raise FreezeError(f"{name} can't be read: {why}") from None

    def sha256(self, name: str) -> str:
        """The SHA-256 of one regular file of the project.

        Raises:
            FreezeError: As `read`.
        """
        source = self.file(name)
        with _placed(None):
            return describe(name, source).sha256

    def file(self, name: str) -> Path:
        """The absolute path of one regular file of the project.

        Raises:
            FreezeError: There is none of that name, or it is outside the project.
        """
        path = self.root / name
        if not os.path.lexists(path):
            raise FreezeError(self.nothing(name))
        with _placed(None):
            real = inside(self.root, path, name)
        if not real.is_file():
            raise FreezeError(f"{name} is not a file")
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
        """By name in the project, the real path of each file that the pattern names.

        Raises:
            FreezeError: There is none.
            Invalid: One leaves the project, can't be read, or is no file.
        """
        if os.path.lexists(self.project.root / text):
            found = dict(self._at("" if text == "." else text))
            if not found:
                raise FreezeError(f"{text} holds no files to include", hint="leave it out")
            return found
        pattern = Pattern.of_path(text)
        is_folder = (self.project.root / pattern.head).is_dir()
        found = dict(self._walk(pattern).files(pattern.head)) if is_folder else {}
        if not found:
            raise FreezeError(self.project.nothing(text))
        return found

    def _at(self, name: str) -> Iterator[tuple[str, Path]]:
        """What is at a path that was written out, whether or not it is skipped elsewhere."""
        root = self.project.root
        if (root / name).is_dir():
            yield from self._walk(_EVERYTHING).files(name)
        elif not self._is_excluded(name):
            real = inside(root, root / name, name)
            if not self._is_written(real):
                yield name, regular(root, real, name)

    def _walk(self, pattern: Pattern) -> Walk:
        return Walk(
            root=self.project.root,
            enters=lambda name: not self._is_excluded(name) and pattern.reaches(name),
            takes=lambda name: not self._is_excluded(name) and pattern.covers(name),
            avoids=self._is_written,
        )

    def _is_written(self, real: Path) -> bool:
        return any(real.is_relative_to(folder) for folder in self.project.excluded)

    def _is_excluded(self, name: str) -> bool:
        return any(pattern.covers(name) for pattern in self.exclusions)


def _collected(name: str, source: Path) -> Collected:
    found = describe(name, source)
    file = ContextFile(path=name, sha256=found.sha256, size=found.size, executable=found.executable)
    return Collected(source=source, file=file)


@contextmanager
def _placed(location: Location | None) -> Iterator[None]:
    """Gives the problems that are raised in the block the user's line."""
    try:
        yield
    except Invalid as error:
        problem = Problem(message=error.message, hint=error.hint, location=location)
        raise FreezeError(problem) from None
    except FreezeError as error:
        raise FreezeError(replace(one, location=location) for one in error.problems) from None
