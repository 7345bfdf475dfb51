from __future__ import annotations

import json
import os
import random
import shutil
import signal
import stat
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from freeze.world import PROGRAM, sha256, tree, uv_wheel
from lading.errors import FreezeError, ResolutionError
from lading.freeze.folder import Content, check_target, write_folder
from lading.freeze.program import uv_program
from lading.freeze.replacing import _exchange, _rename_twice, replacement
from lading.process import run
from lading.store import Store
from lading.store.digests import FileDigests
from lading.trees import UNFINISHED

if TYPE_CHECKING:
    from collections.abc import Iterator

FROZEN = {
    "Dockerfile": Content(source=b"# Made by Lading\nFROM x\n"),
    "image.json": Content(source=b"{}\n"),
    "scripts/a.sh": Content(source=b"#!/bin/sh\n", executable=True),
}


@pytest.fixture
def restored_umask() -> Iterator[None]:
    former = os.umask(0o022)
    yield
    os.umask(former)


def litter(folder: Path) -> list[str]:
    return [entry.name for entry in folder.iterdir() if entry.name.startswith(UNFINISHED)]


@pytest.mark.usefixtures("restored_umask")
@pytest.mark.parametrize("name", ["build", "a b", "a@b", "b\xfcild", "deep/er/build"])
def test_the_folder_is_the_same_whoever_writes_it(tmp_path: Path, name: str) -> None:
    found = []  # CASES R25, R45, R46
    for umask in (0o000, 0o022, 0o077):
        os.umask(umask)
        target = tmp_path / str(umask) / name
        write_folder(target, FROZEN)
        found.append(tree(target))
    assert found[0] == found[1] == found[2]
    assert {oct(mode & 0o777) for mode, _, _ in found[0].values()} == {"0o755", "0o644"}
    assert min(time for _, time, _ in found[0].values()) == 315532800


def test_an_edit_that_keeps_a_files_length_changes_its_time(tmp_path: Path) -> None:
    # BuildKit sends a file again only where its size, mode or time has changed.
    times = []
    for content in (b"one", b"two"):
        write_folder(tmp_path / "build", {**FROZEN, "code": Content(source=content)})
        times.append((tmp_path / "build/code").stat().st_mtime)
    assert times[0] != times[1]


def test_the_times_and_modes_of_sources_do_not_show(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_text("x")
    trees = []
    for mode, moment in ((0o600, 1), (0o777, 2_000_000_000)):
        source.chmod(mode)
        os.utime(source, (moment, moment))
        write_folder(tmp_path / "build", {**FROZEN, "x": Content(source=source)})
        trees.append(tree(tmp_path / "build"))
    assert trees[0] == trees[1]


def test_nothing_of_the_former_folder_stays(tmp_path: Path) -> None:
    target = tmp_path / "build"
    write_folder(target, {**FROZEN, "old/file": Content(source=b"")})
    write_folder(target, FROZEN)
    assert not (target / "old").exists()
    assert [entry.name for entry in tmp_path.iterdir()] == ["build"]


@pytest.mark.parametrize("broken", ["vanished", "changed", "folder"])
def test_a_failure_leaves_the_former_folder(tmp_path: Path, broken: str) -> None:
    target = tmp_path / "build"
    write_folder(target, FROZEN)
    before = tree(target)
    source = tmp_path / "weights.bin"
    if broken == "changed":
        source.write_bytes(b"other")
    if broken == "folder":
        source.mkdir()
    contents = {
        "Dockerfile": Content(source=b"# Made by Lading\nFROM y\n"),
        "files/1.1/weights.bin": Content(source=source, sha256=sha256(b"what it was")),
    }
    with pytest.raises(FreezeError, match=r"^weights\.bin (changed|can't be read)"):
        write_folder(target, contents)
    assert tree(target) == before
    assert not litter(tmp_path)


def test_a_full_disk_is_an_error_and_leaves_the_former_folder(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    target = tmp_path / "build"
    write_folder(target, FROZEN)
    before = tree(target)
    with pytest.raises(OSError, match="No space"):
        fill_up(target)
    assert tree(target) == before
    assert not litter(tmp_path)


def fill_up(target: Path) -> None:
    with replacement(target) as aside:
        (aside / "half").write_bytes(b"half")
        Path("/dev/full").write_bytes(b"x")


def test_a_name_that_the_file_system_refuses_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FreezeError, match="the folder build can't be written: file name too long"):
        write_folder(tmp_path / "build", {"x" * 300: Content(source=b"")})
    assert list(tmp_path.iterdir()) == []


def test_a_parent_that_is_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FreezeError, match="can't be written"):
        write_folder(tmp_path / "file" / "build", FROZEN)


