"""Which BentoML there is, and whether Lading knows it."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

__all__ = ["SUPPORTED", "unsupported"]

FIRST, BEFORE = (1, 4, 39), (1, 5)
"""The releases that the tests run against, and the next one that may differ."""

SUPPORTED = "bentoml>=1.4.39,<1.5"


def unsupported() -> str | None:
    """Why this BentoML can't be used, in one sentence; None where it can."""
    try:
        found = version("bentoml")
    except PackageNotFoundError:
        return f"BentoML is not installed here: pip install '{SUPPORTED}'"
    numbers = tuple(int(part) for part in found.split(".")[:3] if part.isdigit())
    if FIRST <= numbers < BEFORE:
        return None
    return f"BentoML {found} is not one that Lading knows: pip install '{SUPPORTED}'"
