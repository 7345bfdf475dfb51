"""Where things are: in the build context, during a step, and in the image.

Folders that a step mounts on are ones that every base has (FHS 3.0), and files are mounted directly
below `/run`: a builder leaves any folder that it had to make for a mount behind in the image.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "BUILT_WHEELS",
    "CONTEXT_CA_SCRIPT",
    "MADE_BY",
    "MOUNTED_BUILT_WHEELS",
    "MOUNTED_CACHE",
    "MOUNTED_CA_SCRIPT",
    "MOUNTED_REQUIREMENTS",
    "MOUNTED_SOURCES",
    "MOUNTED_UV",
    "MOUNTED_WHEELS",
    "requirements_name",
]

MADE_BY: Final = "Made by Lading"
"""What a Dockerfile of ours begins with, as a comment. It tells a frozen folder from others."""

CONTEXT_CA_SCRIPT: Final = "ca-bundle.sh"

MOUNTED_CA_SCRIPT: Final = "/run/ca-bundle.sh"
MOUNTED_UV: Final = "/run/uv"
MOUNTED_REQUIREMENTS: Final = "/run/requirements.txt"
MOUNTED_CACHE: Final = "/mnt"
MOUNTED_WHEELS: Final = "/media"
MOUNTED_SOURCES: Final = "/media"
MOUNTED_BUILT_WHEELS: Final = "/srv"

BUILT_WHEELS: Final = "/wheels"
"""Where a builder stage puts what it compiled."""


def requirements_name(group: int) -> str:
    """The requirements file of the image's installation `group`, counted from 1."""
    return "requirements.txt" if group == 1 else f"requirements-{group}.txt"
