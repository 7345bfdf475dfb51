"""What is written to the cache beside the layers: killed writers leave nothing for good."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from lading.store import Store, open_store
from lading.store.asides import aside_file, aside_folder, sweep_asides
from store.children import ended, forked

if TYPE_CHECKING:
    from pathlib import Path


def left(cache: Path) -> list[Path]:
    return sorted((cache / "temporary").rglob("*"))


def die_writing(cache: Path) -> None:
    """Write a file and a folder in a process that is killed before either is done."""

    def write() -> None:
        with aside_file(cache) as aside, aside_folder(cache) as folder:
            aside.file.write(b"half")
            aside.file.flush()
            (folder / "deep").mkdir()
            (folder / "deep" / "file").write_bytes(b"of it")
            os.kill(os.getpid(), signal.SIGKILL)

    assert ended(forked(write)) == -signal.SIGKILL


def test_what_is_written_is_gone_in_the_end(tmp_path: Path) -> None:
    with aside_file(tmp_path) as aside, aside_folder(tmp_path) as folder:
        aside.file.write(b"x")
        (folder / "file").write_bytes(b"x")
        assert len(left(tmp_path)) == 3
    assert left(tmp_path) == []


def test_the_next_writer_removes_what_killed_ones_left(tmp_path: Path) -> None:
    die_writing(tmp_path)
    assert len(left(tmp_path)) == 4
    with aside_file(tmp_path) as aside:
        assert left(tmp_path) == [aside.path]


def test_what_somebody_writes_stays(tmp_path: Path) -> None:
    die_writing(tmp_path)
    with aside_file(tmp_path) as aside, aside_folder(tmp_path) as folder:
        (folder / "file").write_bytes(b"x")
        assert sweep_asides(tmp_path) == 0
        aside.file.write(b"whole")
        aside.file.flush()
        aside.path.rename(tmp_path / "kept")
        assert left(tmp_path) == [folder, folder / "file"]
    assert (tmp_path / "kept").read_bytes() == b"whole"


def test_a_sweep_says_how_much_it_has_freed(tmp_path: Path) -> None:
    die_writing(tmp_path)
    assert sweep_asides(tmp_path) == len(b"half" + b"of it")
    assert sweep_asides(tmp_path) == 0


@pytest.mark.parametrize("is_made", [False, True])
def test_a_build_and_prune_sweep_too(tmp_path: Path, *, is_made: bool) -> None:
    store = open_store(tmp_path, {})
    if is_made:
        store.keep("fact", b"value")
    die_writing(tmp_path)
    assert store.prune(dry=True).swept == 0
    assert store.prune().swept == len(b"half" + b"of it")
    die_writing(tmp_path)
    with store.using():
        assert left(tmp_path) == []


def test_a_store_by_itself_leaves_what_is_beside_it(tmp_path: Path) -> None:
    die_writing(tmp_path)
    Store(tmp_path / "layers").prune()
    assert len(left(tmp_path)) == 4


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "temporary").mkdir()
    (tmp_path / "temporary" / "link").symlink_to(tmp_path / "mine")
    (tmp_path / "mine").write_bytes(b"mine")
    os.mkfifo(tmp_path / "temporary" / "pipe")
    assert sweep_asides(tmp_path) == 0
    assert (tmp_path / "mine").read_bytes() == b"mine"
