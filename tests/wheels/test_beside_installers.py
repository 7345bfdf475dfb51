"""The same files as other installers write: uv, and `installer` with its own source."""

from __future__ import annotations

import csv
import io
import os
import stat
import subprocess
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uv
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from installer import install
from installer.destinations import SchemeDictionaryDestination
from installer.sources import WheelFile

from lading.oci.entries import Folder, Regular
from lading.wheels import Interpreter, Scheme, bytecode, read_wheel
from wheels.reading import content_of, held
from wheels.wheelmaker import Part, changed, make_wheel, wheel_parts, write_wheel, zipped

if TYPE_CHECKING:
    from collections.abc import Mapping

SERIES = f"{sys.version_info[0]}.{sys.version_info[1]}"
HERE = Interpreter(program=sys.executable, version=".".join(map(str, sys.version_info[:3])))

# One wheel with all that a wheel may have.
FULL: dict[str, bytes | Part] = {
    "demo/__init__.py": b"def main():\n    print('hi')\n" * 20,
    "demo/exe": Part(name="demo/exe", content=b"#!/bin/sh\n", mode=0o100755),
    "demo/group": Part(name="demo/group", content=b"x", mode=0o100610),
    "demo/no-kind": Part(name="demo/no-kind", content=b"x", mode=0o755),
    "demo/set-uid": Part(name="demo/set-uid", content=b"x", mode=0o104777),
    "demo/stored.bin": Part(name="demo/stored.bin", content=bytes(999), method=0),
    "demo/empty/": Part(name="demo/empty/", mode=0o040755, method=0),
    'demo/é 木,".txt': b"unicode",
    "De_mo-1.0.data/scripts/py": b"#!python\nprint(1)\n",
    "De_mo-1.0.data/scripts/pyw": b"#!pythonw -u\r\nprint(1)\r\n",
    "De_mo-1.0.data/scripts/short": b"#!python",
    "De_mo-1.0.data/scripts/elf": b"\x7fELF",
    "De_mo-1.0.data/headers/sub/a.h": b"h",
    "De_mo-1.0.data/data/share/x": Part(
        name="De_mo-1.0.data/data/share/x", content=b"s", mode=0o100755
    ),
    "De_mo-1.0.data/data/lib64/y": b"y",
    "De_mo-1.0.data/purelib/pure.py": b"x = (\n",
    "De_mo-1.0.data/platlib/plat.py": b"x = 1\n",
}
PROGRAMS = "[console_scripts]\nfoo = demo:main\n[gui_scripts]\nbar = demo : main [extra]\n"

# What each installer writes of its own.
OWN = ("INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json")


@pytest.fixture(name="venv")
def made_venv(tmp_path: Path) -> Path:
    venv = tmp_path / "venv"
    uv_run("venv", "--python", sys.executable, str(venv))
    return venv


def uv_run(*words: str) -> None:
    argv = [uv.find_uv_bin(), "--quiet", "--no-config", "--offline", *words]
    subprocess.run(argv, env=dict(os.environ), check=True)


def on_disk(root: Path) -> dict[str, tuple[int, bytes]]:
    """Each file's mode and bytes; what is behind a linked folder is where the link leads."""
    return {
        path.relative_to("/").as_posix(): (stat.S_IMODE(path.stat().st_mode), path.read_bytes())
        for path in root.rglob("*")
        if path.is_file() and not path.is_symlink() and path.name != ".lock"
    }


def record_lines(files: Mapping[str, tuple[int, bytes]]) -> set[tuple[str, ...]]:
    """What RECORD says, but for what each installer writes in words of its own."""
    (name,) = (name for name in files if name.endswith(".dist-info/RECORD"))
    site = name.rpartition("/")[0].rpartition("/")[0]
    rows = csv.reader(io.StringIO(files[name][1].decode()))
    places = [(os.path.normpath(f"/{site}/{row[0]}").replace("lib64", "lib"), *row) for row in rows]
    return {
        (place, *(() if place.endswith(("/bin/foo", "/bin/bar")) else row[2:]))
        for place, *row in places
        if not place.endswith(OWN)
    }


def without_own(files: Mapping[str, tuple[int, bytes]]) -> dict[str, tuple[int, bytes | None]]:
    """The files, of which launchers and RECORD are there without their bytes."""
    return {
        path: (mode, None if path.endswith(("/bin/foo", "/bin/bar", "/RECORD")) else content)
        for path, (mode, content) in files.items()
        if not path.endswith(OWN) and "__pycache__" not in path
    }


def test_uv_writes_the_same_names_modes_and_bytes(tmp_path: Path, venv: Path) -> None:
    before = set(on_disk(venv))
    wheel = make_wheel(tmp_path, FULL, name="De_mo", entry_points=PROGRAMS)
    python = venv / "bin/python"
    uv_run("pip", "install", "--no-index", "--python", str(python), str(wheel))
    there = {path: one for path, one in on_disk(venv).items() if path not in before}
    scheme = Scheme(prefix=str(venv), python=SERIES, interpreter=str(python))
    read = read_wheel(wheel, scheme, filename=wheel.name)
    ours = held(read)
    assert without_own(ours) == without_own(there)
    assert record_lines(ours) == record_lines(there)
    for entry in read.entries:
        if isinstance(entry, Folder):
            assert stat.S_IMODE(Path("/", entry.path).stat().st_mode) == entry.mode
    for name in ("foo", "bar"):
        mine, theirs = (files[f"{venv}/bin/{name}".lstrip("/")][1] for files in (ours, there))
        assert mine.splitlines()[0] == theirs.splitlines()[0]
        assert set(mine.splitlines()) & set(theirs.splitlines()) >= {
            b"from demo import main",
            b"    sys.exit(main())",
        }


