"""Where things are: in the build context, during a step, and in the image.

Folders that a step of the image mounts on are ones that every base has (FHS 3.0), and files are
mounted directly below `/run`: a builder leaves any folder that it had to make for a mount behind.
A stage that is thrown away may have any.
"""

from __future__ import annotations

from typing import Final

from lading.distros import AptLists
from lading.trees import MADE_BY

__all__ = [
    "APT_LISTS",
    "BUILT_WHEELS",
    "CONSTRAINTS",
    "CONTEXT_CA_SCRIPT",
    "COPIED_DEBS",
    "MADE_BY",
    "MOUNTED_BUILT_WHEELS",
    "MOUNTED_CACHE",
    "MOUNTED_CA_SCRIPT",
    "MOUNTED_DEBS",
    "MOUNTED_UV",
    "MOUNTED_WHEELS",
    "SECRETS",
    "build_requirements_folder",
    "mounted_requirements",
    "requirements_name",
    "source_folder",
]

CONTEXT_CA_SCRIPT: Final = "ca-bundle.sh"

SECRETS: Final = "/run/secrets"
"""Where every builder mounts a secret that is given no other place."""

MOUNTED_CA_SCRIPT: Final = "/run/ca-bundle.sh"
MOUNTED_UV: Final = "/run/uv"
MOUNTED_CACHE: Final = "/mnt"
MOUNTED_WHEELS: Final = "/media"
MOUNTED_BUILT_WHEELS: Final = "/srv"
MOUNTED_DEBS: Final = "/media"

APT_LISTS: Final = AptLists(versions="/run/apt.versions", hashes="/run/apt.sha256")
"""Where an installation by apt finds what the lock says."""

COPIED_DEBS: Final = "/lading-debs"
"""Where Debian packages are while they are installed, where a builder has no mounts."""

BUILT_WHEELS: Final = "/wheels"
"""Where a builder stage puts what it compiled."""


CONSTRAINTS: Final = "constraints.txt"
"""The file beside those wheels that names each by its path."""


def requirements_name(group: int, place: str) -> str:
    """A requirements file of the image's installation `group`, counted from 1.

    Args:
        group: The installation.
        place: What tells where its distributions come from, or nothing for the default index.
    """
    number = "" if group == 1 else f"-{group}"
    return f"requirements{number}{'.' if place else ''}{place}.txt"


def mounted_requirements(place: str) -> str:
    """Where an installation finds such a file."""
    return f"/run/{requirements_name(1, place)}"


def build_requirements_folder(name: str) -> str:
    """The folder of the files of what the source of the distribution `name` is compiled with."""
    return f"build-requirements/{name}"


def source_folder(name: str, part: str) -> str:
    """A folder for one part of compiling the distribution `name`, in a stage of its own."""
    return f"/src/{name}/{part}"
