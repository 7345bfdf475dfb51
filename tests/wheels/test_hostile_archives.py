"""Zip files that are not what they seem, or are damaged: each is refused, and says why."""

from __future__ import annotations

import struct
import time
from typing import TYPE_CHECKING

import pytest

from wheels.reading import read
from wheels.refusing import refused, refused_parts
from wheels.wheelmaker import Part, changed, wheel_parts, write_wheel, zipped

if TYPE_CHECKING:
    from pathlib import Path

INFO = "demo-1.0.dist-info"


# What another reader could take for the wheel.


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ({"after": b"x"}, "there are bytes after its end, or its comment hides another end"),
        ({"between": b"x"}, "bytes that belong to no member follow it"),
        ({"comment": b"PK\5\6" + bytes(30)}, "its comment hides another end"),
        ({"end": {"disk": 1}}, "it is one part of several"),
        ({"end": {"start": 0}}, "there are bytes around its central directory"),
        ({"end": {"size": 0}}, "there are bytes around its central directory"),
        ({"end": {"count": 1}}, "its central directory is damaged"),
        ({"end": {"count": 0}}, "its central directory is damaged"),
        ({"end": {"count": 60000}}, "its central directory is damaged"),
        ({"wide": True, "end": {"count": 1 << 40}}, "it has more members (1099511627776) than any"),
        ({"wide": True, "end": {"start": 1 << 62}}, "there are bytes around its central directory"),
    ],
)
def test_a_zip_that_is_more_than_its_members(
    tmp_path: Path, words: dict[str, object], reason: str
) -> None:
    parts = wheel_parts({"m.py": b"m"})
    (message,) = refused(write_wheel(tmp_path, zipped(parts, **words)))  # type: ignore[arg-type]
    assert reason in message


@pytest.mark.parametrize(
    ("back", "new", "reason"),
    [
        (22 + 20 + 56, b"PK\6\0", "its zip64 end is damaged"),
        (22 + 20 + 52, b"\xff", "its zip64 end is damaged"),
        (22 + 20 + 56 - 16, b"\1", "its zip64 end is damaged"),
        (22 + 20 + 56 - 24, b"\1", "its zip64 end is damaged"),
        (22 + 16, b"\1", "its zip64 end is not where it must be"),
        (22 + 12, b"\1", "its zip64 end is not where it must be"),
        (22 + 4, b"\2", "its zip64 end is not where it must be"),
        (22 - 12, b"\1\0\0\0", "its two ends differ"),
        (22 - 16, b"\1\0\0\0", "its two ends differ"),
        (22 - 8, b"\1", "it is one part of several"),
    ],
)
def test_a_zip64_end_that_is_damaged(tmp_path: Path, back: int, new: bytes, reason: str) -> None:
    whole = zipped(wheel_parts({"m.py": b"m"}), wide=True)
    place = len(whole) - back
    content = whole[:place] + new + whole[place + len(new) :]
    (message,) = refused(write_wheel(tmp_path, content))
    assert message == reason


def test_a_comment_that_hides_nothing_is_none_of_our_business(tmp_path: Path) -> None:
    read(write_wheel(tmp_path, zipped(wheel_parts({"m.py": b"m"}), comment=b"built by hand")))


def test_a_second_wheel_in_the_comment(tmp_path: Path) -> None:
    inner = zipped(wheel_parts({"evil.py": b"evil"}))
    outer = zipped(wheel_parts({"m.py": b"m"}), comment=inner)
    assert refused(write_wheel(tmp_path, outer)) == ["there are bytes around its central directory"]


def test_bytes_before_the_first_member(tmp_path: Path) -> None:
    parts = wheel_parts({"m.py": Part(name="m.py", content=b"m", before=b"#!/bin/sh\n")})
    message = "there are bytes before its first member"
    assert refused(write_wheel(tmp_path, zipped(parts))) == [message]
    whole = zipped(wheel_parts({"m.py": b"m"}))
    (message,) = refused(write_wheel(tmp_path, b"#!/bin/sh\n" + whole))
    assert message == "there are bytes around its central directory"


def test_bytes_between_members_may_be_another_member(tmp_path: Path) -> None:
    parts = wheel_parts({"a.py": b"a", "b.py": Part(name="b.py", content=b"b", before=b"PK\3\4")})
    message = "a.py: bytes that belong to no member follow it"
    assert refused(write_wheel(tmp_path, zipped(parts))) == [message]


