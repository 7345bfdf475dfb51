from __future__ import annotations

import os
import stat
from dataclasses import replace
from threading import Barrier, Thread
from typing import TYPE_CHECKING, BinaryIO

import pytest

from lading.errors import ImageError
from lading.oci.blobs import digest_of
from lading.store import LayerKey, Store, open_store
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
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lading.oci.layers import Written


def test_an_empty_store_has_nothing_and_makes_no_folder(store: Store) -> None:
    assert store.layer(key(1)) is None
    assert store.blob(descriptor(1).digest) is None
    assert store.stored(descriptor(1)) is None
    assert store.record("base") is None
    assert store.entries() == ()
    assert store.prune(room=0).freed == 0
    assert not store.folder.root.exists()


def test_what_was_made_is_found_again(store: Store) -> None:
    made = make(store, 1)
    found = Store(store.folder.root).layer(key(1))
    assert found is not None
    assert (found.descriptor, found.diff_id, found.unpacked) == (
        descriptor(1),
        digest_of(content(1) + b"tar"),
        1234,
    )
    assert found.attachment == b"attachment 1"
    assert found.descriptor == made.descriptor
    assert read(found) == read(made) == content(1)


def test_a_layer_is_made_once(store: Store) -> None:
    maker = Maker()
    first = store.make(key(1), maker(1))
    second = store.make(key(1), maker(1))
    assert maker.made == [1]
    assert first.descriptor == second.descriptor


@pytest.mark.parametrize(
    "other",
    [
        replace(key(1), kind="files"),
        replace(key(1), inputs=()),
        replace(key(1), inputs=(*key(1).inputs, "ab")),
        replace(key(1), interpreter="cp312"),
        replace(key(1), prefix="/opt/other"),
        replace(key(1), format=2),
    ],
)
def test_each_part_of_the_key_counts(store: Store, other: LayerKey) -> None:
    make(store, 1)
    assert store.layer(other) is None


def test_no_two_keys_run_together() -> None:
    one = LayerKey(kind="a", inputs=("b", "c"), interpreter="d", prefix="e", format=1)
    other = LayerKey(kind="a", inputs=("b,c",), interpreter="d", prefix="e", format=1)
    assert one.name != other.name


def test_two_keys_of_one_content_share_its_blob(store: Store) -> None:
    store.make(key(1), Maker()(7))
    store.make(key(2), Maker()(7))
    assert files(store.folder.root) == ["blobs", "records", "records"]
    found = store.layer(key(1))
    assert found is not None
    assert read(found) == content(7)


def test_the_bytes_come_in_any_pieces(store: Store) -> None:
    layer = make(store, 1)
    for size in (1, 4096, SIZE - 1, SIZE, SIZE + 1):
        with layer.blob.open() as file:
            if size == 1:
                assert file.read(1) == content(1)[:1]
            else:
                assert b"".join(iter(lambda: file.read(size), b"")) == content(1)  # noqa: B023
    with layer.blob.open() as file:
        buffer = bytearray(SIZE)
        assert file.readinto(buffer) == SIZE  # type: ignore[attr-defined]
        assert (bytes(buffer), file.read(1)) == (content(1), b"")


