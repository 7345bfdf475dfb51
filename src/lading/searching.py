"""The files of a project that paths and patterns name: found, and kept inside the project."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from lading.grammar.invalid import Invalid
from lading.grammar.nearest import did_you_mean
from lading.patterns import Pattern
from lading.trees import Walk, inside, regular, unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import Self

    from lading.grammar.path import ProjectPath

__all__ = ["Search", "nothing"]

_EVERYTHING = Pattern(())


def nothing(root: Path, name: str) -> Invalid:
    """That the project at `root` has nothing of that name, or nothing that can be looked at."""
    try:
        (root / name).lstat()
    except PermissionError as error:
        return unreadable(name, error)
    except OSError:
        pass
    try:
        around = sorted(entry.name for entry in (root / name).parent.iterdir())
    except OSError:
        around = []
    near = did_you_mean(PurePosixPath(name).name, around)
    hint = near or f"paths start from the project's folder, {root.name}/"
    return Invalid(f"the project has no {name}", hint=hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """The search for files that patterns name, but for those that are left out.

    Attributes:
        root: The project's folder, absolute, with links resolved.
        exclusions: What is left out.
        avoided: Folders and files below it that are no part of it, by their real paths.
    """

    root: Path
    exclusions: tuple[Pattern, ...] = ()
    avoided: tuple[Path, ...] = ()

    @classmethod
    def without(
        cls, root: Path, exclude: Iterable[ProjectPath], avoided: Iterable[Path] = ()
    ) -> Self:
        """The search that leaves out what a call says."""
        exclusions = tuple(Pattern.of_exclusion(one.text) for one in exclude)
        return cls(root=root, exclusions=exclusions, avoided=tuple(avoided))

    def files(self, text: str) -> dict[str, Path]:
        """By name in the project, the real path of each file that the pattern names.

        Raises:
            Invalid: There is none; or one leaves the project, can't be read, or is no file.
        """
        try:
            return self._files(text)
        except OSError as error:
            raise unreadable(text, error) from None

    def would_find(self, text: str, path: Path) -> bool:
        """Whether the pattern would name a file at that real path, if it were there."""
        there = os.path.lexists(self.root / text)
        pattern = _EVERYTHING if there else Pattern.of_path(text)
        head = text if there else pattern.head
        start = (self.root / head).resolve()
        if not path.is_relative_to(start):
            return False
        return self._walk(pattern).would_take(head, path.relative_to(start).parts)

    def _files(self, text: str) -> dict[str, Path]:
        if os.path.lexists(self.root / text):
            found = self._kept(self._at("" if text == "." else text))
            if not found:
                raise Invalid(f"{text} holds no files to include", hint="leave it out")
            return found
        pattern = Pattern.of_path(text)
        is_folder = (self.root / pattern.head).is_dir()
        found = self._kept(self._walk(pattern).files(pattern.head)) if is_folder else {}
        if not found:
            raise nothing(self.root, text)
        return found

    def _kept(self, found: Iterable[tuple[str, Path]]) -> dict[str, Path]:
        # A walk does not enter what is avoided; but that may be a file, such as an archive.
        return {name: real for name, real in found if not self._is_avoided(real)}

    def _at(self, name: str) -> Iterator[tuple[str, Path]]:
        """What is at a path that was written out, whether or not it is skipped elsewhere."""
        if (self.root / name).is_dir():
            yield from self._walk(_EVERYTHING).files(name)
        elif not self._is_excluded(name):
            real = inside(self.root, self.root / name, name)
            yield name, regular(self.root, real, name)

    def _walk(self, pattern: Pattern) -> Walk:
        return Walk(
            root=self.root,
            enters=lambda name: not self._is_excluded(name) and pattern.reaches(name),
            takes=lambda name: not self._is_excluded(name) and pattern.covers(name),
            avoids=self._is_avoided,
        )

    def _is_avoided(self, real: Path) -> bool:
        return any(real.is_relative_to(folder) for folder in self.avoided)

    def _is_excluded(self, name: str) -> bool:
        return any(pattern.covers(name) for pattern in self.exclusions)
