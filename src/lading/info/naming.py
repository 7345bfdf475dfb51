"""What parts of a frozen image are called, by every generator alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lading.info.model import CopyFiles

__all__ = ["of_model"]


def of_model(step: CopyFiles) -> str:
    """A part of a model, by its file, or by the first of its files."""
    first, more = step.files[0].path, len(step.files) - 1
    return f"{first} and {more} more" if more else first
