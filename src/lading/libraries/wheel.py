"""The ELF files of a wheel: read once, and kept by the wheel's SHA-256."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from lading.elf import Elf, NotElf, is_elf, read_elf
from lading.errors import ImageError
from lading.libraries.unfolding import Unfolded, head
from lading.wheels.members import read_members
from lading.wheels.metadata import find_dist_info, parse_filename

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lading.store import Store
    from lading.wheels.members import File

__all__ = ["WheelElfs", "WheelFile", "kept_libraries", "wheel_libraries"]

_RECORD: Final = "wheel-elfs-1"

# What no loader maps, whatever it holds; most of the files of most wheels.
_NEVER: Final = (".py", ".pyi", ".pyc", ".h", ".hpp", ".txt", ".json", ".md", ".html", ".js", ".a")


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelFile:
    """An ELF file of a wheel.

    Attributes:
        member: Its name in the wheel.
        elf: What its headers say.
    """

    member: str
    elf: Elf


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelElfs:
    """What a wheel holds for the dynamic loader.

    Attributes:
        name: The distribution's, normalised.
        version: Its version.
        any_platform: Whether it says to run anywhere (its tag ends in `any`).
        requires: The distributions that it requires, whatever the markers; not those of extras.
        files: Its ELF files, in its order.
        damaged: Members that begin as ELF files and can't be read as such.
    """

    name: str
    version: str
    any_platform: bool = False
    requires: tuple[str, ...] = ()
    files: tuple[WheelFile, ...] = ()
    damaged: tuple[str, ...] = ()


_DECODER: Final = msgspec.json.Decoder(WheelElfs)


def wheel_libraries(
    path: Path, *, filename: str, sha256: str, store: Store | None = None
) -> WheelElfs:
    """The ELF files of a wheel, by their headers.

    The second time nothing of it is read: what was found is kept in the store.

    Args:
        path: The wheel, whose SHA-256 was checked.
        filename: What it is called (PEP 427).
        sha256: Of the wheel.
        store: Where what was found is kept.

    Raises:
        ImageError: It is no wheel, or damaged.
    """
    found = kept_libraries(filename=filename, sha256=sha256, store=store) if store else None
    if found is None:
        found = _read(path, filename)
        if store is not None:
            content = zlib.compress(msgspec.json.encode(found), 6)
            store.keep(_record(filename, sha256), content)
    return found


def kept_libraries(*, filename: str, sha256: str, store: Store) -> WheelElfs | None:
    """What was read of a wheel before, so that the wheel itself need not be there; or None."""
    kept = store.record(_record(filename, sha256))
    try:
        return None if kept is None else _DECODER.decode(zlib.decompress(kept))
    except (zlib.error, msgspec.DecodeError):  # another Lading's
        return None


def _record(filename: str, sha256: str) -> str:
    return f"{_RECORD}-{sha256}-{filename}"


def _read(path: Path, filename: str) -> WheelElfs:
    name, version = parse_filename(filename)
    members = read_members(path, filename).files
    files, damaged = [], []
    with path.open("rb") as wheel:
        for member in _elf_members(members, wheel.fileno()):
            try:
                with Unfolded(member.content) as unfolded:
                    files.append(WheelFile(member=member.name, elf=read_elf(unfolded)))
            except NotElf:
                damaged.append(member.name)
            except OSError as error:
                why = (error.strerror or str(error)).lower()
                raise ImageError(f"{filename}: {member.name} can't be unpacked: {why}") from None
    metadata = find_dist_info(members, filename).text("METADATA")
    return WheelElfs(
        name=name,
        version=version,
        any_platform=filename.endswith("-any.whl"),
        requires=tuple(sorted(set(_requires(metadata)))),
        files=tuple(files),
        damaged=tuple(damaged),
    )


def _elf_members(members: tuple[File, ...], wheel: int) -> Iterator[File]:
    for member in members:
        if not member.name.endswith(_NEVER) and is_elf(head(member.content, wheel)):
            yield member


_HEADER: Final = re.compile(
    r"^Requires-Dist:[ \t]*(?P<text>[^\r\n]+)", re.MULTILINE | re.IGNORECASE
)
_EXTRA: Final = re.compile(r"\bextra\s*==")


def _requires(metadata: str) -> Iterator[str]:
    headers = metadata.partition("\n\n")[0]
    for match in _HEADER.finditer(headers):
        try:
            found = Requirement(match["text"])
        except InvalidRequirement:
            continue  # an installer refuses it, or never looks
        if found.marker is None or not _EXTRA.search(str(found.marker)):
            yield str(canonicalize_name(found.name))
