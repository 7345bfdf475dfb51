"""The folder of packages that a vendored build installs from, and what is read out of a .deb."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from debian.debs import Apt, locked, make_deb
from debian.signed_archive import needs
from lading.debian import packages_index
from lading.debian.deb import control_of
from lading.errors import ResolutionError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = needs("dpkg-deb", "apt-get")


def index_of(*files: Path) -> str:
    return packages_index([(locked(file), file) for file in files])


def test_the_index_says_what_apt_decides_by(tmp_path: Path) -> None:
    file = make_deb(tmp_path, "tool", depends="lib (>= 1),\n more", recommends="doc", section="x")
    deb = locked(file)
    assert index_of(file) == (
        "Package: tool\n"
        "Version: 1.0\n"
        "Architecture: all\n"
        "Section: x\n"
        "Depends: lib (>= 1), more\n"
        "Filename: ./tool_1.0_all.deb\n"
        f"Size: {deb.size}\n"
        f"SHA256: {deb.sha256}\n"
    )


def test_the_index_is_the_same_in_any_order(tmp_path: Path) -> None:
    files = [make_deb(tmp_path, name) for name in ("one", "two", "three")]
    assert index_of(*files) == index_of(*reversed(files))


def test_apt_installs_from_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "debs"
    folder.mkdir()
    tool = make_deb(folder, "tool", depends="lib, virtual (= 2)")
    lib = make_deb(folder, "lib", version="1:2.0-1", essential="yes")
    other = make_deb(folder, "other", provides="virtual (= 2)")
    pairs = [(locked(f), f) for f in (tool, other)] + [(locked(lib, version="1:2.0-1"), lib)]
    (folder / "Packages").write_text(packages_index(pairs))
    sources = (f"deb [trusted=yes] file:{folder} ./",)
    apt = Apt(tmp_path / "apt", sources).updated()
    assert apt.would_install("tool") == {("tool", "1.0"), ("lib", "1:2.0-1"), ("other", "1.0")}


def test_apt_refuses_a_package_that_was_changed_in_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "debs"
    folder.mkdir()
    tool = make_deb(folder, "tool")
    (folder / "Packages").write_text(index_of(tool))
    content = tool.read_bytes()
    tool.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    apt = Apt(tmp_path / "apt", (f"deb [trusted=yes] file:{folder} ./",)).updated()
    done = apt.run("--download-only", "--yes", "install", "tool")
    assert done.returncode != 0
    assert "Hash Sum mismatch" in done.stderr


@pytest.mark.parametrize("packing", ["none", "gzip", "xz", "zstd"])
def test_every_compression_is_read(tmp_path: Path, packing: str) -> None:
    file = make_deb(tmp_path, "tool", packing=packing)
    text = control_of(file, what="tool")
    assert text.startswith("Package: tool\nVersion: 1.0\n")


def test_the_old_format_is_refused(tmp_path: Path) -> None:
    file = make_deb(tmp_path, "tool", format_version="0.939000", packing="gzip")
    with pytest.raises(ResolutionError, match="tool can't be read as a Debian package"):
        control_of(file, what="tool")


def test_a_file_that_is_another_package_than_the_lock_says_is_refused(tmp_path: Path) -> None:
    file = make_deb(tmp_path, "tool")
    with pytest.raises(ResolutionError) as caught:
        packages_index([(locked(file, name="other"), file)])
    assert str(caught.value) == (
        "other 1.0 for all is by its own words tool 1.0 all\n"
        "hint: the lock was changed by hand: lock again"
    )


def test_a_package_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ResolutionError, match=r"tool can't be read as a Debian package: .*No such"):
        control_of(tmp_path / "none.deb", what="tool")


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make_deb(tmp_path_factory.mktemp("real"), "tool").read_bytes()


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_package_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, real: bytes, data: st.DataObject
) -> None:
    changed = bytearray(real[: data.draw(st.integers(0, len(real)))])
    for _ in range(data.draw(st.integers(0, 4))):
        if changed:
            place = data.draw(st.integers(0, len(changed) - 1))
            changed[place] = data.draw(st.integers(0, 255))
    file = tmp_path_factory.getbasetemp() / "damaged.deb"
    file.write_bytes(changed)
    with suppress(ResolutionError):
        assert isinstance(control_of(file, what="tool"), str)
