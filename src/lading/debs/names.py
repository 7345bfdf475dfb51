"""What libraries and programs a package brings, by the names that others ask for them by."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, TypeVar

from lading.debs.model import DebFile
from lading.debs.package import read_package

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lading.debian.locking import AnyDeb
    from lading.store import Store

__all__ = ["names_in", "read_names"]

_RECORD: Final = "deb-names-1"
_PROGRAMS: Final = ("bin", "sbin", "games")


D = TypeVar("D", bound="AnyDeb")


def read_names(
    debs: Sequence[D],
    *,
    store: Store,
    fetch: Callable[[Sequence[D]], Mapping[str, Path]],
) -> tuple[frozenset[str], tuple[str, ...]]:
    """What `names_in` says of locked packages; those that are known already need not be there.

    Args:
        debs: The packages.
        store: Where what was read once is kept.
        fetch: Gives those that are not known yet, by their SHA-256; it may leave some out.

    Returns:
        Of all that are known together, and the packages that `fetch` has left out.

    Raises:
        ImageError: One is no package, or is damaged.
    """
    found = {one.sha256: _kept(one.sha256, store) for one in debs}
    unknown = [one for one in debs if found[one.sha256] is None]
    files = fetch(unknown) if unknown else {}
    for one in unknown:
        if one.sha256 in files:
            found[one.sha256] = names_in(_file(one, files[one.sha256]), one.sha256, store)
    lacking = tuple(one.name for one in debs if found[one.sha256] is None)
    return frozenset(name for names in found.values() for name in names or ()), lacking


def _file(one: AnyDeb, path: Path) -> DebFile:
    return DebFile(name=one.name, version=one.version, architecture=one.architecture, path=path)


def _kept(sha256: str, store: Store) -> frozenset[str] | None:
    kept = store.record(f"{_RECORD}-{sha256}")
    return None if kept is None else frozenset(json.loads(kept))


def names_in(deb: DebFile, sha256: str, store: Store) -> frozenset[str]:
    """The file names of its shared libraries, and its programs as `bin/NAME`.

    Args:
        deb: The package.
        sha256: Of its file, by which what was read once is kept.
        store: Where that is.

    Raises:
        ImageError: It is no package, or is damaged.
    """
    found = _kept(sha256, store)
    if found is None:
        found = frozenset(_names(deb))
        store.keep(f"{_RECORD}-{sha256}", json.dumps(sorted(found)).encode())
    return found


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
