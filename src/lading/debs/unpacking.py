"""The files of packages put into the image, as dpkg unpacks them (dpkg's src/main/archives.c)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from lading.debs.refusal import Broken
from lading.errors import Problem
from lading.oci.entries import Folder, Hardlink, Regular, Symlink

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lading.debs.filters import Filters
    from lading.debs.package import DataFile, Package
    from lading.debs.root import Root
    from lading.debs.stanza import Stanza
    from lading.oci.entries import Entry

__all__ = ["Unpacked", "link_merged_folders", "unpack"]

_LOST_TARGET: Final = (
    "/{} is a hard link to /{}, which the base leaves out (path-exclude) or has as its own"
)
_MERGED: Final = ("bin", "sbin", "lib")
_RTLD: Final = {"amd64": "lib64", "loong64": "lib64", "ppc64el": "lib64"}
"""Where the dynamic linker is, when that is no folder of its own below /lib."""


@dataclass(slots=True)
class Unpacked:
    """What was done, for the records.

    Attributes:
        owners: By true path, the label of the package that has it.
        lost: The paths of a package, by its label, that another one replaces.
        kept: Configuration files that the base has already.
        problems: What does not fit together.
    """

    owners: dict[str, Package] = field(default_factory=dict)
    lost: dict[str, set[str]] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def link_merged_folders(root: Root, packages: Iterable[Package], architecture: str) -> None:
    """Make /bin, /sbin and /lib links into /usr, where nothing is yet.

    Debian has no other layout since bookworm: installers make these links before base-files is
    unpacked, and from trixie on base-files has them itself.
    """
    links = {name: f"usr/{name}" for name in _MERGED}
    if architecture in _RTLD:
        links[_RTLD[architecture]] = f"usr/{_RTLD[architecture]}"
    for package in packages:
        links |= {
            one.path: one.target
            for one in package.files
            if one.kind == "symlink" and one.target == f"usr/{one.path}"
        }
    for path, target in sorted(links.items()):
        if root.kind(path) is None:
            root.put(Symlink(path=path, mode=0o777, target=target, source="merged /usr"))
            if root.kind(target) is None:
                root.put(Folder(path=target, mode=0o755, source="merged /usr"))


def unpack(packages: Iterable[Package], root: Root, *, done: Unpacked, filters: Filters) -> None:
    """Put the files of packages into the image, one package after the other.

    Args:
        packages: In the order that they are unpacked in.
        root: The image.
        done: Told what was done.
        filters: What is left out.

    Where two packages have one path and none replaces the other, or a file would be in the place of
    a folder, that is told as a problem, and the file is left out.
    """
    for package in packages:
        conffiles = frozenset(package.conffiles)
        for one in package.files:
            try:
                if _is_wanted(one, package, root, done, conffiles, filters):
                    _put(one, package, root)
            except Broken as error:
                done.problems.append(Problem(message=f"{package.deb}: {error}"))


def _is_wanted(  # noqa: PLR0913, PLR0917 - one file, what was done before it, and what is wanted
    one: DataFile,
    package: Package,
    root: Root,
    done: Unpacked,
    conffiles: frozenset[str],
    filters: Filters,
) -> bool:
    """Whether a file is unpacked; dpkg looks at who has it before it looks at its filters."""
    place = root.place(one.path)
    there = root.kind(place)
    if _is_folder_already(one, place, there, root):
        return False
    if there == "folder" or (one.kind == "folder" and there is not None):
        raise Broken(f"/{one.path} is a folder here and something else elsewhere")
    if one.kind != "folder" and (there is not None or place in done.owners):
        if f"/{one.path}" in conffiles and root.is_ground(place):
            done.kept.append(f"/{one.path}")
            return False
        _check_owner(place, package, root, done)
    if one.kind != "folder":
        done.owners[place] = package
    if filters.skip(one):
        return False
    if filters.rules and root.kind(place.rpartition("/")[0]) is None:  # dpkg makes no such folder
        raise Broken(f"/{one.path} is in a folder that the base leaves out (path-exclude)")
    return True


def _put(one: DataFile, package: Package, root: Root) -> None:
    place = root.place(one.path)
    entry = _entry(one, place, package, root)
    root.detach(place)  # dpkg renames a new file into the place of another package's
    root.put(entry)


def _is_folder_already(one: DataFile, place: str, there: str | None, root: Root) -> bool:
    """Dpkg never puts a link in the place of a folder, nor a folder in that of a link to one."""
    if one.kind == "folder":
        return there == "folder" or (there == "link" and root.leads_to(place) == "folder")
    if one.kind != "symlink":
        return False
    if there == "link" and root.target(place) == one.target:
        return root.leads_to(place) == "folder"
    return there == "folder" and _leads_to_folder(one, place, root)


def _leads_to_folder(one: DataFile, place: str, root: Root) -> bool:
    parent = place.rpartition("/")[0]
    target = one.target if one.target.startswith("/") else f"{parent}/{one.target}"
    return root.leads_to(target) == "folder"


def _entry(one: DataFile, place: str, package: Package, root: Root) -> Entry:
    source = str(package.deb)
    mode, uid, gid = one.mode, one.uid, one.gid
    if one.kind == "folder":
        return Folder(path=place, mode=mode, uid=uid, gid=gid, source=source)
    if one.kind == "symlink":
        return Symlink(path=place, mode=0o777, uid=uid, gid=gid, source=source, target=one.target)
    if one.kind == "hardlink":
        target = root.place(one.target)
        if not isinstance(root.entry(target), Regular | Hardlink):
            raise Broken(_LOST_TARGET.format(one.path, one.target))
        return Hardlink(path=place, mode=mode, uid=uid, gid=gid, source=source, target=target)
    if one.content is None:
        raise Broken(f"/{one.path} has no content")
    return Regular(
        path=place,
        mode=mode,
        uid=uid,
        gid=gid,
        source=source,
        content=one.content,
        sha256=one.sha256,
    )


def _check_owner(place: str, package: Package, root: Root, done: Unpacked) -> None:
    """Policy 7.6.1: only a package that says so takes a file of another one."""
    other = done.owners.get(place)
    if other is None:
        _check_ground_owner(place, package, root)
    elif other is package:
        raise Broken(f"it has /{place} twice, by way of a link")
    elif package.stanza.replaces(other.stanza):
        done.lost.setdefault(other.stanza.label, set()).update(_spellings(place, other))
    else:
        raise Broken(f"/{place} is in {other.deb} too, and it does not say that it replaces that")


def _spellings(place: str, package: Package) -> Iterator[str]:
    """How a package's own list has a true path."""
    names = {place, place.removeprefix("usr/")}
    return (f"/{one.path}" for one in package.files if one.path in names)


def _check_ground_owner(place: str, package: Package, root: Root) -> None:
    for owner in _ground_owners(place, root):
        if not _replaces_by_name(package.stanza, owner):
            raise Broken(f"/{place} is in {owner} too, which the base has")


def _ground_owners(place: str, root: Root) -> Iterator[str]:
    info = "var/lib/dpkg/info"
    lines = {f"/{place}".encode(), f"/{place.removeprefix('usr/')}".encode()}
    for name in root.names(info) if root.is_ground(place) else ():
        if name.endswith(".list") and lines & set(
            (root.read(f"{info}/{name}") or b"").split(b"\n")
        ):
            yield name.removesuffix(".list").partition(":")[0]


def _replaces_by_name(stanza: Stanza, owner: str) -> bool:
    return any(owner in group for group in stanza.names_in("Replaces"))
