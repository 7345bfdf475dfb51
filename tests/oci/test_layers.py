from __future__ import annotations

import gzip
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lading.errors import ImageError
from lading.oci.entries import MTIME, Entry, Folder, Regular, Symlink
from lading.oci.layers import Written, write_layer
from oci.streams import deflated, entries_of_every_kind, literal, raw, sliced


def written(*entries: Entry, pool: ThreadPoolExecutor | None = None) -> tuple[bytes, Written]:
    out = io.BytesIO()
    layer = write_layer(entries, out, pool=pool)
    return out.getvalue(), layer


def read_back(layer: bytes) -> dict[str, tuple[tarfile.TarInfo, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(layer), mode="r:gz") as archive:
        found = {}
        for member in archive:
            file = archive.extractfile(member) if member.isreg() else None
            found[member.name] = (member, file.read() if file else b"")
        return found


def test_a_layer_has_the_digests_and_sizes_of_its_bytes_and_of_its_tar(tmp_path: Path) -> None:
    content, layer = written(*entries_of_every_kind(tmp_path))
    tar = gzip.decompress(content)
    assert layer.digest.encoded == hashlib.sha256(content).hexdigest()
    assert layer.diff_id.encoded == hashlib.sha256(tar).hexdigest()
    assert (layer.size, layer.unpacked) == (len(content), len(tar))


def test_a_layer_is_the_same_on_every_host(tmp_path: Path) -> None:
    """By digest. Whoever changes it on purpose raises `LAYER_FORMAT`."""
    _, layer = written(*entries_of_every_kind(tmp_path))
    assert (
        layer.diff_id.encoded == "38d2bfa3e5c53cabe75307dd65b74523cab3eba7a75b24b179645d1e3de6fb4b"
    )
    assert (
        layer.digest.encoded == "ddbce8ef2b09c3f0491a81fe555ec312d688ee69cf404f6eabd064865dcabaa9"
    )


def test_an_empty_layer_is_the_end_of_an_archive() -> None:
    content, layer = written()
    assert gzip.decompress(content) == bytes(1024)
    assert layer.unpacked == 1024


def test_every_kind_is_read_back_by_tarfile(tmp_path: Path) -> None:
    found = read_back(written(*entries_of_every_kind(tmp_path))[0])
    for entry in entries_of_every_kind(tmp_path):
        member, data = found[entry.path]
        assert (member.mode, member.uid, member.gid) == (entry.mode, entry.uid, entry.gid)
        assert (member.mtime, member.uname, member.gname) == (MTIME, "", "")
        if isinstance(entry, Symlink):
            assert (member.issym(), member.linkname) == (True, entry.target)
        elif isinstance(entry, Folder):
            assert member.isdir()
        elif isinstance(entry, Regular):
            assert hashlib.sha256(data).hexdigest() == entry.sha256 or not data


def test_tar_and_gunzip_read_it_too(tmp_path: Path) -> None:
    content, layer = written(*entries_of_every_kind(tmp_path))
    file = tmp_path / "layer.tar.gz"
    file.write_bytes(content)
    plain = subprocess.run(
        ["gunzip", "-c", str(file)],  # noqa: S607 - whichever the host has
        check=True,
        capture_output=True,
    ).stdout
    assert hashlib.sha256(plain).hexdigest() == layer.diff_id.encoded
    for tool in filter(shutil.which, ("tar", "bsdtar")):
        listed = subprocess.run(
            [tool, "-tzf", str(file)],
            check=True,
            capture_output=True,
            env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
        ).stdout.decode()
        assert "app/ünïcode.txt" in listed.splitlines()
        assert "opt/" + "long/" * 18 + "n" * 80 in listed.splitlines()


def test_a_wheels_stream_stands_in_the_layer_as_it_is(tmp_path: Path) -> None:
    data = b"some text, and again some text " * 100
    stream = raw(data, 9)
    content, _ = written(deflated(tmp_path / "w", data, stream=stream))
    assert stream in content


def test_files_are_sorted_whatever_order_they_come_in(tmp_path: Path) -> None:
    entries = entries_of_every_kind(tmp_path)
    assert written(*entries)[1] == written(*reversed(entries))[1]
    names = [name for name, _ in read_back(written(*entries)[0]).items()]
    assert names == sorted(names)


def test_each_parent_is_there_once_and_before_what_is_in_it() -> None:
    content, _ = written(literal("a/b/c/one"), literal("a/b/two"), Folder(path="a/b", mode=0o2750))
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        modes = [(member.name, member.mode) for member in archive]
    assert modes == [
        ("a", 0o755),
        ("a/b", 0o2750),
        ("a/b/c", 0o755),
        ("a/b/c/one", 0o644),
        ("a/b/two", 0o644),
    ]


def test_the_time_it_took_is_told_in_bytes_of_content(tmp_path: Path) -> None:
    told: list[int] = []
    entries = (deflated(tmp_path / "1", b"x" * 3_000_000), literal("opt/a", b"y" * 10))
    write_layer(entries, io.BytesIO(), advance=told.append)
    assert sum(told) == 3_000_010


SIZES = (1, 511, 512, 513, 1 << 20, (1 << 20) + 1, 3_500_000)


def many(folder: Path) -> tuple[Entry, ...]:
    found: list[Entry] = []
    for size in SIZES:
        data = (b"%d " % size) * (size // 2 + 1)
        found += (
            deflated(folder / f"d{size}", data[:size], path=f"opt/deflated/{size}"),
            sliced(folder / f"s{size}", data[:size], path=f"opt/sliced/{size}"),
            literal(f"opt/literal/{size}", data[:size]),
        )
    return (*found, *(literal(f"opt/small/{n}", b"%d" % n) for n in range(700)))


def test_with_threads_of_its_own_it_writes_the_same(tmp_path: Path) -> None:
    entries = many(tmp_path)
    with ThreadPoolExecutor(3) as pool:
        assert written(*entries, pool=pool) == written(*entries)


def test_sizes_around_every_limit_come_back(tmp_path: Path) -> None:
    found = read_back(written(*many(tmp_path))[0])
    for size in SIZES:
        data = (b"%d " % size) * (size // 2 + 1)
        for kind in ("deflated", "sliced", "literal"):
            assert found[f"opt/{kind}/{size}"][1] == data[:size]


def test_what_does_not_shrink_is_stored() -> None:
    data = hashlib.shake_256(b"seed").digest(2_500_000)
    content, layer = written(literal("model.bin", data))
    assert layer.size < len(data) + 1000
    assert read_back(content)["model.bin"][1] == data


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=120)
PATHS = st.lists(
    NAMES.filter(lambda name: name not in {".", ".."} and not name.startswith(".wh.")),
    min_size=1,
    max_size=4,
).map("/".join)
CONTENTS = st.tuples(st.sampled_from(["deflated", "sliced", "literal"]), st.binary(max_size=2000))


@settings(max_examples=60, deadline=None)
@given(files=st.dictionaries(PATHS, CONTENTS, max_size=6))
def test_reading_undoes_writing(files: dict[str, tuple[str, bytes]]) -> None:
    with TemporaryDirectory() as name:
        make = {"deflated": deflated, "sliced": sliced}
        entries = [
            literal(path, data)
            if kind == "literal"
            else make[kind](Path(name) / str(number), data, path=path)
            for number, (path, (kind, data)) in enumerate(files.items())
        ]
        try:
            content, _ = written(*entries)
        except ImageError as error:
            assert "is no folder" in str(error)  # noqa: PT017 - a file below a file
            return
    found = {path: data for path, (member, data) in read_back(content).items() if member.isreg()}
    assert found == {path: data for path, (_, data) in files.items()}


class Full(io.BytesIO):
    def write(self, _: object) -> int:
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize("threads", [False, True])
def test_a_full_disk_is_the_callers_error(tmp_path: Path, *, threads: bool) -> None:
    entries = many(tmp_path)
    with (
        ThreadPoolExecutor(2) as pool,
        pytest.raises(OSError, match="No space left"),
    ):
        write_layer(entries, Full(), pool=pool if threads else None)


PEAK = """
import resource, sys, zlib
from pathlib import Path
from concurrent.futures import ThreadPoolExecutor
from lading.oci.entries import Deflated, Regular
from lading.oci.layers import write_layer

class Nowhere:
    def write(self, piece):
        return len(piece)

size = {size}
squeezer, crc, done = zlib.compressobj(1, zlib.DEFLATED, -15), 0, 0
with open({file!r}, "wb") as file:
    while done < size:
        piece = bytes(min(1 << 20, size - done))
        crc, done = zlib.crc32(piece, crc), done + len(piece)
        file.write(squeezer.compress(piece))
    file.write(squeezer.flush())
    length = file.tell()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
content = Deflated(path=Path({file!r}), offset=0, compressed=length, size=size, crc32=crc)
with ThreadPoolExecutor(2) as pool:
    layer = write_layer([Regular(path="big", mode=0o644, content=content)], Nowhere(), pool=pool)
assert layer.unpacked >= size
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_memory_does_not_grow_with_a_file(tmp_path: Path) -> None:
    """Of 300 MB, or of 3 GiB where `LADING_TEST_LARGE` is set."""
    size = 3 << 30 if "LADING_TEST_LARGE" in os.environ else 300 << 20
    program = PEAK.format(size=size, file=str(tmp_path / "stream"))
    source = str(Path(write_layer.__code__.co_filename).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": source},
    )
    assert int(done.stdout) < 60


def test_a_regular_file_of_another_folder_is_no_place_for_a_file() -> None:
    with pytest.raises(ImageError) as caught:
        written(literal("a", source="one"), literal("a/b", source="two"))
    assert str(caught.value) == (
        "two has a/b, and a of one is no folder\nhint: leave one of the two out"
    )


def test_two_entries_of_one_path_are_one_where_they_are_the_same(tmp_path: Path) -> None:
    one = deflated(tmp_path / "1", b"same", path="a/file")
    other = Regular(path="a/file", mode=0o644, content=literal("x", b"same").content, source="b")
    assert written(one, other)[1] == written(one)[1]
    assert written(Folder(path="a", mode=0o755), one, Folder(path="a", mode=0o755)) == written(one)


def test_two_entries_of_one_path_that_differ_are_refused_all_together(tmp_path: Path) -> None:
    one = deflated(tmp_path / "1", b"same", path="a/file")
    with pytest.raises(ImageError) as caught:
        written(
            one,
            literal("a/file", b"different", source="b.whl"),
            Symlink(path="l", mode=0o777, target="x", source="a.whl"),
            Symlink(path="l", mode=0o777, target="y", source="b.whl"),
            literal("m", b"1", source="a.whl"),
            literal("m", b"1", mode=0o755, source="b.whl"),
        )
    assert [problem.message for problem in caught.value.problems] == [
        "a.whl and b.whl both have a/file, and they differ",
        "a.whl and b.whl both have l, and they differ",
        "a.whl and b.whl both have m, and they differ",
    ]
