"""What a pattern of a user's names among the files of a project.

`*`, `?` and `[...]` stand within one name, as in a shell; `**` stands for any number of names, none
included. A pattern that names a folder names all that is in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from itertools import takewhile

__all__ = ["Pattern"]

_MAGIC = frozenset("*?[")
_ANY = "**"


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern, by the names between its slashes."""

    names: tuple[str, ...]

    @classmethod
    def of_path(cls, text: str) -> Pattern:
        """The pattern of a path that starts from the project's folder."""
        return cls(tuple(text.split("/")))

    @classmethod
    def of_exclusion(cls, text: str) -> Pattern:
        """The pattern of what is left out: one without a slash holds at any depth (as in git)."""
        return cls(tuple(text.split("/")) if "/" in text else (_ANY, text))

    @property
    def head(self) -> str:
        """The folder that all matches are in; empty where that is the project's own."""
        return "/".join(takewhile(lambda name: not _MAGIC & set(name), self.names[:-1]))

    def covers(self, path: str) -> bool:
        """Whether it names this path, or a folder that holds it."""
        return _covers(self.names, tuple(path.split("/")))

    def reaches(self, folder: str) -> bool:
        """Whether it can name anything inside this folder."""
        return _reaches(self.names, tuple(folder.split("/")))


def _covers(pattern: tuple[str, ...], path: tuple[str, ...]) -> bool:
    # Each pair of rests is looked at once: several `**` would else be tried in all combinations.
    @cache
    def covers(at: int, below: int) -> bool:
        if at == len(pattern):
            return True
        if pattern[at] == _ANY:
            return covers(at + 1, below) or (below < len(path) and covers(at, below + 1))
        fits = below < len(path) and fnmatchcase(path[below], pattern[at])
        return fits and covers(at + 1, below + 1)

    return covers(0, 0)


def _reaches(pattern: tuple[str, ...], folder: tuple[str, ...]) -> bool:
    if not pattern or not folder or pattern[0] == _ANY:
        return True
    return fnmatchcase(folder[0], pattern[0]) and _reaches(pattern[1:], folder[1:])
