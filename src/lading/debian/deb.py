"""The control file inside a .deb: deb(5), read without running anything of the package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lading.debian.ar import read_members
from lading.debian.broken import Broken
from lading.debian.control import fields_of
from lading.debian.facts import Facts, facts_in
from lading.debian.streams import archived
from lading.errors import ResolutionError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lading.oci.tar_reading import TarMember

__all__ = ["control_of", "facts_of"]

_MOST_FILES: Final = 1000
_LARGEST: Final = 1 << 20


def control_of(file: Path, *, what: str) -> str:
    """The text of a package's control file.

    Args:
        file: The .deb.
        what: What the package is called, for the error.

    Raises:
        ResolutionError: It is no .deb, or is damaged.
    """
    try:
        with file.open("rb") as deb, archived(deb, read_members(deb).control) as members:
            return _control_file(members).decode()
    except (OSError, ValueError) as error:
        raise ResolutionError(f"{what} can't be read as a Debian package: {error}") from None


def facts_of(file: Path, *, what: str) -> Facts:
    """What a package says of itself.

    Raises:
        ResolutionError: It is no .deb, or is damaged.
    """
    text = control_of(file, what=what)
    try:
        return Facts(**facts_in(fields_of(text)))
    except (KeyError, ValueError) as error:
        raise ResolutionError(f"the control file of {what} is damaged: {error}") from None


def _control_file(members: Iterator[TarMember]) -> bytes:
    """All are asked for: the archive is checked to its end."""
    found = None
    for number, member in enumerate(members):
        if number == _MOST_FILES:
            raise Broken("its control archive has more files than any package")
        if member.kind == "file" and member.name == "control":
            if found is not None or member.size > _LARGEST:
                raise Broken("its control file is there twice, or larger than any")
            found = member.read()
    if found is None:
        raise Broken("it has no control file")
    return found
