"""Reading one Contents index, whatever is in it."""

from __future__ import annotations

import gzip
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.debian.archive import ReadArchive, SignedSuite
from lading.debian.contents import contents_files, reduced, triplet
from lading.debian.release import IndexFile, Release
from lading.errors import ResolutionError

WORDS = st.sampled_from(
    [
        *("usr/lib/x86_64-linux-gnu/", "lib/", "./usr/lib/", "usr/bin/", "blas/", "libx.so", ".1"),
        *(" ", "\t", "\n", ",", "libs/x", "/", "\0", "\xff", "a b", "usr/lib/jvm/j/bin/java", "\r"),
    ]
)


def suite(*files: IndexFile) -> SignedSuite:
    url = "https://mirror.example.test/debian"
    return SignedSuite(
        folder=f"{url}/dists/bookworm",
        archive=ReadArchive(url=url, suite="bookworm", release="0" * 64, date=""),
        release=Release(
            names=frozenset(),
            date=datetime(2026, 11, 22, tzinfo=UTC),
            valid_until=None,
            by_hash=True,
            files={file.path: file for file in files},
        ),
    )


def index(path: str, size: int = 0) -> IndexFile:
    return IndexFile(path=path, sha256="0" * 64, size=size)


def lines_of(packed: bytes, *, size: int | None = None, architecture: str = "amd64") -> list[str]:
    """What is read; `size` is what the Release file says of the text, if it says anything."""
    compressed = index("main/Contents-amd64.gz")
    plain = () if size is None else (index("main/Contents-amd64", size),)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "Contents.gz")
        path.write_bytes(packed)
        return list(reduced(path, suite(*plain, compressed), compressed, architecture))


def test_each_component_may_have_an_index_and_the_suite_one_for_all() -> None:
    main, universe = index("main/Contents-amd64.gz"), index("universe/Contents-amd64.gz")
    other = index("main/Contents-arm64.gz")
    assert contents_files(suite(main, universe, other), ("main",), "amd64") == (main,)
    assert contents_files(suite(main, universe), ("main", "universe"), "amd64") == (main, universe)
    whole = index("Contents-amd64.gz")
    assert contents_files(suite(whole), ("main", "universe"), "amd64") == (whole,)
    assert contents_files(suite(other), ("main",), "amd64") == ()


def test_the_folders_are_those_of_the_architecture() -> None:
    text = "".join(
        f"usr/lib/{triplet(architecture)}/lib{architecture}.so.1 libs/x\n"
        for architecture in ("amd64", "arm64", "armhf", "i386", "ppc64el", "riscv64", "s390x")
    )
    packed = gzip.compress(text.encode())
    for architecture in ("amd64", "arm64", "armhf"):
        assert lines_of(packed, architecture=architecture) == [f"lib{architecture}.so.1 libs/x"]
    with pytest.raises(ResolutionError, match="library folders of m68k are not known"):
        lines_of(packed, architecture="m68k")


def test_lines_are_whole_wherever_a_piece_of_the_text_ends() -> None:
    line = "usr/lib/x86_64-linux-gnu/libx{}.so.1    libs/x{}\n"
    text = "".join(line.format(number, number) for number in range(60_000))
    found = lines_of(gzip.compress(text.encode()), size=len(text))
    assert found == [f"libx{number}.so.1 libs/x{number}" for number in range(60_000)]
    # The last line need not have an end.
    assert lines_of(gzip.compress(text[:-1].encode()), size=len(text) - 1) == found


def test_a_text_is_as_long_as_its_release_file_says() -> None:
    text = b"usr/lib/libx.so.1 libs/x\n"
    packed = gzip.compress(text)
    assert lines_of(packed, size=len(text)) == ["libx.so.1 libs/x"]
    with pytest.raises(ResolutionError, match="longer than its Release file says"):
        lines_of(packed, size=len(text) - 1)
    # A second member of gzip is not read, and so is missed.
    with pytest.raises(ResolutionError, match="shorter than its Release file says"):
        lines_of(packed + packed, size=2 * len(text))


@given(st.lists(WORDS, max_size=30).map("".join), st.integers(0, 400))
def test_any_text_is_read_or_refused(text: str, cut: int) -> None:
    packed = gzip.compress(text.encode())
    for content in (packed, packed[:cut], text.encode()):
        try:
            found = lines_of(content)
        except ResolutionError as error:
            assert "can't be unpacked" in str(error)  # noqa: PT017 - not all are refused
            continue
        for line in found:
            name, *packages = line.split(" ")
            assert name
            assert packages
            assert "\n" not in line
