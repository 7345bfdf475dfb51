"""Members that are made to harm: each is refused, in one line that names it and says why."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from lading.errors import ImageError
from lading.oci.layers import write_layer
from wheels.reading import read
from wheels.refusing import WHEEL, refused, refused_parts
from wheels.wheelmaker import Part, changed, make_wheel, wheel_parts, write_wheel, zipped

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../x", "its name leads out of the wheel"),
        ("a/../../x", "its name leads out of the wheel"),
        ("a/..", "its name leads out of the wheel"),
        ("/etc/passwd", "its name is an absolute path"),
        ("//etc/passwd", "its name is an absolute path"),
        ("C:/x", "its name is an absolute path"),
        ("c:x", "its name is an absolute path"),
        ("a\\b", "its name holds a backslash"),
        ("..\\x", "its name holds a backslash"),
        ("a\0b", "its name holds a control character"),
        ("a\nb", "its name holds a control character"),
        ("a\x7f", "its name holds a control character"),
        ("a\x85", "its name holds a control character"),
        ("a\u2028", "its name holds a control character"),
        ("./x", "its name is not in its shortest form"),
        ("a//x", "its name is not in its shortest form"),
        ("a/./x", "its name is not in its shortest form"),
        ("a//", "its name is not in its shortest form"),
        ("", "it has no name"),
        ("/", "it has no name"),
        ("a" * 256, "a part of its name is longer than 255 bytes"),
        ("木" * 86, "a part of its name is longer than 255 bytes"),
        ("abc/" * 300 + "x", "its name is longer than 1024 bytes"),
        ("a/" * 64 + "x", "it is more than 64 folders deep"),
        (b"a\xff", "its name is not marked as UTF-8"),
        ("é".encode(), "its name is not marked as UTF-8"),
    ],
)
def test_a_name_that_could_mean_another_file(
    tmp_path: Path, name: str | bytes, reason: str
) -> None:
    found = refused_parts(tmp_path, Part(name=name, content=b"x"))
    assert [message for message in found if message.endswith(f": {reason}")]


@pytest.mark.parametrize("raw", [b"a\xff", b"a\xed\xa0\x80", b"a\xc0\xaf"])
def test_a_name_that_claims_to_be_utf8(tmp_path: Path, raw: bytes) -> None:
    found = refused_parts(tmp_path, Part(name=raw, flags=1 << 11))
    assert found[0].endswith(": its name is not UTF-8")


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        (Part(name="x", content=b"/etc/passwd", mode=0o120777), "it is a symbolic link"),
        (Part(name="x", mode=0o010644), "it is a special file"),
        (Part(name="x", mode=0o020644), "it is a special file"),
        (Part(name="x", mode=0o060644), "it is a special file"),
        (Part(name="x", mode=0o140644), "it is a special file"),
        (Part(name="x", mode=0o040755), "its name and its mode differ in whether it is a folder"),
        (Part(name="x/", mode=0o100755), "its name and its mode differ in whether it is a folder"),
        (Part(name="x/", content=b"x", mode=0o040755), "it is a folder that holds bytes"),
        (Part(name="x", flags=1), "it is encrypted"),
        (Part(name="x", flags=1 | 1 << 6), "it is encrypted"),
        (Part(name="x", flags=1 << 13), "it is encrypted"),
        (Part(name="x", flags=1 << 5), "it is a patch"),
        (Part(name="x", method=12), "it is compressed with bzip2; wheels use deflate"),
        (Part(name="x", method=14), "it is compressed with lzma; wheels use deflate"),
        (Part(name="x", method=9), "it is compressed with deflate64; wheels use deflate"),
        (Part(name="x", method=93), "it is compressed with zstd; wheels use deflate"),
        (Part(name="x", method=77), "it is compressed with method 77; wheels use deflate"),
        (Part(name="x", central={"disk": 1}), "it is in another file"),
    ],
)
def test_a_member_that_is_no_plain_file(tmp_path: Path, part: Part, reason: str) -> None:
    assert f"{part.name!s}: {reason}" in refused_parts(tmp_path, part)


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        ("a", "a", "a: it is there twice"),
        ("a/x", "a/x", "a/x: it is there twice"),
        ("a/é", "a/e\u0301", "a/é: it is there twice"),
        ("a", "a/b", "a: it is a file and a folder"),
        ("a/b/c", "a", "a: it is a file and a folder"),
        ("a", "a/", "a/: it is there twice"),
    ],
)
def test_two_members_for_one_file(tmp_path: Path, first: str, second: str, reason: str) -> None:
    modes = {True: 0o040755, False: 0o100644}
    parts = [Part(name=name, mode=modes[name.endswith("/")]) for name in (first, second)]
    assert reason in refused_parts(tmp_path, *parts)


def test_two_files_that_only_meet_where_they_are_installed(tmp_path: Path) -> None:
    for one, other, reason in [
        ("a", "demo-1.0.data/purelib/a", "it is there twice"),
        ("a/b", "demo-1.0.data/purelib/a", "it is a file and a folder"),
        ("a", "demo-1.0.data/data/lib/python3.11/site-packages/a", "it is there twice"),
        ("demo-1.0.data/data/bin/a", "demo-1.0.data/scripts/a", "it is there twice"),
        ("demo-1.0.data/data/lib/a", "demo-1.0.data/data/lib64/a", "it is there twice"),
    ]:
        (message,) = refused(make_wheel(tmp_path, {one: b"1", other: b"2"}))
        assert message.startswith("it installs two files as one: ")
        assert message.endswith(reason)


def test_a_script_that_is_a_launcher_too(tmp_path: Path) -> None:
    files = {"demo-1.0.data/scripts/tool": b"x"}
    (message,) = refused(make_wheel(tmp_path, files, entry_points="[console_scripts]\ntool = m:f"))
    assert message == "it installs two files as one: opt/venv/bin/tool: it is there twice"


@pytest.mark.parametrize(
    ("member", "place"),
    [
        ("scripts/python", "bin/python"),
        ("scripts/python3.11", "bin/python3.11"),
        ("data/bin/python3", "bin/python3"),
        ("data/bin/python/x", "bin/python/x"),
        ("data/lib64", "lib64"),
        ("data/pyvenv.cfg", "pyvenv.cfg"),
    ],
)
def test_a_part_of_the_environment_itself(tmp_path: Path, member: str, place: str) -> None:
    path = make_wheel(tmp_path, {f"demo-1.0.data/{member}": b"x"})
    assert refused(path) == [f"it would replace the environment's own opt/venv/{place}"]


def test_a_launcher_called_python(tmp_path: Path) -> None:
    path = make_wheel(tmp_path, {}, entry_points="[console_scripts]\npython = m:f\n")
    assert refused(path) == ["it would replace the environment's own opt/venv/bin/python"]


def test_what_is_only_seen_where_it_is_read_is_refused_by_the_layer(tmp_path: Path) -> None:
    changes: list[tuple[dict[str, object], str]] = [
        ({"content": b"n"}, "SHA-256"),
        ({"data": b"\xff\xff"}, ""),
        ({"central": {"crc32": 7}, "local": {"crc32": 7}}, "CRC"),
        ({"central": {"size": 9}, "local": {"size": 9}}, ""),
    ]
    for change, reason in changes:
        parts = changed(wheel_parts({"m.py": b"m"}, record=None), "m.py", **change)
        path = write_wheel(tmp_path, zipped(parts))
        with pytest.raises(ImageError, match=r"m\.py") as caught:
            write_layer(read(path, filename=WHEEL).entries, io.BytesIO())
        assert WHEEL in str(caught.value)
        assert reason in str(caught.value)


def test_case_alone_makes_two_files(tmp_path: Path) -> None:
    read(make_wheel(tmp_path, {"a/X": b"1", "a/x": b"2", "A/x": b"3"}))


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"data": b"\xff\xff"}, "its compressed data are damaged"),
        ({"data": b"\3"}, "its compressed data are cut"),
        ({"central": {"crc32": 7}, "local": {"crc32": 7}}, "its CRC-32 is wrong"),
        ({"central": {"size": 99}, "local": {"size": 99}}, "it has another size than its zip"),
    ],
)
def test_a_script_that_is_damaged(tmp_path: Path, values: dict[str, object], reason: str) -> None:
    name = "demo-1.0.data/scripts/tool"
    size = 99 if "size" in reason else 11
    record = wheel_parts({name: b"#!python\n1\n"})[-1].content.replace(b",11\n", b",%d\n" % size)
    parts = changed(wheel_parts({name: b"#!python\n1\n"}, record=record), name, **values)
    (message,) = refused(write_wheel(tmp_path, zipped(parts)))
    assert message.startswith(f"{name}: {reason}")


def test_a_script_that_is_too_large_to_be_rewritten(tmp_path: Path) -> None:
    name = "demo-1.0.data/scripts/tool"
    content = b"#!python\n" + bytes(16 << 20)
    (message,) = refused(make_wheel(tmp_path, {name: content}))
    assert message == f"{name}: it is larger than 16777216 bytes"
    read(make_wheel(tmp_path, {name: content[1:]}))
