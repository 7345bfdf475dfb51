"""Many processes on one store; killed, interrupted, or left to end."""

from __future__ import annotations

import fcntl
import os
import random
import signal
import time
from typing import TYPE_CHECKING, BinaryIO

import pytest

from lading.store import Store
from lading.store.locking import lock
from store.children import Signal, ended, forked, interrupted_at, killed, killing_itself_at
from store.made import Maker, blob_path, content, descriptor, files, key, make, read

if TYPE_CHECKING:
    from pathlib import Path

    from lading.oci.layers import Written

KILLS = int(os.environ.get("LADING_TEST_KILLS", "40"))
SMALL = 5_000
LAYERS = 6


def check_and_finish(root: Path) -> None:
    """What is there is right, what is missing can be made, and the garbage of the dead goes."""
    store = Store(root)
    for number in range(LAYERS):
        found = store.layer(key(number))
        if found is not None:
            assert found.attachment == f"attachment {number}".encode()
            assert read(found) == content(number, SMALL)
    with store.using():
        for number in range(LAYERS):
            layer = make(store, number, SMALL)
            assert layer.descriptor == descriptor(number, SMALL)
            assert read(layer) == content(number, SMALL)
    left = files(root)
    assert set(left) <= {"blobs", "records", "facts"}
    assert (left.count("blobs"), left.count("records")) == (LAYERS, LAYERS)


