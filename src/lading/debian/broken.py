"""What is wrong with a package, until somebody says whose it is."""

from __future__ import annotations

__all__ = ["Broken"]


class Broken(ValueError):  # noqa: N818 - the name says what happened
    """A package is not as it must be; the text says how."""
