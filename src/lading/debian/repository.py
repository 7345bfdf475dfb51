"""The flat repository of a vendored folder: what apt reads there in place of an archive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lading.debian.control import fields_of
from lading.debian.deb import control_of
from lading.errors import ResolutionError
from lading.grammar.invalid import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lading.debian.locking import AnyDeb

__all__ = ["packages_index"]

# What apt decides by, and what it tells two builds of one version apart by (apt's
# debListParser::VersionHash): no more of a package's control file gets into the index.
_KEPT: Final = (
    "Package",
    "Source",
    "Version",
    "Architecture",
    "Multi-Arch",
    "Essential",
    "Protected",
    "Important",
    "Priority",
    "Section",
    "Installed-Size",
    "Pre-Depends",
    "Depends",
    "Conflicts",
    "Breaks",
    "Replaces",
    "Provides",
)


def packages_index(debs: Iterable[tuple[AnyDeb, Path]]) -> str:
    """The text of `Packages` for a folder with these packages in it.

    Each is named as the last part of its path in the archive, next to the index.

    Args:
        debs: Locked packages, and their files, whose hashes have been checked.

    Raises:
        ResolutionError: A file is no package, or another than it is called.
    """
    stanzas = [_stanza(deb, file) for deb, file in debs]
    return "\n".join(sorted(stanzas))


def _stanza(deb: AnyDeb, file: Path) -> str:
    what = f"{deb.name} {deb.version}"
    try:
        fields = fields_of(control_of(file, what=what))
    except Invalid as error:
        raise ResolutionError(f"the control file of {what} is damaged: {error.message}") from None
    found = tuple(fields.get(name, "") for name in ("package", "version", "architecture"))
    if found != (deb.name, deb.version, deb.architecture):
        raise ResolutionError(
            f"{what} for {deb.architecture} is by its own words {' '.join(found)}",
            hint="the lock was changed by hand: lock again",
        )
    kept = [
        f"{name}: {' '.join(fields[name.lower()].split())}"
        for name in _KEPT
        if name.lower() in fields
    ]
    place = [
        f"Filename: ./{deb.path.rpartition('/')[2]}",
        f"Size: {deb.size}",
        f"SHA256: {deb.sha256}",
    ]
    return "\n".join((*kept, *place, ""))
