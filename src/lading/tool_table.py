"""The table `[tool.lading]` of a project's pyproject.toml."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from lading.errors import SpecificationError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["KEYS", "tool_table"]

KEYS = ("image", "mirrors", "archives")
"""What the table may hold."""


def tool_table(path: Path) -> dict[str, object]:
    """What the pyproject.toml at `path` has in `[tool.lading]`; nothing where it has no such table.

    Raises:
        SpecificationError: It can't be read.
    """
    try:
        tables: object = tomllib.loads(path.read_text("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpecificationError(f"{path} is not valid TOML: {error}") from None
    except OSError as error:
        why = (error.strerror or "no access").lower()
        raise SpecificationError(f"{path} can't be read: {why}") from None
    for key in ("tool", "lading"):
        tables = tables.get(key, {}) if isinstance(tables, dict) else None
    if not isinstance(tables, dict):
        raise SpecificationError(f"[tool.lading] of {path} is not a table")
    return tables
