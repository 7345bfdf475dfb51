"""`system_packages("auto")`: from the headers of wheels to locked, installed packages."""

from __future__ import annotations

import json
import tarfile
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from inline_snapshot import snapshot

from cli.test_checking import NO_TINY, add, archive, checked, keys, mirror
from cli.test_missing import served
from debian.signed_archive import needs
from debs.debmaker import file, make_deb
from elf.elfmaker import make_elf
from libraries.contents_archive import LINES

if TYPE_CHECKING:
    from pathlib import Path

    from cli.program import Project, World
    from debian.signed_archive import Server
    from libraries.contents_archive import Archive
    from registry.fake_registry import FakeServer

__all__ = ["archive", "checked", "keys", "mirror", "served"]

pytestmark = needs("gpg", "gpgv")

LIBRARIES = "./usr/lib/x86_64-linux-gnu"
AUTO = ('.python_packages("user")', '.python_packages("user")\n    .system_packages("auto")')

LOCKED = """\
linux/amd64: 3 distributions, base oci:base by digest
  2 system packages that the base lacks
  libgl1 is installed for native: libGL.so.1
  zlib1g is installed for native: libz.so.1
lading.lock written
"""


@pytest.fixture
def auto(checked: Project, archive: Archive, tmp_path: Path) -> Project:
    """The project, which asks for what it lacks, and an archive that has some of it."""
    archive.hold(
        "bookworm",
        (make_deb(tmp_path, "libgl1", file(f"{LIBRARIES}/libGL.so.1")), "zlib1g"),
        (make_deb(tmp_path, "zlib1g", file(f"{LIBRARIES}/libz.so.1")), ""),
        (make_deb(tmp_path, "plain", file("./usr/lib/libplain.so")), ""),
        (make_deb(tmp_path, "plainer", file("./usr/lib/libplain.so")), ""),
    )
    text = checked.read("service.py")
    for old, new in (AUTO, NO_TINY):
        text = text.replace(old, new)
    checked.write("service.py", text)
    return checked


def part(project: Project) -> dict[str, Any]:
    (found,) = tomllib.loads(project.read("lading.lock"))["platforms"]
    assert isinstance(found, dict)
    return found


def test_what_is_missing_is_locked_with_what_it_is_for(auto: Project) -> None:
    ran = auto.lading("lock")
    assert (ran.code, ran.err[-len(LOCKED) :]) == (0, LOCKED)
    assert ran.err.splitlines()[1:5] == [
        "fetching 3 wheels, to see what is needed",
        "reading 3 wheels",
        "reading the names of oci:base's files",
        "reading which package of debian:bookworm has which library",
    ]
    assert part(auto)["debs_for"] == {"installations": [["auto"]]}
    assert part(auto)["auto"] == snapshot(
        [
            {"package": "libgl1", "needed_by": ["native: libGL.so.1"]},
            {"package": "zlib1g", "needed_by": ["native: libz.so.1"]},
        ]
    )
    assert [one["name"] for one in part(auto)["debs"]] == ["libgl1", "zlib1g"]
    # pydub starts ffmpeg, which is a remark, and libnone.so.2 is in no package.
    ran = auto.lading("check", "-q")
    assert ran.out.splitlines()[1].startswith("  error: libnone.so.2 is missing")
    assert ran.out.count("error: ") == 1


def test_a_lock_that_fits_is_kept_without_a_look_at_anything(
    auto: Project, server: FakeServer, mirror: Server
) -> None:
    auto.lading("lock", "-q")
    asked = (len(server.seen), len(mirror.asked))
    cache = str(auto.folder / "empty")
    ran = auto.lading("lock", "--check", LADING_CACHE_DIR=cache)
    assert ran.err == "lading.lock is up to date\n"
    assert auto.lading("lock", LADING_CACHE_DIR=cache).err.endswith("lading.lock is unchanged\n")
    assert (len(server.seen), len(mirror.asked)) == asked
    assert not (auto.folder / "empty" / "layers").exists()


def test_it_is_explained_by_what_needs_it(auto: Project) -> None:
    auto.lading("lock", "-q")
    told = auto.lading("explain", "-q", "libgl1").out.splitlines()
    assert told[1] == snapshot("  service.py:7: auto -> libgl1 (for native: libGL.so.1)")
    shown = auto.lading("show").out
    assert shown[shown.index("                     libgl1") :] == snapshot("""\
                     libgl1 1.0, zlib1g 1.0
                     auto: libgl1 for native: libGL.so.1
                     auto: zlib1g for native: libz.so.1
""")


def test_each_release_has_its_own(auto: Project, archive: Archive) -> None:
    listed = archive.lists["bookworm"]
    for suite in ("trixie", "trixie-updates", "trixie-security"):
        archive.lists[suite] = listed
        archive.publish(suite, LINES.replace("libs/libgl1\n", "libs/plain\n"))
    auto.write("service.py", auto.read("service.py").replace("bookworm", "trixie"))
    assert auto.lading("lock", "-q").err == ""
    assert [one["package"] for one in part(auto)["auto"]] == ["plain", "zlib1g"]
    assert {one["suite"] for one in part(auto)["debs"]} == {"trixie"}


