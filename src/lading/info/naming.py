"""What parts of a frozen image are called, by every generator alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.grammar.words import visible

if TYPE_CHECKING:
    from lading.info.steps import CopyFiles

__all__ = ["of_model"]


def of_model(step: CopyFiles) -> str:
    """A part of a model, by its file, or by the first of its files."""
    paths = [one.path for one in step.files]
    more = f" and {len(paths) - 1} more" if paths[1:] else ""
    return f"{visible(paths[0])}{more}" if paths else "without files"
