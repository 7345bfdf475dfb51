"""What is read of a .deb: deb(5), in every compression, in little memory."""

from __future__ import annotations

import contextlib
import os
import resource
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from debs.debmaker import (
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
    tar,
    text_of,
)
from lading import process
from lading.debian.ar import read_members
from lading.debs import DebFile
from lading.debs.package import read_package
from lading.debs.refusal import Broken
from lading.errors import ImageError
from lading.oci.entries import Folder, Hardlink, Regular, Slice, Symlink

if TYPE_CHECKING:
    from pathlib import Path

FILES = (
    folder("./usr/"),
    folder("./usr/bin/"),
    file("./usr/bin/tool", "#!/bin/sh\n", mode=0o755),
    hardlink("./usr/bin/again", "./usr/bin/tool"),
    link("./usr/bin/link", "tool"),
    file("./usr/bin/mail", "m", mode=0o640, gid=8),
)


@pytest.mark.parametrize("packing", ["", ".gz", ".xz", ".zst"])
def test_every_kind_of_file_in_every_compression(tmp_path: Path, packing: str) -> None:
    found = installed(tmp_path, make_deb(tmp_path, "tool", *FILES, packing=packing))
    entries = by_path(found)
    assert text_of(found, "usr/bin/tool") == "#!/bin/sh\n"
    assert isinstance(entries["usr/bin"], Folder)
    tool, again = entries["usr/bin/tool"], entries["usr/bin/again"]
    assert isinstance(tool, Regular)
    assert tool.mode == 0o755
    assert isinstance(tool.content, Slice)
    assert isinstance(again, Hardlink)
    assert again.target == "usr/bin/tool"
    target = entries["usr/bin/link"]
    assert isinstance(target, Symlink)
    assert target.target == "tool"
    assert (entries["usr/bin/mail"].mode, entries["usr/bin/mail"].gid) == (0o640, 8)


def test_the_same_package_gives_the_same_entries(tmp_path: Path) -> None:
    deb = make_deb(tmp_path, "tool", *FILES)
    assert installed(tmp_path, deb) == installed(tmp_path, deb)


def test_what_the_control_archive_says(tmp_path: Path) -> None:
    deb = make_deb(tmp_path, "tool", control={"conffiles": "/etc/tool.conf\n"})
    package = read_package(deb, workdir=tmp_path)
    assert package.conffiles == ("/etc/tool.conf",)
    assert package.stanza.get("maintainer") == "A test <test@example.test>"
    assert package.files == ()


def test_a_large_package_takes_little_memory(tmp_path: Path) -> None:
    size = 96 << 20
    make = "from debs.debmaker import *; import pathlib, sys; "
    make += (
        f"make_deb(pathlib.Path(sys.argv[1]), 'large', file('./big', bytes({size})), packing='.gz')"
    )
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = process.run((sys.executable, "-c", make, str(tmp_path)), env=environ)
    assert done.returncode == 0, done.stderr
    path = tmp_path / "large_1.0_amd64.deb"
    deb = DebFile(name="large", version="1.0", architecture="amd64", path=path)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    package = read_package(deb, workdir=tmp_path)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert package.files[0].content is not None
    assert package.files[0].content.size == size
    assert after - before < 32 << 10  # kibibytes


def good() -> list[tuple[str, bytes]]:
    control = packed(tar([file("./control", control_text("tool"))]), ".xz")
    data = packed(tar([folder("./"), file("./a", "A")]), ".gz")
    return [("debian-binary", b"2.0\n"), ("control.tar.xz", control), ("data.tar.gz", data)]


def test_members_that_begin_with_an_underscore_are_ignored(tmp_path: Path) -> None:
    first, *rest = good()
    members = [first, ("_gpgbuilder", b"x"), *rest, ("_gpgorigin", b"abc")]
    deb = make_deb(tmp_path, "tool", whole=ar(members))
    assert text_of(installed(tmp_path, deb), "a") == "A"


