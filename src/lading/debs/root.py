"""The image's files while packages are installed: the ground's, and over them the new layer's.

Every path is resolved as the kernel would do it inside the image, so that a package's `/lib/x`
lands in `/usr/lib/x` where `/lib` is a link (merged /usr), and nothing is written through a link
out of the image.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from lading.debs.bounds import MOST_WRITTEN
from lading.debs.refusal import Broken, text_of
from lading.oci.entries import Folder, Hardlink, Regular, Symlink
from lading.oci.entries import Literal as Bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.debs.bounds import Bounds
    from lading.debs.model import Ground
    from lading.oci.entries import Content, Entry

__all__ = ["Root"]

Kind: TypeAlias = Literal["file", "folder", "link"]

_MOST_LINKS: Final = 40  # as Linux has it (path_resolution(7))
_LARGEST: Final = 64 << 20
_LONGEST_PATH: Final = 4096
_LONGEST_NAME: Final = 255
_LARGEST_ID: Final = (1 << 32) - 2  # the last number is that of no account (chown(2))
_BLOCK: Final = 512
# In characters that are looked at: a name of a path, and how many bytes are copied in that time.
_RESOLVED: Final = 16
_COPIED: Final = 16


class Root:
    """Files by their true paths, without a slash at either end; what is asked for may have them."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._layer: dict[str, Entry] = {}
        self._inside: dict[str, set[str]] = {}
        self._links: dict[str, set[str]] = {}
        self._bounds: Bounds | None = None
        self._written = 0

    @contextmanager
    def bounded(self, bounds: Bounds) -> Iterator[None]:
        """While a script works on the files: what it does is counted, and what it writes checked.

        Of all methods, those that read, resolve or write raise Broken where it is too much, and
        those that write where no system would have such a file.
        """
        before, self._bounds = self._bounds, bounds
        try:
            yield
        finally:
            self._bounds = before

    def _spend(self, work: int) -> None:
        if self._bounds is not None:
            self._bounds.spend(work)

    def entries(self) -> tuple[Entry, ...]:
        """The new layer's, by path. A hard link has the mode and owner of the file that it is."""
        return tuple(self._as_file(self._layer[path]) for path in sorted(self._layer))

    def _as_file(self, entry: Entry) -> Entry:
        file = self._layer.get(entry.target) if isinstance(entry, Hardlink) else None
        if file is None:
            return entry
        return replace(entry, mode=file.mode, uid=file.uid, gid=file.gid)

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
        names = self._ground.names(f"/{parent}")
        self._spend(len(names))
        return "file" if name in names else None

    def leads_to(self, path: str) -> Kind | None:
        """What a path leads to, with links followed."""
        return self.kind(self.real(path))

    def has_parent(self, path: str) -> bool:
        """Whether the folder that a path is in is there."""
        return self.leads_to(path.rstrip("/").rpartition("/")[0] or "/") == "folder"

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
        found = {*self._ground.names(f"/{real}"), *self._inside.get(real, ())}
        self._spend(len(found))
        return tuple(sorted(found))

    def read(self, path: str) -> bytes | None:
        """What a file holds; None where there is none.

        Raises:
            Broken: It is larger than anything that is read to install a package.
        """
        return self.content(self.real(path))

    def text(self, path: str) -> str | None:
        """What a text file holds; None where there is none.

        Raises:
            Broken: It is no text, as above.
        """
        found = self.read(path)
        if found is not None and b"\0" in found:
            raise Broken(f"it reads {text_of(path)}, which is no text")
        return None if found is None else found.decode(errors="surrogateescape")

    def content(self, real: str, *, most: int = _LARGEST) -> bytes | None:
        """What the file at a true path holds: its beginning, where it has more than `most`."""
        found = self._read(real, most)
        self._spend(len(found or b""))
        return found

    def _read(self, real: str, most: int) -> bytes | None:
        entry = self._layer.get(real)
        if isinstance(entry, Hardlink):
            entry = self._layer.get(entry.target)
        if entry is None:
            return self._ground.read(f"/{real}") if self.kind(real) == "file" else None
        return _content(entry, most) if isinstance(entry, Regular) else None

    def is_ground(self, path: str) -> bool:
        """Whether what is at a true path is the ground's."""
        return path not in self._layer and self.kind(path) is not None

    def put(self, entry: Entry) -> None:
        """Put an entry at its true path; of a file with hard links, all names have the new one.

        What is no file takes one name of a file away, and the others keep it.
        """
        if self._bounds is not None:
            self._check(entry)
            self._count(entry)
        if not isinstance(entry, Regular):
            self.detach(entry.path)
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

    def _check(self, entry: Entry) -> None:
        """What a script writes is a file that a system could have."""
        path, name = text_of(entry.path), entry.path.rpartition("/")[2]
        if not entry.path.isprintable() or len(name.encode()) > _LONGEST_NAME:
            raise Broken(f"it writes {path}, a name that no file may have")
        if isinstance(entry, Symlink) and not (entry.target and entry.target.isprintable()):
            raise Broken(f"it makes the link {path} to {text_of(entry.target)}, which is no path")
        if isinstance(entry, Symlink) and len(entry.target) >= _LONGEST_PATH:
            raise Broken(f"it makes the link {path} to a path that is longer than any system takes")
        if max(entry.uid, entry.gid) > _LARGEST_ID:
            raise Broken(f"it gives {path} to an account whose number is no number of one")
        there = self.kind(entry.path)
        if there is not None and (there == "folder") != isinstance(entry, Folder):
            what = "a folder" if there == "folder" else "no folder"
            raise Broken(f"it writes {path}, which is {what}")
        if self.kind(entry.path.rpartition("/")[0]) not in {None, "folder"}:
            raise Broken(f"it writes {path}, which is below what is no folder")

    def _count(self, entry: Entry) -> None:
        """What all scripts of an installation write, as far as it is more than was there."""
        there = self._layer.get(entry.path)
        self._written += _BLOCK if there is None else 0
        if isinstance(entry, Regular) and entry.content is not _content_of(there):
            size = _size(entry.content)
            self._written += max(0, size - _size(_content_of(there)))
            self._spend(size // _COPIED if isinstance(entry.content, Bytes) else 0)
        self._spend(_RESOLVED)
        if self._written > MOST_WRITTEN:
            raise Broken("it writes more than any script does")

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

    def append(self, path: str, data: bytes, *, mode: int = 0o644, source: str = "") -> None:
        """Write to the end of a file."""
        content = self._read(self.real(path), _LARGEST) or b""
        self.write(path, content + data, mode=mode, source=source)

    def remove(self, path: str) -> None:
        """Remove the file or link at a path, where there is one.

        Raises:
            Broken: It is the ground's, and no layer can take it away here.
        """
        place = self.place(path)
        self.detach(place)
        if not self._inside.get(place):
            self._inside.pop(place, None)
            parent, _, name = place.rpartition("/")
            self._inside.get(parent, set()).discard(name)
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
        links = self._names_of(file.path)
        self._links.pop(file.path, None)
        for number, link in enumerate(links):
            first = links[0].path
            self.put(replace(link, target=first) if number else replace(file, path=first))

    def has_links(self, path: str) -> bool:
        """Whether the file at a true path has other names, of which it is the first."""
        return bool(self._names_of(path))

    def _names_of(self, path: str) -> list[Hardlink]:
        entries = (self._layer.get(name) for name in sorted(self._links.get(path, ())))
        return [one for one in entries if isinstance(one, Hardlink) and one.target == path]

    def _resolved(self, path: str, *, follow: bool) -> str:
        parts = _names(path)
        there = [""]  # the folders that were gone through, each by its path
        links = 0
        while parts:
            self._spend(_RESOLVED)
            part = parts.pop()
            if part == "..":
                del there[max(1, len(there) - 1) :]
                continue
            here = f"{there[-1]}/{part}" if there[-1] else part
            target = self._link(here) if parts or follow else None
            if target is None:
                there.append(here)
                _check_length(here)
                continue
            links += 1
            if links > _MOST_LINKS:
                raise Broken(f"the links of /{path.strip('/')} go in a circle")
            there = [""] if target.startswith("/") else there
            parts += _names(target)
        return there[-1]

    def _link(self, place: str) -> str | None:
        entry = self._layer.get(place)
        if entry is not None:
            return entry.target if isinstance(entry, Symlink) else None
        return None if place in self._inside else self._ground.link(f"/{place}")


def _names(path: str) -> list[str]:
    """What a path is made of, the last first."""
    _check_length(path)
    return [part for part in path.split("/") if part not in {"", "."}][::-1]


def _check_length(path: str) -> None:
    if len(path) > _LONGEST_PATH:
        raise Broken("it has a path that is longer than any system takes")


def _content_of(entry: Entry | None) -> Content | None:
    return entry.content if isinstance(entry, Regular) else None


def _size(content: Content | None) -> int:
    if content is None:
        return 0
    return len(content.data) if isinstance(content, Bytes) else content.size


def _content(entry: Regular, most: int) -> bytes:
    content = entry.content
    if isinstance(content, Bytes):
        return content.data[:most]
    if content.size > most == _LARGEST:
        raise Broken(f"/{entry.path} is larger than what is read of a package")
    with content.path.open("rb") as file:
        file.seek(content.offset)
        return file.read(min(content.size, most))