@pytest.mark.parametrize(
    "local",
    [
        {"crc32": 1},
        {"size": 4},
        {"compressed": 2},
        {"method": 0},
        {"flags": 1},
        {"flags": 8},
        {"flags": 1 << 11},
        {"name": b"n.py"},
        {"name": b"m.pyx"},
        {"name": b"m.p"},
        {"extra": struct.pack("<2H", 0x7075, 9) + b"\1\0\0\0\0evil"},
    ],
)
def test_a_local_header_that_says_something_else(
    tmp_path: Path, local: dict[str, int | bytes]
) -> None:
    found = refused_parts(tmp_path, Part(name="m.py", content=b"mmm", local=local))
    assert found == ["m.py: its local header differs from the central directory"]


@pytest.mark.parametrize(
    "local", [{"mark": 0}, {"extra": b"\1"}, {"extra": b"\1\0\xff\xff"}, {"size": 0xFFFFFFFF}]
)
def test_a_local_header_that_is_damaged(tmp_path: Path, local: dict[str, int | bytes]) -> None:
    (message,) = refused_parts(tmp_path, Part(name="m.py", content=b"mmm", local=local))
    assert message.startswith("m.py: its ")
    assert message.endswith("damaged")


@pytest.mark.parametrize(
    ("central", "reason"),
    [
        ({"extra": struct.pack("<2H", 0x7075, 9) + b"\1\0\0\0\0evil"}, "it has two names"),
        ({"extra": b"\1\0"}, "its extra fields are damaged"),
        ({"extra": b"\1\0\5\0a"}, "its extra fields are damaged"),
        ({"extra": b"\7\0\0\0" * 2}, "its extra fields are damaged"),
        ({"size": 0xFFFFFFFF}, "its extra fields are damaged"),
    ],
)
def test_a_record_of_the_directory_that_is_damaged(
    tmp_path: Path, central: dict[str, int | bytes], reason: str
) -> None:
    found = refused_parts(tmp_path, Part(name="m.py", content=b"mmm", central=central))
    assert f"m.py: {reason}" in found


@pytest.mark.parametrize(
    "after",
    [
        b"",
        b"PK\7\10" + struct.pack("<3L", 1, 3, 3),
        b"PK\7\11" + struct.pack("<3L", 0x352441C2, 3, 3),
        struct.pack("<3L", 0x352441C2, 3, 4),
        b"PK\7\10" + struct.pack("<3L", 0x352441C2, 3, 3) + b"x",
    ],
)
def test_a_record_after_the_data_that_says_something_else(tmp_path: Path, after: bytes) -> None:
    part = Part(name="m.py", content=b"abc", method=0, flags=8, after=after)
    message = "m.py: the record that follows its data differs from the directory"
    assert refused_parts(tmp_path, part) == [message]


def test_members_that_share_bytes(tmp_path: Path) -> None:
    """The way of the densest zip bombs: each member's data holds the next member."""
    inner = zipped([Part(name="b", content=b"b" * 9, method=0)])
    inner = inner[: inner.index(b"PK\1\2")]
    outer = Part(name="a", content=inner, method=0)
    where = {"header": 30 + len("a"), "compressed": 9}
    parts = [outer, Part(name="b", content=b"b" * 9, method=0, data=b"", central=where)]
    message = "a: it overlaps what follows it"
    assert message in refused(write_wheel(tmp_path, zipped(parts)))


def test_two_members_with_one_header(tmp_path: Path) -> None:
    parts = wheel_parts({"m.py": b"m"})
    twice = (parts[0], Part(name="n.py", content=b"m", central={"header": 0}), *parts[1:])
    found = refused(write_wheel(tmp_path, zipped(twice)))
    assert "m.py: it overlaps what follows it" in found


# Bombs.


def test_more_bytes_than_deflate_can_hold(tmp_path: Path) -> None:
    size = 10_000_000
    part = Part(name="m", content=b"x", central={"size": size}, local={"size": size})
    (message, *_) = refused_parts(tmp_path, part)
    assert message == "m: 3 bytes can't hold the 10000000 that it claims"