def changed(number: int, name: str | None = None, data: bytes | None = None) -> bytes:
    members = good()
    before = members[number]
    members[number] = (before[0] if name is None else name, before[1] if data is None else data)
    return ar(members)


WRONG = {
    "nothing": (b"", "it is no ar archive"),
    "no archive": (b"PK\3\4", "it is no ar archive"),
    "no members": (ar([]), "it has no debian-binary member at its beginning"),
    "another order": (ar(good()[::-1]), "it has no debian-binary member at its beginning"),
    "no data": (ar(good()[:2]), "it must have one control and one data archive"),
    "two data": (ar([*good(), good()[2]]), "it must have one control and one data archive"),
    "another version": (changed(0, data=b"3.0\n"), "it is of another format than 2.x"),
    "bytes after it": (ar(good()) + b"more", "it has a damaged header, or bytes after its end"),
    "cut": (ar(good())[:-9], "it is cut short: data.tar.gz is larger than the file"),
    "unknown packing": (changed(2, name="data.tar.lz4"), "compressed in an unknown way, .lz4"),
    "another packing": (changed(2, name="data.tar.xz"), "its data.tar.xz is damaged"),
    "cut inside": (changed(2, data=good()[2][1][:-6]), "its data.tar.gz is damaged"),
    "more inside": (
        changed(1, data=good()[1][1] + b"\1\1\1\1"),
        "its control.tar.xz is damaged",
    ),
    "cut xz": (changed(1, data=good()[1][1][:-9]), "its control.tar.xz is damaged"),
    "more in the tar": (
        changed(2, data=packed(tar([file("./a")]) + b"x" * 512, ".gz")),
        "it has bytes after the end of an archive",
    ),
    "no control file": (
        changed(1, data=packed(tar([file("./postinst")]), ".xz")),
        "it has no control file",
    ),
    "a folder in control": (
        changed(1, data=packed(tar([folder("./x/")]), ".xz")),
        "its control archive has",
    ),
    "two controls": (
        changed(1, data=packed(tar([file("./control"), file("./control")]), ".xz")),
        "its control archive has a file twice",
    ),
    "no field": (
        changed(1, data=packed(tar([file("./control", "Package tool\n")]), ".xz")),
        'its control file can\'t be read: "Package tool" is not a field',
    ),
    "another package": (
        changed(1, data=packed(tar([file("./control", control_text("other"))]), ".xz")),
        "it is by its own words other 1.0 amd64",
    ),
    "a bad relation": (
        changed(
            1, data=packed(tar([file("./control", control_text("tool", depends="(("))]), ".xz")
        ),
        "its field Depends can't be read",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_package_is_refused_in_one_line(tmp_path: Path, case: str) -> None:
    content, message = WRONG[case]
    deb = make_deb(tmp_path, "tool", whole=content)
    with pytest.raises(ImageError) as caught:
        installed(tmp_path, deb)
    text = str(caught.value)
    assert text.startswith("tool 1.0 can't be installed: ")
    assert message in text
    assert text.count("\n") == 1  # the hint
    assert not list((tmp_path / "work").iterdir())


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    deb = DebFile(name="none", version="1", architecture="all", path=tmp_path / "none.deb")
    with pytest.raises(ImageError, match="No such file"):
        read_package(deb, workdir=tmp_path)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_package_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    real = ar(good())
    content = bytearray(real[: data.draw(st.integers(0, len(real)))])
    for _ in range(data.draw(st.integers(0, 4))):
        if content:
            place = data.draw(st.integers(0, len(content) - 1))
            content[place] = data.draw(st.integers(0, 255))
    folder_ = tmp_path_factory.getbasetemp()
    deb = make_deb(folder_, "tool", whole=bytes(content))
    with contextlib.suppress(ImageError):
        installed(folder_, deb)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_members_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.deb"
    path.write_bytes(b"!<arch>\n" + content)
    with path.open("rb") as source, contextlib.suppress(Broken):
        read_members(source)
