"""Layers: entries become one tar, in one gzip of many members, and both are hashed on the way.

What a wheel holds as a DEFLATE stream goes into the layer as it stands there, as a member of its
own. So nearly all that is left to do is to inflate it once, for the tar's digest and the checks.

`LAYER_FORMAT` says how: files in order of their paths; before each its header, together with the
padding of the file before it, as a member from `gzip_members.encoded`; its content as a member, or
as one for each mebibyte where it is large and was no stream; the two blocks of the end.
"""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final

from lading.grammar.reference import Digest
from lading.oci.contents import Reader, Sinks, size_of, stream_into, whole_into
from lading.oci.entries import Entry, Regular
from lading.oci.gzip_members import encoded
from lading.oci.inflating import PIECE
from lading.oci.order import ordered
from lading.oci.strands import ahead, beside, inline
from lading.oci.tar import END, header, padding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Executor

    from lading.oci.contents import Strand

__all__ = ["LAYER_FORMAT", "Written", "write_layer"]

LAYER_FORMAT: Final = 1
"""Which bytes become of the same entries: it grows whenever these change."""

_BATCH: Final = PIECE
_MOST_ENTRIES: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a finished layer is.

    Attributes:
        digest: Of its bytes, a gzip.
        size: How many these are.
        diff_id: The digest of the tar in it, as an image's configuration lists it.
        unpacked: The tar's size.
    """

    digest: Digest
    size: int
    diff_id: Digest
    unpacked: int


def write_layer(
    entries: Iterable[Entry],
    out: BinaryIO,
    *,
    advance: Callable[[int], object] = lambda _: None,
    pool: Executor | None = None,
) -> Written:
    """Write the layer that holds `entries`.

    Args:
        entries: In any order. Missing parents are added, as root's folders with mode 0755.
        out: Where it goes.
        advance: Told how many bytes of files are done, as it goes.
        pool: Threads that inflate and compress ahead; with it, hashing and writing have threads of
            their own too. Many layers may share one, but no thread of it may call this function.
            Whoever has layers enough for all processors needs none: one for each thread is best.

    Raises:
        ImageError: A content is not what its archive or record says, two entries of one path
            differ, or a path can't stand in a layer.
        OSError: `out` refused.
    """
    strand: Strand = inline if pool is None else beside
    tar, gzip = _Tally(), _Tally(out)
    units = _units(ordered(entries))
    with ExitStack() as stack:
        sinks = Sinks(stack.enter_context(strand(tar.take)), stack.enter_context(strand(gzip.take)))
        for unit, made in ahead(_small, units, pool):
            if made is None:
                _write_large(sinks, unit, strand, pool)
            else:
                sinks.tar(made[0])
                sinks.gzip(made[1])
            advance(unit.size)
    return Written(digest=gzip.digest(), size=gzip.size, diff_id=tar.digest(), unpacked=tar.size)


class _Tally:
    """Hashes, counts and (the gzip) writes."""

    def __init__(self, out: BinaryIO | None = None) -> None:
        self.size = 0
        self._hash = hashlib.sha256()
        self._out = out

    def take(self, piece: bytes) -> None:
        self._hash.update(piece)
        self.size += len(piece)
        if self._out is not None:
            self._out.write(piece)

    def digest(self) -> Digest:
        return Digest(algorithm="sha256", encoded=self._hash.hexdigest())


@dataclass(frozen=True, slots=True)
class _Unit:
    """What is made in one go: neighbours that fit into memory together, or one large file.

    Attributes:
        before: How many zeros the file before them needs.
        entries: They.
        size: Of their contents.
        is_last: The archive ends after them.
    """

    before: int
    entries: tuple[Entry, ...]
    size: int
    is_last: bool = False


def _units(entries: Iterable[Entry]) -> Iterator[_Unit]:
    before = size = last = 0
    waiting: list[Entry] = []
    for entry in entries:
        own = _size(entry)
        if waiting and (size + own > _BATCH or len(waiting) == _MOST_ENTRIES):
            yield _Unit(before, tuple(waiting), size)
            waiting, size, before = [], 0, last
        waiting.append(entry)
        size += own
        last = padding(own)
    yield _Unit(before, tuple(waiting), size)
    yield _Unit(last, (), 0, is_last=True)


def _small(unit: _Unit) -> tuple[bytes, bytes] | None:
    """The tar and the gzip of a unit that fits into memory; None of a large file."""
    return None if unit.size > _BATCH else _batch(unit)


def _batch(unit: _Unit) -> tuple[bytes, bytes]:
    tar: list[bytes] = []
    gzip: list[bytes] = []
    sinks, held, before = Sinks(tar.append, gzip.append), b"", unit.before
    with Reader() as reader:
        for entry in unit.entries:
            size = _size(entry)
            held += bytes(before) + header(entry, size)
            before = padding(size)
            if isinstance(entry, Regular) and size:
                _between(sinks, held)
                whole_into(sinks, entry, reader)
                held = b""
    _between(sinks, held + bytes(before) + END if unit.is_last else held)
    return b"".join(tar), b"".join(gzip)


def _write_large(sinks: Sinks, unit: _Unit, strand: Strand, pool: Executor | None) -> None:
    (entry,) = unit.entries
    if isinstance(entry, Regular):
        _between(sinks, bytes(unit.before) + header(entry, unit.size))
        with Reader() as reader:
            stream_into(sinks, entry, reader, strand, pool)


def _between(sinks: Sinks, data: bytes) -> None:
    """What stands between contents: a member of its own."""
    if data:
        sinks.tar(data)
        sinks.gzip(encoded(data))


def _size(entry: Entry) -> int:
    return size_of(entry) if isinstance(entry, Regular) else 0
