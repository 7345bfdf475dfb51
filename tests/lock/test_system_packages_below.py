"""System packages of an image on another one: those below stay, and more are chosen for them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from debian.signed_archive import needs, stanza
from freeze.debs import deb_file
from lading import Image, LadingError
from lading.distros import root_packages, root_tools
from lading.lock.below import lock_below, part_below
from lading.lock.file import emit_lock, parse_lock, write_lock
from lading.lock.inputs import read_inputs
from lading.lock.integrity import flaws
from lading.lock.model import DebsFor, Provided
from lock.package_index import pkg_info, sdist
from lock.source_files import STATIC, publish_tools
from lock.test_system_packages import archive, based, debs, keys, make, part, publish

if TYPE_CHECKING:
    from debian.signed_archive import Server, SignedArchive
    from lock.dock import Dock

__all__ = ["archive", "keys"]  # fixtures

pytestmark = needs("gpg", "gpgv")

LOWER = [(1, "curl", "8.0"), (1, "libcurl", "8.0"), (1, "libgomp1", "12.2")]


def test_they_are_chosen_for_what_is_below(
    dock: Dock, archive: tuple[SignedArchive, Server]
) -> None:
    archive[0].stanzas += [stanza("tool", depends="libcurl, old")]
    publish(archive[0])
    base = based(dock).system_packages("curl")
    service = Image.from_image(base).system_packages("tool", "curl")
    lock = make(dock, service)
    assert debs(lock) == [*LOWER, (2, "old", "1.0"), (2, "tool", "1.0")]
    assert part(lock).debs_for == DebsFor(installations=(("curl",), ("curl", "tool")), below=(1,))
    assert lock_below(read_inputs(service, dock.project), lock) == make(dock, base)
    assert make(dock, service, earlier=lock) == lock


def test_those_below_stay_where_the_archive_goes_on(
    dock: Dock, archive: tuple[SignedArchive, Server]
) -> None:
    base = based(dock).system_packages("curl")
    own = make(dock, base)
    write_lock(dock.project, own, "lading.base.lock")
    # The older ones are still listed, as in a snapshot's suite of updates.
    archive[0].stanzas += [stanza("curl", "9.0", depends="libc6"), stanza("libcurl", "9.0")]
    archive[0].stanzas += [stanza("tool", depends="libcurl (>= 8)")]
    publish(archive[0])
    lock = make(dock, Image.from_image(base).system_packages("tool"))
    assert debs(lock) == [*LOWER, (2, "tool", "1.0")]
    assert part_below(Image.from_image(base), part(lock)).debs == part(own).debs
    # Nothing of the archive is read where nothing more is asked for.
    dock.environ["LADING_MIRROR_DEBIAN"] = "http://127.0.0.1:9"
    same = make(dock, Image.from_image(base).env(A="1"))
    assert part(same).debs == part(own).debs


def test_one_that_the_archive_has_no_more_is_asked_itself(
    dock: Dock, archive: tuple[SignedArchive, Server]
) -> None:
    content = deb_file("odd", "1.0", Provides="odd-thing", Depends="libc6")
    described = stanza("odd", depends="libc6", provides="odd-thing")
    told = hashlib.sha256(b"odd 1.0").hexdigest()
    described = described.replace(told, hashlib.sha256(content).hexdigest())
    archive[0].stanzas += [described.replace("Size: 1000", f"Size: {len(content)}")]
    publish(archive[0])
    base = based(dock).system_packages("odd")
    write_lock(dock.project, make(dock, base), "lading.base.lock")
    archive[0].stanzas[-1] = stanza("odd", "2.0", provides="odd-thing")
    archive[0].stanzas += [stanza("tool", depends="odd-thing")]
    publish(archive[0])
    service = Image.from_image(base).system_packages("tool")
    with pytest.raises(LadingError, match=r"odd 1\.0: .*not found|odd 1\.0: .*404"):
        make(dock, service)
    place = archive[0].folder / "pool/main/o/odd/odd_1.0_amd64.deb"
    place.parent.mkdir(parents=True)
    place.write_bytes(content)
    assert debs(make(dock, service)) == [(1, "odd", "1.0"), (2, "tool", "1.0")]


def test_what_is_compiled_below_is_compiled_with_the_same(
    dock: Dock, archive: tuple[SignedArchive, Server]
) -> None:
    archive[0].stanzas += [stanza("patch")]
    publish(archive[0])
    publish_tools(dock.index)
    dock.index.wheel("beta", "1.0")
    for name in ("below", "above"):
        files = {"PKG-INFO": pkg_info(name, "1.0"), "pyproject.toml": STATIC}
        dock.index.add(sdist(name, "1.0", files))
    base = based(dock).python_packages("below", no_binary=["below"])
    own = make(dock, base)
    service = (
        Image.from_image(base)
        .system_packages("build-essential")
        .python_packages("above", no_binary=["above"])
        .build_packages("patch")
    )
    lock = make(dock, service)
    assert lock_below(read_inputs(service, dock.project), lock) == own
    (below,) = part(lock).below
    assert below.debs == tuple(deb for deb in part(own).debs if not deb.group)
    assert "build-essential" in {deb.name for deb in below.debs}
    compiling = {deb.name for deb in part(lock).debs if not deb.group}
    assert "patch" in compiling
    assert "build-essential" not in compiling


def test_so_it_is_on_scratch(dock: Dock, archive: tuple[SignedArchive, Server]) -> None:
    bare = dock.image().replace(base_image="scratch", lock_system_packages=True)
    assert bare.distro is not None
    every = root_packages(bare.distro, bare.python_version)
    tools = root_tools(shell=False, compiles=False)
    known = {one.partition("\n")[0].removeprefix("Package: ") for one in archive[0].stanzas}
    archive[0].stanzas += [stanza(name) for name in {*every, *tools} - known]
    publish(archive[0])
    for name in ("alpha", "beta"):
        dock.index.wheel(name, "1.0")
    archive[0].stanzas += [stanza("gawk", provides="awk, editor")]
    publish(archive[0])
    bases = (
        *(bare, bare.python_packages("beta"), bare.system_packages("curl")),
        bare.system_packages("awk"),
    )
    for base in bases:
        service = Image.from_image(base).system_packages("old").python_packages("alpha")
        lock = make(dock, service)
        own = make(dock, base)
        assert lock_below(read_inputs(service, dock.project), lock) == own
        added = {deb.name for deb in part(lock).debs if deb.group} - {
            deb.name for deb in part(own).debs if deb.group
        }
        assert added == {"old"}
        assert make(dock, service, earlier=lock) == lock


def test_on_scratch_a_lock_says_what_stands_for_a_name(
    dock: Dock, archive: tuple[SignedArchive, Server]
) -> None:
    bare = dock.image().replace(base_image="scratch", lock_system_packages=True)
    assert bare.distro is not None
    known = {one.partition("\n")[0].removeprefix("Package: ") for one in archive[0].stanzas}
    every = root_packages(bare.distro, bare.python_version)
    archive[0].stanzas += [stanza(name) for name in set(every) - known]
    archive[0].stanzas += [stanza("gawk", provides="awk"), stanza("lynx", provides="browser")]
    publish(archive[0])
    base = bare.system_packages("awk", "curl")
    service = Image.from_image(base).system_packages("awk", "browser", "gawk")
    lock = make(dock, service)
    assert part(lock).provided == (
        Provided(name="awk", package="gawk"),
        Provided(name="browser", package="lynx"),
    )
    own = make(dock, base)
    assert part(own).provided == (Provided(name="awk", package="gawk"),)
    assert lock_below(read_inputs(service, dock.project), lock) == own
    assert make(dock, service, earlier=lock) == lock
    assert parse_lock(emit_lock(lock)) == lock
    assert flaws(lock) == ()
    for name, asked in (("lynx", "browser"), ("gawk", "gawk"), ("curl", "curl")):
        kept = tuple(deb for deb in part(lock).debs if deb.name != name)
        (cut,) = (replace(one, debs=kept) for one in lock.platforms)
        assert any(f"{asked}" in flaw for flaw in flaws(replace(lock, platforms=(cut,))))
    (cut,) = (replace(one, provided=()) for one in lock.platforms)
    assert [flaw.partition(": ")[2] for flaw in flaws(replace(lock, platforms=(cut,)))] == [
        "awk is asked for, and is no Debian package of the lock",
        "browser is asked for, and is no Debian package of the lock",
    ]


def test_on_another_base_only_what_is_installed_stands_for_a_name(
    dock: Dock, archive: tuple[SignedArchive, Server]
) -> None:
    archive[0].stanzas += [stanza("gawk", provides="awk")]
    publish(archive[0])
    lock = make(dock, based(dock).system_packages("awk"))
    assert part(lock).provided == (Provided(name="awk", package="gawk"),)
    assert flaws(lock) == ()
