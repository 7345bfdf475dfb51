"""What Python packages are resolved for: the platform, libc and Python of the image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lading.platforms import marker_environment, uv_platform, wheel_platform_tags

if TYPE_CHECKING:
    from packaging.tags import Tag

    from lading.grammar.python_version import PythonVersion
    from lading.platforms import Libc, Platform

__all__ = ["VENV", "Target"]

VENV = "/opt/venv"
"""Where the Python packages of every image are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The target of one resolution; the machine that resolves has no part in it."""

    platform: Platform
    libc: Libc
    python: PythonVersion

    def __str__(self) -> str:
        libc = f"{self.libc.name} {'.'.join(map(str, self.libc.version))}"
        return f"Python {self.python} on {self.platform} ({libc})"

    @property
    def uv_platform(self) -> str:
        """The platform as uv names it.

        Raises:
            Invalid: uv can't resolve for it.
        """
        return uv_platform(self.platform, self.libc)

    def markers(self) -> dict[str, str]:
        """The environment that markers are evaluated in (PEP 508).

        Raises:
            Invalid: Wheels for the platform can't be chosen.
        """
        return marker_environment(self.platform, self.libc, self.python)

    def tags(self) -> tuple[Tag, ...]:
        """The wheel tags that the target accepts, the most specific first (PEP 425)."""
        from packaging.tags import compatible_tags, cpython_tags  # noqa: PLC0415 - locking only

        series = (3, int(self.python.series.partition(".")[2]))
        platforms = list(wheel_platform_tags(self.platform, self.libc))
        interpreter = f"cp{series[0]}{series[1]}"
        return (
            *cpython_tags(python_version=series, platforms=platforms),
            *compatible_tags(python_version=series, interpreter=interpreter, platforms=platforms),
        )
