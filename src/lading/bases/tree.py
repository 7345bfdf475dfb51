"""The files of an image by their names: what its layers make together, symbolic links and all.

Sources: OCI image-spec 1.1, layer.md (changesets, whiteouts, opaque whiteouts). An entry counts
literally, as Docker's overlay driver has it: below a path that is a link in a lower layer, it takes
the link's place.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from lading.bases.whiteouts import is_marker, whiteout_of
from lading.errors import ImageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lading.bases.whiteouts import Whiteout
    from lading.oci.unpacking import TarMember

__all__ = ["File", "Tree", "decoded", "tree_of"]

# A folder is a dict, a symbolic link its target. A file is a list: the layer that has its content,
# whether it may be executed, and its name there, which for a hard link is that of another file.
_File: TypeAlias = "list[int | str]"
_Node: TypeAlias = "dict[str, _Node] | str | _File"
_Folder: TypeAlias = dict[str, "_Node"]

_MOST_ENTRIES: Final = 4_000_000
_DEEPEST: Final = 200
_MOST_LINKS: Final = 40  # as Linux has it (path_resolution(7))


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file of an image.

    Attributes:
        path: Where it is, with no link on the way there.
        layer: Which layer has its content, from 0.
        name: What it is called there.
        executable: Whether anybody may execute it.
    """

    path: str
    layer: int
    name: str
    executable: bool


class Tree:
    """The files of an image. Paths begin with `/`, and no link leads out of it."""

    def __init__(self, root: _Folder) -> None:
        self._root = root

    def real(self, path: str) -> str | None:
        """Where a path leads, whether or not its last parts are there; None for a loop of links."""
        parts, links = _parts(path)[::-1], 0
        there: list[str] = []
        while parts:
            part = parts.pop()
            if part == "..":
                there = there[:-1]
                continue
            node = _at(self._root, (*there, part))
            if not isinstance(node, str):
                there.append(part)
                continue
            links += 1
            if links > _MOST_LINKS:
                return None
            if node.startswith("/"):
                there = []
            parts += _parts(node)[::-1]
        return "/" + "/".join(there)

    def file(self, path: str) -> File | None:
        """The file that a path leads to."""
        real = self.real(path)
        node = None if real is None else _at(self._root, _parts(real))
        if real is None or not isinstance(node, list):
            return None
        layer, executable, name = node
        return File(path=real, layer=int(layer), name=str(name), executable=bool(executable))

    def link(self, path: str) -> str | None:
        """Where the link at a path points to, as it is written; None where there is none."""
        *parents, last = _parts(path) or ("",)
        folder = self._folder("/" + "/".join(parents))
        node = None if folder is None else folder.get(last)
        return node if isinstance(node, str) else None

    def is_folder(self, path: str) -> bool:
        """Whether a path leads to a folder."""
        return self._folder(path) is not None

    def names(self, path: str) -> tuple[str, ...]:
        """What a folder holds, sorted; nothing where there is none."""
        return tuple(sorted(self._folder(path) or ()))

    def encoded(self) -> bytes:
        """As the store keeps it; `decoded` reads it."""
        text = json.dumps(self._root, separators=(",", ":"), sort_keys=True)
        return zlib.compress(text.encode(errors="surrogatepass"), 6)

    def _folder(self, path: str) -> _Folder | None:
        real = self.real(path)
        return None if real is None else _below(self._root, _parts(real))


def decoded(content: bytes) -> Tree:
    """The tree that `Tree.encoded` wrote."""
    return Tree(json.loads(zlib.decompress(content).decode(errors="surrogatepass")))


def tree_of(layers: Iterable[Iterable[TarMember]], name: str) -> Tree:
    """The tree that layers make, from the lowest up.

    Args:
        layers: The members of each.
        name: What errors call the image.

    Raises:
        ImageError: There are more files than images have, or they are deeper in folders.
    """
    root: _Folder = {}
    left = _MOST_ENTRIES
    for number, members in enumerate(layers):
        layer = _Layer(number, name)
        for member in members:
            left -= 1
            if left < 0:
                raise ImageError(f"{name} has more than {_MOST_ENTRIES:,} files")
            layer.add(member)
        layer.apply(root)
    return Tree(root)


class _Layer:
    """One layer while it is read. Its whiteouts hide what lies below, wherever they stand in it."""

    def __init__(self, number: int, name: str) -> None:
        self._number = number
        self._name = name
        self._root: _Folder = {}
        self._whiteouts: list[Whiteout] = []

    def add(self, member: TarMember) -> None:
        """Note a member."""
        if not member.name:  # the root itself
            return
        *parents, last = member.name.split("/")
        if len(parents) >= _DEEPEST:
            raise ImageError(f"{self._name} has folders in folders deeper than images have")
        whiteout = whiteout_of(member.name)
        if whiteout is not None:
            self._whiteouts.append(whiteout)
        elif not is_marker(member.name):
            self._put(parents, last, self._node(member))

    def _node(self, member: TarMember) -> _Node:
        if member.kind == "folder":
            return {}
        if member.kind == "symlink":
            return member.target
        if member.kind == "hardlink":
            linked = _at(self._root, member.target.split("/"))
            if isinstance(linked, list):
                return linked
        executable = member.kind in {"file", "hardlink"} and member.mode & 0o111 != 0
        return [self._number, int(executable), member.name]

    def _put(self, parents: list[str], last: str, node: _Node) -> None:
        folder = self._root
        for part in parents:
            below = folder.get(part)
            if not isinstance(below, dict):
                below = folder[part] = {}
            folder = below
        if not (node == {} and isinstance(folder.get(last), dict)):
            folder[last] = node

    def apply(self, root: _Folder) -> None:
        """Lay it over the layers below, which `root` is changed to hold."""
        for whiteout in self._whiteouts:
            if whiteout.is_opaque:
                (_below(root, whiteout.parts) or {}).clear()
            else:
                *parents, last = whiteout.parts
                (_below(root, parents) or {}).pop(last, None)
        _merge(root, self._root)


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in {"", "."}]


def _at(root: _Folder, parts: Iterable[str]) -> _Node | None:
    node: _Node | None = root
    for part in parts:
        node = node.get(part) if isinstance(node, dict) else None
    return node


def _below(root: _Folder, parts: Iterable[str]) -> _Folder | None:
    node = _at(root, parts)
    return node if isinstance(node, dict) else None


def _merge(lower: _Folder, upper: _Folder) -> None:
    for name, node in upper.items():
        there = lower.get(name)
        if isinstance(there, dict) and isinstance(node, dict):
            _merge(there, node)
        else:
            lower[name] = node