def test_a_target_that_is_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "image.json").write_text("my own")
    (tmp_path / "mine" / "Dockerfile").write_text("FROM my-own")
    for name in ("file", "link", "mine"):
        before = tree(tmp_path)
        with pytest.raises(FreezeError, match=name):
            write_folder(tmp_path / name, FROZEN)
        assert tree(tmp_path) == before


def test_a_target_that_holds_the_project_is_refused(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    for target in (project, tmp_path, project / ".." / "project"):
        with pytest.raises(FreezeError, match="is the project, or a folder that holds it"):
            check_target(target, project)
    check_target(project / "build", project)


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "build").mkdir()
    write_folder(tmp_path / "build", FROZEN)
    assert (tmp_path / "build" / "Dockerfile").is_file()


def test_what_a_living_process_writes_is_not_cleared_away(tmp_path: Path) -> None:
    with replacement(tmp_path / "build") as aside:
        (aside / "half").write_text("")
        write_folder(tmp_path / "build", FROZEN)
        assert (aside / "half").exists()
    assert (tmp_path / "build" / "half").exists()
    assert not litter(tmp_path)


_WRITING = """
import sys
from pathlib import Path
from lading.freeze.folder import Content, write_folder
target = Path(sys.argv[1])
number = 0
while True:
    number += 1
    text = b"# Made by Lading %d" % number
    files = {f"f/{n}": Content(source=text) for n in range(20)}
    files |= {"Dockerfile": Content(source=text), "image.json": Content(source=text)}
    write_folder(target, files)
    print(number, flush=True)
"""


def test_a_kill_leaves_one_folder_whole(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / "probe" / name).mkdir(parents=True)
    if not _exchange(tmp_path / "probe" / "one", tmp_path / "probe" / "other"):
        pytest.skip("this file system can't let two folders change places")
    target = tmp_path / "build"
    chance = random.Random(7)  # noqa: S311 - moments, not secrets
    source = str(Path(__file__).parents[2] / "src")
    environment = {"PYTHONPATH": os.pathsep.join((source, *sys.path))}
    for _ in range(20):
        reading, writing = os.pipe()
        argv = [sys.executable, "-c", _WRITING, str(target)]
        actions = [(os.POSIX_SPAWN_DUP2, writing, 1)]
        child = os.posix_spawn(sys.executable, argv, environment, file_actions=actions)
        os.close(writing)
        assert os.read(reading, 1) == b"1"  # it has written one, and is at the next
        time.sleep(chance.random() * 0.01)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(reading)
        files = [path for path in target.rglob("*") if path.is_file()]
        assert len(files) == 22
        assert len({path.read_bytes() for path in files}) == 1
        assert len(litter(tmp_path)) <= 1
    write_folder(target, FROZEN)
    assert not litter(tmp_path)


def test_where_folders_can_not_change_places_two_renames_do_it(tmp_path: Path) -> None:
    new, target = tmp_path / "aside" / "build", tmp_path / "build"
    for folder in (new, target):
        folder.mkdir(parents=True)
        (folder / "file").write_text(folder.parent.name)
    _rename_twice(new, target)
    assert (target / "file").read_text() == "aside"
    with pytest.raises(FileNotFoundError):
        _rename_twice(tmp_path / "aside" / "gone", target)
    assert (target / "file").read_text() == "aside"


# The uv of the build.


def test_the_program_is_taken_out_once_and_checked_each_time(tmp_path: Path) -> None:
    wheel = tmp_path / "uv.whl"
    wheel.write_bytes(uv_wheel())
    first = uv_program(wheel, tmp_path / "cache")
    assert isinstance(first.source, Path)
    kept = first.source
    inode = kept.stat().st_ino
    assert uv_program(wheel, tmp_path / "cache").source == kept
    assert kept.stat().st_ino == inode
    content = kept.read_bytes()
    kept.unlink()
    kept.write_bytes(b"something else")
    assert uv_program(wheel, tmp_path / "cache") == first
    assert kept.read_bytes() == content


