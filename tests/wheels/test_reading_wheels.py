"""What a wheel becomes: every file at its place, with its mode, its hash, and a RECORD."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import struct
import zlib
from typing import TYPE_CHECKING

import pytest

from lading.errors import ImageError
from lading.oci.entries import Deflated, Folder, Regular, Slice
from lading.wheels import Scheme, Wheel, read_wheel
from wheels.reading import content_of, held, read
from wheels.wheelmaker import Part, make_wheel, record_of, wheel_parts, write_wheel, zipped

if TYPE_CHECKING:
    from pathlib import Path

SITE = "opt/venv/lib/python3.11/site-packages"
SCHEME = Scheme(prefix="/opt/venv", python="3.11", interpreter="/opt/venv/bin/python")


def regular(wheel: Wheel, path: str) -> Regular:
    (found,) = (entry for entry in wheel.entries if entry.path == path)
    assert isinstance(found, Regular)
    return found


def record(wheel: Wheel) -> dict[str, tuple[str, str]]:
    text = content_of(regular(wheel, f"{SITE}/demo-1.0.dist-info/RECORD")).decode()
    rows = list(csv.reader(io.StringIO(text)))
    assert rows == sorted(rows, key=lambda row: row[0])
    assert len({row[0] for row in rows}) == len(rows)
    return {row[0]: (row[1], row[2]) for row in rows}


def test_files_pass_on_as_they_stand_in_the_wheel_with_the_hash_of_record(tmp_path: Path) -> None:
    path = make_wheel(
        tmp_path,
        {"pkg/a.py": b"a = 1\n" * 50, "pkg/b.bin": Part(name="pkg/b.bin", content=b"b", method=0)},
    )
    wheel = read(path)
    text = regular(wheel, f"{SITE}/pkg/a.py")
    assert isinstance(text.content, Deflated)
    assert text.content.size == 300 > text.content.compressed
    assert text.sha256 == hashlib.sha256(b"a = 1\n" * 50).hexdigest()
    assert content_of(text) == b"a = 1\n" * 50
    binary = regular(wheel, f"{SITE}/pkg/b.bin")
    assert isinstance(binary.content, Slice)
    assert content_of(binary) == b"b"
    assert {entry.source for entry in wheel.entries} == {path.name}


def test_entries_are_sorted_and_belong_to_root(tmp_path: Path) -> None:
    wheel = read(make_wheel(tmp_path, {"z.py": b"", "a/b.py": b"", "a.py": b""}))
    paths = [entry.path for entry in wheel.entries]
    assert paths == sorted(paths)
    assert {(entry.uid, entry.gid) for entry in wheel.entries} == {(0, 0)}
    assert (wheel.name, wheel.version, wheel.filename) == (
        "demo",
        "1.0",
        "demo-1.0-py3-none-any.whl",
    )


@pytest.mark.parametrize(
    ("member", "place"),
    [
        ("demo-1.0.data/purelib/m.py", f"{SITE}/m.py"),
        ("demo-1.0.data/platlib/sub/m.so", f"{SITE}/sub/m.so"),
        ("demo-1.0.data/scripts/tool", "opt/venv/bin/tool"),
        ("demo-1.0.data/headers/a/b.h", "opt/venv/include/site/python3.11/demo/a/b.h"),
        ("demo-1.0.data/data/share/x", "opt/venv/share/x"),
        ("demo-1.0.data/data/lib64/x", "opt/venv/lib/x"),
        ("demo-1.0.data/data/lib64x", "opt/venv/lib64x"),
    ],
)
@pytest.mark.parametrize("pure", [True, False])
def test_each_scheme_has_its_place_and_record_names_it(
    tmp_path: Path, member: str, place: str, *, pure: bool
) -> None:
    wheel = read(make_wheel(tmp_path, {member: b"text"}, pure=pure))
    assert content_of(regular(wheel, place)) == b"text"
    name = SCHEME.recorded(place)
    assert record(wheel)[name][1] == "4"


def test_headers_are_kept_by_the_normalised_name(tmp_path: Path) -> None:
    path = make_wheel(tmp_path, {"De_Mo-1.0.data/headers/a.h": b"h"}, name="De_Mo")
    assert held(read(path))["opt/venv/include/site/python3.11/de-mo/a.h"] == (0o644, b"h")


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (0o100644, 0o644),
        (0o100600, 0o644),
        (0o100755, 0o755),
        (0o100654, 0o755),
        (0o104777, 0o755),
        (0o755, 0o755),
        (0, 0o644),
    ],
)
def test_only_whether_it_is_executable_remains_of_a_mode(
    tmp_path: Path, mode: int, expected: int
) -> None:
    wheel = read(make_wheel(tmp_path, {"x": Part(name="x", content=b"x", mode=mode)}))
    assert regular(wheel, f"{SITE}/x").mode == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"#!python\nx\n", b"#!/opt/venv/bin/python\nx\n"),
        (b"#!pythonw -u\r\nx\n", b"#!/opt/venv/bin/python\nx\n"),
        (b"#!python3\nx\n", b"#!/opt/venv/bin/python\nx\n"),
        (b"#!python", b"#!/opt/venv/bin/python\n"),
        (b"#!/bin/sh\nx\n", b"#!/bin/sh\nx\n"),
        (b"#! python\n", b"#! python\n"),
        (b"", b""),
    ],
)
@pytest.mark.parametrize("method", [0, 8])
def test_a_script_gets_the_interpreter_of_the_image(
    tmp_path: Path, before: bytes, after: bytes, method: int
) -> None:
    name = "demo-1.0.data/scripts/tool"
    wheel = read(make_wheel(tmp_path, {name: Part(name=name, content=before, method=method)}))
    assert held(wheel)["opt/venv/bin/tool"] == (0o755, after)
    assert record(wheel)["../../../bin/tool"][1] == str(len(after))


def test_the_wheels_own_installer_files_are_written_anew(tmp_path: Path) -> None:
    info = {"INSTALLER": b"old", "REQUESTED": b"old", "direct_url.json": b"{}", "RECORD.jws": b"s"}
    wheel = read(make_wheel(tmp_path, {"m.py": b""}, info=info))
    inside = {path.rpartition("/")[2] for path in held(wheel) if "dist-info" in path}
    assert inside == {"INSTALLER", "METADATA", "RECORD", "WHEEL"}
    assert content_of(regular(wheel, f"{SITE}/demo-1.0.dist-info/INSTALLER")) == b"lading\n"
    assert set(record(wheel)) == {"m.py"} | {f"demo-1.0.dist-info/{name}" for name in inside}
    assert record(wheel)["demo-1.0.dist-info/RECORD"] == ("", "")


def test_where_it_came_from_is_recorded_without_a_password(tmp_path: Path) -> None:
    path = make_wheel(tmp_path, {"m.py": b""})
    url = "https://me:secret@h.example.test/demo-1.0-py3-none-any.whl"
    wheel = read(path, direct_url=url, sha256="ab" * 32)
    files = held(wheel)
    assert json.loads(files[f"{SITE}/demo-1.0.dist-info/direct_url.json"][1]) == {
        "url": "https://h.example.test/demo-1.0-py3-none-any.whl",
        "archive_info": {"hash": f"sha256={'ab' * 32}", "hashes": {"sha256": "ab" * 32}},
    }
    assert "demo-1.0.dist-info/direct_url.json" in record(wheel)


def test_bytecode_in_a_wheel_is_left_out(tmp_path: Path) -> None:
    wheel = read(make_wheel(tmp_path, {"p/m.py": b"", "p/__pycache__/m.cpython-311.pyc": b"x"}))
    assert not any("__pycache__" in path for path in [*held(wheel), *record(wheel)])


def test_a_folder_stays_where_it_is_there_for_its_own_sake(tmp_path: Path) -> None:
    folders = {"p/": b"", "p/empty/": b"", "demo-1.0.data/data/var/": b""}
    parts = {name: Part(name=name, mode=0o40700, method=0) for name in folders}
    wheel = read(make_wheel(tmp_path, {**parts, "p/m.py": b""}))
    found = {entry.path: entry.mode for entry in wheel.entries if isinstance(entry, Folder)}
    assert found == {f"{SITE}/p/empty": 0o755, "opt/venv/var": 0o755}


def test_zip64_is_read_where_it_is_honest(tmp_path: Path) -> None:
    parts = wheel_parts({"m.py": Part(name="m.py", content=b"x = 1\n", wide=True)})
    path = write_wheel(tmp_path, zipped(parts, wide=True))
    assert held(read(path))[f"{SITE}/m.py"] == (0o644, b"x = 1\n")


@pytest.mark.parametrize("marked", [b"PK\7\10", b""])
@pytest.mark.parametrize("form", ["<3L", "<L2Q"])
def test_a_record_that_follows_the_data_is_read(tmp_path: Path, marked: bytes, form: str) -> None:
    after = marked + struct.pack(form, zlib.crc32(b"abc"), 3, 3)
    part = Part(name="m.py", content=b"abc", method=0, flags=8, after=after)
    path = write_wheel(tmp_path, zipped(wheel_parts({"m.py": part})))
    assert held(read(path))[f"{SITE}/m.py"][1] == b"abc"


def test_a_stronger_hash_is_checked_and_becomes_sha256(tmp_path: Path) -> None:
    parts = wheel_parts({"m.py": b"m"})
    files = {str(part.name): part.content for part in parts[:-1]}
    own = "demo-1.0.dist-info/RECORD"
    good = wheel_parts({"m.py": b"m"}, record=record_of(files, own, algorithm="sha512"))
    wheel = read(write_wheel(tmp_path, zipped(good)))
    assert regular(wheel, f"{SITE}/m.py").sha256 == hashlib.sha256(b"m").hexdigest()
    bad = wheel_parts(
        {"m.py": b"m"}, record=record_of({**files, "m.py": b"n"}, own, algorithm="sha512")
    )
    with pytest.raises(ImageError, match=r"m\.py: its sha512 is not the one in RECORD"):
        read(write_wheel(tmp_path, zipped(bad)))


def test_the_same_wheel_gives_the_same_entries_wherever_it_is(tmp_path: Path) -> None:
    files = {"m.py": b"m", "demo-1.0.data/scripts/s": b"#!python\n"}
    (tmp_path / "other").mkdir()
    one = read(make_wheel(tmp_path, files, entry_points="[console_scripts]\nd = m:f\n"))
    other = read(make_wheel(tmp_path / "other", files, entry_points="[console_scripts]\nd = m:f\n"))
    assert held(one) == held(other)


def test_another_prefix_is_another_place(tmp_path: Path) -> None:
    path = make_wheel(tmp_path, {"m.py": b"m"})
    scheme = Scheme(prefix="/srv/env", python="3.12", interpreter="/srv/env/bin/python")
    wheel = read_wheel(path, scheme, filename=path.name)
    assert "srv/env/lib/python3.12/site-packages/m.py" in held(wheel)
