"""`lading check`: whole outputs, for wheels, a base and an archive of our own."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from inline_snapshot import snapshot

from bases.made import layer
from cli.program import project
from debian.conftest import keys
from debian.signed_archive import Server, needs
from debs.debmaker import file, make_deb
from elf.elfmaker import make_elf
from lading.oci import layout
from lading.store import Store
from libraries.contents_archive import Archive
from oci import images
from wheels.wheelmaker import wheel_parts, zipped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from cli.program import Project, World
    from debian.signed_archive import Keys
    from registry.fake_registry import FakeServer

__all__ = ["keys"]

pytestmark = needs("gpg", "gpgv")

TAG = "cp311-abi3-manylinux_2_17_x86_64"
GLIBC = {f"usr/lib/x86_64-linux-gnu/{name}": b"" for name in ("libc.so.6", "libm.so.6")}
PYTHON = {"usr/local/bin/python3.11": b""}

SERVICE = """\
from lading import Image

image = (
    Image(base_image="oci:base", distro="debian:bookworm", python_version="3.11")
    .index("http://HOST/simple", default=True)
    .python_packages("user")
    .python_packages("tiny")
)
"""

WHEELS = {
    # What the user asks for has nothing, and requires what has something.
    "user": ({}, b"Requires-Dist: native\nRequires-Dist: pydub\n"),
    "native": (
        {
            "native/_ext.abi3.so": make_elf("libGL.so.1", "libown.so.1", "libc.so.6"),
            "native/more.abi3.so": make_elf("libGL.so.1", "libnone.so.2", "libc.so.6"),
            "native.libs/libown.so.1": make_elf("libz.so.1", stack=7),
        },
        b"",
    ),
    "pydub": ({"pydub.py": b""}, b""),
    "tiny": ({"tiny/new.so": make_elf(versions={"libc.so.6": ["GLIBC_2.38"]})}, b""),
}

NO_PACKAGE = "no package of debian:bookworm has it; another wheel, or the base image, must bring it"

FOUND = """\
service.py:6: native 1.0
  error: libGL.so.1 is missing (native/_ext.abi3.so and 1 other)
    hint: .system_packages("libgl1")
  error: libnone.so.2 is missing (native/more.abi3.so)
    hint: no package of debian:bookworm has it; another wheel, or the base image, must bring it
  error: libz.so.1 is missing (native.libs/libown.so.1)
    hint: .system_packages("zlib1g")
  remark: an executable stack is asked for (native.libs/libown.so.1)
    hint: take a newer version of the wheel: glibc 2.41 and newer refuse to load it
service.py:6: pydub 1.0
  remark: ffmpeg is missing, which it starts for all formats but WAV
    hint: no package of debian:bookworm has it; another wheel, or the base image, must bring it
service.py:7: tiny 2.0
  error: libc.so.6 with GLIBC_2.38 is needed, and debian:bookworm has glibc 2.36 (tiny/new.so)
    hint: take a newer release of the distribution, or an older version of the wheel
