"""Disks that are full, that can't be written, and that can't lock."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from lading.errors import ImageError
from lading.store import Store
from store.children import ended, forked
from store.made import content, descriptor, files, key, make, read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MB; it takes root to have one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not _mount("-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)):
        pytest.skip("can't mount a disk here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)  # noqa: S607 - where it is differs


def _mount(*words: str) -> bool:
    if os.geteuid() or not os.path.exists("/proc/mounts"):  # noqa: PTH110 - a question, no path
        return False
    return subprocess.run(["mount", *words], check=False, capture_output=True).returncode == 0  # noqa: S607


def test_a_full_disk_is_told_of_and_left_clean(small_disk: Path) -> None:
    store = Store(small_disk / "layers")
    make(store, 1)
    with pytest.raises(ImageError) as caught:
        make(store, 2, 2_000_000)
    assert str(caught.value) == (
        f"the layer store {small_disk}/layers has no room: no space left on device\n"
        "hint: free some with `lading cache prune`, or set LADING_CACHE_DIR to a folder on a "
        "larger disk"
    )
    with pytest.raises(ImageError, match="has no room"):
        store.add(descriptor(2, 2_000_000), [content(2, 2_000_000)])
    assert files(store.folder.root) == ["blobs", "records"]
    assert read(make(store, 1)) == content(1)
    assert read(make(store, 3)) == content(3)


def test_a_disk_that_fills_at_any_point_keeps_nothing_half(small_disk: Path) -> None:
    store = Store(small_disk / "layers")
    store.folder.prepare()
    refused = 0
    for left in range(0, 120_000, 8192):
        filler = small_disk / "filler"
        with filler.open("wb") as file:
            free = os.statvfs(small_disk)
            file.write(bytes(max(0, free.f_bavail * free.f_frsize - left)))
        try:
            assert read(make(store, left, 50_000)) == content(left, 50_000)
        except ImageError as error:
            assert "has no room" in str(error)  # noqa: PT017 - either may happen
            refused += 1
        filler.unlink()
        assert {"temporary", "locks"}.isdisjoint(files(store.folder.root))
        assert read(make(store, left, 50_000)) == content(left, 50_000)
        store.prune(room=0)
    assert 0 < refused < 15


def test_a_disk_that_can_only_be_read(small_disk: Path) -> None:
    store = Store(small_disk / "layers")
    make(store, 1)
    assert _mount("-o", "remount,ro", str(small_disk))
    found = store.layer(key(1))
    assert found is not None
    assert read(found) == content(1)
    for use in (
        lambda: make(store, 2),
        lambda: store.keep("a", b""),
        lambda: store.add(descriptor(2), [content(2)]),
        lambda: store.using().__enter__(),
    ):
        with pytest.raises(ImageError, match="can't be written: read-only file system"):
            use()


def test_a_folder_that_can_only_be_read(tmp_path: Path) -> None:
    if not os.geteuid():
        pytest.skip("root may write anywhere")
    (tmp_path / "cache").mkdir(mode=0o500)
    with pytest.raises(ImageError, match="can't be written: permission denied"):
        make(Store(tmp_path / "cache" / "layers"), 1)


def test_a_file_in_the_folder_s_place(tmp_path: Path) -> None:
    (tmp_path / "layers").write_bytes(b"")
    store = Store(tmp_path / "layers")
    for use in (lambda: make(store, 1), lambda: store.layer(key(1)), store.prune, store.entries):
        with pytest.raises(ImageError, match=r"can't be used: (file exists|not a directory)"):
            use()


def test_a_file_that_may_not_grow_keeps_nothing_half(tmp_path: Path) -> None:
    """What a limit on the size of files refuses is told of as a full disk is."""

    def work() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        with pytest.raises(ImageError, match="has no room: file too large"):
            make(Store(tmp_path / "layers"), 1)

    assert ended(forked(work)) == 0
    assert files(tmp_path / "layers") == []


def test_a_disk_without_locks_is_told_of(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: int) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(ImageError) as caught:
        make(store, 1)
    assert str(caught.value) == (
        "the layer store is on a file system that can't lock files\n"
        "hint: set LADING_CACHE_DIR to a folder on a disk of this machine"
    )
