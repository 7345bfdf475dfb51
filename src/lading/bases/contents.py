"""The files of a base as something that is installed on it looks at them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from lading.bases.fetching import check, full
from lading.bases.files import content_of_file, tree_in

if TYPE_CHECKING:
    from lading.bases.base import Base
    from lading.bases.tree import Tree
    from lading.store import Store

__all__ = ["BaseFiles"]

_KEPT: Final = ("etc/", "var/lib/dpkg/")
"""Where nearly all is that is asked for: such files are kept when a layer is read."""

_LARGEST_KEPT: Final = 16 << 20
_LIMIT: Final = 64 << 20


@dataclass(slots=True)
class BaseFiles:
    """A base's files. Paths begin with `/`; all but `link` follow links.

    Attributes:
        base: The base, whose layers are fetched when it is asked.
        store: Where they are kept.
    """

    base: Base
    store: Store
    _layers: dict[int, dict[str, bytes]] = field(default_factory=dict, repr=False)

    def read(self, path: str) -> bytes | None:
        """What a file holds; None where there is none.

        Raises:
            ImageError: A layer is damaged.
            RegistryError: A layer can't be had.
        """
        file = self._tree.file(path)
        if file is None:
            return None
        kept = self._kept(file.layer) if file.name.startswith(_KEPT) else {}
        if file.name in kept:
            return kept[file.name]
        return content_of_file(self.base, file, self.store, limit=_LIMIT)

    def link(self, path: str) -> str | None:
        """Where the link at a path points to, as it is written; None where there is none."""
        return self._tree.link(path)

    def is_folder(self, path: str) -> bool:
        """Whether a path leads to a folder."""
        return self._tree.is_folder(path)

    def names(self, path: str) -> tuple[str, ...]:
        """What a folder holds, sorted; nothing where there is none."""
        return self._tree.names(path)

    @property
    def _tree(self) -> Tree:
        return tree_in(self.base, self.store)

    def _kept(self, number: int) -> dict[str, bytes]:
        """The small files of a layer that are likely to be asked for."""
        if number not in self._layers:
            self._layers[number] = self._walked(number)
        return self._layers[number]

    def _walked(self, number: int) -> dict[str, bytes]:
        from lading.oci.unpacking import walk  # noqa: PLC0415 - only where a layer is read

        blob = full(self.base, self.store).layers[number].blob
        check(blob)
        return {
            member.name: member.read(_LARGEST_KEPT)
            for member in walk(blob)
            if member.kind == "file"
            and member.name.startswith(_KEPT)
            and member.size <= _LARGEST_KEPT
        }
