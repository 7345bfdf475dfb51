"""What dpkg has recorded in a base: its own list, or one file for each package beside it."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from lading.bases.fetching import check, full
from lading.bases.whiteouts import Whiteout, is_marker, whiteout_of
from lading.errors import ImageError
from lading.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lading.bases.base import Base
    from lading.oci.making import Layer
    from lading.oci.unpacking import TarMember
    from lading.progress import Progress
    from lading.store import Store

__all__ = ["dpkg_status"]

_STATUS: Final = "var/lib/dpkg/status"
_PARTS: Final = "var/lib/dpkg/status.d"
_FOLDERS: Final = frozenset({"var", "var/lib", "var/lib/dpkg", _PARTS})
_ALL: Final = (_STATUS, f"{_PARTS}/any")
"""Where these are hidden, nothing below counts."""

_MOST: Final = 64 << 20
_RECORD: Final = "dpkg-status-2"


def dpkg_status(base: Base, store: Store, *, progress: Progress = SILENT) -> str:
    """The stanzas of the installed packages; none where dpkg has recorded nothing.

    Layers are fetched from the uppermost down to the first that has the list: whoever installs
    packages writes it anew. What a layer hides of those below it does not count (OCI image-spec,
    layer.md, whiteouts). What was found is kept in the store.

    Args:
        base: The base.
        store: Where layers, and what is known of them, are kept.
        progress: Told of each layer.

    Raises:
        ImageError: A layer is damaged, or the list is no text, or longer than any.
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
    hidden: list[Whiteout] = []
    for layer in reversed(base.layers):
        (here,) = full(replace(base, layers=(layer,)), store, progress=progress).layers
        contents, hides = _recorded(here, base.name)
        there = {name: text for name, text in contents.items() if not _is_hidden(name, hidden)}
        if _STATUS in there:
            return there[_STATUS]
        parts = there | parts
        hidden += hides
        if all(_is_hidden(path, hidden) for path in _ALL):
            break
    return "\n".join(parts[name].rstrip("\n") + "\n" for name in sorted(parts))


def _is_hidden(path: str, hidden: Iterable[Whiteout]) -> bool:
    return any(one.hides(path) for one in hidden)


def _recorded(layer: Layer, name: str) -> tuple[dict[str, str], list[Whiteout]]:
    """What one layer has, by its paths, and what it hides of those below."""
    from lading.oci.unpacking import walk  # noqa: PLC0415 - only where a layer is read

    check(layer.blob)  # what is kept of it is kept for good
    names: dict[str, str] = {}  # by what has the content: a hard link's is another member's
    hides: list[Whiteout] = []
    for member in walk(layer.blob):
        whiteout = _hidden_by(member)
        if whiteout is not None:
            hides.append(whiteout)
        elif _is_record(member.name):
            names[member.name] = member.target or member.name
    return _contents(layer, names, name), hides


def _contents(layer: Layer, names: Mapping[str, str], name: str) -> dict[str, str]:
    from lading.oci.unpacking import walk  # noqa: PLC0415 - only where a layer is read

    wanted, found, left = set(names.values()), dict[str, str](), _MOST
    for member in walk(layer.blob) if wanted else ():
        if member.name in wanted and member.kind == "file":
            left -= member.size
            if left < 0:
                raise ImageError(f"{name}: its list of installed packages is longer than any")
            found[member.name] = _text(member.read(), name)
    return {one: found[target] for one, target in names.items() if target in found}


def _hidden_by(member: TarMember) -> Whiteout | None:
    """By its name, or because it is something else than lower layers may have in its place."""
    name, kind = member.name, member.kind
    whiteout = whiteout_of(name)
    is_other = kind not in ({"folder"} if name in _FOLDERS else {"file", "hardlink"})
    if whiteout is None and is_other and (name in _FOLDERS or _is_record(name)):
        return Whiteout(parts=tuple(name.split("/")))
    return whiteout


def _is_record(path: str) -> bool:
    """Whether it has stanzas; beside those of one package lie `<package>.md5sums` and the like."""
    folder, _, last = path.rpartition("/")
    is_part = folder == _PARTS and not is_marker(path) and not last.endswith((".md5sums", ".list"))
    return is_part or path == _STATUS


def _text(content: bytes, name: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise ImageError(f"{name}: its list of installed packages is no text") from None
