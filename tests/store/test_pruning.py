from __future__ import annotations

import os
import time
from itertools import pairwise
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from lading.store import Store
from lading.store.pruning import Entry, chosen
from store.made import Maker, blob_path, content, descriptor, files, key, make, read

if TYPE_CHECKING:
    from pathlib import Path

SECOND = 10**9


class Clock:
    """A time that a test sets; it begins far behind what the file system says."""

    def __init__(self, now: int = 10**18) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def tick(self, seconds: int = 7200) -> None:
        self.now += seconds * SECOND


def entry(name: int, size: int, used: int) -> Entry:
    return Entry(kind="layer", name=str(name), size=size, used=used, paths=())


ENTRIES = st.lists(st.tuples(st.integers(0, 100), st.integers(0, 20)), max_size=12).map(
    lambda found: [entry(number, size, used) for number, (size, used) in enumerate(found)]
)
TIMES = st.none() | st.integers(0, 20)
ROOMS = st.none() | st.integers(0, 500)


def total(entries: list[Entry]) -> int:
    return sum(one.size for one in entries)


@given(entries=ENTRIES, room=ROOMS, before=TIMES, protected=TIMES)
def test_what_stays_fits_or_is_protected(
    entries: list[Entry], room: int | None, before: int | None, protected: int | None
) -> None:
    gone = chosen(entries, room=room, before=before, protected=protected)
    left = [one for one in entries if one not in gone]
    if protected is not None:
        assert all(one.used < protected for one in gone)
    free = [one for one in left if protected is None or one.used < protected]
    if room is not None:
        assert total(left) <= room or not free
    if before is not None:
        assert all(one.used >= before for one in free)
    if room is None and before is None:
        assert gone == ()


@given(entries=ENTRIES, room=st.integers(0, 500), protected=TIMES)
def test_the_least_recently_used_go_first_and_no_more_than_must(
    entries: list[Entry], room: int, protected: int | None
) -> None:
    gone = chosen(entries, room=room, protected=protected)
    left = [one for one in entries if one not in gone]
    assert all(one.used <= other.used for one, other in pairwise(gone))
    if gone:
        assert all(one.used >= gone[-1].used for one in left)
        assert total([*left, gone[-1]]) > room


@given(entries=ENTRIES, room=st.integers(0, 500), more=st.integers(0, 100))
def test_more_room_keeps_no_less(entries: list[Entry], room: int, more: int) -> None:
    assert set(chosen(entries, room=room + more)) <= set(chosen(entries, room=room))


def numbers(store: Store) -> list[int]:
    return [number for number in range(10) if store.folder.record(key(number).name).exists()]


def test_the_least_recently_used_layer_is_evicted_at_the_end_of_a_build(tmp_path: Path) -> None:
    clock = Clock()
    store = Store(tmp_path / "layers", limit=1_000_000, clock=clock)
    for number in (1, 2, 3):
        make(store, number)
        clock.tick()
    assert store.layer(key(1)) is not None
    clock.tick()
    with store.using():
        make(store, 4)
        assert numbers(store) == [1, 2, 3, 4]
    assert numbers(store) == [1, 3, 4]
    assert files(store.folder.root) == ["blobs"] * 3 + ["records"] * 3


def test_a_build_that_makes_nothing_evicts_nothing(tmp_path: Path) -> None:
    make(Store(tmp_path / "layers"), 1)
    with Store(tmp_path / "layers", limit=0).using():
        pass
    assert numbers(Store(tmp_path / "layers")) == [1]


def test_what_a_build_has_used_stays_whatever_the_limit(tmp_path: Path) -> None:
    store = Store(tmp_path / "layers", limit=0)
    with store.using():
        make(store, 1)
    assert numbers(store) == [1]
    time.sleep(0.05)
    with store.using():
        assert store.layer(key(1)) is not None
        store.add(descriptor(2), [content(2)])
    assert store.blob(descriptor(2).digest) is not None
    assert numbers(store) == [1]
    time.sleep(0.05)  # the file system counts time in coarser steps
    with store.using():
        make(store, 3)
    assert numbers(store) == [3]
    assert store.blob(descriptor(2).digest) is None


