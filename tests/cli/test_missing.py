"""What commands that make something of an image say of the libraries that it would lack."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from cli.test_checking import NO_TINY, add, archive, checked, keys, mirror, rewritten
from debian.signed_archive import needs, sha256
from elf.elfmaker import make_elf
from lading.store import Store

if TYPE_CHECKING:
    from cli.program import Project, World
    from debian.signed_archive import Server
    from registry.fake_registry import FakeServer

__all__ = ["archive", "checked", "keys", "mirror"]

pytestmark = needs("gpg", "gpgv")

WARNED = """\
warning: the image for linux/amd64 would lack what its Python packages need
service.py:6: native 1.0
  error: libGL.so.1 is missing (native/_ext.abi3.so and 1 other)
    hint: .system_packages("libgl1")
  error: libnone.so.2 is missing (native/more.abi3.so)
    hint: no package of debian:bookworm has it; another wheel, or the base image, must bring it
  error: libz.so.1 is missing (native.libs/libown.so.1)
    hint: .system_packages("zlib1g")
service.py:7: tiny 2.0
  error: libc.so.6 with GLIBC_2.38 is needed, and debian:bookworm has glibc 2.36 (tiny/new.so)
    hint: take a newer release of the distribution, or an older version of the wheel
hint: for all errors, .system_packages("libgl1", "zlib1g")
hint: `lading check` tells all
"""

REFUSED = """\
error: service.py:6: native 1.0: libGL.so.1 is missing (native/_ext.abi3.so and 1 other)
hint: .system_packages("libgl1")
error: service.py:6: native 1.0: libnone.so.2 is missing (native/more.abi3.so)
hint: no package of debian:bookworm has it; another wheel, or the base image, must bring it
error: service.py:6: native 1.0: libz.so.1 is missing (native.libs/libown.so.1)
hint: .system_packages("zlib1g")
error: service.py:7: tiny 2.0: libc.so.6 with GLIBC_2.38 is needed, and debian:bookworm has \
glibc 2.36 (tiny/new.so)
hint: take a newer release of the distribution, or an older version of the wheel
"""

FREEZE = """\
import sys
from service import image
try:
    image.freeze("build", strict="strict" in sys.argv)
except Exception as error:
    print(type(error).__name__, error, sep=": ", file=sys.stderr)
