"""The image's files while packages are installed: the ground's, and over them the new layer's.

Every path is resolved as the kernel would do it inside the image, so that a package's `/lib/x`
lands in `/usr/lib/x` where `/lib` is a link (merged /usr), and nothing is written through a link
out of the image.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from lading.debs.refusal import Broken
from lading.oci.entries import Folder, Hardlink, Regular, Symlink
from lading.oci.entries import Literal as Bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.debs.model import Ground
    from lading.oci.entries import Entry

__all__ = ["Root"]

Kind: TypeAlias = Literal["file", "folder", "link"]

_MOST_LINKS: Final = 40  # as Linux has it (path_resolution(7))
_LARGEST: Final = 64 << 20


class Root:
    """Files by their true paths, without a slash at either end; what is asked for may have them."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._layer: dict[str, Entry] = {}
        self._inside: dict[str, set[str]] = {}
        self._links: dict[str, set[str]] = {}

    def entries(self) -> tuple[Entry, ...]:
        """The new layer's, by path."""
        return tuple(self._layer[path] for path in sorted(self._layer))

    def __iter__(self) -> Iterator[str]:
        """The paths of the new layer."""
        return iter(sorted(self._layer))

    def entry(self, path: str) -> Entry | None:
        """The new layer's own entry at a true path."""
        return self._layer.get(path)

    def place(self, path: str) -> str:
        """The true path of a file: its folders' links are followed, its own is not.

        Raises:
            Broken: The links go in a circle.
        """
        return self._resolved(path, follow=False)

    def real(self, path: str) -> str:
        """The true path that a path leads to, with all links followed.

        Raises:
            Broken: The links go in a circle.
        """
        return self._resolved(path, follow=True)

    def kind(self, path: str) -> Kind | None:
        """What is at a true path itself."""
        entry = self._layer.get(path)
        if isinstance(entry, Symlink):
            return "link"
        if isinstance(entry, Folder) or not path:
            return "folder"
        if entry is not None:
            return "file"
        return "folder" if path in self._inside else self._ground_kind(path)

    def _ground_kind(self, path: str) -> Kind | None:
        parent, _, name = path.rpartition("/")
        if self._ground.link(f"/{path}") is not None:
            return "link"
        if self._ground.is_folder(f"/{path}"):
            return "folder"
        return "file" if name in self._ground.names(f"/{parent}") else None

    def leads_to(self, path: str) -> Kind | None:
        """What a path leads to, with links followed."""
        return self.kind(self.real(path))

    def target(self, path: str) -> str | None:
        """Where the link at a path points to, as it is written."""
        place = self.place(path)
        entry = self._layer.get(place)
        if entry is None:
            return self._ground.link(f"/{place}")
        return entry.target if isinstance(entry, Symlink) else None

    def names(self, path: str) -> tuple[str, ...]:
        """What a folder holds, sorted."""
        real = self.real(path)
        return tuple(sorted({*self._ground.names(f"/{real}"), *self._inside.get(real, ())}))

    def read(self, path: str) -> bytes | None:
        """What a file holds; None where there is none.

        Raises:
            Broken: It is larger than anything that is read to install a package.
        """
        return self.content(self.real(path))

    def content(self, real: str, *, most: int = _LARGEST) -> bytes | None:
        """What the file at a true path holds: its beginning, where it has more than `most`."""
        entry = self._layer.get(real)
        if isinstance(entry, Hardlink):
            entry = self._layer.get(entry.target)
        if entry is None:
            return self._ground.read(f"/{real}") if self.kind(real) == "file" else None
        if not isinstance(entry, Regular):
            return None
        return _content(entry, most)

    def is_ground(self, path: str) -> bool:
        """Whether what is at a true path is the ground's."""
        return path not in self._layer and self.kind(path) is not None

    def put(self, entry: Entry) -> None:
        """Put an entry at its true path; of a file with hard links, all names have the new one."""
        self._layer[entry.path] = entry
        if isinstance(entry, Hardlink):
            self._links.setdefault(entry.target, set()).add(entry.path)
        path = entry.path
        while path:
            parent, _, name = path.rpartition("/")
            inside = self._inside.setdefault(parent, set())
            if name in inside:
                break
            inside.add(name)
            path = parent

    def write(self, path: str, data: bytes, *, mode: int = 0o644, source: str = "") -> None:
        """Write a file where a path leads to; one that is there keeps its mode and owner."""
        real = self.real(path)
        there = self._layer.get(real)
        if isinstance(there, Hardlink):
            there = self._layer.get(there.target)
        content = Bytes(data=data)
        if isinstance(there, Regular):
            self.put(replace(there, content=content, sha256=None))
        else:
            self.put(Regular(path=real, mode=mode, content=content, source=source))

    def remove(self, path: str) -> None:
        """Remove the file or link at a path, where there is one.

        Raises:
            Broken: It is the ground's, and no layer can take it away here.
        """
        place = self.place(path)
        self.detach(place)
        if self.kind(place) is not None:
            raise Broken(f"it removes /{place}, which the base has")

    def detach(self, place: str) -> None:
        """Take the new layer's own entry away; the other names of a file keep what it was."""
        entry = self._layer.pop(place, None)
        if entry is None:
            return
        parent, _, name = place.rpartition("/")
        self._inside[parent].discard(name)
        if isinstance(entry, Regular):
            self._hand_on(entry)

    def _hand_on(self, file: Regular) -> None:
        """Give a file that loses its name to the first of its hard links."""
        names = sorted(self._links.pop(file.path, ()))
        entries = (self._layer.get(name) for name in names)
        links = [one for one in entries if isinstance(one, Hardlink) and one.target == file.path]
        for number, link in enumerate(links):
            first = links[0].path
            self.put(replace(link, target=first) if number else replace(file, path=first))

    def _resolved(self, path: str, *, follow: bool) -> str:
        parts = [part for part in path.split("/") if part not in {"", "."}][::-1]
        there: list[str] = []
        links = 0
        while parts:
            part = parts.pop()
            if part == "..":
                there = there[:-1]
                continue
            here = "/".join((*there, part))
            target = self._link(here) if parts or follow else None
            if target is None:
                there.append(part)
                continue
            links += 1
            if links > _MOST_LINKS:
                raise Broken(f"the links of /{path.strip('/')} go in a circle")
            there = [] if target.startswith("/") else there
            parts += [part for part in target.split("/") if part not in {"", "."}][::-1]
        return "/".join(there)

    def _link(self, place: str) -> str | None:
        entry = self._layer.get(place)
        if entry is not None:
            return entry.target if isinstance(entry, Symlink) else None
        return None if place in self._inside else self._ground.link(f"/{place}")


def _content(entry: Regular, most: int) -> bytes:
    content = entry.content
    if isinstance(content, Bytes):
        return content.data[:most]
    if content.size > most == _LARGEST:
        raise Broken(f"/{entry.path} is larger than what is read of a package")
    with content.path.open("rb") as file:
        file.seek(content.offset)
        return file.read(min(content.size, most))