def test_a_wheel_that_unpacks_to_more_than_any_does(tmp_path: Path) -> None:
    parts = [
        Part(
            name=f"m{number}",
            data=bytes(1 << 20),
            central={"size": 1 << 30, "crc32": 0},
            local={"size": 1 << 30, "crc32": 0},
        )
        for number in range(2)
    ]
    found = refused(write_wheel(tmp_path, zipped(parts)))
    assert found == ["it would unpack to 2147483648 bytes: no wheel does"]


def test_a_stored_member_of_another_size(tmp_path: Path) -> None:
    part = Part(name="m", content=b"xx", method=0, central={"size": 1}, local={"size": 1})
    assert "m: it is stored in another size than its own" in refused_parts(tmp_path, part)


@pytest.mark.parametrize("name", ["RECORD", "METADATA", "WHEEL", "entry_points.txt"])
def test_a_description_that_inflates_to_gigabytes(tmp_path: Path, name: str) -> None:
    claim = {"size": 90 << 20}
    part = Part(name=f"{INFO}/{name}", data=bytes(100 << 10), central=claim, local=claim)
    parts = [one for one in wheel_parts({"m": b""}) if one.name != part.name]
    (message,) = refused(write_wheel(tmp_path, zipped([*parts, part])))
    assert message.startswith(f"{INFO}/{name}: it is larger than ")


def test_many_problems_are_told_in_few_lines(tmp_path: Path) -> None:
    parts = [Part(name=f"../{number}") for number in range(500)]
    found = refused(write_wheel(tmp_path, zipped(parts)))
    assert len(found) == 21
    assert found[-1] == "480 more members are wrong"


def test_many_members_take_no_long_time(tmp_path: Path) -> None:
    parts = [Part(name=f"a/b{number}/c", method=0) for number in range(20_000)]
    path = write_wheel(tmp_path, zipped(parts))
    start = time.process_time()
    (message,) = refused(path)
    assert "must have one .dist-info folder" in message
    assert time.process_time() - start < 10


# What is damaged.


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\5\6", b"<html>", bytes(1000)])
def test_a_file_that_is_no_zip(tmp_path: Path, content: bytes) -> None:
    found = refused(write_wheel(tmp_path, content))
    assert found == ["it is no zip file, or only the beginning of one"]


def test_every_beginning_of_a_wheel(tmp_path: Path) -> None:
    whole = zipped(wheel_parts({"m.py": b"m"}))
    for size in range(0, len(whole), 7):
        assert refused(write_wheel(tmp_path, whole[:size]))


def test_a_wheel_that_is_not_there_or_a_folder(tmp_path: Path) -> None:
    assert refused(tmp_path / "none") == ["it can't be read: no such file or directory"]
    assert refused(tmp_path) == ["it can't be read: is a directory"]


@pytest.mark.parametrize("name", ["METADATA", "WHEEL", "RECORD", "entry_points.txt"])
@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"data": b"\xff\xff\xff"}, "its compressed data are damaged"),
        ({"data": b"\3\0xx"}, "bytes follow its compressed data"),
        ({"data": b"\3"}, "its compressed data are cut"),
        ({"data": b"\3\0"}, "it has another size than its zip record says"),
        ({"content": b"\xff\xfe"}, "it is not UTF-8"),
        ({"central": {"crc32": 7}, "local": {"crc32": 7}}, "its CRC-32 is wrong"),
    ],
)
def test_a_description_that_is_damaged(
    tmp_path: Path, name: str, values: dict[str, object], reason: str
) -> None:
    parts = wheel_parts({"m.py": b""}, entry_points="[console_scripts]\na = b:c\n")
    path = write_wheel(tmp_path, zipped(changed(parts, f"{INFO}/{name}", **values)))
    assert f"{INFO}/{name}: {reason}" in refused(path)


@pytest.mark.parametrize("name", ["METADATA", "WHEEL", "RECORD"])
def test_a_description_that_is_missing(tmp_path: Path, name: str) -> None:
    parts = [part for part in wheel_parts({"m.py": b""}) if part.name != f"{INFO}/{name}"]
    assert refused(write_wheel(tmp_path, zipped(parts))) == [f"it has no {name} in {INFO}"]


def test_a_script_whose_bytes_are_not_those_of_record(tmp_path: Path) -> None:
    name = "demo-1.0.data/scripts/tool"
    parts = changed(wheel_parts({name: b"#!python\n1\n"}), name, content=b"#!python\n2\n")
    assert refused(write_wheel(tmp_path, zipped(parts))) == [
        f"{name}: its SHA-256 is not the one in RECORD"
    ]
