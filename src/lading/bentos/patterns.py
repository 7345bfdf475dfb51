"""Patterns of BentoML, which are those of .gitignore, as patterns of `build_include`.

Source: gitignore(5). One without a slash, but at its end, holds at any depth.
"""

from __future__ import annotations

__all__ = ["exclusion", "inclusion"]


def inclusion(pattern: str) -> str | None:
    """What names the same files to `build_include`; None where nothing does."""
    text = _plain(pattern)
    if text is None or text == "*":
        return text
    if "/" not in text.rstrip("/"):
        return f"**/{text.rstrip('/')}"
    return text.strip("/")


def exclusion(pattern: str) -> str | None:
    """What names the same files to its `exclude`, to which a bare name holds at any depth too."""
    text = _plain(pattern)
    if text is None:
        return None
    anchored = text.startswith("/") and "/" not in text.strip("/")
    return None if anchored else text.strip("/")


def _plain(pattern: str) -> str | None:
    text = pattern.strip()
    return None if not text.strip("/") or text.startswith(("!", "#")) or "\\" in text else text
