"""`lading explain`: whole outputs, for wheels, a base and an archive of our own."""

# ruff: noqa: E501 - lines of an output are as long as they are
from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from inline_snapshot import snapshot

from bases.made import layer
from cli.program import project
from debian.conftest import keys
from debian.signed_archive import Server, needs
from debs.debmaker import file, make_deb
from lading.oci import layout
from lading.store import Store
from libraries.contents_archive import Archive
from oci import images
from registry.fake_registry import Reply
from wheels.wheelmaker import wheel_parts, zipped

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cli.program import Project, Ran, World
    from debian.signed_archive import Keys
    from registry.fake_registry import FakeServer

__all__ = ["keys"]

pytestmark = needs("gpg", "gpgv")

SERVICE = """\
from lading import Image

image = (
    Image(
        base_image="oci:base", distro="debian:bookworm", python_version="3.11",
        compile_bytecode=False,
    )
    .index("http://HOST/simple", default=True)
    .system_packages("libgl1")
    .python_packages("web[fast]")
    .requirements_file("requirements.txt")
    .build_include("service.py")
)
"""

REQUIRES = {
    "web": "Provides-Extra: fast\nRequires-Dist: core>=1\nRequires-Dist: loop; extra == 'fast'\n",
    "core": "Requires-Dist: leaf\n",
    "loop": "Requires-Dist: leaf\nRequires-Dist: only; python_version > '3'\n",
    "only": "",
    "leaf": "",
    "app": "Requires-Dist: core\n",
}


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "archive"
    folder.mkdir()
    with Server.of(folder) as server:
        yield server


@pytest.fixture
def locked(
    tmp_path: Path, home: Path, net: World, server: FakeServer, keys: Keys, mirror: Server
) -> Project:
    """A locked project of six wheels and two system packages."""
    for name, requires in REQUIRES.items():
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{requires}".encode()
        parts = wheel_parts({f"{name}.py": b"1\n"}, name=name, info={"METADATA": metadata})
        net.wheels[f"{name}-1.0-py3-none-any.whl"] = zipped(parts)
        net.metadata[f"{name}-1.0-py3-none-any.whl"] = metadata
    archive = Archive(tmp_path / "archive", keys, mirror.url, Store(tmp_path / "x"), tmp_path / "x")
    gl = make_deb(
        tmp_path, "libgl1", file("./usr/a"), depends="libx11-6 | libx, libc6", installed_size="7"
    )
    x11 = make_deb(tmp_path, "libx11-6", file("./usr/b"), installed_size="12")
    archive.hold("bookworm", (gl, "libx11-6 | libx"), (x11, ""))
    made = project(tmp_path / "project", home, server)
    made.environment |= {
        "PATH": "/usr/bin:/bin",
        "LADING_MIRROR_DEBIAN": mirror.url,
        "LADING_MIRROR_DEBIAN_SECURITY": mirror.url,
        "LADING_DEBIAN_KEYRING": str(keys.keyring),
    }
    made.write("pyproject.toml", '[tool.lading]\nimage = "service:image"\n')
    made.write("service.py", SERVICE.replace("HOST", server.host))
    made.write("requirements.txt", "# ours\napp\nleaf ; python_version < '3'\n")
    base = {"usr/local/bin/python3.11": b"", "var/lib/dpkg/status": b""}
    layout.write(
        made.folder / "base", [images.image(layers=[layer(base)], env=("PATH=/usr/local/bin",))]
    )
    assert made.lading("lock", "-q").err == ""
    return made


def told(ran: Ran) -> str:
    """What a run that went well has said; sizes are zlib's, where they are not as written."""
    assert (ran.code, ran.err) == (0, "")
    return re.sub(r"[0-9.]+ k?B(?= to fetch| \(|, what|, [0-9.]+ k?B unpacked)", "SIZE", ran.out)


