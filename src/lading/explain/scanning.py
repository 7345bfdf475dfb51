"""The files of built layers, with what tells the content of each; and what layers make together.

Source: OCI image-spec 1.1, layer.md (changesets, whiteouts, opaque whiteouts).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from lading.errors import ImageError
from lading.explain.sides import FileState
from lading.oci.unpacking import walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lading.oci.blobs import Blob
    from lading.oci.unpacking import TarMember

__all__ = ["DPKG", "Scanned", "distributions_in", "flattened", "scan"]

DPKG: Final = re.compile(r"/var/lib/dpkg/(?:status|status\.d/[^/]+(?<!\.md5sums)(?<!\.list))")
"""Where dpkg, or what stands for it, records what is installed."""

# Binary distribution format, "The .dist-info directory".
_DIST_INFO: Final = re.compile(r".*/(?P<name>[^/]+)-(?P<version>[^/-]+)\.dist-info/METADATA")
_STEP: Final = 1 << 20
_MOST: Final = 4_000_000
_LARGEST_TEXT: Final = 64 << 20
_WHITEOUT: Final = ".wh."
_OPAQUE: Final = ".wh..wh..opq"


@dataclass(slots=True, kw_only=True)
class Scanned:
    """What one layer has.

    Attributes:
        files: Files and links, by path.
        folders: The folders that it has an entry for.
        hidden: Paths that it takes away, with all below them.
        opaque: Folders of which it takes all away that is below them.
        texts: The content of dpkg's records, by path.
    """

    files: dict[str, FileState] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    opaque: set[str] = field(default_factory=set)
    texts: dict[str, bytes] = field(default_factory=dict)


def scan(blob: Blob) -> Scanned:
    """The files of a layer; all of it is read.

    Raises:
        ImageError: It is no layer, is damaged, or has more files than images have.
    """
    found = Scanned()
    for number, member in enumerate(walk(blob)):
        if number >= _MOST:
            raise ImageError(f"layer {blob.descriptor.digest} has more than {_MOST:,} files")
        _add(member, found)
    return found


def _add(member: TarMember, found: Scanned) -> None:
    path = f"/{member.name}"
    folder, _, last = path.rpartition("/")
    if last == _OPAQUE:
        found.opaque.add(folder)
    elif last.startswith(_WHITEOUT):
        found.hidden.add(f"{folder}/{last.removeprefix(_WHITEOUT)}")
    elif member.kind == "folder":
        found.folders.add(path)
    else:
        found.files[path] = _state(path, member, found)


def _state(path: str, member: TarMember, found: Scanned) -> FileState:
    match member.kind:
        case "file":
            content = _hashed(path, member, found)
            return FileState(path=path, size=member.size, content=content, mode=member.mode)
        case "hardlink" if (linked := found.files.get(f"/{member.target}")) is not None:
            return FileState(path=path, size=0, content=linked.content, mode=linked.mode)
        case "symlink":
            # Its own mode means nothing, and differs from tool to tool.
            return FileState(path=path, size=0, content=f"-> {member.target}", mode=0o777)
        case kind:
            return FileState(path=path, size=0, content=f"{kind} {member.target}", mode=member.mode)


def _hashed(path: str, member: TarMember, found: Scanned) -> str:
    if DPKG.fullmatch(path) and member.size <= _LARGEST_TEXT:
        found.texts[path] = member.read()
        return hashlib.sha256(found.texts[path]).hexdigest()
    digest = hashlib.sha256()
    while part := member.read(_STEP):
        digest.update(part)
    return digest.hexdigest()


def flattened(layers: Iterable[Scanned]) -> Scanned:
    """What layers make together, from the lowest up."""
    whole = Scanned()
    for layer in layers:
        # A file takes the place of a folder, and all that was in it; a folder that of a file.
        gone = layer.hidden | layer.files.keys()
        replaced = gone | layer.folders | {one for path in layer.files for one in _above(path)}
        hiding = gone | layer.opaque
        for path in [one for one in whole.files if one in replaced or _is_below(one, hiding)]:
            del whole.files[path]
            whole.texts.pop(path, None)
        whole.files |= layer.files
        whole.texts |= layer.texts
    return whole


def _is_below(path: str, folders: set[str]) -> bool:
    """Whether a path is below one of the folders, of which the root is the empty word."""
    return "" in folders or any(above in folders for above in _above(path))


def _above(path: str) -> Iterator[str]:
    above = path.rpartition("/")[0]
    while above:
        yield above
        above = above.rpartition("/")[0]


def distributions_in(paths: Iterable[str]) -> dict[str, tuple[str, str]]:
    """The Python distributions, each by its METADATA's path: its normalised name and version."""
    from packaging.utils import canonicalize_name  # noqa: PLC0415 - 20 ms

    found = {}
    for path in paths:
        match = _DIST_INFO.fullmatch(path) if path.endswith(".dist-info/METADATA") else None
        if match:
            found[path] = (str(canonicalize_name(match["name"])), match["version"])
    return found
