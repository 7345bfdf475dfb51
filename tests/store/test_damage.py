from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lading.errors import ImageError
from lading.progress import SILENT
from lading.store import Damaged, Store, retried
from lading.store.selfchecked import encoded
from lading.store.verifying import verify
from store.made import (
    SIZE,
    Maker,
    blob_path,
    content,
    descriptor,
    files,
    key,
    make,
    read,
    record_path,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def overwrite(path: Path, data: bytes, *, keep_time: bool) -> None:
    """Change a file in place, as a disk may do with its time kept, or a program without."""
    before = path.stat()
    path.chmod(0o600)
    path.write_bytes(data)
    if keep_time:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def put_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


SEEN_AT_ONCE: dict[str, Callable[[Path], None]] = {
    "missing": lambda path: path.unlink(),
    "cut off": lambda path: overwrite(path, content(1)[:-1], keep_time=True),
    "grown": lambda path: overwrite(path, content(1) + b"x", keep_time=True),
    "empty": lambda path: overwrite(path, b"", keep_time=True),
    "flipped by a program": lambda path: overwrite(path, flipped(content(1), 5), keep_time=False),
    "a pipe": put_pipe,
}


@pytest.mark.parametrize("kind", SEEN_AT_ONCE)
def test_damage_that_shows_is_noticed_by_looking(store: Store, kind: str) -> None:
    make(store, 1)
    SEEN_AT_ONCE[kind](blob_path(store, 1))
    assert store.layer(key(1)) is None
    assert store.stored(descriptor(1)) is None
    assert store.blob(descriptor(1).digest) is None
    assert read(make(store, 1)) == content(1)


@pytest.mark.parametrize("at", [0, SIZE // 2, SIZE - 1])
def test_a_bit_that_the_disk_flipped_is_noticed_by_reading(store: Store, at: int) -> None:
    layer = make(store, 1)
    overwrite(blob_path(store, 1), flipped(content(1), at), keep_time=True)
    assert store.layer(key(1)) is not None
    with layer.blob.open() as file, pytest.raises(Damaged, match="is damaged or gone") as caught:
        file.read()
    assert caught.value.digest == descriptor(1).digest
    assert store.layer(key(1)) is None
    assert read(make(store, 1)) == content(1)


def test_the_last_bytes_of_what_is_damaged_are_never_given(store: Store) -> None:
    layer = make(store, 1, 5_000_000)
    data = flipped(content(1, 5_000_000), 3)
    overwrite(blob_path(store, 1, 5_000_000), data, keep_time=True)
    got: list[bytes] = []
    with layer.blob.open() as file, pytest.raises(Damaged):
        got.extend(iter(lambda: file.read(1000), b""))
    assert 0 < len(got) * 1000 < 5_000_000


def test_who_reads_exactly_the_size_and_no_end_meets_the_damage(store: Store) -> None:
    layer = make(store, 1)
    overwrite(blob_path(store, 1), flipped(content(1), 3), keep_time=True)
    with pytest.raises(Damaged), layer.blob.open() as file:
        file.read(SIZE)


def test_a_blob_that_is_cut_off_while_it_is_read(store: Store) -> None:
    layer = make(store, 1, 5_000_000)
    with layer.blob.open() as file:
        file.read(1000)
        path = blob_path(store, 1, 5_000_000)
        path.chmod(0o600)
        os.truncate(path, 2_000_000)
        with pytest.raises(Damaged):
            file.read()


@pytest.mark.parametrize("kind", ["missing", "cut off", "grown", "empty", "a pipe"])
def test_damage_between_looking_and_opening(store: Store, kind: str) -> None:
    layer = make(store, 1)
    SEEN_AT_ONCE[kind](blob_path(store, 1))
    with pytest.raises(Damaged), layer.blob.open():
        pass
    assert read(make(store, 1)) == content(1)


def test_a_changed_time_alone_costs_one_hashing_and_nothing_else(store: Store) -> None:
    make(store, 1)
    path = blob_path(store, 1)
    mark = path.stat().st_mtime_ns
    os.utime(path)  # as a copy of the cache does
    assert store.layer(key(1)) is not None
    assert path.stat().st_mtime_ns == mark


def garbage(path: Path) -> None:
    path.write_bytes(b"garbage")


def of_another_key(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(path.name[:8].encode(), b"00000000"))


def naming_another(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data.replace(descriptor(1).digest.encoded.encode(), b"0" * 64))


def naming_another_with_proof(path: Path) -> None:
    facts = path.read_bytes().split(b"\n", 2)[2]
    facts = facts.replace(descriptor(1).digest.encoded.encode(), b"0" * 64)
    path.write_bytes(encoded("layer", path.name, facts))


def of_a_later_lading(path: Path) -> None:
    path.write_bytes(encoded("layer", path.name, b'{"digests": []}\nabc'))


def not_even_json(path: Path) -> None:
    path.write_bytes(encoded("layer", path.name, b"\xff\n"))


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


RECORDS = [
    garbage,
    of_another_key,
    naming_another,
    naming_another_with_proof,
    of_a_later_lading,
    not_even_json,
    put_pipe,
    cut_off,
]


@pytest.mark.parametrize("spoil", RECORDS)
def test_a_record_that_is_damaged_counts_as_none(
    store: Store, spoil: Callable[[Path], None]
) -> None:
    make(store, 1)
    spoil(record_path(store, 1))
    assert store.layer(key(1)) is None
    maker = Maker()
    assert read(store.make(key(1), maker(1))) == content(1)
    assert maker.made == [1]
    assert store.layer(key(1)) is not None


def test_a_record_that_is_a_folder_is_told_of(store: Store) -> None:
    make(store, 1)
    a_folder(record_path(store, 1))
    assert store.layer(key(1)) is None
    with pytest.raises(ImageError, match="can't be used: is a directory"):
        make(store, 1)


def test_a_record_of_one_layer_at_the_place_of_another_counts_as_none(store: Store) -> None:
    make(store, 1)
    make(store, 2)
    record_path(store, 2).write_bytes(record_path(store, 1).read_bytes())
    assert store.layer(key(2)) is None
    assert read(make(store, 2)) == content(2)


def test_a_fact_that_is_damaged_counts_as_none(store: Store) -> None:
    store.keep("name", b"value")
    (path,) = store.folder.files("facts")
    path.write_bytes(path.read_bytes().replace(b"value", b"other"))
    assert store.record("name") is None
    store.keep("name", b"value")
    assert store.record("name") == b"value"


def test_what_met_damage_is_done_again(store: Store) -> None:
    make(store, 1)
    make(store, 2)
    for number in (1, 2):
        overwrite(blob_path(store, number), flipped(content(number), 9), keep_time=True)
    maker, told = Maker(), []

    def push() -> list[bytes]:
        layers = [store.make(key(number), maker(number)) for number in (1, 2)]
        return [read(layer) for layer in layers]

    assert retried(push, told=lambda damage: told.append(damage.digest)) == [
        content(1),
        content(2),
    ]
    assert told == [descriptor(1).digest, descriptor(2).digest]
    assert maker.made == [1, 2]


def test_a_disk_that_always_damages_ends_it(store: Store) -> None:
    def push() -> bytes:
        layer = make(store, 1)
        overwrite(blob_path(store, 1), flipped(content(1), 9), keep_time=True)
        return read(layer)

    with pytest.raises(Damaged):
        retried(push, told=lambda _: None)


def test_who_reads_what_was_replaced_does_not_remove_the_new_one(store: Store) -> None:
    layer = make(store, 1, 5_000_000)
    path = blob_path(store, 1, 5_000_000)
    overwrite(path, flipped(content(1, 5_000_000), 9), keep_time=True)
    with layer.blob.open() as file:
        file.read(10)
        path.unlink()
        make(store, 1, 5_000_000)
        with pytest.raises(Damaged):
            file.read()
    assert store.layer(key(1)) is not None


def test_verifying_finds_every_damage_and_removes_it(store: Store) -> None:
    for number in range(6):
        make(store, number)
    store.keep("good", b"1")
    store.keep("bad", b"1")
    assert verify(store.folder, SILENT).flaws == ()
    overwrite(blob_path(store, 1), flipped(content(1), 0), keep_time=True)
    overwrite(blob_path(store, 2), b"", keep_time=True)
    blob_path(store, 3).unlink()
    garbage(record_path(store, 4))
    (store.folder.blob(descriptor(0).digest).parent / "stray").write_bytes(b"")
    for path in store.folder.files("facts"):
        if b"bad" not in path.read_bytes() and store.record("good") is not None:
            cut_off(path)
            if store.record("good") is None:
                store.keep("good", b"1")
                continue
            break
    found = verify(store.folder, SILENT)
    assert sorted(flaw.why for flaw in found.flaws) == [
        "its bytes are not what its digest says",
        "its bytes are not what its digest says",
        "its name is no digest",
        "the layer of this record is missing",
        "this fact can't be read",
        "this record can't be read",
    ]
    assert verify(store.folder, SILENT).flaws == ()
    assert store.record("good") == b"1"
    assert store.layer(key(0)) is not None
    assert store.layer(key(5)) is not None
    assert files(store.folder.root).count("records") == 2


def test_verifying_is_no_use_of_what_is_verified(store: Store) -> None:
    make(store, 1)
    before = blob_path(store, 1).stat()
    os.utime(blob_path(store, 1), ns=(10**18, before.st_mtime_ns))
    verify(store.folder, SILENT)
    assert store.entries()[0].used == 10**18