def test_a_program_other_than_its_record_is_refused(tmp_path: Path) -> None:
    wheel = tmp_path / "uv.whl"
    wheel.write_bytes(uv_wheel(b"another", recorded=b"the one"))
    with pytest.raises(ResolutionError, match="not the one that its RECORD lists"):
        uv_program(wheel, tmp_path / "cache")


@pytest.mark.parametrize("content", [b"", b"PK\3\4 no zip"])
def test_what_is_no_wheel_of_uv_is_refused(tmp_path: Path, content: bytes) -> None:
    wheel = tmp_path / "uv.whl"
    wheel.write_bytes(content)
    with pytest.raises(ResolutionError, match="can't be read as a wheel"):
        uv_program(wheel, tmp_path / "cache")


def test_a_folder_looks_the_same_with_the_cache_near_or_far(tmp_path: Path) -> None:
    wheel = tmp_path / "uv.whl"
    wheel.write_bytes(uv_wheel())
    program = uv_program(wheel, tmp_path / "cache")
    write_folder(tmp_path / "near", {**FROZEN, "uv": program})
    far = Content(source=PROGRAM, executable=True, shared=True)
    write_folder(tmp_path / "far", {**FROZEN, "uv": far})
    assert tree(tmp_path / "near") == tree(tmp_path / "far")
    kept = Path(str(program.source))
    assert (tmp_path / "near" / "uv").samefile(kept)
    kept.chmod(0o700)
    write_folder(tmp_path / "after", {**FROZEN, "uv": program})
    assert tree(tmp_path / "after") == tree(tmp_path / "far")


LARGE = random.Random(1).randbytes((1 << 20) + 1)  # noqa: S311 - what is looked up, not hashed


@pytest.fixture
def digests(tmp_path: Path) -> FileDigests:
    store = Store(tmp_path / "cache" / "layers")
    return FileDigests(store=lambda: store)


def large(source: Path, content: bytes | None = None) -> dict[str, Content]:
    content = content or source.read_bytes()
    found = Content(source=source, sha256=sha256(content), size=len(content))
    return {**FROZEN, "models/1.1.together/weights/a.bin": found}


def frozen_copy(target: Path) -> Path:
    return target / "models/1.1.together/weights/a.bin"


def edit(file: Path, content: bytes) -> None:
    """Write to a file, and give it the times that it had."""
    before = file.stat()
    with file.open("r+b") as writing:
        writing.write(content)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = file.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("content", [b"weights", LARGE])
def test_a_large_file_is_copied_once(tmp_path: Path, content: bytes, digests: FileDigests) -> None:
    source, target = tmp_path / "a.bin", tmp_path / "build"
    source.write_bytes(content)
    write_folder(target, large(source), digests)
    first, before = frozen_copy(target).stat(), tree(target)
    assert first.st_ino != source.stat().st_ino

    for _ in range(2):
        write_folder(target, large(source), digests)
        assert frozen_copy(target).stat().st_ino == first.st_ino
        assert tree(target) == before
    assert litter(tmp_path) == []


def test_a_large_copy_is_not_read_again(tmp_path: Path, digests: FileDigests) -> None:
    source, target = tmp_path / "a.bin", tmp_path / "build"
    source.write_bytes(LARGE)
    for _ in range(3):  # by the record of a copy, and then by those of a copy that was kept
        write_folder(target, large(source), digests)
        status = frozen_copy(target).stat()
        times = (status.st_mtime_ns, status.st_ctime_ns)
        identity = (status.st_dev, status.st_ino, status.st_size, *times)
        kept = digests.store().record(f"file-digest-1 {frozen_copy(target)}")
        assert json.loads(kept or b"") == {"identity": [*identity], "sha256": sha256(LARGE)}


@pytest.mark.parametrize("content", [b"weights", LARGE])
@pytest.mark.parametrize("times", [1, 2])
def test_an_edit_of_the_copy_that_restores_its_time_does_not_stay(
    tmp_path: Path, content: bytes, times: int, digests: FileDigests
) -> None:
    source, target = tmp_path / "a.bin", tmp_path / "build"
    source.write_bytes(content)
    for _ in range(times):
        write_folder(target, large(source), digests)
    edit(frozen_copy(target), b"W")  # at once: the clock may not have ticked since
    write_folder(target, large(source), digests)
    assert frozen_copy(target).read_bytes() == content