"""


@pytest.fixture
def served(checked: Project, server: FakeServer, net: World) -> Project:
    """The project with its base in the registry, as a Dockerfile wants it."""
    folder = checked.folder / "base"
    for blob in (folder / "blobs/sha256").iterdir():
        net.registry.blobs[f"sha256:{blob.name}"] = blob.read_bytes()
    (named,) = json.loads((folder / "index.json").read_text())["manifests"]
    manifest = net.registry.blobs[named["digest"]]
    net.registry.add_manifest("own/python", "3.11", named["mediaType"], manifest)
    rewritten(checked, ("oci:base", f"{server.host}/own/python:3.11"))
    return checked


def test_freeze_says_what_it_has_not_looked_at(served: Project) -> None:
    ran = served.lading("freeze")
    assert (ran.code, ran.out) == (0, ".lading/linux-amd64\n")
    assert ran.err.splitlines()[-2:] == [
        "hint: `lading check` finds missing libraries; not at hand for it: 2 wheels",
        "frozen as sha256:DIGEST",
    ]
    assert "check" not in served.lading("freeze", "-q").err


def test_freeze_warns_of_what_is_known_and_asks_nobody(
    served: Project, server: FakeServer, mirror: Server
) -> None:
    served.lading("check")
    served.lading("freeze", "-q")
    asked = (len(server.seen), len(mirror.asked))
    ran = served.lading("freeze")
    assert ran.code == 0
    assert ran.err == f"writing .lading/linux-amd64\n{WARNED}frozen as sha256:DIGEST\n"
    assert served.lading("freeze", "-q").err == ""
    assert (len(server.seen), len(mirror.asked)) == asked


def test_vendoring_has_the_wheels_and_reads_them(served: Project) -> None:
    ran = served.lading("vendor", "-o", "build")
    # Of the base's layers and of the archive nobody has asked for anything yet.
    assert "error: libc.so.6 with GLIBC_2.38 is needed" in ran.err
    assert "libGL" not in ran.err
    assert "not at hand for it: the base image\n" in ran.err
    assert ran.code == 0


def test_strict_refuses_with_all_of_it_and_writes_nothing(served: Project) -> None:
    ran = served.lading("freeze", "--strict", "-q")
    assert (ran.code, ran.out, ran.err) == (1, "", REFUSED)
    assert not (served.folder / ".lading").exists()
    assert served.lading("vendor", "--strict", "-q", "-o", "build").err == REFUSED


def test_strict_takes_what_is_not_known_for_an_error(served: Project) -> None:
    ran = served.lading("freeze", "--strict", "-q", LADING_MIRROR_DEBIAN="http://127.0.0.1:9")
    assert "error: not checked: which package of debian:bookworm has what" in ran.err
    assert ran.code == 1
    ran = served.lading("freeze", "--strict", "-q", "--offline", LADING_CACHE_DIR="empty")
    assert "is not in the cache, and nothing may be fetched" in ran.err
    assert ran.code == 1


def test_strict_lets_pass_what_lacks_nothing(served: Project) -> None:
    rewritten(served, ('"user"', '"pydub"'), NO_TINY)
    # What may fail in a part of it is a remark.
    ran = served.lading("freeze", "--strict", "-q")
    assert (ran.code, ran.out, ran.err) == (0, ".lading/linux-amd64\n", "")


def test_a_build_without_an_engine_has_the_wheels_and_warns(checked: Project) -> None:
    ran = checked.lading("build", "-o", "image", "--engine", "oci")
    assert ran.code == 0
    assert "error: libGL.so.1 is missing (native/_ext.abi3.so and 1 other)" in ran.err
    assert "which package of debian:bookworm has libGL.so.1 could not be looked up" in ran.err
    assert "not at hand for it: the contents of debian:bookworm's packages\n" in ran.err
    checked.lading("check")
    ran = checked.lading("build", "-o", "image", "--engine", "oci")
    assert WARNED in ran.err


def test_a_strict_build_makes_nothing_of_what_it_refuses(checked: Project) -> None:
    ran = checked.lading("build", "--strict", "-q", "-o", "image", "--engine", "oci")
    assert (ran.code, ran.out, ran.err) == (1, "", REFUSED)
    assert not (checked.folder / "image").exists()


def test_what_a_wheel_may_have_that_was_not_read_is_no_warning(served: Project, net: World) -> None:
    has = {"inner/libinner.so": make_elf()}
    needs_it = {"outer/_ext.abi3.so": make_elf("libinner.so", "libc.so.6")}
    add(net, "inner", "1.0", has)
    add(net, "outer", "1.0", needs_it, b"Requires-Dist: inner\n")
    rewritten(served, ('"user"', '"outer"'), NO_TINY)
    assert served.lading("check", "-q").out == ""
    add(net, "inner", "2.0", has)
    assert served.lading("lock", "-q", "-P", "inner").err == ""
    ran = served.lading("freeze")
    assert "missing (" not in ran.err
    assert "not at hand for it: 1 wheel" in ran.err
    add(net, "inner", "3.0", {"inner/empty.so": make_elf()})
    assert served.lading("lock", "-q", "-P", "inner").err == ""
    assert "libinner.so is missing (" in served.lading("vendor").err


def test_an_image_without_a_lock_is_told_of_by_strict_alone(served: Project) -> None:
    text = served.read("service.py").replace('3.11")', '3.11", lock_python_packages=False)')
    served.write("service.py", text)
    assert "checked" not in served.lading("freeze").err
    ran = served.lading("freeze", "--strict", "-q")
    assert ran.err == "error: not checked: the image is not locked: its wheels are not known\n"
    assert (ran.code, ran.out) == (1, "")


def test_a_wheel_of_python_alone_need_not_be_there(served: Project) -> None:
    rewritten(served, ('"user"', '"pydub"'), NO_TINY)
    assert "check" not in served.lading("freeze").err


def test_the_call_warns_as_python_does(served: Project) -> None:
    served.lading("check")
    served.write("freezing.py", FREEZE)
    ran = served.shell('"$1" freezing.py')
    first, *rest = ran.err.splitlines()
    text = WARNED.removeprefix("warning: ").replace("service.py", "PROJECT/service.py")
    line, *lines = text.splitlines()
    assert first == f"PROJECT/freezing.py:4: UserWarning: {line}"
    assert rest[: len(lines)] == lines
    assert (served.folder / "build/Dockerfile").exists()


def test_a_strict_call_is_refused(served: Project) -> None:
    served.write("freezing.py", FREEZE)
    ran = served.shell('"$1" freezing.py strict')
    refused = REFUSED.replace("error: ", "").replace("service.py", "PROJECT/service.py")
    assert ran.err.rstrip() == f"FreezeError: {refused}".rstrip()
    assert not (served.folder / "build").exists()


def test_that_an_image_is_sound_is_known_without_its_wheels(served: Project, net: World) -> None:
    cache = served.folder.parent / "cache"
    served.environment["LADING_CACHE_DIR"] = str(cache)
    add(net, "plain", "1.0", {"plain/_ext.abi3.so": make_elf("libc.so.6")})
    rewritten(served, ('"user"', '"plain"'), NO_TINY)
    assert served.lading("check", "-q").out == ""
    shutil.rmtree(cache / "sha256")
    ((name, wheel),) = ((one, body) for one, body in net.wheels.items() if "plain" in one)
    Store(cache / "layers").keep(f"wheel-elfs-1-{sha256(wheel)}-{name}", b"of another Lading")
    assert "check" not in served.lading("freeze").err
    # Where anything that decides it has changed, that is known no more.
    rewritten(served, ("\n)", '\n    .env(LD_LIBRARY_PATH="/opt/lib")\n)'))
    assert "not at hand for it: 1 wheel\n" in served.lading("freeze").err
