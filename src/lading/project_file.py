"""What a project says of Lading: `[tool.lading]` of its pyproject.toml, or its lading.toml."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from lading.errors import Location, Problem, SpecificationError
from lading.toml_lines import KeyPath, key_lines

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = [
    "PROJECT_FILES",
    "SETTINGS",
    "SIGNED_ARCHIVES",
    "TOOL",
    "KeyPath",
    "ProjectFile",
    "either_title",
    "read_project_file",
]

SETTINGS: Final = ("archives", "mirrors")
"""The keys that are of the project, and of no image."""

SIGNED_ARCHIVES: Final = ("debian", "debian-security", "ubuntu")
"""The archives of Debian packages that `archives` may speak of."""

_OWN: Final = "lading.toml"
_SHARED: Final = "pyproject.toml"
PROJECT_FILES: Final = (_OWN, _SHARED)
TOOL: Final = ("tool", "lading")
"""The keys of the table in a pyproject.toml."""


@dataclass(frozen=True, kw_only=True)
class ProjectFile:
    """The file, and what it holds for Lading.

    Attributes:
        path: The file.
        above: The keys that lead to the table; none in a lading.toml.
        table: What it holds; empty where there is no such table.
        text: The whole file.
    """

    path: Path
    above: tuple[str, ...]
    table: Mapping[str, object]
    text: str

    @property
    def is_own(self) -> bool:
        """Whether it is a lading.toml, which has nothing of other tools."""
        return not self.above

    def title(self, *keys: str | int) -> str:
        """What a table is called in it: `[tool.lading.mirrors]`, or the file's name for all."""
        path = ".".join(map(str, (*self.above, *keys)))
        return f"[{path}]" if path else self.path.name

    def location(self, *keys: str | int) -> Location:
        """The line of a key or an element, or of the nearest that it is in."""
        path: KeyPath = (*self.above, *keys)
        while path and path not in self._lines:
            path = path[:-1]
        return Location(str(self.path), self._lines.get(path, 1))

    @cached_property
    def _lines(self) -> Mapping[KeyPath, int]:
        return key_lines(self.text)


def either_title(*keys: str) -> str:
    """What a table is called in both kinds of file, for a hint where the project isn't known."""
    path = ".".join(keys)
    return f"[{'.'.join(TOOL)}.{path}] ([{path}] in a {_OWN})"


def read_project_file(folder: Path) -> ProjectFile | None:
    """The lading.toml of a project, or its pyproject.toml; None where there is neither.

    Raises:
        SpecificationError: It can't be read, or both speak of Lading.
    """
    own = _read(folder / _OWN, ())
    shared = _read(folder / _SHARED, TOOL)
    if own is not None and shared is not None and shared.table:
        raise SpecificationError(
            Problem(
                message=f"{own.path} is there too, and only one of the two is read",
                location=shared.location(),
                hint="keep one of them; a lading.toml has the same keys, without tool.lading",
            )
        )
    return own or shared


def _read(path: Path, above: tuple[str, ...]) -> ProjectFile | None:
    if not os.path.lexists(path):
        return None
    if not path.is_file():  # a pipe of that name would be waited for without end
        raise SpecificationError(f"{path} can't be read: it is no file", hint="remove it")
    try:
        text = path.read_text("utf-8-sig")
        table: object = tomllib.loads(text)
    # A ValueError is what TOML or UTF-8 is not, and a number of more digits than Python reads.
    except (ValueError, RecursionError) as error:
        raise SpecificationError(f"{path} is not valid TOML: {error}") from None
    except OSError as error:
        why = (error.strerror or "no access").lower()
        raise SpecificationError(f"{path} can't be read: {why}") from None
    for key in above:
        table = table.get(key, {}) if isinstance(table, dict) else None
    if not isinstance(table, dict):
        raise SpecificationError(f"[{'.'.join(above)}] of {path} is not a table")
    return ProjectFile(path=path, above=above, table=table, text=text)
