"""What a base image has for the dynamic loader: the names in the folders that it searches.

Sources: ld.so(8), ldconfig(8); for musl, its manual's "Usage" (`/etc/ld-musl-$ARCH.path`, and the
folders where there is no such file).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from lading.bases.files import content_of_file, tree_in
from lading.bases.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lading.bases import Base
    from lading.platforms import Platform
    from lading.store import Store

__all__ = ["Provided", "library_folders", "library_path", "provided_by_base"]

_RECORD: Final = "base-library-folders-1"
_CONF: Final = "/etc/ld.so.conf.d"
_LARGEST: Final = 1 << 16
_PROGRAMS: Final = tuple(
    f"{root}/{name}" for root in ("", "/usr", "/usr/local") for name in ("bin", "sbin")
)
_PLAIN: Final = ("/lib", "/usr/lib", "/lib64", "/usr/lib64", "/usr/local/lib")
_MACHINES: Final = {"amd64": "x86_64", "arm64": "aarch64"}
_LIBRARY: Final = re.compile(r".+\.so(?:\..+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Provided:
    """What an image has besides its wheels.

    Attributes:
        names: Of the libraries where the loader looks for them, and, as `bin/NAME`, of programs.
        tree: All files of the base.
        is_known: Whether the base was read at all.
    """

    names: frozenset[str] = frozenset()
    tree: Tree = field(default_factory=lambda: Tree({}), repr=False, compare=False)
    is_known: bool = True

    def with_names(self, more: Iterable[str]) -> Provided:
        """The same with what packages add."""
        return replace(self, names=self.names | frozenset(more))

    def has_library(self, soname: str) -> bool:
        """Whether the loader finds a library of that name."""
        return soname in self.names

    def has_program(self, name: str) -> bool:
        """Whether a program of that name is on the search path."""
        return f"bin/{name}" in self.names

    def has_file(self, path: str) -> bool:
        """Whether the base has a file there."""
        return self.tree.file(path) is not None


def provided_by_base(
    base: Base, store: Store, *, platform: Platform, folders: Iterable[str] = ()
) -> Provided:
    """What a base image has.

    Args:
        base: The base; one of a registry is read once, and known from then on.
        store: Where its layers, and what is known of them, are kept.
        platform: What the image is for.
        folders: More that the loader searches: those of `LD_LIBRARY_PATH`.

    Raises:
        ImageError: A layer is damaged.
        RegistryError: A layer can't be had.
    """
    tree = tree_in(base, store)
    searched = (*folders, *library_folders(base, tree, store, platform=platform))
    libraries = (name for folder in dict.fromkeys(searched) for name in _libraries(tree, folder))
    programs = (f"bin/{name}" for folder in _PROGRAMS for name in _there(tree, folder))
    javas = (f"bin/{name}" for name in ("java",) if _has_java(tree))
    return Provided(names=frozenset((*libraries, *programs, *javas)), tree=tree)


def library_path(base: Base, variables: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """The folders of LD_LIBRARY_PATH, where an image sets these variables on its base's own."""
    said = dict(one.partition("=")[::2] for one in base.config.execution.env)
    said |= dict(variables)
    return tuple(one for one in said.get("LD_LIBRARY_PATH", "").split(":") if one.startswith("/"))


def library_folders(base: Base, tree: Tree, store: Store, *, platform: Platform) -> tuple[str, ...]:
    """The folders that the loader of a base searches, as its own configuration names them."""
    if base.manifest is None:
        return _usual(platform)
    name = f"{_RECORD}-{base.manifest}"
    kept = store.record(name)
    try:
        configured = None if kept is None else list(map(str, json.loads(kept)))
    except (TypeError, ValueError):  # another Lading's
        configured = None
    if configured is None:
        configured = list(dict.fromkeys(_configured(base, tree, store)))
        store.keep(name, json.dumps(configured).encode())
    return tuple(dict.fromkeys((*configured, *_usual(platform))))


def _usual(platform: Platform) -> tuple[str, ...]:
    machine = _MACHINES.get(platform.architecture, platform.architecture)
    triplet = f"{machine}-linux-gnu"
    return (*_PLAIN, *(f"{folder}/{triplet}" for folder in ("/lib", "/usr/lib", "/usr/local/lib")))


def _configured(base: Base, tree: Tree, store: Store) -> Iterator[str]:
    """What ld.so.conf's parts and musl's path file name."""
    parts = (f"{_CONF}/{name}" for name in tree.names(_CONF) if name.endswith(".conf"))
    paths = (
        f"/etc/{name}" for name in tree.names("/etc") if re.fullmatch(r"ld-musl-.+\.path", name)
    )
    for path in ("/etc/ld.so.conf", *parts, *paths):
        file = tree.file(path)
        if file is None:
            continue
        text = content_of_file(base, file, store, limit=_LARGEST).decode(errors="replace")
        for line in text.splitlines():
            words = re.split(r"[\s:,=]+", line.partition("#")[0])
            yield from (word for word in words if word.startswith("/") and "*" not in word)


def _libraries(tree: Tree, folder: str) -> Iterator[str]:
    return (name for name in _there(tree, folder) if _LIBRARY.fullmatch(name))


def _there(tree: Tree, folder: str) -> Iterator[str]:
    """The files of a folder; a link that leads nowhere is none."""
    return (name for name in tree.names(folder) if tree.file(f"{folder}/{name}") is not None)


def _has_java(tree: Tree) -> bool:
    """Whether a Java is in the folder where Debian's packages have it: its link is made later."""
    place = "/usr/lib/jvm"
    return any(tree.file(f"{place}/{name}/bin/java") for name in tree.names(place))
