"""Contents that lie: each is refused, by name, and is not inflated further than it may be."""

from __future__ import annotations

import io
import sys
import tracemalloc
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from lading.errors import ImageError
from lading.oci.entries import Entry, Regular, Slice, Symlink
from lading.oci.layers import write_layer
from oci.streams import deflated, literal, raw

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SMALL = b"some text " * 30
LARGE = b"some text " * 300_000


def refusal(entry: Entry, pool: ThreadPoolExecutor | None) -> str:
    with pytest.raises(ImageError) as caught:
        write_layer([literal("opt/other", b"fine"), entry], io.BytesIO(), pool=pool)
    return str(caught.value)


@pytest.fixture(params=["inline", "threads"])
def pool(request: pytest.FixtureRequest) -> Iterator[ThreadPoolExecutor | None]:
    if request.param == "inline":
        yield None
        return
    with ThreadPoolExecutor(2) as found:
        yield found


@pytest.fixture(params=[SMALL, LARGE], ids=["small", "large"])
def data(request: pytest.FixtureRequest) -> bytes:
    found: bytes = request.param
    return found


@pytest.fixture(params=["with isal", "without"], autouse=True)
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    from lading.oci import inflating  # noqa: PLC0415 - its caches are emptied

    caches = (inflating._library, inflating._errors, inflating._new, inflating.crc32)
    if request.param == "without":
        monkeypatch.setitem(sys.modules, "isal", None)
    else:
        pytest.importorskip("isal")
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


Pool = ThreadPoolExecutor | None


def test_a_wrong_crc(tmp_path: Path, data: bytes, pool: Pool) -> None:
    said = refusal(deflated(tmp_path / "w", data, crc32=1), pool)
    assert said == "a.whl: opt/file does not have the CRC-32 that its archive says"


def test_a_wrong_sha256(tmp_path: Path, data: bytes, pool: Pool) -> None:
    said = refusal(deflated(tmp_path / "w", data, sha256="0" * 64), pool)
    assert said == "a.whl: opt/file does not have the SHA-256 that its record says"


def test_a_stream_that_holds_more_than_its_archive_says(
    tmp_path: Path, data: bytes, pool: Pool
) -> None:
    size = len(data) - 1
    said = refusal(deflated(tmp_path / "w", data, size=size), pool)
    assert said == f"a.whl: opt/file inflates to more than the {size} bytes that its archive says"


def test_a_stream_that_holds_less(tmp_path: Path, data: bytes, pool: Pool) -> None:
    said = refusal(deflated(tmp_path / "w", data, size=len(data) + 1), pool)
    assert f"inflates to {len(data)} bytes, and its archive says {len(data) + 1}" in said


def test_a_stream_with_something_after_its_end(tmp_path: Path, data: bytes, pool: Pool) -> None:
    for more in (b"x", b"\0" * 8, raw(b"another"), b"x" * (1 << 19)):
        said = refusal(deflated(tmp_path / "w", data, stream=raw(data) + more), pool)
        assert said == "a.whl: opt/file has bytes after the end of its stream"


def test_a_stream_that_is_cut_short(tmp_path: Path, data: bytes, pool: Pool) -> None:
    stream = raw(data)
    for cut in (1, 5, len(stream) // 2):
        said = refusal(deflated(tmp_path / "w", data, stream=stream[:-cut]), pool)
        assert "archive says" in said or "doesn't end" in said


def test_a_stream_whose_blocks_never_end(tmp_path: Path, data: bytes, pool: Pool) -> None:
    squeezer = zlib.compressobj(6, zlib.DEFLATED, -15)
    endless = squeezer.compress(data) + squeezer.flush(zlib.Z_SYNC_FLUSH)
    said = refusal(deflated(tmp_path / "w", data, stream=endless), pool)
    assert said == "a.whl: opt/file has a stream that doesn't end"


def test_a_stream_that_is_none(tmp_path: Path, data: bytes, pool: Pool) -> None:
    said = refusal(deflated(tmp_path / "w", data, stream=b"\xff" * 1000), pool)
    assert said.startswith("a.whl: opt/file is no valid DEFLATE stream (")


def test_a_bomb_is_not_inflated(tmp_path: Path, pool: Pool) -> None:
    bomb = raw(bytes(80 << 20))
    entry = deflated(tmp_path / "w", b"x" * 1000, stream=bomb)
    large = deflated(tmp_path / "l", b"x" * 2_000_000, stream=bomb)
    tracemalloc.start()
    assert "inflates to more than the 1000 bytes" in refusal(entry, pool)
    assert "inflates to more than the 2000000 bytes" in refusal(large, pool)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 30 << 20


def test_a_file_that_ends_before_its_content(tmp_path: Path, data: bytes, pool: Pool) -> None:
    entry = deflated(tmp_path / "w", data)
    (tmp_path / "w").write_bytes((tmp_path / "w").read_bytes()[:20])
    assert refusal(entry, pool) == "a.whl: opt/file is cut short"


def test_a_slice_that_has_become_shorter_or_other(tmp_path: Path, data: bytes, pool: Pool) -> None:
    file = tmp_path / "s"
    file.write_bytes(data)
    content = Slice(path=file, size=len(data) + 1)
    entry = Regular(path="s", mode=0o644, content=content, source="s")
    assert refusal(entry, pool) == "s: s is cut short"
    wrong = Slice(path=file, size=len(data), crc32=7)
    entry = Regular(path="s", mode=0o644, content=wrong, source="s")
    assert refusal(entry, pool) == "s: s does not have the CRC-32 that its archive says"


def test_a_file_that_is_gone(tmp_path: Path, data: bytes, pool: Pool) -> None:
    entry = deflated(tmp_path / "w", data)
    (tmp_path / "w").unlink()
    assert refusal(entry, pool) == "a.whl: opt/file can't be read (No such file or directory)"


@pytest.mark.parametrize(
    "path",
    ["", "/etc/passwd", "a//b", "a/", "./a", "a/../b", "..", "a\0b", "a/.wh.b", ".wh..wh..opq"],
)
def test_a_path_that_is_none(path: str, pool: Pool) -> None:
    assert refusal(literal(path, source="evil.whl"), pool).startswith("evil.whl has the path ")


def test_a_path_that_is_no_unicode_and_a_link_without_a_target(pool: Pool) -> None:
    assert "no valid Unicode" in refusal(literal("a\udc80"), pool)
    assert "no valid target" in refusal(Symlink(path="a", mode=0o777, target=""), pool)