def test_looking_opens_no_blob(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    make(store, 1)
    real, opened = os.open, []

    def noted(path: str, flags: int, mode: int = 0o777) -> int:
        opened.append(str(path))
        return real(path, flags, mode)

    monkeypatch.setattr(os, "open", noted)
    assert store.layer(key(1)) is not None
    assert set(opened) == {str(store.folder.root / "gate"), str(record_path(store, 1))}


def test_only_the_user_may_read_what_is_kept(store: Store) -> None:
    make(store, 1)
    store.keep("fact", b"1")
    for path in (store.folder.root, *store.folder.root.rglob("*")):
        mode = path.stat().st_mode
        assert stat.S_IMODE(mode) & 0o077 == 0, path
    assert stat.S_IMODE(blob_path(store, 1).stat().st_mode) == 0o400


def test_a_maker_that_fails_leaves_nothing(store: Store) -> None:
    def fails(out: BinaryIO) -> tuple[Written, bytes]:
        out.write(b"half" * 1000)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.make(key(1), fails)
    assert files(store.folder.root) == []
    assert store.layer(key(1)) is None


def test_a_wheel_that_is_missing_is_not_the_fault_of_the_store(
    store: Store, tmp_path: Path
) -> None:
    def fails(out: BinaryIO) -> tuple[Written, bytes]:
        out.write((tmp_path / "missing.whl").read_bytes())
        raise AssertionError

    with pytest.raises(FileNotFoundError, match=r"missing\.whl"):
        store.make(key(1), fails)


def test_a_maker_that_miscounts_is_refused(store: Store) -> None:
    def lies(out: BinaryIO) -> tuple[Written, bytes]:
        made, attachment = Maker()(1)(out)
        return replace(made, size=made.size + 1), attachment

    with pytest.raises(ImageError, match="a layer of 300001 bytes was written with 300000 bytes"):
        store.make(key(1), lies)
    assert files(store.folder.root) == []


def test_an_interrupted_maker_leaves_nothing(store: Store) -> None:
    def interrupted(out: BinaryIO) -> tuple[Written, bytes]:
        out.write(b"half" * 1000)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.make(key(1), interrupted)
    assert files(store.folder.root) == []
    assert make(store, 1).descriptor == descriptor(1)


def test_threads_that_want_one_layer_make_it_once(store: Store) -> None:
    maker, told, barrier = Maker(), [], Barrier(8)

    def run() -> None:
        barrier.wait()
        with store.using():
            layer = store.make(key(1), maker(1), waiting=lambda: told.append(1))
            assert read(layer) == content(1)

    threads = [Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert maker.made == [1]
    assert len(told) <= 7
    assert files(store.folder.root) == ["blobs", "records"]


def test_a_blob_that_was_fetched_is_kept(store: Store) -> None:
    path = store.add(descriptor(1), iter([content(1)[:1000], content(1)[1000:]]))
    assert path == store.blob(descriptor(1).digest)
    assert path.read_bytes() == content(1)
    found = store.stored(descriptor(1))
    assert found is not None
    with found.open() as file:
        assert file.read() == content(1)


def test_a_blob_that_is_there_is_not_fetched_again(store: Store) -> None:
    make(store, 1)

    asked = []

    def parts() -> Iterator[bytes]:
        asked.append(1)
        yield content(1)

    assert store.add(descriptor(1), parts()) == blob_path(store, 1)
    assert asked == []


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ([content(2)], "its digest is sha256:"),
        ([content(1)[:-1]], "it has not 300000 bytes"),
        ([content(1), b"x"], "it has not 300000 bytes"),
        ([], "it has not 300000 bytes"),
    ],
)
def test_a_blob_that_arrives_damaged_is_refused(store: Store, parts: list[bytes], why: str) -> None:
    with pytest.raises(ImageError, match=why):
        store.add(descriptor(1), parts)
    assert files(store.folder.root) == []


def test_a_fetch_that_breaks_off_keeps_nothing(store: Store) -> None:
    def parts() -> Iterator[bytes]:
        yield content(1)[:1000]
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        store.add(descriptor(1), parts())
    assert files(store.folder.root) == []


def test_facts_are_kept_by_name(store: Store) -> None:
    store.keep("base python", b"3.11.2\n\x00")
    store.keep("other", b"")
    assert store.record("base python") == b"3.11.2\n\x00"
    assert store.record("other") == b""
    store.keep("other", b"new")
    assert store.record("other") == b"new"
    assert store.record("third") is None


def test_the_environment_sets_the_limit(tmp_path: Path) -> None:
    assert open_store(tmp_path, {}).limit == 20 * 10**9
    assert open_store(tmp_path, {"LADING_CACHE_LIMIT": ""}).limit == 20 * 10**9
    assert open_store(tmp_path, {"LADING_CACHE_LIMIT": "500MB"}).limit == 500 * 10**6
    assert open_store(tmp_path, {"LADING_CACHE_LIMIT": "0"}).limit == 0
    assert open_store(tmp_path, {"LADING_CACHE_LIMIT": "none"}).limit is None
    with pytest.raises(ImageError, match='LADING_CACHE_LIMIT: size "much" is invalid'):
        open_store(tmp_path, {"LADING_CACHE_LIMIT": "much"})


def test_a_folder_of_others_is_refused(store: Store) -> None:
    make(store, 1)
    store.folder.root.chmod(0o777)
    uses: tuple[Callable[[], object], ...] = (
        lambda: store.layer(key(1)),
        lambda: make(store, 2),
        lambda: store.keep("a", b""),
        lambda: store.prune(room=0),
        store.entries,
    )
    for use in uses:
        with pytest.raises(ImageError, match="can be written by other users"):
            use()


def test_a_link_in_a_file_s_place_is_not_followed(store: Store, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(content(1))
    make(store, 1)
    for path in (blob_path(store, 1), record_path(store, 1)):
        path.unlink()
        path.symlink_to(precious)
        assert store.layer(key(1)) is None
        assert read(make(store, 1)) == content(1)
        assert not path.is_symlink()
    assert precious.read_bytes() == content(1)


def test_a_link_in_a_lock_s_place_is_not_followed(store: Store, tmp_path: Path) -> None:
    store.folder.prepare()
    (store.folder.root / "locks" / key(1).name).symlink_to(tmp_path / "made")
    with pytest.raises(ImageError, match="can't be used"):
        make(store, 1)
    assert not (tmp_path / "made").exists()
    store.prune()
    assert read(make(store, 1)) == content(1)
