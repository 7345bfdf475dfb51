"""Where the files of a frozen folder are: what every generator finds there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lading.lock.model import Distribution

__all__ = ["SOURCES", "UV", "WHEELS", "files_path", "script_path", "source_path", "wheel_path"]

UV: Final = "uv"
"""The program that installs Python packages."""

WHEELS: Final = "wheels"
"""The folder of the project's own wheels."""

SOURCES: Final = "sources"
"""The folder of the source distributions to compile."""


def wheel_path(distribution: Distribution) -> str:
    """Where a wheel of the project is."""
    return f"{WHEELS}/{distribution.filename}"


def source_path(distribution: Distribution) -> str:
    """Where a source distribution to compile is."""
    return f"{SOURCES}/{distribution.filename}"


def script_path(sha256: str, suffix: str) -> str:
    """Where a script is: named by its content, with its suffix where an option can hold it."""
    plain = suffix[1:].isalnum() and suffix.isascii()
    return f"scripts/{sha256[:16]}{suffix if plain else ''}"


def files_path(span: int, place: int) -> str:
    """The folder of the files that the step at `place` of a span includes, both counted from 1."""
    return f"files/{span}.{place}"
