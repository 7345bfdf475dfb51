"""Diversions: a package's wish that files of others go elsewhere (dpkg-divert(1)).

No file is moved here. A diversion of what nobody else has is recorded, as dpkg would; one that
would move a file refuses the package that asks for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lading.debs.refusal import Broken, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lading.debs.package import Package
    from lading.debs.root import Root

__all__ = ["Diversion", "add_diversion", "check_diversions", "diversions_in", "remove_diversion"]

_FILE: Final = "var/lib/dpkg/diversions"
_SOURCE: Final = "dpkg's database"


class Diversion(NamedTuple):
    """Where a path goes, and for whom it does not (`:` stands for nobody)."""

    path: str
    to: str
    package: str


def diversions_in(root: Root) -> list[Diversion]:
    """The diversions of an image."""
    lines = (root.read(_FILE) or b"").decode(errors="surrogateescape").split("\n")
    return [Diversion(*lines[start : start + 3]) for start in range(0, len(lines) - 2, 3)]


def add_diversion(root: Root, new: Diversion, packages: Iterable[Package]) -> None:
    """Record a diversion.

    Raises:
        Broken: A file would have to be moved, or it contradicts another.
    """
    for path in (new.path, new.to):
        if not path.startswith("/") or not path.isprintable():
            raise Broken(f"it diverts {text_of(path)}, which is no path")
    if not new.package.isprintable() or not new.package:
        raise Broken(f"it diverts for {text_of(new.package)}, which is no package")
    there = diversions_in(root)
    if new in there:
        return
    if any(new.path == one.path for one in there):
        raise Broken(f"it diverts {new.path}, which another package diverts")
    for package in packages:
        if package.name != new.package and any(f"/{one.path}" == new.path for one in package.files):
            raise Broken(f"it diverts {new.path}, which is of {package.name}")
    if root.is_ground(root.place(new.path)) and root.kind(root.place(new.path)) == "file":
        raise Broken(f"it diverts {new.path}, which the base has")
    _write(root, [*there, new])


def remove_diversion(root: Root, path: str, package: str) -> None:
    """Remove a diversion, where it is there."""
    there = diversions_in(root)
    left = [one for one in there if (one.path, one.package) != (path, package)]
    if left != there:
        _write(root, left)


def check_diversions(root: Root, packages: Iterable[Package]) -> list[str]:
    """What of packages would be diverted by the base, each in one line."""
    diverted = {one.path: one for one in diversions_in(root)}
    return [
        f"{package.deb}: /{one.path} is diverted to {diverted[f'/{one.path}'].to}, "
        f"by {diverted[f'/{one.path}'].package}"
        for package in packages
        for one in package.files
        if f"/{one.path}" in diverted and diverted[f"/{one.path}"].package != package.name
    ]


def _write(root: Root, diversions: list[Diversion]) -> None:
    text = "".join(f"{line}\n" for one in diversions for line in one)
    root.write(_FILE, text.encode(errors="surrogateescape"), source=_SOURCE)
