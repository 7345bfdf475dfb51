"""Digests of large files are kept for as long as nobody can have written to the file."""

from __future__ import annotations

import hashlib
import os
import time
from typing import TYPE_CHECKING

import pytest

from lading.grammar.invalid import Invalid
from lading.store.digests import FileDigests

if TYPE_CHECKING:
    from pathlib import Path

    from lading.store import Store

LARGE = hashlib.shake_256(b"seed").digest((1 << 20) + 1)
LATER = 60 * 10**9


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "weights.bin"
    file.write_bytes(LARGE)
    return file


def digests(store: Store, *, ahead: int = LATER) -> FileDigests:
    """What describes files some nanoseconds after they were written."""
    return FileDigests(store=lambda: store, now=lambda: time.time_ns() + ahead)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def kept(store: Store, file: Path) -> bytes | None:
    return store.record(f"file-digest-1 {file}")


def test_a_file_is_described_the_same_from_memory(store: Store, file: Path) -> None:
    file.chmod(0o755)
    first = digests(store).describe("weights.bin", file)
    assert (first.sha256, first.size, first.executable) == (sha256(LARGE), len(LARGE), True)
    assert kept(store, file) is not None
    assert digests(store).describe("weights.bin", file) == first


def test_what_is_known_is_not_read_again(store: Store, file: Path) -> None:
    digests(store).describe("weights.bin", file)
    content = kept(store, file)
    assert content is not None
    # Only who does not read the file can take this for its digest.
    lie = content.replace(sha256(LARGE).encode(), b"0" * 64)
    store.keep(f"file-digest-1 {file}", lie)
    assert digests(store).describe("weights.bin", file).sha256 == "0" * 64


def test_another_content_of_the_same_size_and_time_is_seen(store: Store, file: Path) -> None:
    before = file.stat()
    digests(store).describe("weights.bin", file)
    other = LARGE[::-1]
    file.write_bytes(other)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_mtime_ns == before.st_mtime_ns
    assert digests(store).describe("weights.bin", file).sha256 == sha256(other)


def test_another_file_in_its_place_is_seen(store: Store, file: Path) -> None:
    digests(store).describe("weights.bin", file)
    other = file.with_name("other")
    other.write_bytes(LARGE[::-1])
    other.replace(file)
    assert digests(store).describe("weights.bin", file).sha256 == sha256(LARGE[::-1])


def test_a_file_that_was_just_written_may_be_written_again_unseen(store: Store, file: Path) -> None:
    digests(store, ahead=0).describe("weights.bin", file)
    assert kept(store, file) is None


def test_a_file_of_the_future_is_not_known_either(store: Store, file: Path) -> None:
    moment = time.time_ns() + 2 * LATER
    os.utime(file, ns=(moment, moment))
    digests(store).describe("weights.bin", file)
    assert kept(store, file) is None


def test_who_wrote_a_file_knows_its_digest_at_once(store: Store, file: Path) -> None:
    found = digests(store, ahead=0)
    found.keep({file: ("0" * 64, file.stat())}, file.parent)
    assert found.describe("weights.bin", file).sha256 == "0" * 64  # it was not read
    before = file.stat()
    file.write_bytes(LARGE[::-1])
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert found.describe("weights.bin", file).sha256 == sha256(LARGE[::-1])


@pytest.mark.parametrize("change", ["another", "written", "gone", "none"])
def test_only_the_very_file_has_the_digest(store: Store, file: Path, change: str) -> None:
    written = file.stat()
    if change == "another":
        other = file.with_name("other")
        other.write_bytes(LARGE[::-1])
        os.utime(other, ns=(written.st_atime_ns, written.st_mtime_ns))
        other.replace(file)
    elif change == "written":
        os.utime(file, ns=(written.st_atime_ns, written.st_mtime_ns + 1))
    elif change == "gone":
        file.unlink()
    digests(store).keep({file: (sha256(LARGE), written)}, file.parent)
    assert (kept(store, file) is not None) == (change == "none")


def test_a_clock_that_can_not_be_asked_keeps_nothing(store: Store, file: Path) -> None:
    digests(store).keep({file: (sha256(LARGE), file.stat())}, file.parent / "gone")
    assert kept(store, file) is None


def test_small_files_need_no_store(file: Path) -> None:
    def refuse() -> Store:
        raise AssertionError

    file.write_bytes(b"{}")
    assert FileDigests(store=refuse).describe("a.json", file).sha256 == sha256(b"{}")
    FileDigests(store=refuse).keep({file: (sha256(b"{}"), file.stat())}, file.parent)


def test_a_record_that_means_nothing_is_no_digest(store: Store, file: Path) -> None:
    store.keep(f"file-digest-1 {file}", b"[1, 2")
    assert digests(store).describe("weights.bin", file).sha256 == sha256(LARGE)


def test_a_store_that_can_not_be_written_costs_time_only(store: Store, file: Path) -> None:
    store.folder.root.parent.mkdir(parents=True)
    store.folder.root.write_bytes(b"a file where the folder should be")
    assert digests(store).describe("weights.bin", file).sha256 == sha256(LARGE)


def test_a_file_that_grows_while_it_is_read_is_refused(store: Store, file: Path) -> None:
    def appending() -> int:  # asked for the time right before the file is read
        with file.open("ab") as growing:
            growing.write(b"more")
        return time.time_ns()

    growing = FileDigests(store=lambda: store, now=appending)
    with pytest.raises(Invalid, match=r"weights\.bin changed while it was read"):
        growing.describe("weights.bin", file)


def test_digests_are_listed_and_pruned_with_the_rest(store: Store, file: Path) -> None:
    digests(store).describe("weights.bin", file)
    assert [entry.kind for entry in store.entries()] == ["fact"]
    assert store.prune(room=0).freed > 0
    assert kept(store, file) is None


def test_a_missing_file_is_named(store: Store, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"weights\.bin can't be read: no such file"):
        digests(store).describe("weights.bin", tmp_path / "gone")


def test_somebody_is_told_of_what_takes_long(store: Store, tmp_path: Path) -> None:
    file, said = tmp_path / "large.bin", list[str]()
    with file.open("wb") as sparse:
        sparse.truncate(1 << 30)
    digests_of = FileDigests(store=lambda: store, say=said.append)
    assert digests_of.describe("large.bin", file).size == 1 << 30
    assert said == ["hashing large.bin"]