def test_packages_that_still_do_stay_when_others_are_required(
    auto: Project, net: World, mirror: Server
) -> None:
    auto.lading("lock", "-q")
    before = part(auto)
    asked = len(mirror.asked)
    add(net, "more", "1.0", {"more/_ext.abi3.so": make_elf("libGL.so.1", "libc.so.6")})
    auto.write("service.py", auto.read("service.py").replace('"user"', '"user", "more"'))
    ran = auto.lading("lock", "--check")
    assert ran.err.startswith("drifted: requirement more is not locked\n")
    assert auto.lading("lock", "-q").err == ""
    assert part(auto)["debs"] == before["debs"]
    assert part(auto)["auto"][0]["needed_by"] == ["more: libGL.so.1", "native: libGL.so.1"]
    assert len(mirror.asked) == asked


def test_packages_go_with_what_needed_them(auto: Project) -> None:
    auto.lading("lock", "-q")
    text = auto.read("service.py").replace('"user"', '"pydub"')
    auto.write("service.py", text)
    ran = auto.lading("lock")
    assert ran.err.endswith("base oci:base by digest\nlading.lock written\n")
    assert part(auto).keys() & {"auto", "debs"} == set()
    # An installation of nothing is none.
    ran = auto.lading("build", "--engine", "oci", "-q", "-o", "image.tar")
    assert (ran.code, ran.err) == (0, "")


def test_what_is_written_comes_first(auto: Project, net: World) -> None:
    files = {"chosen/_ext.abi3.so": make_elf("libplain.so", "libGL.so.1", "libc.so.6")}
    add(net, "chosen", "1.0", files)
    text = auto.read("service.py").replace('"user"', '"chosen"')
    auto.write("service.py", text)
    auto.lading("lock", "-q")
    assert [one["package"] for one in part(auto)["auto"]] == ["libgl1", "plain"]
    auto.write("service.py", text.replace('"auto"', '"auto", "plainer"'))
    assert auto.lading("lock", "-q").err == ""
    # And what libgl1 depends on need not be named.
    assert [one["package"] for one in part(auto)["auto"]] == ["libgl1"]
    names = [one["name"] for one in part(auto)["debs"]]
    assert names == ["libgl1", "plainer", "zlib1g"]
    assert auto.lading("check", "-q").code == 0


def test_they_are_installed_where_it_stands(auto: Project) -> None:
    text = auto.read("service.py")
    moved = text.replace('.system_packages("auto")', '.system_packages("plain").run("true")')
    moved = moved.replace("\n)", '\n    .system_packages("auto").run("true")\n)')
    auto.write("service.py", f'{moved}image = image.system_packages("auto", "plainer")\n')
    assert auto.lading("lock", "-q", "service.py").err == ""
    found = [(one.get("group", 1), one["name"]) for one in part(auto)["debs"]]
    assert found == [(1, "plain"), (2, "libgl1"), (2, "zlib1g"), (3, "plainer")]


def test_an_image_made_without_an_engine_has_them(auto: Project) -> None:
    ran = auto.lading("build", "--engine", "oci", "-q", "-o", "docker-archive:image.tar")
    # libnone.so.2 is said to be missing, but for -q.
    assert (ran.code, ran.err) == (0, "")
    names = set()
    with tarfile.open(auto.folder / "image.tar") as whole:
        described = whole.extractfile("manifest.json")
        assert described is not None
        (manifest,) = json.load(described)
        for layer in manifest["Layers"]:
            with tarfile.open(fileobj=whole.extractfile(layer)) as packed:
                names |= set(packed.getnames())
    assert {"usr/lib/x86_64-linux-gnu/libGL.so.1", "usr/lib/x86_64-linux-gnu/libz.so.1"} <= names


def test_a_dockerfile_installs_them_as_if_written(
    auto: Project, served: Project, server: FakeServer
) -> None:
    assert auto is served
    ran = served.lading("freeze", "-o", "build")
    assert ran.code == 0
    # The wheels were read while locking, so that freezing knows what no package has.
    assert "libnone.so.2 is missing" in ran.err
    assert "libGL.so.1" not in ran.err
    assert "not at hand" not in ran.err
    dockerfile = served.read("build/Dockerfile")
    assert "auto" not in dockerfile
    assert "libgl1 zlib1g" in dockerfile.replace(",", "")
    assert server.seen


def test_what_can_not_be_found_out_is_an_error_at_its_line(auto: Project) -> None:
    before = auto.read("lading.lock")
    ran = auto.lading("lock", "-q", LADING_MIRROR_DEBIAN="http://127.0.0.1:9")
    assert ran.err.startswith(
        'error: service.py:7: system_packages("auto"): can\'t fetch http://127.0.0.1:9/dists'
    )
    assert ran.code == 1
    ran = auto.lading("lock", "-q", LADING_DEBIAN_KEYRING="/dev/null")
    assert "service.py:7" in ran.err
    assert "which is not a file" in ran.err
    assert auto.read("lading.lock") == before


def test_a_base_without_a_digest_can_not_be_looked_at(auto: Project, net: World) -> None:
    net.registry.manifests.clear()
    text = auto.read("service.py").replace('"oci:base"', '"127.0.0.1:9/python:3.11"')
    auto.write("service.py", text)
    ran = auto.lading("lock", "-q", "--allow-unpinned-base")
    assert ran.err == (
        'error: service.py:7: system_packages("auto") takes a base image with a digest, and '
        "127.0.0.1:9/python:3.11 has none in the lock\n"
        "hint: leave out --allow-unpinned-base; or write the packages that `lading check` names\n"
    )
    assert ran.code == 1


def test_a_lock_that_was_edited_is_refused(auto: Project) -> None:
    auto.lading("lock", "-q")
    text = auto.read("lading.lock").replace('"auto",', '"libgl1",')
    auto.write("lading.lock", text)
    ran = auto.lading("check")
    assert 'it has what system_packages("auto") stands for, which nothing asked for' in ran.err
