"""What libraries and programs a package brings, by the names that others ask for them by."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from lading.debs.package import read_package

if TYPE_CHECKING:
    from lading.debs.model import DebFile
    from lading.store import Store

__all__ = ["names_in"]

_RECORD: Final = "deb-names-1"
_PROGRAMS: Final = ("bin", "sbin", "games")


def names_in(deb: DebFile, sha256: str, store: Store) -> frozenset[str]:
    """The file names of its shared libraries, and its programs as `bin/NAME`.

    Args:
        deb: The package.
        sha256: Of its file, by which what was read once is kept.
        store: Where that is.

    Raises:
        ImageError: It is no package, or is damaged.
    """
    name = f"{_RECORD}-{sha256}"
    kept = store.record(name)
    if kept is None:
        kept = json.dumps(sorted(_names(deb))).encode()
        store.keep(name, kept)
    return frozenset(json.loads(kept))


def _names(deb: DebFile) -> set[str]:
    with TemporaryDirectory(prefix="lading-") as folder:
        package = read_package(deb, workdir=Path(folder))
    found: set[str] = set()
    for file in package.files:
        parent, _, last = file.path.rpartition("/")
        if file.kind == "folder":
            continue
        if ".so" in last and "lib" in parent:
            found.add(last)
        elif parent.rpartition("/")[2] in _PROGRAMS:
            found.add(f"bin/{last}")
    return found
