"""Packages that would write where they must not, or what no package may have: each refused."""

from __future__ import annotations

import hashlib
import lzma
import tarfile
from typing import TYPE_CHECKING

import pytest

from debs.debmaker import (
    Some,
    ar,
    by_path,
    control_text,
    file,
    folder,
    hardlink,
    installed,
    link,
    make_deb,
    packed,
    special,
    tar,
)
from lading.debian import streams
from lading.errors import ImageError
from lading.oci.entries import Folder

if TYPE_CHECKING:
    from pathlib import Path

    from lading.debs import DebFile

NOISE = b"".join(hashlib.sha256(bytes([number])).digest() for number in range(100))

HOSTILE = {
    "leaves the image": ([file("./../etc/passwd")], "leaves the image"),
    "leaves it inside": ([file("./usr/../../x")], "leaves the image"),
    "absolute": ([file("/etc/passwd")], 'it has the absolute path "/etc/passwd"'),
    "a character device": ([special("./null", tarfile.CHRTYPE)], "which is a device"),
    "a block device": ([special("./sda", tarfile.BLKTYPE)], "which is a device"),
    "a named pipe": ([special("./pipe", tarfile.FIFOTYPE)], "which is a named pipe"),
    "a sparse file": ([special("./s", tarfile.GNUTYPE_SPARSE)], "sparse"),
    "an unknown kind": ([special("./s", b"Z")], "unknown kind"),
    "twice": ([file("./a", "1"), file("./a", "2")], 'it has "a" twice'),
    "twice, spelt otherwise": ([file("./a"), file("././/a")], 'it has "a" twice'),
    "a file as the root": ([file("./.")], "it has a file in the place of the root"),
    "below a file": ([file("./a"), file("./a/b")], 'it has "a/b" below what is no folder'),
    "below a link": ([link("./a", "/etc"), file("./a/b")], 'it has "a/b" below what is no folder'),
    "a link to nowhere": ([link("./a", "")], 'it has the link "a" to nowhere'),
    "a hard link to nothing": ([hardlink("./a", "./b")], "to what is no file before it"),
    "a hard link out": ([hardlink("./a", "../../etc/passwd")], "leaves the image"),
    "a hard link to a folder": ([folder("./d/"), hardlink("./a", "./d")], "no file before it"),
    "a hard link to an absolute path": ([hardlink("./a", "/etc/passwd")], "no file before it"),
    "a hard link to itself": ([hardlink("./a", "./a")], "no file before it"),
    "a line break in a folder": ([folder("./a\nb/")], "with a character that no name may have"),
    "a line break": ([file("./a\nb")], "with a character that no name may have"),
    "an escape": ([file("./a\033[31m")], "with a character that no name may have"),
    "too long": ([file("./" + "n" * 256)], "longer than any system takes"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_no_package_may_have_is_refused(tmp_path: Path, case: str) -> None:
    files, message = HOSTILE[case]
    deb = make_deb(tmp_path, "tool", *files)
    with pytest.raises(ImageError) as caught:
        installed(tmp_path, deb)
    assert message in str(caught.value)
    assert str(caught.value).count("\n") == 1
    assert not list((tmp_path / "work").iterdir())


@pytest.mark.parametrize("size", [4 << 10, 5 << 30])
def test_a_lie_about_a_size_is_refused(tmp_path: Path, size: int) -> None:
    info = file("./a").info
    info.size = size
    data = info.tobuf(tarfile.GNU_FORMAT) + b"abc".ljust(512, b"\0") + bytes(1024)
    content = ar(
        [
            ("debian-binary", b"2.0\n"),
            ("control.tar", tar([file("./control", control_text("tool"))])),
            ("data.tar.gz", packed(data, ".gz")),
        ]
    )
    deb = make_deb(tmp_path, "tool", whole=content)
    with pytest.raises(ImageError, match="it ends in the middle of a file"):
        installed(tmp_path, deb)


def with_data(path: Path, name: str, data: bytes) -> DebFile:
    """A package whose member with the files is exactly this."""
    control = tar([file("./control", control_text("tool"))])
    members = [("debian-binary", b"2.0\n"), ("control.tar", control), (name, data)]
    return make_deb(path, "tool", whole=ar(members))


@pytest.mark.parametrize("packing", [".gz", ".xz", ".zst"])
def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packing: str) -> None:
    monkeypatch.setattr(streams, "_HOLLOW", 1 << 20)
    deb = make_deb(tmp_path, "tool", file("./zeros", bytes(4 << 20)), packing=packing)
    with pytest.raises(ImageError, match="it unpacks to more than 1 MB, as no package does"):
        installed(tmp_path, deb)
    assert not list((tmp_path / "work").iterdir())


def test_what_takes_too_much_memory_is_refused(tmp_path: Path) -> None:
    data = tar([file("./a", "A")])
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 30}]
    xz = with_data(tmp_path, "data.tar.xz", lzma.compress(data, filters=filters))
    with pytest.raises(ImageError, match=r"its data.tar.xz is damaged \(Memory usage limit"):
        installed(tmp_path, xz)
    # A frame without its size, with a window of 2 GiB (RFC 8878, 3.1.1.1.2).
    frame = bytes.fromhex("28b52ffd 00 a8 010000")
    zst = with_data(tmp_path, "data.tar.zst", frame)
    with pytest.raises(ImageError, match=r"its data.tar.zst is damaged \(.*memory"):
        installed(tmp_path, zst)


