"""The folders of an image whose owner or mode is not root's 0755, and that a layer must not change.

A layer has an entry for each folder that it puts something into, and some engines apply a layer's
entries to the files below it as they stand: an entry that says something else would take /tmp its
sticky bit, or the user its working directory.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from lading.oci.entries import Folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Folders", "parents"]

_PLAIN: Final = (0o755, 0, 0)

# FHS 3.0, and what every distribution makes of it.
_KNOWN: Final = {
    "root": (0o700, 0, 0),
    "tmp": (0o1777, 0, 0),
    "var/tmp": (0o1777, 0, 0),
    "run/lock": (0o1777, 0, 0),
    "proc": (0o555, 0, 0),
    "sys": (0o555, 0, 0),
}


@dataclass(frozen=True, slots=True)
class Folders:
    """What is known of an image's folders at some step."""

    found: dict[str, tuple[int, int, int]]

    @classmethod
    def of_base(cls) -> Folders:
        """Those of any base."""
        return cls(dict(_KNOWN))

    def given(self, paths: Iterable[str], uid: int, gid: int) -> Folders:
        """These folders now belong to a user; the group may do what the user may."""
        changed = dict(self.found)
        for path in paths:
            mode = changed.get(path, _PLAIN)[0]
            changed[path] = (mode & ~0o070 | (mode & 0o700) >> 3, uid, gid)
        return Folders(changed)

    def taken(self, paths: Iterable[str]) -> Folders:
        """These folders are now root's: COPY lets no folder inside of its destination be."""
        return Folders({**self.found, **dict.fromkeys(paths, _PLAIN)})

    def entry(self, path: str) -> Folder:
        """The folder as an entry."""
        mode, uid, gid = self.found.get(path, _PLAIN)
        return Folder(path=path, mode=mode, uid=uid, gid=gid)

    def above(self, paths: Iterable[str]) -> Iterator[Folder]:
        """The folders that these paths are in, as far as they are not as any other."""
        for folder in sorted({parent for path in paths for parent in parents(path)}):
            if self.found.get(folder, _PLAIN) != _PLAIN:
                yield self.entry(folder)


def parents(path: str) -> Iterator[str]:
    """The folders that a path is in, but for the root."""
    return (str(parent) for parent in PurePosixPath(path).parents if str(parent) != ".")