hint: for all errors, .system_packages("libgl1", "zlib1g")
"""


def filled(net: World) -> None:
    for name, (files, more) in WHEELS.items():
        add(net, name, "2.0" if name == "tiny" else "1.0", files, more)


def add(net: World, name: str, version: str, files: Mapping[str, bytes], more: bytes = b"") -> None:
    """Put a wheel into the index."""
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode() + more
    parts = wheel_parts(files, name=name, version=version, info={"METADATA": metadata})
    tag = TAG if any(content for content in files.values()) else "py3-none-any"
    net.wheels[f"{name}-{version}-{tag}.whl"] = zipped(parts)
    net.metadata[f"{name}-{version}-{tag}.whl"] = metadata


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "archive"
    folder.mkdir()
    with Server.of(folder) as server:
        yield server


@pytest.fixture
def archive(tmp_path: Path, keys: Keys, mirror: Server) -> Archive:
    store = Store(tmp_path / "unused")
    return Archive(tmp_path / "archive", keys, mirror.url, store, tmp_path / "unused")


@pytest.fixture
def checked(
    tmp_path: Path, home: Path, net: World, server: FakeServer, archive: Archive, mirror: Server
) -> Project:
    """A locked project whose image lacks several things."""
    filled(net)
    made = project(tmp_path / "project", home, server)
    made.environment |= {
        "PATH": "/usr/bin:/bin",
        "LADING_MIRROR_DEBIAN": mirror.url,
        "LADING_MIRROR_DEBIAN_SECURITY": mirror.url,
        "LADING_DEBIAN_KEYRING": str(archive.signed.keys.keyring),
    }
    made.stand_ins[mirror.url] = "http://MIRROR"
    made.write("pyproject.toml", '[tool.lading]\nimage = "service:image"\n')
    made.write("service.py", SERVICE.replace("HOST", server.host))
    write_base(made.folder / "base")
    assert made.lading("lock", "-q").err == ""
    return made


def write_base(folder: Path, *more: str) -> None:
    files = {**GLIBC, **PYTHON, **dict.fromkeys(more, b"")}
    layout.write(folder, [images.image(layers=[layer(files)], env=("PATH=/usr/local/bin",))])


def test_what_is_missing_is_told_with_the_users_lines_and_what_to_paste(checked: Project) -> None:
    ran = checked.lading("check")
    assert ran.out == FOUND
    assert ran.err.replace("fetching 4 files\n", "").startswith("")
    assert ran.err.splitlines()[-3:] == [
        "reading 4 wheels",
        "reading the names of oci:base's files",
        "reading which package of debian:bookworm has which library",
    ]
    assert ran.code == 1


def test_the_second_time_nothing_is_fetched_or_asked(
    checked: Project, server: FakeServer, mirror: Server
) -> None:
    checked.lading("check")
    asked = (len(server.seen), len(mirror.asked))
    ran = checked.lading("check", "-q")
    assert (ran.code, ran.out, ran.err) == (1, FOUND, "")
    assert checked.lading("check", "-q", "--offline").out == FOUND
    assert (len(server.seen), len(mirror.asked)) == asked


def test_json_has_every_fact(checked: Project) -> None:
    ran = checked.lading("check", "--json", "-q")
    found = json.loads(ran.out)
    assert (ran.code, ran.err, found["platform"], found["unchecked"]) == (1, "", "linux/amd64", [])
    assert found["findings"][0] == snapshot(
        {
            "kind": "library",
            "level": "error",
            "distribution": "native 1.0",
            "what": "libGL.so.1",
            "reason": "is missing",
            "members": ["native/_ext.abi3.so", "native/more.abi3.so"],
            "packages": ["libgl1"],
            "advice": None,
            "location": "service.py:6",
            "message": "libGL.so.1 is missing (native/_ext.abi3.so and 1 other)",
            "hint": '.system_packages("libgl1")',
        }
    )


def rewritten(checked: Project, *changes: tuple[str, str]) -> None:
    """Change the service, and lock it anew."""
    text = checked.read("service.py")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    checked.write("service.py", text)
    assert checked.lading("lock", "-q").err == ""


NO_TINY = ('    .python_packages("tiny")\n', "")


def test_remarks_fail_where_that_is_asked(checked: Project) -> None:
    rewritten(checked, ('"user"', '"pydub"'), NO_TINY)
    assert checked.lading("check", "-q").code == 0
    ran = checked.lading("check", "-q", "--strict")
    assert "remark: ffmpeg is missing" in ran.out
    assert ran.code == 1


def test_nothing_missing_is_said_on_stderr(checked: Project) -> None:
    write_base(checked.folder / "other", "usr/bin/ffmpeg")
    rewritten(checked, ('"user"', '"pydub"'), NO_TINY, ("oci:base", "oci:other"))
    ran = checked.lading("check")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.endswith("files\nnothing is missing\n")
    assert checked.lading("check", "-q").err == ""


def test_what_system_packages_bring_is_not_missing(
    checked: Project, archive: Archive, tmp_path: Path
) -> None:
    folder = "./usr/lib/x86_64-linux-gnu"
    gl = make_deb(tmp_path, "libgl1", file(f"{folder}/libGL.so.1"), depends="zlib1g")
    archive.hold(
        "bookworm",
        (gl, "zlib1g"),
        (make_deb(tmp_path, "zlib1g", file(f"{folder}/libz.so.1")), ""),
    )
    call = '.python_packages("user").system_packages("libgl1")'
    rewritten(checked, ('.python_packages("user")', call), NO_TINY)
    ran = checked.lading("check", "-q")
    # zlib1g is what libgl1 depends on.
    assert "libGL.so.1" not in ran.out
    assert "libz.so.1" not in ran.out
    assert "libnone.so.2" in ran.out


def test_what_is_not_locked_brings_nobody_knows_what(checked: Project) -> None:
    unlocked = '.replace(lock_system_packages=False).system_packages("libgl1")'
    rewritten(checked, ('.python_packages("user")', f'.python_packages("user"){unlocked}'), NO_TINY)
    ran = checked.lading("check", "-q")
    last = "not checked: what libgl1 bring is not known: they are not locked"
    assert ran.out.splitlines()[-1] == last
    # But for what it is known by its name to have.
    assert "libGL.so.1" not in ran.out
    assert "libz.so.1" in ran.out
    assert ran.code == 1


def test_other_families_are_checked_without_their_archive(checked: Project) -> None:
    rewritten(checked, ('"debian:bookworm"', '"ubi:9"'), NO_TINY)
    ran = checked.lading("check", "-q")
    assert "    hint: find the package of ubi:9 that has libGL.so.1\n" in ran.out
    assert ran.code == 1
    rewritten(
        checked, ('.python_packages("user")', '.python_packages("user").system_packages("x")')
    )
    ran = checked.lading("check", "-q")
    last = "not checked: what x bring is not known: they are not locked"
    assert ran.out.splitlines()[-1] == last


def test_parts_that_need_not_be_used_are_told_together(checked: Project, net: World) -> None:
    names = ["libone.so", "libtwo.so", "libthree.so", "libfour.so"]
    files = {"playwright/driver/node": make_elf(*names, kind=2)}
    add(net, "driver", "1.0", files)
    rewritten(checked, ('"user"', '"driver"'), NO_TINY)
    ran = checked.lading("check", "-q")
    assert ran.out == (
        "service.py:6: driver 1.0\n"
        "  remark: parts that need not be used lack libfour.so, libone.so, libthree.so and 1 other"
        " (--strict tells all)\n"
    )
    assert ran.code == 0
    assert checked.lading("check", "-q", "--strict").out.count("  remark: ") == len(names)


def test_what_is_compiled_is_not_known_before(checked: Project) -> None:
    system = '[build-system]\nrequires = []\nbuild-backend = "own"\nbackend-path = ["."]\n'
    named = '[project]\nname = "pyaudio"\nversion = "1.0"\n'
    checked.write("own/pyproject.toml", f"{system}\n{named}")
    checked.write("own/own.py", "")
    unlocked = '"./own").replace(lock_system_packages=False'  # for what compiles it
    rewritten(checked, ('"user"', unlocked), NO_TINY)
    ran = checked.lading("check", "-q")
    assert ran.out == (
        "service.py:6: pyaudio\n"
        "  error: libportaudio.so.2 is missing, which it is linked to when it is compiled\n"
        f"    hint: {NO_PACKAGE}\n"
        "  note: what it links to is known when it is compiled, and not before\n"
        "    hint: check the built image, or lock a wheel of it\n"
    )


def test_without_an_archive_it_is_said_what_is_not_known(checked: Project) -> None:
    ran = checked.lading("check", "-q", LADING_MIRROR_DEBIAN="http://127.0.0.1:9")
    assert "hint: which package of debian:bookworm has libGL.so.1 could not be looked up" in ran.out
    *_, last, hint = ran.out.splitlines()
    assert last.startswith("not checked: which package of debian:bookworm has what is not known:")
    assert hint.startswith('  hint: say where it is: debian = "https://..."')
    assert (ran.code, ran.err) == (1, "")


def test_a_mirror_that_lags_is_told_with_what_to_do(checked: Project, archive: Archive) -> None:
    index = archive.signed.folder / "dists/bookworm/main/Contents-amd64.gz"
    shutil.rmtree(index.parent / "by-hash")
    index.write_bytes(b"of yesterday")
    ran = checked.lading("check", "-q")
    *_, last, hint = ran.out.splitlines()
    assert last == (
        "not checked: which package of debian:bookworm has what is not known: "
        "http://MIRROR/dists/bookworm/main/Contents-amd64.gz is not the file that "
        "http://MIRROR/dists/bookworm/InRelease names, nor is that there by its hash"
    )
    assert hint == (
        "  hint: the mirror's files are not of one state: try again later, or name another mirror"
    )
    assert ran.code == 1


def test_a_snapshot_is_asked_for_its_day(
    checked: Project, archive: Archive, mirror: Server
) -> None:
    moment = archive.signed.folder / "debian/20261101T000000Z"
    moment.mkdir(parents=True)
    (archive.signed.folder / "dists").rename(moment / "dists")
    (archive.signed.folder / "debian-security").symlink_to("debian")
    checked.environment["LADING_MIRROR_SNAPSHOT"] = mirror.url
    rewritten(checked, ('"3.11")', '"3.11", snapshot="2026-11-01")'))
    mirror.asked.clear()
    ran = checked.lading("check", "-q")
    assert ran.out == FOUND
    assert {path.split("/")[2] for path in mirror.asked} == {"20261101T000000Z"}


def test_without_gpgv_it_is_said_too(checked: Project, home: Path) -> None:
    ran = checked.lading("check", "-q", PATH=str(home / "bin"))
    *_, last, hint = ran.out.splitlines()
    assert "which package of debian:bookworm has what is not known: " in last
    assert "InRelease can't be checked: gpgv, which checks the signatures" in last
    assert hint.startswith("  hint: install gpgv")
    assert ran.code == 1


def test_a_base_that_can_not_be_read_is_no_success(checked: Project) -> None:
    blobs = checked.folder / "base/blobs/sha256"
    largest = max(blobs.iterdir(), key=lambda path: path.stat().st_size)
    largest.write_bytes(b"other")
    # What is known of it since it was locked does not count in a new cache.
    ran = checked.lading("check", "-q", LADING_CACHE_DIR=str(checked.folder / "cache"))
    assert "libGL" not in ran.out
    assert "GLIBC_2.38" in ran.out
    assert "not checked: which libraries the base image has is not known:" in ran.out
    assert ran.code == 1


def test_a_lock_that_is_out_of_date_is_refused(checked: Project) -> None:
    checked.write("service.py", checked.read("service.py").replace('"tiny"', '"tiny<2"'))
    ran = checked.lading("check")
    assert ran.err.startswith("error: lading.lock is out of date: ")
    assert (ran.code, ran.out) == (1, "")


def test_an_image_without_a_lock_is_not_checked(checked: Project) -> None:
    text = checked.read("service.py").replace('3.11")', '3.11", lock_python_packages=False)')
    checked.write("service.py", text)
    checked.lading("lock", "-q")
    ran = checked.lading("check", "-q")
    assert ran.out == "not checked: the image is not locked: its wheels are not known\n"
    assert ran.code == 1