def test_a_frame_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    packed_ = packed(tar([file("./a", "A" * 4096)]), ".zst")
    descriptor = packed_[4]
    assert descriptor & 0x20  # a single segment: its size follows at once (RFC 8878, 3.1.1.1)
    lying = packed_[:5] + bytes([packed_[5] ^ 1]) + packed_[6:]
    with pytest.raises(ImageError, match=r"its data\.tar\.zst is damaged"):
        installed(tmp_path, with_data(tmp_path, "data.tar.zst", lying))


@pytest.mark.parametrize("packing", ["", ".gz", ".xz", ".zst"])
@pytest.mark.parametrize("which", [1, 2])
def test_a_member_that_is_cut_short_is_refused(tmp_path: Path, packing: str, which: int) -> None:
    whole = [
        ("debian-binary", b"2.0\n"),
        (f"control.tar{packing}", packed(tar([file("./control", control_text("tool"))]), packing)),
        (f"data.tar{packing}", packed(tar([file("./a", NOISE)]), packing)),
    ]
    name, data = whole[which]
    for end in {1, 7, 100, 511, 513, len(data) // 2, len(data) - 9, len(data) - 1} - {0}:
        if not data[end:].strip(b"\0"):
            continue  # nothing is lost, or no more than zeros after its end
        whole[which] = (name, data[:end])
        with pytest.raises(ImageError) as caught:
            installed(tmp_path, make_deb(tmp_path, "tool", whole=ar(whole)))
        text = str(caught.value)
        assert text.startswith(f"tool 1.0 can't be installed: its {name} ")
        assert text.count("\n") == 1
        assert not list((tmp_path / "work").iterdir())


def test_a_link_out_of_the_image_stays_in_it(tmp_path: Path) -> None:
    out = link("./opt/out", "../../../../outside")
    first = make_deb(tmp_path, "one", folder("./outside/"), folder("./opt/"), out)
    second = make_deb(tmp_path, "two", folder("./opt/"), folder("./opt/out/"), file("./opt/out/x"))
    assert "outside/x" in by_path(installed(tmp_path, first, second))


def test_links_in_a_circle_are_refused(tmp_path: Path) -> None:
    first = make_deb(tmp_path, "one", link("./a", "b"), link("./b", "a"))
    second = make_deb(tmp_path, "two", file("./a/x"))
    with pytest.raises(ImageError, match="go in a circle"):
        installed(tmp_path, first, second)


def test_a_configuration_of_the_linker_that_doubles_is_refused(tmp_path: Path) -> None:
    files = [
        file(f"./etc/ld.so.conf.d/{number}", f"include {number + 1}\n" * 2) for number in range(60)
    ]
    start = file("./etc/ld.so.conf", "include /etc/ld.so.conf.d/0\n")
    folders = (folder("./etc/"), folder("./etc/ld.so.conf.d/"))
    deb = make_deb(tmp_path, "tool", *folders, start, *files, file("./etc/ld.so.cache", ""))
    with pytest.raises(ImageError, match="dynamic linker includes itself, or too much"):
        installed(tmp_path, deb)


def test_setuid_is_kept_by_policy_only_and_told(tmp_path: Path) -> None:
    deb = make_deb(tmp_path, "su", folder("./opt/", mode=0o2775), file("./opt/su", mode=0o4755))
    without, kept = (installed(tmp_path, deb, keep_setuid=keep) for keep in (False, True))
    assert by_path(without)["opt/su"].mode == 0o755
    assert by_path(kept)["opt/su"].mode == 0o4755
    assert by_path(without)["opt"].mode == 0o2775
    assert without.remarks == ("/opt/su is setuid or setgid: taken away",)
    assert kept.remarks == ("/opt/su is setuid or setgid: kept",)


SETUID = (
    "chmod 4755 /opt/a",
    "chmod 6755 /opt/b",
    "chmod u+s,g+s /opt/a",
    "chmod -R g+s /opt",
    "chmod 755 /opt/a; chmod u=rwxs /opt/b",
    "install -m 4755 /opt/a /opt/new",
    "install -m 2755 -o root -g mail /opt/a /opt/new",
    "cp -p /opt/s /opt/new",
    "mv /opt/s /opt/new",
    "chmod u+s /opt/s2; mv /opt/s2 /opt/new",
    "dpkg-statoverride --update --add root root 4755 /opt/a",
    "chmod --reference=/opt/s /opt/a",
    "umask 0; echo x > /opt/a; chmod 7777 /opt/a",
)


@pytest.mark.parametrize("script", SETUID)
def test_no_script_gets_round_the_policy_on_setuid(tmp_path: Path, script: str) -> None:
    files = (file("./opt/a", mode=0o755), hardlink("./opt/b", "./opt/a"))
    more = (file("./opt/s", mode=0o4755), file("./opt/s2", mode=0o755))
    control = {"postinst": f"#!/bin/sh -e\n{script}\n"}
    deb = make_deb(tmp_path, "tool", folder("./opt/"), *files, *more, control=control)
    ground = Some({"etc/passwd": "root:x:0:0::/:/bin/sh\n", "etc/group": "root:x:0:\nmail:x:8:\n"})
    without, kept = (
        installed(tmp_path, deb, ground=ground, keep_setuid=keep) for keep in (False, True)
    )
    set_ = {x.path for x in kept.entries if not isinstance(x, Folder) and x.mode & 0o6000}
    assert len(set_) > 1 or "/opt/s" in script
    assert not [x for x in without.entries if not isinstance(x, Folder) and x.mode & 0o6000]
    for found, done in ((without, "taken away"), (kept, "kept")):
        told = {f"/{path} is setuid or setgid: {done}" for path in set_}
        assert set(found.remarks) == told
