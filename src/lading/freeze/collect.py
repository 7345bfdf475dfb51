"""The files of a project that an image includes: found, read, and kept inside the project."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from lading.errors import FreezeError, Problem
from lading.grammar.invalid import Invalid
from lading.info import ContextFile
from lading.searching import Search, nothing
from lading.trees import describe, inside

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from lading.errors import Location
    from lading.image.steps import BuildInclude, RunScript

__all__ = ["Collected", "Project"]

_NO_MODELS: Final[Mapping[str, str]] = MappingProxyType({})


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

    def include(
        self, step: BuildInclude, models: Mapping[str, str] = _NO_MODELS
    ) -> tuple[Collected, ...]:
        """The files that `step` names, sorted, each once.

        Args:
            step: What is to be included.
            models: The files that a model has already, each with the user's line: they are not
                copied twice.

        Raises:
            FreezeError: A pattern finds nothing, or a file leaves the project; all such together.
        """
        problems: list[Problem] = []
        found: dict[str, Path] = {}
        search = Search.without(self.root, step.exclude, self.excluded)
        for pattern in step.patterns:
            try:
                with _placed(step.location):
                    found |= _others(search.files(pattern.text), models, pattern.text)
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
            with _placed(None):
                raise nothing(self.root, name)
        with _placed(None):
            real = inside(self.root, path, name)
        if not real.is_file():
            raise FreezeError(f"{name} is not a file")
        return real


def _others(found: Mapping[str, Path], models: Mapping[str, str], pattern: str) -> dict[str, Path]:
    """What of these files no model has."""
    others = {name: source for name, source in found.items() if name not in models}
    if not others:
        at = models[next(iter(found))]
        message = f"model() at {at} has all that {pattern} names, and it is not copied twice"
        hint = "leave it out here, or include it by for_platform where that model is not"
        raise FreezeError(message, hint=hint)
    return others


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
