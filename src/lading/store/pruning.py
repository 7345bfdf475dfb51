"""Which parts of the store go: the least recently used first, and nothing that is in use."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lading.store.records import glance, parse_record
from lading.store.selfchecked import read_small

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lading.store.folder import StoreFolder
    from lading.store.records import LayerRecord

__all__ = ["Entry", "Kind", "Pruned", "Survey", "chosen", "remove", "survey"]

Kind = Literal["layer", "base", "fact", "download", "program", "repository"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What goes as a whole: a blob with the records that name it, or a fact.

    Attributes:
        kind: What it is: `base` is a blob that was fetched.
        name: What it is told by.
        size: Of all its files, in bytes.
        used: When it was last used, in ns.
        paths: Its files, in the order in which they are to be removed.
    """

    kind: Kind
    name: str
    size: int
    used: int
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What is in the store.

    Attributes:
        entries: All that is of use.
        useless: Records that are damaged.
        dangling: Records whose blob is missing.
    """

    entries: tuple[Entry, ...]
    damaged: tuple[Path, ...]
    dangling: tuple[Path, ...]

    @property
    def useless(self) -> tuple[Path, ...]:
        """Records that no layer can be had by."""
        return (*self.damaged, *self.dangling)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What was removed.

    Attributes:
        removed: The entries.
        swept: How many bytes killed processes had left.
        left: How many bytes stay.
        protected: Since when nothing may go, in ns: the first of the builds that run began then.
    """

    removed: tuple[Entry, ...] = ()
    swept: int = 0
    left: int = 0
    protected: int | None = None

    @property
    def freed(self) -> int:
        """How many bytes less there are now."""
        return self.swept + sum(entry.size for entry in self.removed)


def chosen(
    entries: Iterable[Entry],
    *,
    room: int | None = None,
    before: int | None = None,
    protected: int | None = None,
) -> tuple[Entry, ...]:
    """The entries that go, the least recently used first.

    Args:
        entries: All that there are.
        room: How many bytes may stay; None for any number.
        before: What was last used before this time goes.
        protected: What was used since then stays, whatever else holds.
    """
    found = sorted(entries, key=lambda entry: (entry.used, entry.name))
    left = sum(entry.size for entry in found)
    gone = []
    for entry in found:
        is_old = before is not None and entry.used < before
        is_too_much = room is not None and left > room
        if (is_old or is_too_much) and (protected is None or entry.used < protected):
            gone.append(entry)
            left -= entry.size
    return tuple(gone)


def survey(folder: StoreFolder, *, whole: bool = False) -> Survey:
    """What is in the store; its gate is to be held.

    Args:
        folder: The store's.
        whole: Whether to check all bytes of the records.
    """
    records: dict[Path, list[Path]] = {}
    damaged: list[Path] = []
    for path in folder.files("records"):
        record = _checked(path) if whole else glance(path)
        if record is None:
            damaged.append(path)
        else:
            records.setdefault(folder.blob(record.descriptor.digest), []).append(path)
    entries = list(_facts(folder))
    for path in folder.files("blobs"):
        with suppress(FileNotFoundError):
            entries.append(_blob(path, records.pop(path, [])))
    dangling = tuple(path for missing in records.values() for path in missing)
    return Survey(entries=tuple(entries), damaged=tuple(damaged), dangling=dangling)


def _checked(path: Path) -> LayerRecord | None:
    data = read_small(path)
    return None if data is None else parse_record(path, data)


def _blob(path: Path, records: list[Path]) -> Entry:
    found = path.lstat()
    return Entry(
        kind="layer" if records else "base",
        name=f"{path.parts[-3]}:{path.name}",
        size=found.st_size + sum(record.lstat().st_size for record in records),
        used=found.st_atime_ns,
        # A record goes before what it names: one that is killed in between leaves but a blob.
        paths=(*records, path),
    )


def _facts(folder: StoreFolder) -> Iterable[Entry]:
    for path in folder.files("facts"):
        with suppress(FileNotFoundError):
            found = path.lstat()
            size, used = found.st_size, found.st_mtime_ns
            yield Entry(kind="fact", name=path.name, size=size, used=used, paths=(path,))


def remove(paths: Iterable[Path]) -> None:
    """Remove files, as far as they are there."""
    for path in paths:
        path.unlink(missing_ok=True)
