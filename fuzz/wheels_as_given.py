"""Wheels that are anything: honest ones whose fields and bytes are changed."""

from __future__ import annotations

import tempfile
import zipfile
import zlib
from pathlib import Path

from hypothesis import strategies as st

from lading.errors import ImageError
from lading.oci.entries import Folder, Regular
from lading.wheels import Scheme, read_wheel
from wheels.reading import content_of
from wheels.wheelmaker import Part, wheel_parts, zipped

__all__ = ["BYTES", "wheel"]

_FILENAME = "demo-1.0-py3-none-any.whl"
_SCHEME = Scheme(prefix="/opt/venv", python="3.11", interpreter="/opt/venv/bin/python")

_PIECES = st.sampled_from(
    [
        *("a", "b", "é", "e\u0301", ".", "..", "/", "//", "\\", ":", "C:", "\0", "\n", " ", "~"),
        *("demo-1.0.data/", "scripts/", "data/", "purelib/", "lib/python3.11/site-packages/"),
        *("demo-1.0.dist-info/", "RECORD", "RECORD.jws", "__pycache__/", "lib64/", "bin/"),
    ]
)
_PLACES = st.sampled_from(
    [
        *("", "a/", "a/b/", "demo-1.0.data/scripts/", "demo-1.0.data/data/lib/", "x/__pycache__/"),
        *("demo-1.0.data/data/bin/", "demo-1.0.data/headers/", "demo-1.0.data/purelib/a/"),
    ]
)
_PLAIN = st.builds("{}{}".format, _PLACES, st.sampled_from(["a", "b", "é", "e\u0301", "A", "c d"]))
_ODD = st.lists(_PIECES, max_size=5).map("".join) | st.binary(max_size=5)
_NAMES: st.SearchStrategy[str | bytes] = st.one_of(_PLAIN, _PLAIN, _PLAIN, _PLAIN, _PLAIN, _ODD)
_NUMBERS = st.sampled_from([0, 1, 2, 8, 12, 20, 100, 0xFFFF]) | st.integers(0, 0xFFFF)
_LONG = _NUMBERS | st.sampled_from([0xFFFFFFFF, 0xFFFFFFFE, 1 << 30])
_FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "flags": _NUMBERS,
        "method": _NUMBERS,
        "crc32": _LONG,
        "compressed": _LONG,
        "size": _LONG,
        "name": st.binary(max_size=4),
        "extra": st.binary(max_size=8)
        | st.binary(max_size=16).map(lambda one: b"\1\0\x10\0" + one),
    },
)
_KINDS = st.sampled_from([*[0, 0o100644, 0o100755] * 6, 0o040755, 0o120777, 0o010644])
_SELDOM: st.SearchStrategy[dict[str, int | bytes]] = st.one_of(*[st.just({})] * 9, _FIELDS)
_DATA = st.binary(max_size=20) | st.binary(max_size=8).map(lambda rest: b"#!python" + rest)
_PARTS = st.builds(
    Part,
    name=_NAMES,
    content=_DATA,
    mode=_KINDS,
    method=st.sampled_from([0, 8]),
    wide=st.booleans(),
    local=_SELDOM,
    central=_SELDOM,
    before=st.sampled_from([*[b""] * 20, b"x", b"PK\3\4"]),
    after=st.sampled_from([*[b""] * 20, b"x", b"PK\7\10"]),
)
_PROGRAMS = st.none() | st.text(st.sampled_from("[console_scripts]\na=b:c. %;"), max_size=30).map(
    lambda text: f"[console_scripts]\n{text}"
)
_WHEELS = st.builds(
    lambda parts, programs, wide, comment: zipped(
        wheel_parts({str(key): part for key, part in enumerate(parts)}, entry_points=programs),
        wide=wide,
        comment=comment,
    ),
    st.lists(_PARTS, max_size=3),
    _PROGRAMS,
    st.booleans(),
    st.sampled_from([*[b""] * 8, b"PK\5\6", b"hello"]),
)
_EDITS = st.lists(
    st.tuples(st.integers(0, 2000), st.integers(0, 4), st.binary(max_size=4)), max_size=3
)


def _edited(content: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    for place, length, new in edits:
        at = place % (len(content) + 1)
        content = content[:at] + new + content[at + length :]
    return content


BYTES = st.one_of(_WHEELS, _WHEELS, st.builds(_edited, _WHEELS, _EDITS), st.binary(max_size=100))
"""What is given as a wheel."""


def wheel(content: bytes) -> None:
    """A wheel is refused, or all that it becomes is inside the image, and as `zipfile` sees it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "w")
        path.write_bytes(content)
        try:
            found = read_wheel(path, _SCHEME, filename=_FILENAME)
        except ImageError as error:
            for problem in error.problems:
                assert problem.message.startswith(f"{_FILENAME}: ")
                assert problem.message.isprintable()
            return
        paths = [entry.path for entry in found.entries]
        assert paths == sorted(set(paths))
        for one in paths:
            assert one.startswith("opt/venv/")
            assert not {"", ".", ".."}.intersection(one.split("/"))
        _compare(path, found.entries)


def _compare(path: Path, entries: tuple[object, ...]) -> None:
    """Each file that passes on has the bytes that another reader of the zip sees under its name."""
    with zipfile.ZipFile(path) as archive:
        seen: set[bytes | None] = set()
        for info in archive.infolist():
            try:
                seen.add(archive.read(info))
            except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
                seen.add(None)
    for entry in entries:
        if isinstance(entry, Folder):
            continue
        assert isinstance(entry, Regular)
        try:
            content = content_of(entry)
        except (zlib.error, AssertionError):
            assert None in seen  # zipfile finds it damaged too
            continue
        written = entry.path.endswith(("/RECORD", "/INSTALLER")) or "/bin/" in entry.path
        assert written or content in seen
