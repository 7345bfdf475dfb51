"""Which distribution has a module that is imported, as far as that is sure."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Final

__all__ = ["distribution_of"]

_FILE: Final = Path(__file__).with_name("imports.toml")


def distribution_of(module: str) -> str | None:
    """The distribution that has a module, such as `PIL.Image`; None where that is not known."""
    parts = module.split(".")
    names = (".".join(parts[:depth]) for depth in range(len(parts), 0, -1))
    return next((found for name in names if (found := _table().get(name))), None)


@cache
def _table() -> dict[str, str]:
    """By module."""
    table = tomllib.loads(_FILE.read_text("utf-8"))
    same: list[str] = table["same"]
    others: dict[str, str] = table["others"]
    return {name: name.replace("_", "-") for name in same} | others
