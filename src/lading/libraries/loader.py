"""Where the dynamic loader finds what a file needs, in an image that is not made yet.

The rules, in this order; the first that finds it decides:

1. The folders of the file's `DT_RUNPATH`, or else `DT_RPATH`, with `$ORIGIN`: among the files of
   all wheels as they are installed, and those of the base.
2. A file of that name anywhere in the same wheel. A library that is loaded already is not looked
   for again, and a wheel that brings one loads it: by the `DT_RPATH` of a file that needs this one,
   or from Python before.
3. The same in a wheel that this one requires: its package is imported, and so loaded, first.
4. What a package that this one requires, or this one itself, is known to load first out of any
   other wheel of the image: the table has it, with its source.
5. The folders that the base's loader searches.

Sources: ld.so(8); the gABI, chapter 5, "Shared Object Dependencies". A loaded object that has the
needed name as its `DT_SONAME` counts: glibc, `_dl_map_object`.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lading.libraries.site import installed_at

if TYPE_CHECKING:
    from lading.libraries.providing import Provided
    from lading.libraries.site import Site
    from lading.libraries.table import Table
    from lading.libraries.wheel import WheelElfs, WheelFile

__all__ = ["Loader"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loader:
    """The loader of an image."""

    site: Site
    provided: Provided
    table: Table

    def finds(
        self, wheel: WheelElfs, file: WheelFile, soname: str
    ) -> Literal["wheels", "base"] | None:
        """Where it finds a library that a file needs; None where it doesn't."""
        by_path = self._by_path(wheel, file, soname)
        if by_path is not None:
            return by_path
        if soname in self.site.members[wheel.name] or self._is_loaded(wheel, soname):
            return "wheels"
        return "base" if self.provided.has_library(soname) else None

    def _by_path(
        self, wheel: WheelElfs, file: WheelFile, soname: str
    ) -> Literal["wheels", "base"] | None:
        place = installed_at(file.member, wheel.name, self.site.scheme)
        if "/" in soname:
            # A path is opened as it is, from the process's folder.
            paths = [soname] if soname.startswith("/") else []
        else:
            paths = [f"{folder}/{soname}" for folder in _folders(file, place)]
        for path in map(posixpath.normpath, paths):
            if path in self.site.places:
                return "wheels"
            if self.provided.has_file(path):
                return "base"
        return None

    def _is_loaded(self, wheel: WheelElfs, soname: str) -> bool:
        required = self.site.required_by(wheel.name)
        if any(soname in self.site.members[name] for name in required):
            return True
        loading = (wheel.name, *required)
        return any(
            self.table.preloads(name, member)
            for other in self.site.members.values()
            for member in other.get(soname, ())
            for name in loading
        )


def _folders(file: WheelFile, place: str) -> tuple[str, ...]:
    """The folders that a file names itself, of those that can be known."""
    origin = posixpath.dirname(place)
    named = file.elf.runpath or file.elf.rpath
    found = (folder.replace("${ORIGIN}", origin).replace("$ORIGIN", origin) for folder in named)
    return tuple(folder for folder in found if folder.startswith("/") and "$" not in folder)