@pytest.mark.parametrize("shared", ["file", "folder"])
def test_a_copy_that_can_be_edited_from_elsewhere_is_made_anew(
    tmp_path: Path, shared: str, digests: FileDigests
) -> None:
    source, target, other = (tmp_path / name for name in ("a.bin", "build", "other"))
    source.write_bytes(LARGE)
    write_folder(target, large(source), digests)
    if shared == "file":
        other.hardlink_to(frozen_copy(target))
    else:
        weights = frozen_copy(target).parent
        weights.rename(other)
        weights.symlink_to(other)
        other /= "a.bin"
    write_folder(target, large(source), digests)
    edit(other, b"W")
    assert frozen_copy(target).read_bytes() == LARGE


def test_without_digests_nothing_of_the_former_folder_is_taken(tmp_path: Path) -> None:
    source, target = tmp_path / "a.bin", tmp_path / "build"
    source.write_bytes(b"weights")
    write_folder(target, large(source))
    first = frozen_copy(target).stat().st_ino
    write_folder(target, large(source))
    assert frozen_copy(target).stat().st_ino != first


def test_an_edit_of_a_large_file_leaves_the_folder_alone(
    tmp_path: Path, digests: FileDigests
) -> None:
    source, target = tmp_path / "a.bin", tmp_path / "build"
    source.write_bytes(b"weights")
    write_folder(target, large(source), digests)
    source.write_bytes(b"another")
    assert frozen_copy(target).read_bytes() == b"weights"
    write_folder(target, large(source), digests)
    assert frozen_copy(target).read_bytes() == b"another"


@pytest.mark.parametrize("what", ["content", "mode", "link", "folder"])
def test_a_large_file_that_was_touched_in_the_folder_is_copied_anew(
    tmp_path: Path, what: str, digests: FileDigests
) -> None:
    source, target = tmp_path / "a.bin", tmp_path / "build"
    source.write_bytes(b"weights")
    write_folder(target, large(source), digests)
    copy = frozen_copy(target)
    if what == "content":
        copy.write_bytes(b"weightZ")
    elif what == "mode":
        copy.chmod(0o777)
    else:
        copy.unlink()
        copy.mkdir() if what == "folder" else copy.symlink_to(source)
    write_folder(target, large(source), digests)
    assert frozen_copy(target).read_bytes() == b"weights"
    assert stat.S_IMODE(frozen_copy(target).lstat().st_mode) == 0o644


def test_a_large_file_that_changed_meanwhile_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "a.bin"
    source.write_bytes(b"weights")
    contents = large(source)
    source.write_bytes(b"another")
    with pytest.raises(FreezeError, match=r"weights/a\.bin changed while it was frozen"):
        write_folder(tmp_path / "build", contents)


@pytest.fixture
def btrfs(tmp_path: Path) -> Iterator[Path]:
    """A file system whose files can share their blocks, which takes root to have."""
    disk, folder = tmp_path / "disk", tmp_path / "mounted"
    folder.mkdir()
    with disk.open("wb") as file:
        file.truncate(128 << 20)
    commands = (("mkfs.btrfs", "-q", str(disk)), ("mount", "-o", "loop", str(disk), str(folder)))
    if any(shutil.which(argv[0]) is None for argv in commands):
        pytest.skip("mkfs.btrfs or mount is not on PATH")
    for argv in commands:
        if (done := run(argv, env=dict(os.environ), timeout=60)).returncode != 0:
            pytest.skip(f"{argv[0]} is not allowed here: {done.stderr.strip()}")
    yield folder
    assert run(("umount", str(folder)), env=dict(os.environ), timeout=60).returncode == 0


def test_a_copy_takes_no_room_where_files_can_share_it(btrfs: Path) -> None:
    source, target = btrfs / "a.bin", btrfs / "build"
    content = bytes(range(256)) * (8 << 12)
    source.write_bytes(content)
    write_folder(target, large(source))
    os.sync()
    words = ("btrfs", "filesystem", "du", "--raw", "-s", str(frozen_copy(target)))
    done = run(words, env=dict(os.environ), timeout=60)
    total, exclusive = map(int, done.stdout.splitlines()[1].split()[:2])
    assert (total, exclusive) == (len(content), 0)

    source.write_bytes(b"another")
    assert frozen_copy(target).read_bytes() == content
