"""Wheels as entries, and what two of them must not both have."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from lading.errors import ImageError, Problem
from lading.oci.entries import Deflated, Folder, Hardlink, Literal, Regular, Symlink

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from lading.lock.model import Distribution
    from lading.oci.entries import Entry
    from lading.wheels import Interpreter

__all__ = [
    "ENVIRONMENT",
    "Owned",
    "Packaging",
    "check_files",
    "check_owners",
    "direct_url",
    "folders_of",
    "owned",
    "owned_in",
    "remarks_in",
    "without_doubles",
    "written",
]

ENVIRONMENT: Final = "the environment"
"""What owns the interpreter's links, and what else an empty environment holds."""

_OWN: Final = "no package may replace the environment's own files: leave it out"
_ELSEWHERE: Final = "include it under another path"
_FOLDER: Final = "a folder"
_EITHER: Final = "which one counts depends on the order of installing: ask for one of the two"

Owned: TypeAlias = "dict[str, dict[str, str]]"
"""By what owns it: paths, each with what tells its content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packaging:
    """How wheels become entries.

    Attributes:
        prefix: The environment's folder, as the image's user sees it.
        root: Its true path, as entries name it.
        series: The minor version of its Python.
        compiler: What compiles modules, where any does.
    """

    prefix: str
    root: str
    series: str
    compiler: Interpreter | None = None

    def entries(self, distribution: Distribution, wheel: Path) -> tuple[Entry, ...]:
        """What installing the wheel writes.

        Raises:
            ImageError: The wheel is not as it must be.
        """
        from lading.wheels import Scheme, bytecode, read_wheel  # noqa: PLC0415 - only to make one

        scheme = Scheme(
            prefix=self.prefix, python=self.series, interpreter=f"{self.prefix}/bin/python"
        )
        found = read_wheel(
            wheel,
            scheme,
            filename=distribution.filename,
            name=distribution.name,
            version=distribution.version,
            direct_url=direct_url(distribution),
            sha256=distribution.sha256,
        ).entries
        if self.compiler is not None:
            found = (*found, *bytecode(found, self.compiler))
        before = self.prefix.strip("/")
        if self.root == before:
            return found
        return tuple(replace(one, path=f"{self.root}{one.path[len(before) :]}") for one in found)


def direct_url(distribution: Distribution) -> str | None:
    """The URL of a wheel that a requirement names by it, for its record (PEP 610)."""
    if distribution.kind != "wheel" or distribution.index is not None:
        return None
    return distribution.url.partition("#")[0]


def owned(entries: Iterable[Entry]) -> dict[str, str]:
    """The paths of entries, each with what tells its content from any other."""
    return {one.path: _told(one) for one in entries}


def _told(entry: Entry) -> str:
    match entry:
        case Folder():
            return _FOLDER
        case Symlink(target=target):
            return f"-> {target}"
        case Hardlink(target=target):
            return f"= {target}"
        case Regular(mode=mode, sha256=sha256, content=content):
            return f"{mode:o} {sha256 or _hash(content)}"


def _hash(content: object) -> str:
    match content:
        case Literal(data=data):
            return hashlib.sha256(data).hexdigest()
        case Deflated(crc32=crc32, size=size):
            return f"{crc32:08x} {size}"
        case _:
            return repr(content)


def written(found: Owned, remarks: Sequence[str] = ()) -> bytes:
    """What a layer's record keeps, so that the layer need not be read: a line of each, if any."""
    kept = (found, remarks) if remarks else (found,)
    return b"\n".join(
        json.dumps(one, sort_keys=True, separators=(",", ":")).encode() for one in kept
    )


def owned_in(attachment: bytes) -> Owned:
    """The paths that `written` wrote."""
    found: Owned = json.loads(attachment.partition(b"\n")[0] or b"{}")
    return found


def remarks_in(attachment: bytes) -> tuple[str, ...]:
    """The remarks that `written` wrote."""
    return tuple(json.loads(attachment.partition(b"\n")[2] or b"[]"))


def check_owners(layers: Iterable[Owned]) -> None:
    """Refuse paths that two distributions have with different content, or one below the other's.

    Raises:
        ImageError: All of them.
    """
    owners: dict[str, tuple[str, str]] = {}
    problems = [*_clashes(layers, owners), *_buried(owners)]
    if problems:
        raise ImageError(problems)


def check_files(files: Mapping[str, str], layers: Iterable[Owned]) -> None:
    """Refuse files of the project in the place of packages' folders, and the other way around.

    In the place of a package's file they may be, as COPY puts them there.

    Args:
        files: The user's line for each path.
        layers: What packages and the environment have.

    Raises:
        ImageError: All that are so.
    """
    there: dict[str, tuple[str, str]] = {}
    for owned_by in layers:
        for owner, paths in owned_by.items():
            there.update((path, (owner, content)) for path, content in paths.items())
    folders = folders_of(there)
    folders |= {path for path, (_, content) in there.items() if content == _FOLDER}
    below = folders_of(files)
    solid = {path for path, (_, content) in there.items() if content != _FOLDER}
    problems = [
        *_misplaced(files, files.keys() & folders, there, "a file here and a folder of"),
        *_misplaced(files, below & solid, there, "a folder here and a file of"),
    ]
    if problems:
        raise ImageError(problems)


def folders_of(paths: Iterable[str]) -> set[str]:
    """All folders that these paths are in, but for the root."""
    found: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return found


def _misplaced(
    files: Mapping[str, str],
    clashes: Iterable[str],
    there: Mapping[str, tuple[str, str]],
    what: str,
) -> Iterator[Problem]:
    for path in sorted(clashes):
        line = files[path] if path in files else files[_below(path, files)]
        owner = there[path if path in there else _below(path, there)][0]
        where = f"{line}: " if line else ""
        yield Problem(message=f"{where}/{path} is {what} {owner}", hint=_ELSEWHERE)


def _below(folder: str, paths: Iterable[str]) -> str:
    """The first of the paths in a folder that holds one at least."""
    return min(path for path in paths if path.startswith(f"{folder}/"))


def _buried(owners: Mapping[str, tuple[str, str]]) -> Iterator[Problem]:
    """Files that have others' files below them: of the two layers the upper one would hide them."""
    folders = folders_of(owners)
    for path, (owner, content) in sorted(owners.items()):
        if content != _FOLDER and path in folders:
            other = owners[_below(path, owners)][0]
            yield Problem(
                message=f"/{path} is a file of {owner} and a folder of {other}",
                hint=_OWN if ENVIRONMENT in {owner, other} else _EITHER,
            )


def _clashes(layers: Iterable[Owned], owners: dict[str, tuple[str, str]]) -> Iterator[Problem]:
    told: dict[tuple[str, str], list[str]] = {}
    for owned_by in layers:
        for owner, paths in owned_by.items():
            for path, content in paths.items():
                first, other = owners.setdefault(path, (owner, content))
                if other != content and first != owner:
                    told.setdefault((first, owner), []).append(path)
    for (first, second), found in told.items():
        more = f", and {len(found) - 1} more that differ" if len(found) > 1 else ""
        yield Problem(
            message=f"{first} and {second} both have /{min(found)}{more}",
            hint=_OWN if first == ENVIRONMENT else _EITHER,
        )


def without_doubles(found: Mapping[str, tuple[Entry, ...]]) -> Iterator[Entry]:
    """All entries; what several distributions have in the same way, once."""
    seen: set[str] = set()
    for entries in found.values():
        for one in entries:
            if one.path not in seen or isinstance(one, Folder):
                seen.add(one.path)
                yield one
