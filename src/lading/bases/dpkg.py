"""What dpkg has recorded in a base: its own list, or one file for each package beside it."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from lading.bases.fetching import check, full
from lading.errors import ImageError
from lading.progress import SILENT

if TYPE_CHECKING:
    from lading.bases.base import Base
    from lading.oci.making import Layer
    from lading.progress import Progress
    from lading.store import Store

__all__ = ["dpkg_status"]

_FOLDER: Final = "var/lib/dpkg"
_STATUS: Final = f"{_FOLDER}/status"
_PARTS: Final = f"{_FOLDER}/status.d/"
_HIDING: Final = frozenset(
    {
        "var/.wh.lib",
        "var/lib/.wh.dpkg",
        f"{_FOLDER}/.wh.status",
        "var/.wh..wh..opq",
        "var/lib/.wh..wh..opq",
        f"{_FOLDER}/.wh..wh..opq",
    }
)
"""Names by which a layer hides what lower ones have recorded (OCI image-spec, layer.md)."""

_MOST: Final = 64 << 20
_RECORD: Final = "dpkg-status-1"


def dpkg_status(base: Base, store: Store, *, progress: Progress = SILENT) -> str:
    """The stanzas of the installed packages; none where dpkg has recorded nothing.

    Layers are fetched from the uppermost down to the first that has the list: whoever installs
    packages writes it anew. What was found is kept in the store.

    Args:
        base: The base.
        store: Where layers, and what is known of them, are kept.
        progress: Told of each layer.

    Raises:
        ImageError: A layer is damaged, or the list is no text.
        RegistryError: A layer can't be had.
    """
    if base.manifest is None:
        return ""
    name = f"{_RECORD}-{base.manifest}"
    kept = store.record(name)
    if kept is not None:
        return zlib.decompress(kept).decode()
    with store.using():
        text = _read(base, store, progress)
    store.keep(name, zlib.compress(text.encode()))
    return text


def _read(base: Base, store: Store, progress: Progress) -> str:
    parts: dict[str, str] = {}
    for layer in reversed(base.layers):
        (here,) = full(replace(base, layers=(layer,)), store, progress=progress).layers
        found = _recorded(here, base.name)
        if found.status is not None:
            return found.status
        parts = {**found.parts, **parts}
        if found.hides:
            break
    return "\n".join(parts[name].rstrip("\n") + "\n" for name in sorted(parts))


class _Recorded:
    """What one layer has."""

    def __init__(self) -> None:
        self.status: str | None = None
        self.parts: dict[str, str] = {}
        self.hides = False


def _recorded(layer: Layer, name: str) -> _Recorded:
    from lading.oci.unpacking import walk  # noqa: PLC0415 - only where a layer is read

    check(layer.blob)  # what is kept of it is kept for good
    found = _Recorded()
    for member in walk(layer.blob):
        if member.name in _HIDING:
            found.hides = True
        elif member.kind == "file" and member.name == _STATUS:
            found.status = _text(member.read(_MOST), name)
        elif member.kind == "file" and _is_part(member.name):
            found.parts[member.name] = _text(member.read(_MOST), name)
    return found


def _is_part(path: str) -> bool:
    """Whether it is a record; beside it lie `<package>.md5sums` and the like."""
    return path.startswith(_PARTS) and not path.endswith((".md5sums", ".list"))


def _text(content: bytes, name: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise ImageError(f"{name}: its list of installed packages is no text") from None
