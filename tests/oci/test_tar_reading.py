from __future__ import annotations

import io
import tarfile
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.errors import ImageError
from lading.oci.entries import Symlink
from lading.oci.tar import END, header
from lading.oci.tar_reading import TarMember, _records, members
from oci.streams import literal

if TYPE_CHECKING:
    from typing import SupportsIndex


def archive(*infos: tuple[tarfile.TarInfo, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as file:
        for info, data in infos:
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
    return out.getvalue()


def info(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.type, found.linkname, found.mode = kind, target, 0o640
    found.uid, found.gid, found.mtime = 7, 8, 1_000_000_000
    return found


def read(content: bytes) -> list[tuple[TarMember, bytes]]:
    return [(member, member.read()) for member in members(io.BytesIO(content))]


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_form_and_kind(form: int) -> None:
    content = archive(
        (info("./usr/bin/", tarfile.DIRTYPE), b""),
        (info("/usr/bin/tool"), b"text" * 300),
        (info("usr/bin/same", tarfile.LNKTYPE, "./usr/bin/tool"), b""),
        (info("bin", tarfile.SYMTYPE, "../usr/./bin"), b""),
        (info("dev/null", tarfile.CHRTYPE), b""),
        (info("dev/disk", tarfile.BLKTYPE), b""),
        (info("run/pipe", tarfile.FIFOTYPE), b""),
        form=form,
    )
    assert [(m.name, m.kind, m.target, len(data)) for m, data in read(content)] == [
        ("usr/bin", "folder", "", 0),
        ("usr/bin/tool", "file", "", 1200),
        ("usr/bin/same", "hardlink", "usr/bin/tool", 0),
        ("bin", "symlink", "../usr/./bin", 0),
        ("dev/null", "character", "", 0),
        ("dev/disk", "block", "", 0),
        ("run/pipe", "fifo", "", 0),
    ]
    first = read(content)[1][0]
    assert (first.mode, first.uid, first.gid, first.mtime) == (0o640, 7, 8, 1_000_000_000)


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_and_foreign_names_large_owners(form: int) -> None:
    large = info("d/" * 90 + "ünï" * 30)
    large.uid, large.gid = 1_000_660_000, 2**21
    content = archive((large, b"x"), (info("l", tarfile.SYMTYPE, "t" * 300), b""), form=form)
    (one, data), (two, _) = read(content)
    assert (one.name, data, one.uid, one.gid) == (large.name, b"x", 1_000_660_000, 2**21)
    assert two.target == "t" * 300


def test_names_that_are_no_utf8_are_kept() -> None:
    content = archive((info("caf\udce9"), b""), form=tarfile.GNU_FORMAT)
    assert read(content)[0][0].name == "caf\udce9"


def test_the_oldest_form_has_folders_by_their_slash() -> None:
    block = bytearray(header(literal("x"), 0))
    block[:4] = b"old/"
    block[156:157] = b"\0"
    block[257:] = bytes(255)
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    assert read(bytes(block) + END)[0][0].kind == "folder"


def test_an_archive_may_end_without_its_end() -> None:
    assert [m.name for m, _ in read(header(literal("a"), 0))] == ["a"]
    assert read(b"") == []


def test_what_is_not_read_is_passed_over() -> None:
    content = archive((info("a"), b"x" * 3000), (info("b"), b"y"))
    seen = list(members(io.BytesIO(content)))
    assert [member.name for member in seen] == ["a", "b"]
    with pytest.raises(ValueError, match="beyond this member"):
        seen[0].read()


def test_it_is_read_in_parts() -> None:
    member = next(members(io.BytesIO(archive((info("a"), b"x" * 3000)))))
    assert [len(member.read(2000)), len(member.read(2000)), len(member.read(2000))] == [
        2000,
        1000,
        0,
    ]


def refusal(content: bytes) -> str:
    with pytest.raises(ImageError) as caught:
        read(content)
    return str(caught.value)


def test_names_that_leave_the_image() -> None:
    assert "leaves the image" in refusal(archive((info("../etc/passwd"), b"")))
    assert "leaves the image" in refusal(archive((info("a/../../b"), b"")))
    assert "leaves the image" in refusal(archive((info("a", tarfile.LNKTYPE, "../b"), b"")))


def test_sparse_and_unknown_members() -> None:
    assert "sparse" in refusal(archive((info("a", b"S"), b"")))
    sparse = info("a")
    sparse.pax_headers = {"GNU.sparse.major": "1"}
    assert "sparse" in refusal(archive((sparse, b"")))
    assert "unknown kind" in refusal(archive((info("a", b"V"), b"")))


def test_broken_archives() -> None:
    content = archive((info("a"), b"x" * 600))
    assert "checksum" in refusal(b"b" + content[1:])
    assert "middle of a file" in refusal(content[:900])
    assert "middle of a file" in refusal(content[: 512 + 600])
    assert "middle of a header" in refusal(content[:100])
    assert "block of zeros" in refusal(bytes(512) + content)


def test_records_that_lie() -> None:
    long = archive((info("n" * 300), b""))
    assert "record that can't be read" in refusal(long.replace(b"path=", b"path "))
    assert "last record" in refusal(long[:1024] + END)
    huge = bytearray(long)
    huge[124:136] = b"77777777777\0"
    huge[148:156] = b" " * 8
    huge[148:156] = b"%06o\0 " % sum(huge[:512])
    assert "a name or a record of" in refusal(bytes(huge))
    wrong = info("a")
    wrong.pax_headers = {"uid": "-5"}
    assert "uid='-5'" in refusal(archive((wrong, b"")))


class Counted(bytes):
    """Bytes that count how many of them are copied out of them."""

    copied = 0

    def __getitem__(self, key: SupportsIndex | slice) -> Any:  # noqa: ANN401 - as bytes have it
        found = super().__getitem__(key)
        if isinstance(found, bytes):
            Counted.copied += len(found)
            return Counted(found)
        return found


def test_a_mebibyte_of_records_is_read_once() -> None:
    records = b"".join(b"%d k%05d=v\n" % (12, number) for number in range(80_000))
    found = _records(Counted(records))
    assert (len(found), found["k00000"], found["k79999"]) == (80_000, "v", "v")
    assert Counted.copied < 4 * len(records)


def extended(kind: bytes, data: bytes) -> bytes:
    """A header of a kind that says something of the next member."""
    found = tarfile.TarInfo("said")
    found.type, found.size = kind, len(data)
    return found.tobuf(tarfile.USTAR_FORMAT) + data + bytes(-len(data) % 512)


def test_what_is_said_of_one_member_is_bounded_in_all() -> None:
    comment = b"c" * 400_000
    record = b"%d comment=%b\n" % (len(comment) + 16, comment)
    assert len(record) == len(comment) + 16
    said = extended(b"x", record)
    member = archive((info("a"), b"x"))
    whole = said + said + member
    assert [m.name for m, _ in read(whole)] == ["a"]
    assert "a name or a record of 400016 bytes" in refusal(said + whole)
    assert "a name or a record of 400016 bytes" in refusal(extended(b"g", record) + whole)
    # Each member has as much for itself.
    plain = archive((info("a"), b""), form=tarfile.USTAR_FORMAT)[:512]
    assert [m.name for m, _ in read((said + said + plain) * 3 + END)] == ["a", "a", "a"]


@given(st.dictionaries(st.text(min_size=1).filter(lambda key: "=" not in key), st.text()))
def test_records_are_read_as_they_were_written(records: dict[str, str]) -> None:
    created = tarfile.TarInfo._create_pax_generic_header  # type: ignore[attr-defined]
    content = created(records, tarfile.XHDTYPE, "utf-8")
    size = int(content[124:135], 8)
    assert _records(content[512 : 512 + size]) == records


@given(st.binary(max_size=2000))
def test_noise_is_refused_or_nothing(noise: bytes) -> None:
    with suppress(ImageError):
        read(noise)


@given(st.data())
def test_a_changed_byte_never_breaks_the_reader(data: st.DataObject) -> None:
    content = bytearray(
        header(literal("é" * 80), 3)
        + b"abc".ljust(512, b"\0")
        + header(Symlink(path="l", mode=0o777, target="ü"), 0)
        + END
    )
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    for start in range(0, len(content) - 511, 512):  # checksums that fit, so that it is read
        block = content[start : start + 512]
        if block[257:262] == b"ustar":
            block[148:156] = b" " * 8
            content[start + 148 : start + 156] = b"%06o\0 " % sum(block)
    with suppress(ImageError):
        read(bytes(content))
