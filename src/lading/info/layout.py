"""Where the files of a frozen folder are: what every generator finds there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lading.lock.model import Deb, Distribution

__all__ = [
    "BASE_CONTEXT",
    "BUILD_WHEELS",
    "DEBS",
    "DEBS_INDEX",
    "SOURCES",
    "UV",
    "WHEELS",
    "build_wheel_path",
    "build_wheels_folder",
    "deb_path",
    "files_path",
    "keyring_path",
    "model_path",
    "script_path",
    "source_path",
    "wheel_path",
    "wheels_folder",
]

BASE_CONTEXT: Final = "base-context"
"""The context of a base that a Dockerfile makes; no part of the image's own."""

UV: Final = "uv"
"""The program that installs Python packages."""

WHEELS: Final = "wheels"
"""The folders of wheels to install: the project's own, and in a vendored folder all."""

BUILD_WHEELS: Final = "build-wheels"
"""The folders of wheels to compile with: the project's own, and in a vendored folder all."""

SOURCES: Final = "sources"
"""The folder of the sources to compile."""

DEBS: Final = "debs"
"""The folder, in a vendored folder, of Debian packages."""

DEBS_INDEX: Final = "debs/Packages"
"""What makes of that folder a repository that apt can read."""


def wheels_folder(group: int) -> str:
    """The folder of the wheels of one installation, counted from 1.

    A folder each, so that another wheel of one leaves the others as they were built.
    """
    return f"{WHEELS}/{group}"


def wheel_path(distribution: Distribution) -> str:
    """Where a wheel to install is."""
    return f"{wheels_folder(distribution.group)}/{distribution.filename}"


def build_wheels_folder(name: str) -> str:
    """The folder of what the source of the distribution `name` is compiled with."""
    return f"{BUILD_WHEELS}/{name}"


def build_wheel_path(name: str, distribution: Distribution) -> str:
    """Where a wheel is that the source of the distribution `name` is compiled with."""
    return f"{build_wheels_folder(name)}/{distribution.filename}"


def source_path(distribution: Distribution) -> str:
    """Where a source to compile is: a file, or the folder of a source that is one.

    In a folder of its own, since two repositories may offer a `main.zip` each.
    """
    folder = f"{SOURCES}/{distribution.name}"
    is_folder = distribution.kind in {"directory", "git"}
    return folder if is_folder else f"{folder}/{distribution.filename}"


def keyring_path(archive: str, *, is_text: bool) -> str:
    """Where the keys of a Debian archive are; apt tells by the name whether they are armoured."""
    return f"apt/{archive}.{'asc' if is_text else 'gpg'}"


def deb_path(deb: Deb) -> str:
    """Where a Debian package is."""
    return f"{DEBS}/{deb.path.rpartition('/')[2]}"


def script_path(sha256: str, suffix: str) -> str:
    """Where a script is: named by its content, with its suffix where an option can hold it."""
    plain = suffix[1:].isalnum() and suffix.isascii()
    return f"scripts/{sha256[:16]}{suffix if plain else ''}"


def files_path(span: int, place: int) -> str:
    """The folder of the files that the step at `place` of a span includes, both counted from 1."""
    return f"files/{span}.{place}"


def model_path(span: int, place: int, part: str) -> str:
    """The folder of one part of the model at `place` of a span, both counted from 1."""
    return f"models/{span}.{place}.{part}"
