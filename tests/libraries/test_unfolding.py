"""Members of wheels, read as files: no further than is asked for, and whatever they hold."""

from __future__ import annotations

import os
import random
import zlib
from typing import TYPE_CHECKING

import pytest

from lading.elf import NotElf
from lading.libraries.unfolding import Unfolded, head
from lading.oci.entries import Deflated, Slice

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import TypeAlias

    Maker: TypeAlias = Callable[[Path, bytes], Deflated | Slice]

CONTENT = random.Random(1).randbytes(300_000)  # noqa: S311 - nothing secret
CONTENT += bytes(9 << 20) + b"the end"


def deflated(folder: Path, content: bytes, *, size: int | None = None, cut: int = 0) -> Deflated:
    """A member that begins at the third byte of a file."""
    deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
    packed = deflate.compress(content) + deflate.flush()
    packed = packed[: len(packed) - cut]
    path = folder / "wheel"
    path.write_bytes(b"PK" + packed + b"more")
    return Deflated(
        path=path,
        offset=2,
        compressed=len(packed),
        size=len(content) if size is None else size,
        crc32=0,
    )


def stored(folder: Path, content: bytes) -> Slice:
    path = folder / "wheel"
    path.write_bytes(b"PK" + content + b"more")
    return Slice(path=path, offset=2, size=len(content), crc32=0)


@pytest.mark.parametrize("make", [deflated, stored])
def test_any_part_is_what_it_is_in_any_order(tmp_path: Path, make: Maker) -> None:
    with Unfolded(make(tmp_path, CONTENT)) as file:
        assert file.size == len(CONTENT)
        places = [0, 100, 299_990, 5_000_000, 3, len(CONTENT) - 7, 0]
        for place in places:
            assert file.at(place, 50) == CONTENT[place : place + 50]
        assert file.at(len(CONTENT) - 3, 1 << 40) == b"end"
        assert file.at(len(CONTENT), 1) == b""
        assert file.at(1 << 63, 1 << 63) == b""
        assert file.at(0, 0) == b""


def test_what_is_not_asked_for_is_not_inflated(tmp_path: Path) -> None:
    member = deflated(tmp_path, CONTENT, cut=50)
    with Unfolded(member) as file:
        assert file.at(0, 100) == CONTENT[:100]
        with pytest.raises(NotElf, match="inflates to"):
            file.at(len(CONTENT) - 1, 1)


def test_a_stream_of_another_size_is_refused(tmp_path: Path) -> None:
    with (
        Unfolded(deflated(tmp_path, b"a" * 1000, size=2000)) as file,
        pytest.raises(NotElf, match="inflates to 1000 bytes"),
    ):
        file.at(1500, 1)
    with (
        Unfolded(deflated(tmp_path, b"a" * 1000, size=500)) as file,
        pytest.raises(NotElf, match="more than the 500 bytes"),
    ):
        file.at(400, 1)


def test_a_stream_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "wheel"
    path.write_bytes(b"\xff" * 100)
    member = Deflated(path=path, offset=0, compressed=100, size=1000, crc32=0)
    with Unfolded(member) as file, pytest.raises(NotElf, match="no valid DEFLATE stream"):
        file.at(0, 1)
    handle = os.open(path, os.O_RDONLY)
    assert head(member, handle) == b""
    os.close(handle)


@pytest.mark.parametrize("make", [deflated, stored])
@pytest.mark.parametrize("content", [b"", b"\x7f", b"\x7fELF", b"\x7fELF and more", CONTENT])
def test_the_head_is_the_first_four_bytes(tmp_path: Path, make: Maker, content: bytes) -> None:
    member = make(tmp_path, content)
    handle = os.open(member.path, os.O_RDONLY)
    found = head(member, handle)
    os.close(handle)
    assert found == content[:4]