def test_without_a_limit_nothing_is_evicted(tmp_path: Path) -> None:
    store = Store(tmp_path / "layers", limit=None)
    for number in range(3):
        with store.using():
            make(store, number)
    assert numbers(store) == [0, 1, 2]


def test_fetched_blobs_and_facts_are_evicted_alike(tmp_path: Path) -> None:
    clock = Clock()
    store = Store(tmp_path / "layers", clock=clock)
    store.add(descriptor(1), [content(1)])
    clock.tick()
    make(store, 2)
    assert [one.kind for one in store.prune(room=300_500, dry=True).removed] == ["base"]
    store.keep("fact", b"")
    pruned = store.prune(room=0)
    assert sorted(one.kind for one in pruned.removed) == ["base", "fact", "layer"]
    assert store.record("fact") is None
    assert files(store.folder.root) == []


def test_a_use_is_noted_once_an_hour_outside_of_a_build(tmp_path: Path) -> None:
    clock = Clock()
    store = Store(tmp_path / "layers", clock=clock)
    make(store, 1)
    first = store.entries()[0].used
    clock.tick(60)
    store.layer(key(1))
    assert store.entries()[0].used == first
    clock.tick(3600)
    store.layer(key(1))
    assert store.entries()[0].used == clock.now


def test_a_use_by_digest_counts_as_one(tmp_path: Path) -> None:
    clock = Clock()
    store = Store(tmp_path / "layers", clock=clock)
    make(store, 1)
    for look in (
        lambda: store.stored(descriptor(1)),
        lambda: store.blob(descriptor(1).digest),
    ):
        clock.tick()
        assert look() is not None
        assert store.entries()[0].used == clock.now


def test_a_fact_that_is_read_was_used(tmp_path: Path) -> None:
    clock = Clock()
    store = Store(tmp_path / "layers", clock=clock)
    store.keep("fact", b"1")
    clock.tick()
    assert store.record("fact") == b"1"
    assert store.entries()[0].used == clock.now


def test_pruning_by_age(tmp_path: Path) -> None:
    clock = Clock()
    store = Store(tmp_path / "layers", clock=clock)
    for number in (1, 2, 3):
        make(store, number)
        clock.tick()
    times = sorted(one.used for one in store.entries())
    pruned = store.prune(before=times[1])
    assert [one.name for one in pruned.removed] == [str(descriptor(1).digest)]
    assert numbers(store) == [2, 3]


def test_a_dry_run_removes_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "layers")
    make(store, 1)
    pruned = store.prune(room=0, dry=True)
    assert (len(pruned.removed), pruned.left) == (1, 0)
    assert pruned.freed > 300_000
    found = store.layer(key(1))
    assert found is not None
    assert read(found) == content(1)


def test_a_layer_of_two_keys_goes_with_both_records(tmp_path: Path) -> None:
    store = Store(tmp_path / "layers")
    for number in (1, 2):
        store.make(key(number), Maker()(7))
    assert len(store.prune(room=0).removed) == 1
    assert files(store.folder.root) == []


def test_reading_a_layer_does_not_make_it_look_changed(tmp_path: Path) -> None:
    store = Store(tmp_path / "layers")
    layer = make(store, 1)
    read(layer)
    before = blob_path(store, 1).stat().st_mtime_ns
    os.utime(blob_path(store, 1), ns=(0, before))
    assert store.layer(key(1)) is not None
    assert blob_path(store, 1).stat().st_mtime_ns == before


def test_a_clock_that_is_behind_the_disk_s_loses_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "layers", clock=Clock())
    make(store, 1)
    with store.using():
        assert store.layer(key(1)) is not None
        make(store, 2)
        store.keep("fact", b"value")
        assert store.prune(room=0).removed == ()
    assert len(store.prune(room=0).removed) == 3
