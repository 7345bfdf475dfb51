"""The layer store: what was made is found again, by what it was made from."""

from __future__ import annotations

import hashlib
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from lading.errors import ImageError
from lading.oci.media_types import OCI
from lading.store.asides import sweep_asides
from lading.store.blobs import StoredBlob
from lading.store.folder import StoreFolder
from lading.store.placing import fill, put_blob, put_small, receive
from lading.store.presence import Presence
from lading.store.pruning import Entry, Pruned, chosen, remove, survey
from lading.store.records import LayerKey, LayerRecord, parse_record
from lading.store.selfchecked import decoded, encoded, read_small
from lading.store.sizes import DEFAULT_LIMIT, limit_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from lading.grammar.reference import Digest
    from lading.oci.blobs import Descriptor
    from lading.oci.layers import Written
    from lading.store.folder import Aside

__all__ = ["LayerKey", "Store", "StoredLayer", "open_store"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLayer:
    """A layer of the store.

    Attributes:
        descriptor: Of its blob.
        diff_id: Of what it unpacks to (OCI image-spec, config).
        unpacked: The size of that, in bytes.
        attachment: What its maker has given with it.
        blob: Its bytes, checked as they are read.
    """

    descriptor: Descriptor
    diff_id: Digest
    unpacked: int
    attachment: bytes
    blob: StoredBlob


def open_store(cache: Path, environ: Mapping[str, str]) -> Store:
    """The store in the user's cache, with the limit that `LADING_CACHE_LIMIT` sets.

    Raises:
        ImageError: That variable is no size.
    """
    return Store(cache / "layers", limit=limit_of(environ), cache=cache)


class Store:
    """Layers and other blobs below a folder. It may be used from several threads.

    Args:
        folder: Where they are; made when something is kept.
        limit: How many bytes may stay after a build; None for no limit.
        clock: The time, in ns.
        cache: The folder that it is in with what else is kept: what killed processes left of that
            is removed too.
    """

    def __init__(
        self,
        folder: Path,
        *,
        limit: int | None = DEFAULT_LIMIT,
        clock: Callable[[], int] = time.time_ns,
        cache: Path | None = None,
    ) -> None:
        self.folder = StoreFolder(folder.absolute())
        self.limit = limit
        self._presence = Presence(self.folder, clock)
        self._grown = False
        self._cache = cache

    @contextmanager
    def using(self) -> Iterator[None]:
        """During the block nothing is removed that is looked up, made or added in it.

        In the end, where something was made, what was used least recently goes until the rest is
        within the limit; what this block used, or another that still runs, stays in any case.

        Raises:
            ImageError: The store can't be written.
        """
        self.folder.prepare()
        self._sweep()
        with self._presence.session():
            yield
            self._evict()

    def layer(self, key: LayerKey) -> StoredLayer | None:
        """The layer of this key, or None where it has to be made; no blob is opened for it.

        A blob that something has written to, which its time tells, is hashed here before it counts.

        Raises:
            ImageError: The store can't be used.
        """
        path = self.folder.record(key.name)
        with self._presence.looking() as there:
            record = _read_record(path) if there else None
        if record is None:
            return None
        blob = self.stored(record.descriptor)
        return None if blob is None else _layer(record, blob)

    def make(
        self,
        key: LayerKey,
        write: Callable[[BinaryIO], tuple[Written, bytes]],
        *,
        waiting: Callable[[], None] = lambda: None,
        media_type: str = OCI["layer+gzip"],
    ) -> StoredLayer:
        """The layer of this key, made where it is missing, by one at a time.

        Args:
            key: What it is made from.
            write: Writes it, once and in order, and returns what it wrote, and what is to be kept
                beside it. Not called where the layer is there, or another has made it meanwhile.
            waiting: Told once, where another is making it.
            media_type: What the blob is.

        Raises:
            ImageError: There is no room, or the store can't be written.
        """
        with self.folder.alone(key.name, waiting):
            found = self.layer(key)
            if found is not None:
                return found
            with self.folder.aside() as aside:
                written, attachment = fill(self.folder, aside, write)
                record = LayerRecord.of(written, attachment, media_type)
                self._put(aside, record.descriptor)
            # A power cut may lose it: then the layer is made again.
            put_small(
                self.folder,
                self.folder.record(key.name),
                record.encoded(key.name),
                self._presence.now(),
            )
            return _layer(record, self._blob(record.descriptor))

    def blob(self, digest: Digest) -> Path | None:
        """The file of a blob, or None where it isn't there; who reads it compares the digest."""
        return self.folder.blob(digest) if self._presence.has(digest) else None

    def stored(self, descriptor: Descriptor) -> StoredBlob | None:
        """The blob, to be read with its digest checked, or None where it isn't there."""
        has = self._presence.has(descriptor.digest, descriptor.size)
        return self._blob(descriptor) if has else None

    def add(
        self,
        descriptor: Descriptor,
        parts: Iterable[bytes],
        *,
        waiting: Callable[[], None] = lambda: None,
    ) -> Path:
        """Keep a blob that is fetched; where it is there, no part is asked for.

        Args:
            descriptor: What it is.
            parts: Its bytes; what they raise is raised here, and nothing is kept.
            waiting: Told once, where another is fetching it.

        Returns:
            Its file; not to be changed.

        Raises:
            ImageError: They are not what the descriptor says; or the store can't be written.
        """
        path = self.folder.blob(descriptor.digest)
        with self.folder.alone(f"blob-{descriptor.digest.encoded}", waiting):
            if self.stored(descriptor) is None:
                with self.folder.aside() as aside:
                    receive(self.folder, aside, descriptor, parts)
                    self._put(aside, descriptor)
        return path

    def record(self, name: str) -> bytes | None:
        """A fact that was kept under this name, or None."""
        hashed = _hashed(name)
        path = self.folder.fact(hashed)
        with self._presence.looking() as there:
            data = read_small(path) if there else None
            if data is not None:
                self._presence.note_use_of_fact(path)
        return None if data is None else decoded("fact", hashed, data)

    def keep(self, name: str, content: bytes) -> None:
        """Keep a small fact under a name, in place of what was there.

        Raises:
            ImageError: The store can't be written.
        """
        self.folder.prepare()
        hashed = _hashed(name)
        put_small(
            self.folder,
            self.folder.fact(hashed),
            encoded("fact", hashed, content),
            self._presence.now(),
        )

    def prune(
        self, *, room: int | None = None, before: int | None = None, dry: bool = False
    ) -> Pruned:
        """Remove what killed processes left, and what was used least recently.

        What a build that still runs has used stays.

        Args:
            room: How many bytes may stay; None for any number.
            before: What was last used before this time, in ns, goes.
            dry: Whether to say only what would go.

        Raises:
            ImageError: The store can't be used.
        """
        with self.folder.explained():
            if not self.folder.is_there():
                return Pruned(swept=0 if dry or self._cache is None else sweep_asides(self._cache))
            with self.folder.gate(removing=True):
                return self._pruned(room=room, before=before, dry=dry)

    def _swept(self) -> int:
        """Remove what killed processes left; how many bytes that has freed."""
        others = 0 if self._cache is None else sweep_asides(self._cache)
        return others + self.folder.sweep()

    def entries(self) -> tuple[Entry, ...]:
        """All that is kept, in no order.

        Raises:
            ImageError: The store can't be used.
        """
        with self.folder.explained(), self._presence.looking() as there:
            return survey(self.folder).entries if there else ()

    def _pruned(self, *, room: int | None, before: int | None, dry: bool) -> Pruned:
        swept = 0 if dry else self._swept()
        found = survey(self.folder)
        entries, protected = found.entries, self.folder.oldest_session()
        gone = chosen(entries, room=room, before=before, protected=protected)
        if not dry:
            remove(path for path in found.useless)
            remove(path for one in gone for path in one.paths)
        left = sum(entry.size for entry in entries) - sum(entry.size for entry in gone)
        return Pruned(removed=gone, swept=swept, left=left, protected=protected)

    def _evict(self) -> None:
        """Come back within the limit; a build that is done does not fail by it."""
        if self._grown and self.limit is not None:
            self._grown = False
            with suppress(ImageError, OSError):
                if self.folder.size() > self.limit:
                    self.prune(room=self.limit)

    def _sweep(self) -> None:
        with self.folder.explained(), self.folder.gate(removing=True):
            self._swept()

    def _blob(self, descriptor: Descriptor) -> StoredBlob:
        path = self.folder.blob(descriptor.digest)
        return StoredBlob(descriptor=descriptor, path=path, _remove=self._presence.remove)

    def _put(self, aside: Aside, descriptor: Descriptor) -> None:
        put_blob(self.folder, aside, descriptor.digest, self._presence.now())
        self._grown = True


def _layer(record: LayerRecord, blob: StoredBlob) -> StoredLayer:
    return StoredLayer(
        descriptor=record.descriptor,
        diff_id=record.diff_id,
        unpacked=record.unpacked,
        attachment=record.attachment,
        blob=blob,
    )


def _read_record(path: Path) -> LayerRecord | None:
    data = read_small(path)
    return None if data is None else parse_record(path, data)


def _hashed(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()