def test_uv_keeps_the_mode_of_record_and_so_do_we(tmp_path: Path, venv: Path) -> None:
    parts = wheel_parts({"m.py": b""})
    name = "demo-1.0.dist-info/RECORD"
    content = zipped(changed(parts, name, mode=0o100755))
    wheel = write_wheel(tmp_path, content)
    uv_run("pip", "install", "--no-index", "--python", str(venv / "bin/python"), str(wheel))
    scheme = Scheme(prefix=str(venv), python=SERIES, interpreter=str(venv / "bin/python"))
    path = f"{scheme.site_packages}/{name}"
    ours = held(read_wheel(wheel, scheme, filename=wheel.name))
    assert ours[path][0] == on_disk(venv)[path][0] == 0o755


def test_uv_compiles_the_same_modules_to_the_same_code(tmp_path: Path, venv: Path) -> None:
    import marshal  # noqa: PLC0415 - what is in it is compared

    wheel = make_wheel(tmp_path, FULL, name="De_mo", entry_points=PROGRAMS)
    python = venv / "bin/python"
    options = ("--no-index", "--compile-bytecode", "--python", str(python))
    uv_run("pip", "install", *options, str(wheel))
    theirs = {
        path: content
        for path, (_, content) in on_disk(venv).items()
        if path.endswith(".pyc") and "_virtualenv" not in path
    }
    scheme = Scheme(prefix=str(venv), python=SERIES, interpreter=str(python))
    found = bytecode(read_wheel(wheel, scheme, filename=wheel.name).entries, HERE)
    ours = {entry.path: content_of(entry) for entry in found if isinstance(entry, Regular)}
    assert ours.keys() == theirs.keys()
    assert len(ours) == 2
    for path, content in ours.items():
        one, other = (marshal.loads(held[16:]) for held in (content, theirs[path]))  # noqa: S302
        assert one == other
        assert one.co_filename == other.co_filename


def test_installer_writes_the_same(tmp_path: Path) -> None:
    # It takes no mode without a kind of file, and knows of no venv's links.
    files = {
        name: part for name, part in FULL.items() if name != "demo/no-kind" and "lib64" not in name
    }
    compare_with_installer(tmp_path, files)


_NAMES = st.text("abcé.- ,", min_size=1, max_size=4).filter(lambda name: name.strip(".- ") == name)
_PLACES = st.sampled_from(
    ["", "demo/", "De_mo-1.0.data/data/", "De_mo-1.0.data/scripts/", "De_mo-1.0.data/headers/a/"]
)
_PARTS = st.builds(
    lambda place, name, content, mode, method: Part(
        name=f"{place}f{name}", content=content, mode=mode, method=method
    ),
    _PLACES,
    _NAMES,
    st.binary(max_size=40) | st.binary(max_size=10).map(lambda rest: b"#!python" + rest),
    st.sampled_from([0o100644, 0o100755, 0o100700]),
    st.sampled_from([0, 8]),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(parts=st.lists(_PARTS, max_size=6, unique_by=lambda part: part.name))
def test_whatever_is_in_a_wheel_installer_writes_the_same(
    tmp_path_factory: pytest.TempPathFactory, parts: list[Part]
) -> None:
    folder = tmp_path_factory.mktemp("wheel")
    compare_with_installer(folder, {str(part.name): part for part in parts})


def compare_with_installer(folder: Path, files: Mapping[str, bytes | Part]) -> None:
    wheel = make_wheel(folder, files, name="De_mo", entry_points=PROGRAMS)
    root = folder / "venv"
    scheme = Scheme(prefix=str(root), python=SERIES, interpreter="/p/bin/python")
    site = Path("/", scheme.site_packages)
    parts = {"purelib": site, "platlib": site, "scripts": root / "bin", "data": root}
    parts["headers"] = root / f"include/site/python{SERIES}/de-mo"
    destination = SchemeDictionaryDestination(
        {part: str(place) for part, place in parts.items()},
        interpreter=scheme.interpreter,
        script_kind="posix",
    )
    with warnings.catch_warnings(), WheelFile.open(wheel) as source:
        warnings.simplefilter("ignore")
        install(source, destination, {"INSTALLER": b"lading\n"})
    ours = held(read_wheel(wheel, scheme, filename=wheel.name))
    # A script of a wheel is executable after uv (and pip), whatever its mode; not after installer.
    theirs = {
        path: (0o755 if "/venv/bin/" in path else mode, content)
        for path, (mode, content) in on_disk(root).items()
    }
    assert without_own(ours) == without_own(theirs)
    assert record_lines(ours) == record_lines(theirs)