def test_a_python_package(locked: Project, server: FakeServer) -> None:
    assert told(locked.lading("explain", "-q", "leaf")) == snapshot("""\
leaf 1.0, Python package, linux/amd64
  service.py:10: web[fast] -> core>=1 -> leaf
  requirements.txt:2: app -> core -> leaf
  size: not known
  layer: python packages leaf 1.0
""")
    asked = [one.path for one in server.seen]
    wheels = [path for path in asked if path.startswith("/files/") and path.endswith(".whl")]
    assert [path for path in wheels if "uv-" not in path] == []
    # What was read once is kept.
    assert told(locked.lading("explain", "only", "--offline")) == snapshot("""\
only 1.0, Python package, linux/amd64
  service.py:10: web[fast] -> loop -> only
  size: not known
  layer: python packages only 1.0
""")
    assert told(locked.lading("explain", "WEB", "--offline")) == snapshot("""\
web 1.0, Python package, linux/amd64
  service.py:10: web[fast]
  size: not known
  layer: python packages web 1.0
  without it these would go too: loop, only
""")


def test_what_an_index_does_not_offer_is_read_from_the_wheel(
    locked: Project, net: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered = net._file

    def without_metadata(name: str) -> Reply:
        return Reply(404) if name.endswith(".metadata") else offered(name)

    monkeypatch.setattr(net, "_file", without_metadata)
    assert told(locked.lading("explain", "-q", "core")) == snapshot("""\
core 1.0, Python package, linux/amd64
  service.py:10: web[fast] -> core>=1
  requirements.txt:2: app -> core
  size: not known, 376 B installed
  layer: python packages core 1.0
""")


def test_offline_what_is_not_known_is_said(locked: Project) -> None:
    assert told(locked.lading("explain", "core", "--offline")) == snapshot("""\
core 1.0, Python package, linux/amd64
  no chain of requirements that is known leads to it
  size: not known
  layer: python packages core 1.0
  what app requires is not known: its wheel is not in the cache
  what core requires is not known: its wheel is not in the cache
  what leaf requires is not known: its wheel is not in the cache
  and so for 3 more (--json tells all)
""")


def test_a_system_package(locked: Project) -> None:
    assert told(locked.lading("explain", "-q", "libx11-6")) == snapshot("""\
libx11-6 1.0, system package, linux/amd64
  service.py:9: libgl1 -> libx11-6 | libx
  size: SIZE to fetch, 12.3 kB installed
  layer: system packages libgl1
""")
    assert told(locked.lading("explain", "-q", "libgl1")) == snapshot("""\
libgl1 1.0, system package, linux/amd64
  service.py:9: libgl1
  size: SIZE to fetch, 7.2 kB installed
  layer: system packages libgl1
  without it these would go too: libx11-6 (SIZE to fetch, together)
""")


def test_a_planned_layer(locked: Project) -> None:
    assert told(locked.lading("explain", "files to")) == snapshot("""\
layer files to /app, linux/amd64 (service.py:12)
  size: SIZE, what it is made of
  holds: /app/service.py
  why: the project's files change most often: they come last, and nothing above them has to be sent again
""")
    assert told(locked.lading("explain", "system packages")) == snapshot("""\
layer system packages libgl1, linux/amd64 (service.py:9)
  size: SIZE, what it is made of
  holds: libgl1 1.0, libx11-6 1.0
  why: system packages change seldom, and dpkg's record of all of them is one file: they are one layer, below all others
""")
    assert told(locked.lading("explain", "python environment")) == snapshot("""\
layer python environment, folders of the user, linux/amd64
  why: it depends on no package: only another Python or another user makes it anew
""")


def test_a_layer_of_the_image_that_was_built(locked: Project) -> None:
    assert locked.lading("build", "-q", "-o", ".lading/image").err == ""
    shown = json.loads(locked.lading("inspect", ".lading/image", "--json").out)
    listed = layout.read(locked.folder / ".lading/image")[0].blobs[1:]
    assert len(shown["images"][0]["layers"]) == len(listed)
    digest = listed[-1].descriptor.digest.encoded
    by_digest = told(locked.lading("explain", digest[:12]))
    assert by_digest == snapshot("""\
layer files to /app, linux/amd64 (service.py:12)
  sha256:DIGEST
  size: SIZE, 366 B unpacked in 1 file
  why: the project's files change most often: they come last, and nothing above them has to be sent again
""")
    named = ("files to /app", "--image", ".lading/image")
    assert told(locked.lading("explain", *named)) == by_digest
    lowest = listed[0].descriptor.digest
    assert told(locked.lading("explain", str(lowest))).splitlines()[-1] == snapshot(
        "  why: it is the base image's, as it was pulled"
    )


def test_json(locked: Project) -> None:
    found = json.loads(locked.lading("explain", "-q", "loop", "--json").out)
    assert found["layers"] == []
    del found["packages"][0]["package"]["layer"]
    assert found["packages"] == snapshot(
        [
            {
                "kind": "python",
                "package": {
                    "name": "loop",
                    "version": "1.0",
                    "download": None,
                    "installed": None,
                    "below": False,
                },
                "platform": "linux/amd64",
                "chains": [{"at": ["service.py:10"], "words": ["web[fast]", "loop"]}],
                "needs": ["leaf", "only"],
                "needed_only_by": ["only"],
                "download_with": None,
                "unknown": [],
            }
        ]
    )


def test_words_that_name_nothing(locked: Project) -> None:
    for words in (("lop",), ("libgl",), ("deadbeef",), ("x", "--image", "base"), ("",)):
        ran = locked.lading("explain", *words)
        assert (ran.code, ran.out) == (1, "")
    assert locked.lading("explain", "lop").err == snapshot("""\
error: the image has no package and no layer "lop" for linux/amd64
hint: did you mean "loop"?
""")
    assert locked.lading("explain", "deadbeef").err == snapshot("""\
error: the image has no package and no layer "deadbeef" for linux/amd64
hint: name the image whose layer it is: --image SRC
""")
    assert locked.lading("explain", "x", "--image", "base").err == snapshot("""\
error: base has no layer "x"
hint: `lading inspect base` names them
""")


def test_a_lock_that_is_missing_or_out_of_date(locked: Project) -> None:
    locked.write("requirements.txt", "app\nleaf\n")
    assert locked.lading("explain", "leaf").err == snapshot("""\
error: lading.lock is out of date: requirement leaf is not locked
error: lading.lock is out of date: requirement leaf ; python_version < "3" is locked, and no longer asked for
hint: run `lading lock`, and commit the result
""")
    (locked.folder / "lading.lock").unlink()
    assert locked.lading("explain", "leaf").err == snapshot("""\
error: there is no lading.lock
hint: run `lading lock`, and commit the result
""")


def test_a_source_by_what_it_declares_and_what_builds_it(locked: Project, net: World) -> None:
    net.add_wheel("hatchling", "1.0")
    locked.write(
        "own/pyproject.toml",
        '[project]\nname = "own"\nversion = "2.0"\ndependencies = ["core>=1"]\n'
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n',
    )
    text = locked.read("service.py").replace('"web[fast]"', '"./own"')
    text = text.replace('.system_packages("libgl1")', "").replace(
        "compile_bytecode=False", "lock_system_packages=False"
    )
    locked.write("service.py", text)
    assert locked.lading("lock", "-q").err == ""
    assert told(locked.lading("explain", "-q", "core")) == snapshot("""\
core 1.0, Python package, linux/amd64
  service.py:10: own @ ./own -> core>=1
  requirements.txt:2: app -> core
  size: not known
  layer: of the engine that builds it
  without it these would go too: leaf
""")
    ran = locked.lading("explain", "hatchling")
    assert (ran.code, ran.err) == snapshot(
        (
            1,
            """\
error: the image has no package and no layer "hatchling" for linux/amd64
hint: it is there to build own, in a stage that is not shipped
""",
        )
    )
