"""`lading build` with system packages of a signed archive: whole outputs, cold and warm."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from inline_snapshot import snapshot

from cli.program import project
from cli.shipping import PYTHON
from debian.conftest import keys
from debian.signed_archive import Server, needs
from debs.debmaker import file, folder, make_deb
from lading.oci import layout, validate
from lading.store import Store
from libraries.contents_archive import Archive
from oci.images import files_of, image, layer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cli.program import Project
    from debian.signed_archive import Keys

__all__ = ["keys"]

pytestmark = needs("gpg", "gpgv")

SERVICE = """\
from lading import Image

image = (
    Image(base_image="oci:base", distro="debian:bookworm", python_version="3.11")
    .system_packages("tool")
)
"""

TOOL = (
    folder("./etc"),
    file("./etc/tool.conf", "colour = blue\n"),
    folder("./usr"),
    folder("./usr/bin"),
    file("./usr/bin/tool", "#!/bin/sh\n", mode=0o4755),
)
HAS_TOOL = b"""\
Package: tool
Status: install ok installed
Version: 0.9
Architecture: amd64
Maintainer: A test <test@example.test>
Description: a package of a test
"""
CONTROL = {
    "conffiles": "/etc/tool.conf\n",
    "postinst": "#!/bin/sh\nset -e\npy3compile -p tool\n",
}


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "archive").mkdir()
    with Server.of(tmp_path / "archive") as server:
        yield server


@pytest.fixture
def archive(tmp_path: Path, keys: Keys, mirror: Server) -> Archive:
    unused = tmp_path / "unused"
    return Archive(tmp_path / "archive", keys, mirror.url, Store(unused), unused)


@pytest.fixture
def tooled(tmp_path: Path, home: Path, archive: Archive, mirror: Server) -> Project:
    """A project whose image takes a package, of which not all can be done."""
    debs = [
        make_deb(tmp_path, "tool", *TOOL, control=CONTROL),
        make_deb(tmp_path, "hostile", file("./../etc/passwd", "root::0:0::/:/bin/sh\n")),
    ]
    archive.hold("bookworm", *((deb, "") for deb in debs))
    made = project(tmp_path / "project", home)
    made.environment |= {
        "PATH": "/usr/bin:/bin",
        "LADING_MIRROR_DEBIAN": mirror.url,
        "LADING_MIRROR_DEBIAN_SECURITY": mirror.url,
        "LADING_DEBIAN_KEYRING": str(archive.signed.keys.keyring),
    }
    made.stand_ins[mirror.url] = "http://MIRROR"
    made.write("pyproject.toml", '[tool.lading]\nimage = "service:image"\n')
    made.write("service.py", SERVICE)
    write_base(made, {"etc/tool.conf": b"colour = red\n", "var/lib/dpkg/status": b""})
    return made


def write_base(made: Project, files: dict[str, bytes]) -> None:
    shutil.rmtree(made.folder / "base", ignore_errors=True)
    layout.write(made.folder / "base", [image(layers=(layer(files),), env=PYTHON)])


def cached_debs(made: Project) -> list[Path]:
    found = (path for path in made.home.rglob("*") if path.is_file())
    return [path for path in found if path.read_bytes().startswith(b"!<arch>\n")]


def without_sizes(text: str) -> str:
    """How well zlib compresses is no matter of these tests."""
    lines = [
        " ".join(line.split()[:1] + line.split()[3:]) if line[:2] == "  " else line
        for line in text.splitlines()
    ]
    return "\n".join(lines)


def test_what_was_left_out_is_told_when_it_is_made_and_when_it_is_there(tooled: Project) -> None:
    ran = tooled.lading("build", "-o", "out")
    assert (ran.code, ran.out) == (0, "")
    assert without_sizes(ran.err) == snapshot("""\
reading what oci:base has installed
reading the package lists of debian:bookworm for amd64
fetching tool 1.0
made folders of the user
made system packages tool
reused base image oci:base
writing out
left out: bytecode of Debian's Python packages
/usr/bin/tool is setuid or setgid: taken away
/etc/tool.conf is left as the base has it
built the image as sha256:DIGEST
it is in out\
""")
    again = tooled.lading("build", "-o", "out")
    assert (again.code, again.out) == (0, "")
    assert without_sizes(again.err) == snapshot("""\
reused folders of the user
reused system packages tool
reused base image oci:base
writing out
left out: bytecode of Debian's Python packages
/usr/bin/tool is setuid or setgid: taken away
/etc/tool.conf is left as the base has it
built the image as sha256:DIGEST
it is in out\
""")


def test_a_warm_build_opens_no_package(tooled: Project) -> None:
    assert tooled.lading("build", "-q", "-o", "one").code == 0
    poisoned = cached_debs(tooled)
    assert len(poisoned) == 1
    for path in poisoned:
        path.chmod(0o644)
        path.write_bytes(b"!<arch>\nno package")
    ran = tooled.lading("build", "-q", "-o", "two")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert files_of(tooled.folder / "one") == files_of(tooled.folder / "two")
    # Opened, it would be seen: the layer made anew takes the package from the archive.
    assert tooled.lading("cache", "prune", "--all").code == 0
    assert tooled.lading("build", "-q", "-o", "two").code == 0
    assert cached_debs(tooled)[0].read_bytes() != b"!<arch>\nno package"


def test_quiet_and_json_say_nothing_of_it(tooled: Project) -> None:
    ran = tooled.lading("build", "-q", "--json", "-o", "out")
    assert (ran.code, ran.err) == (0, "")
    assert "remarks" not in json.loads(ran.out)


def test_a_hostile_package_is_refused_and_spoils_nothing(tooled: Project) -> None:
    tooled.write("service.py", SERVICE.replace('"tool"', '"tool", "hostile"'))
    for _ in range(2):
        ran = tooled.lading("build", "-q", "-o", "out")
        assert (ran.code, ran.out) == (1, "")
        assert ran.err == snapshot("""\
error: hostile 1.0 can't be installed: its data.tar.xz can't be used: its path './../etc/passwd' leaves the image
hint: it is not as a package must be: get it from an archive whose signature is checked
""")  # noqa: E501 - a whole output
        assert not (tooled.folder / "out").exists()
        assert "\nlayers " not in tooled.lading("cache", "info").out
    tooled.write("service.py", SERVICE)
    assert tooled.lading("build", "-q", "-o", "out").code == 0
    assert "\nlayers " in tooled.lading("cache", "info").out
    assert validate(tooled.folder / "out") == ()


def test_a_package_that_the_base_has_in_another_version_takes_an_engine(tooled: Project) -> None:
    files = {"var/lib/dpkg/status": HAS_TOOL}
    write_base(tooled, files)
    assert tooled.lading("lock", "-q").code == 0
    ran = tooled.lading("build", "-q", "--engine", "oci", "-o", "out")
    assert ran.code == 1
    assert ran.err == snapshot("""\
error: --engine oci: some of it has to be executed
hint: leave out --engine, and a container engine builds it
error: the system packages need the package manager: tool 1.0 is in the base as 0.9 already
""")