def build(root: Path, seed: int) -> None:
    """Make, look up, fetch, keep, read and prune, without end."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    store = Store(root, limit=3 * SMALL)
    while True:
        with store.using():
            for number in chance.sample(range(LAYERS), 3):
                assert read(make(store, number, SMALL)) == content(number, SMALL)
            number = chance.randrange(LAYERS)
            store.add(descriptor(number, SMALL), [content(number, SMALL)])
            store.keep(f"fact {number}", b"value")
            assert store.record(f"fact {number}") == b"value"
        store.prune(before=store.entries()[0].used if chance.random() < 0.3 else None)


def test_whatever_is_killed_at_random_leaves_nothing_wrong(tmp_path: Path) -> None:
    chance = random.Random(4)  # noqa: S311 - no secret
    root = tmp_path / "layers"
    for kill in range(KILLS // 2):
        pair = [forked(lambda seed=2 * kill + one: build(root, seed)) for one in (0, 1)]  # type: ignore[misc]
        time.sleep(chance.random() * 0.05)
        assert killed(pair[0]) == -signal.SIGKILL
        time.sleep(chance.random() * 0.02)
        assert killed(pair[1]) == -signal.SIGKILL
        if kill % 5 == 0:
            check_and_finish(root)
    check_and_finish(root)


def one_build(root: Path) -> None:
    store = Store(root, limit=SMALL)
    with store.using():
        make(store, 0, SMALL)
        make(store, 1, SMALL)
        store.keep("fact", b"value")
    store.prune(room=0)


def test_a_build_that_is_killed_at_any_line_leaves_nothing_wrong(tmp_path: Path) -> None:
    lines = range(1, 100_000, max(1, 800 // KILLS))
    ends = []
    for line in lines:
        root = tmp_path / str(line)
        ends.append(ended(forked(killing_itself_at(line, lambda root=root: one_build(root)))))  # type: ignore[misc]
        check_and_finish(root)
        if ends[-1] == 0:
            break
    assert ends[-1] == 0
    assert set(ends[:-1]) == {-signal.SIGKILL}
    assert len(ends) > KILLS // 4


def test_ten_builds_at_once_make_each_layer_once(tmp_path: Path) -> None:
    root, log = tmp_path / "layers", tmp_path / "log"

    def work(seed: int) -> None:
        store, maker = Store(root), Maker()
        order = random.Random(seed).sample(range(12), 12)  # noqa: S311 - no secret
        with store.using():
            for number in order:
                layer = store.make(key(number), maker(number))
                assert layer.descriptor == descriptor(number)
                assert read(layer) == content(number)
        with log.open("a") as file:
            file.write("".join(f"{number}\n" for number in maker.made))

    children = [forked(lambda seed=seed: work(seed)) for seed in range(10)]  # type: ignore[misc]
    assert [ended(child) for child in children] == [0] * 10
    assert sorted(map(int, log.read_text().split())) == list(range(12))
    assert files(root) == ["blobs"] * 12 + ["records"] * 12


def test_ten_builds_at_once_fetch_each_blob_once(tmp_path: Path) -> None:
    root, log = tmp_path / "layers", tmp_path / "log"

    def work() -> None:
        def parts() -> list[bytes]:
            with log.open("a") as file:
                file.write("fetched\n")
            return [content(1)]

        with (store := Store(root)).using():
            store.add(descriptor(1), (part for _ in [0] for part in parts()))
            assert store.stored(descriptor(1)) is not None

    children = [forked(work) for _ in range(10)]
    assert [ended(child) for child in children] == [0] * 10
    assert log.read_text() == "fetched\n"


def test_builds_at_once_under_a_small_limit_lose_nothing_that_they_use(tmp_path: Path) -> None:
    root = tmp_path / "layers"

    def work(seed: int) -> None:
        store = Store(root, limit=0)
        for turn in range(15):
            numbers = random.Random(seed * 100 + turn).sample(range(LAYERS), 3)  # noqa: S311
            with store.using():
                layers = [make(store, number, SMALL) for number in numbers]
                for number, layer in zip(numbers, layers, strict=True):
                    assert read(layer) == content(number, SMALL)

    children = [forked(lambda seed=seed: work(seed)) for seed in range(4)]  # type: ignore[misc]
    assert [ended(child) for child in children] == [0] * 4
    store = Store(root)
    store.prune(room=0)
    assert files(root) == []


def test_who_has_to_wait_is_told_and_gets_what_the_other_made(tmp_path: Path) -> None:
    root, maker = tmp_path / "layers", Maker()
    with Signal() as making, Signal() as go_on:

        def slowly(out: BinaryIO) -> tuple[Written, bytes]:
            making.give()
            go_on.wait()
            return Maker()(1)(out)

        child = forked(lambda: Store(root).make(key(1), slowly))
        making.wait()
        layer = Store(root).make(key(1), maker(1), waiting=go_on.give)
        assert ended(child) == 0
    assert maker.made == []
    assert read(layer) == content(1)


def test_who_waits_for_one_that_is_killed_makes_it(tmp_path: Path) -> None:
    root, maker = tmp_path / "layers", Maker()
    with Signal() as making, Signal() as never:

        def endlessly(out: BinaryIO) -> tuple[Written, bytes]:
            out.write(b"half" * 1_000_000)
            making.give()
            never.wait()
            raise AssertionError

        child = forked(lambda: Store(root).make(key(1), endlessly))
        making.wait()
        store = Store(root)
        layer = store.make(key(1), maker(1), waiting=lambda: os.kill(child, signal.SIGKILL))
        assert ended(child) == -signal.SIGKILL
    assert maker.made == [1]
    assert read(layer) == content(1)
    assert files(root) == ["blobs", "records", "temporary"]
    assert store.prune().swept >= 1_000_000
    assert files(root) == ["blobs", "records"]


@pytest.mark.parametrize("waits", [False, True])
def test_ctrl_c_leaves_nothing(tmp_path: Path, waits: bool) -> None:  # noqa: FBT001
    root = tmp_path / "layers"
    with Signal() as making, Signal() as never:

        def endlessly(out: BinaryIO) -> tuple[Written, bytes]:
            out.write(b"half" * 1_000_000)
            making.give()
            never.wait()
            raise AssertionError

        maker = forked(lambda: Store(root).make(key(1), endlessly))
        making.wait()
        children = [maker]
        if waits:
            waiting = forked(lambda: Store(root).make(key(1), Maker()(1), waiting=making.give))
            making.wait()
            children.insert(0, waiting)
        for child in children:
            os.kill(child, signal.SIGINT)
            assert ended(child) == 130
    assert files(root) == []
    assert read(make(Store(root), 1)) == content(1)


def test_what_a_running_build_uses_is_not_pruned(tmp_path: Path) -> None:
    root = tmp_path / "layers"
    for number in (1, 2, 3):
        make(Store(root), number)
    with Signal() as began, Signal() as looked, Signal() as end:

        def work() -> None:
            store = Store(root)
            with store.using():
                began.give()
                assert store.layer(key(1)) is not None
                assert make(store, 4) is not None
                looked.give()
                end.wait()
                for number in (1, 4):
                    found = store.layer(key(number))
                    assert found is not None
                    assert read(found) == content(number)

        child = forked(work)
        began.wait()
        looked.wait()
        pruned = Store(root).prune(room=0)
        end.give()
        assert ended(child) == 0
    assert sorted(one.name for one in pruned.removed) == sorted(
        str(descriptor(number).digest) for number in (2, 3)
    )
    assert Store(root).prune(room=0).left == 0


def prune_unless_locked_out(root: Path) -> None:
    """Prune all that may be pruned now; not where this very process keeps others from it."""
    handle = os.open(root / "gate", os.O_RDWR)
    try:
        if lock(handle, wait=False):
            fcntl.flock(handle, fcntl.LOCK_UN)
            Store(root).prune(room=0)
    finally:
        os.close(handle)


@pytest.mark.parametrize("changed", [False, True])
def test_pruning_at_any_line_takes_nothing_that_a_build_uses(tmp_path: Path, changed: bool) -> None:  # noqa: FBT001
    def build(root: Path) -> None:
        store = Store(root)
        with store.using():
            found = store.stored(descriptor(0, SMALL))
            first, second = make(store, 1, SMALL), make(store, 2, SMALL)
            assert read(first) == content(1, SMALL)
            assert read(second) == content(2, SMALL)
            if found is not None:
                with found.open() as file:
                    assert file.read() == content(0, SMALL)

    for line in range(1, 100_000, max(1, 800 // KILLS)):
        root = tmp_path / str(line)
        for number in (0, 1):
            make(Store(root), number, SMALL)
            if changed:
                os.utime(blob_path(Store(root), number, SMALL))
        reached = tmp_path / f"reached {line}"

        def prune(root: Path = root, reached: Path = reached) -> None:
            reached.touch()
            prune_unless_locked_out(root)

        work = interrupted_at(line, prune, lambda root=root: build(root))  # type: ignore[misc]
        assert ended(forked(work)) == 0
        if not reached.exists():
            break
    assert line > 200  # as many lines as there are, and not one that went wrong early
