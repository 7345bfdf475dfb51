"""System packages in the lock: chosen for what the base has, from a signed archive."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from debian.signed_archive import Keys, Server, SignedArchive, needs, stanza
from lading.distros import root_packages, root_tools
from lading.errors import LadingError
from lading.lock.debs import debs_drift
from lading.lock.drift import drift
from lading.lock.file import emit_lock, parse_lock
from lading.lock.fit import misfits
from lading.lock.inputs import read_inputs
from lading.lock.integrity import flaws
from lading.lock.making import LockMaker
from lading.lock.model import DebsFor
from lading.lock.resolve import Renewal
from lading.oci import layout
from lading.oci.making import index_of
from lading.platforms import Platform
from lock.dock import AMD64, ARM64
from lock.package_index import pkg_info, sdist
from lock.source_files import STATIC, publish_tools
from oci import images

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lading import Image
    from lading.lock.model import Lock, PlatformLock
    from lock.dock import Dock

pytestmark = needs("gpg", "gpgv")

TOOLS = ("build-essential", "ca-certificates", "make", "g++")

STATUS = """\
Package: libc6
Status: install ok installed
Version: 2.36
Architecture: amd64

Package: old
Status: deinstall ok config-files
Version: 1.0
Architecture: amd64
"""


# libc6 is of whichever architecture is asked for.
BASE = {"var/lib/dpkg/status": STATUS.replace(": amd64\n", ": all\n", 1).encode()}


@pytest.fixture(scope="module")
def keys() -> Iterator[Keys]:
    with Keys.made() as keys:
        yield keys


@pytest.fixture
def archive(dock: Dock, keys: Keys, tmp_path: Path) -> Iterator[tuple[SignedArchive, Server]]:
    """A signed archive that the machine reaches as Debian's."""
    folder = tmp_path / "archive"
    folder.mkdir()
    found = SignedArchive(folder, keys)
    found.stanzas += [stanza("libgomp1", "12.2", depends="libc6"), stanza("libc6", "2.36")]
    found.stanzas += [stanza("curl", "8.0", depends="libc6 (>= 2), libcurl | old, libgomp1")]
    found.stanzas += [stanza("libcurl", "8.0", depends="libc6"), stanza("old", "1.0")]
    found.stanzas += [stanza(name) for name in TOOLS]
    found.stanzas += [stanza("python3.11", "3.11.2"), stanza("python3.11-dev", "3.11.2")]
    publish(found)
    with Server.of(folder) as server:
        dock.environ["LADING_MIRROR_DEBIAN"] = server.url
        dock.environ["LADING_MIRROR_DEBIAN_SECURITY"] = server.url
        dock.environ["LADING_DEBIAN_KEYRING"] = str(keys.keyring)
        yield found, server


def publish(archive: SignedArchive) -> None:
    for suite in ("bookworm", "bookworm-updates", "bookworm-security"):
        archive.publish(suite)


def based(dock: Dock, status: str | None = STATUS, **replaced: object) -> Image:
    """An image on a base of the project that has these packages."""
    files = {} if status is None else {"var/lib/dpkg/status": status.encode()}
    found = images.image(layers=[images.layer(files or images.FILES)])
    layout.write(dock.project / "base", [found])
    changes = {"base_image": "oci:base", "lock_system_packages": True, **replaced}
    return dock.image().replace(**changes)  # type: ignore[arg-type]


def make(
    dock: Dock,
    image: Image,
    *,
    earlier: Lock | None = None,
    renewal: Renewal = Renewal(),  # noqa: B008 - it is frozen
    allow_older_index: bool = False,
) -> Lock:
    maker = LockMaker(
        allow_older_index=allow_older_index,
        machine=dock.machine(),
        now=lambda: datetime(2026, 11, 22, tzinfo=UTC),
        say=dock.said.append,
    )
    asked = read_inputs(image, dock.project)
    platforms = [Platform.parse(AMD64)]
    lock = maker.make(asked, platforms, earlier=earlier, renewal=renewal)
    assert flaws(lock) == ()
    assert parse_lock(emit_lock(lock)) == lock
    assert debs_drift(image, part(lock)) == ()
    return lock


def part(lock: Lock) -> PlatformLock:
    (found,) = lock.platforms
    return found


def debs(lock: Lock) -> list[tuple[int, str, str]]:
    return [(deb.group, deb.name, deb.version) for deb in part(lock).debs]


def test_what_the_base_lacks_is_locked(dock: Dock, archive: tuple[SignedArchive, Server]) -> None:
    lock = make(dock, based(dock).system_packages("curl"))
    assert part(lock).debs_for == DebsFor(installations=(("curl",),))
    assert debs(lock) == [(1, "curl", "8.0"), (1, "libcurl", "8.0"), (1, "libgomp1", "12.2")]
    assert {one.url for one in part(lock).archives} == {archive[1].url}


def test_on_a_base_without_packages_all_is_locked(
    dock: Dock, archive: tuple[SignedArchive, Server]
) -> None:
    assert archive
    lock = make(dock, based(dock, None).system_packages("libgomp1"))
    assert debs(lock) == [(1, "libc6", "2.36"), (1, "libgomp1", "12.2")]


def test_each_installation_has_what_those_before_it_lack(
    dock: Dock, archive: tuple[SignedArchive, Server]
) -> None:
    assert archive
    image = based(dock).system_packages("libgomp1").run("true").system_packages("curl", "libgomp1")
    assert debs(make(dock, image)) == [
        (1, "libgomp1", "12.2"),
        (2, "curl", "8.0"),
        (2, "libcurl", "8.0"),
    ]


def test_the_toolchain_is_among_them_where_something_is_compiled(
    dock: Dock, archive: tuple[SignedArchive, Server]
) -> None:
    assert archive
    publish_tools(dock.index)
    dock.index.wheel("beta", "1.0")
    files = {"PKG-INFO": pkg_info("alpha", "1.0"), "pyproject.toml": STATIC}
    dock.index.add(sdist("alpha", "1.0", files))
    image = based(dock).build_packages("make")

    wheels = make(dock, image.python_packages("beta"))
    sources = make(dock, image.python_packages("alpha", no_binary=["alpha"]))

    assert part(wheels).debs_for == DebsFor(interpreter=("python3.11",))
    assert debs(wheels) == [(1, "python3.11", "3.11.2")]
    assert [(group, name) for group, name, _ in debs(sources)] == [
        *((0, "build-essential"), (0, "ca-certificates"), (0, "make"), (0, "python3.11-dev")),
        (1, "python3.11"),
    ]


def test_on_scratch_a_shell_is_where_one_is_needed(
    dock: Dock, archive: tuple[SignedArchive, Server]
) -> None:
    """In the base for a step that is run by it, beside the image for one that installs."""
    bare = dock.image().replace(base_image="scratch", lock_system_packages=True)
    assert bare.distro is not None
    every = root_packages(bare.distro, bare.python_version, shell=True)
    tools = root_tools(shell=True, compiles=True)
    known = {one.partition("\n")[0].removeprefix("Package: ") for one in archive[0].stanzas}
    archive[0].stanzas += [stanza(name) for name in {*every, *tools} - known]
    publish(archive[0])
    publish_tools(dock.index)
    dock.index.wheel("beta", "1.0")
    files = {"PKG-INFO": pkg_info("alpha", "1.0"), "pyproject.toml": STATIC}
    dock.index.add(sdist("alpha", "1.0", files))
    wheels = bare.python_packages("beta")

    def shells(image: Image) -> tuple[bool, bool]:
        """Whether the base has one, and whether what is beside the image has one more."""
        names = {(group > 0, name) for group, name, _ in debs(make(dock, image))}
        return (True, "dash") in names, (False, "dash") in names

    assert shells(bare) == (False, False)
    assert shells(wheels) == (False, True)
    assert shells(wheels.run("true")) == (True, False)
    assert shells(wheels.replace(shell=True)) == (True, False)
    sources = make(dock, bare.python_packages("alpha", no_binary=["alpha"]).run("true"))
    compiling = {name for group, name, _ in debs(sources) if not group}
    assert compiling == {"build-essential", "python3.11-dev", *tools}


def test_an_image_can_go_without(dock: Dock, archive: tuple[SignedArchive, Server]) -> None:
    image = based(dock, lock_system_packages=False).system_packages("libgomp1")
    assert part(make(dock, image)).debs_for is None
    assert archive[1].asked == []


def test_debs_stay_until_they_are_renewed(
    dock: Dock, archive: tuple[SignedArchive, Server]
) -> None:
    image = based(dock).system_packages("libgomp1")
    dock.index.wheel("beta", "1.0")
    before = make(dock, image)
    archive[0].stanzas[0] = stanza("libgomp1", "13.0", depends="libc6")
    publish(archive[0])
    archive[1].asked.clear()

    same = make(dock, image, earlier=before)
    more = make(dock, image.python_packages("beta"), earlier=before)
    assert archive[1].asked == []
    by_name = make(dock, image, earlier=before, renewal=Renewal(packages=("libgomp1",)))
    newest = make(dock, image, earlier=before, renewal=Renewal(everything=True))

    assert same == before
    assert part(more).debs == part(before).debs
    assert debs(newest) == debs(by_name) == [(1, "libgomp1", "13.0")]


def test_another_base_chooses_anew(dock: Dock, archive: tuple[SignedArchive, Server]) -> None:
    assert archive
    before = make(dock, based(dock).system_packages("libgomp1"))
    after = make(dock, based(dock, None).system_packages("libgomp1"), earlier=before)
    assert debs(after) == [(1, "libc6", "2.36"), (1, "libgomp1", "12.2")]


def test_another_release_chooses_anew(dock: Dock, archive: tuple[SignedArchive, Server]) -> None:
    for suite in ("trixie", "trixie-updates", "trixie-security"):
        archive[0].publish(suite)
    before = make(dock, based(dock).system_packages("libgomp1"))
    after = make(
        dock, based(dock, distro="debian:trixie").system_packages("libgomp1"), earlier=before
    )
    assert {one.suite for one in part(before).debs} == {"bookworm"}
    assert {one.suite for one in part(after).debs} == {"trixie"}


def test_a_lock_forgets_its_debs_where_the_image_has_none(
    dock: Dock, archive: tuple[SignedArchive, Server]
) -> None:
    assert archive
    before = make(dock, based(dock).system_packages("libgomp1"))
    assert part(make(dock, based(dock), earlier=before)).debs_for is None


def test_all_that_the_archive_lacks_is_said_each_at_its_line(
    dock: Dock, archive: tuple[SignedArchive, Server]
) -> None:
    assert archive
    image = based(dock).system_packages("curll").run("true")
    with pytest.raises(LadingError) as refused:
        make(dock, image.system_packages("no-such-package"))
    first, second = refused.value.problems
    assert "no package is named curll" in first.message
    assert (first.hint or "").startswith("did you mean curl?")
    assert "no-such-package" in second.message
    assert first.location is not None
    assert second.location is not None
    assert first.location.file == second.location.file == __file__
    assert second.location.line > first.location.line


def test_the_releases_that_have_a_package_are_named(
    dock: Dock, archive: tuple[SignedArchive, Server]
) -> None:
    found = SignedArchive(archive[0].folder, archive[0].keys)
    found.stanzas.append(stanza("libgomp2"))
    found.publish("trixie")
    with pytest.raises(LadingError) as refused:
        make(dock, based(dock).system_packages("libgomp2"))
    hint = refused.value.problems[0].hint
    assert hint == "did you mean libgomp1?; debian:trixie has it"


def test_a_snapshot_is_asked_for_its_day(
    dock: Dock, archive: tuple[SignedArchive, Server], tmp_path: Path
) -> None:
    """Its Release file has ceased to hold since, and held on that day."""
    day = tmp_path / "archive" / "debian" / "20261101T000000Z"
    security = tmp_path / "archive" / "debian-security" / "20261101T000000Z"
    for folder in (day, security):
        found = SignedArchive(folder, archive[0].keys)
        found.stanzas.append(stanza("libgomp1", "12.1", depends="libc6"))
        for suite in ("bookworm", "bookworm-updates", "bookworm-security"):
            found.publish(suite, Valid_Until="Wed, 04 Nov 2026 00:00:00 UTC")
    dock.environ["LADING_MIRROR_SNAPSHOT"] = archive[1].url
    image = based(dock, snapshot="2026-11-01").system_packages("libgomp1")
    lock = make(dock, image)
    assert debs(lock) == [(1, "libgomp1", "12.1")]
    assert part(lock).debs_for == DebsFor(
        installations=(("libgomp1",),), snapshot="20261101T000000Z"
    )
    later = image.replace(snapshot="20261102T120000Z")
    assert "snapshot 20261101T000000Z is locked" in debs_drift(later, part(lock))[0]


# As official Python images say it, whatever base is built on them.
OFFICIAL = ("PATH=/usr/local/bin:/usr/bin", "PYTHON_VERSION=3.11.9", "PYTHON_SHA256=00")


def with_python(dock: Dock, **replaced: object) -> Image:
    """An image that needs an interpreter, on a base that has one."""
    image = based(dock, STATUS, **replaced).python_packages("beta")
    files = images.layer({"var/lib/dpkg/status": STATUS.encode()})
    layout.write(dock.project / "base", [images.image(layers=[files], env=OFFICIAL)])
    return image


def test_that_the_base_has_the_interpreter_is_recorded(
    dock: Dock, archive: tuple[SignedArchive, Server]
) -> None:
    dock.index.wheel("beta", "1.0")
    lock = make(dock, with_python(dock))
    assert part(lock).debs_for == DebsFor()
    assert "[platforms.debs_for]\n" in emit_lock(lock)
    assert make(dock, with_python(dock), earlier=lock) == lock
    assert archive[1].asked == []


def test_a_base_that_has_lost_the_interpreter_gets_it(
    dock: Dock, archive: tuple[SignedArchive, Server]
) -> None:
    assert archive
    dock.index.wheel("beta", "1.0")
    before = make(dock, with_python(dock))
    after = make(dock, based(dock).python_packages("beta"), earlier=before)
    assert debs(after) == [(1, "python3.11", "3.11.2")]


def test_another_python_is_looked_for_again(
    dock: Dock, archive: tuple[SignedArchive, Server]
) -> None:
    """That a base has 3.11.9 says nothing of another release."""
    assert archive
    dock.index.wheel("beta", "1.0")
    image = with_python(dock, python_version="3.11.9")
    before = make(dock, image)
    assert part(before).debs_for == DebsFor()
    after = make(dock, image.replace(python_version="3.11.2"), earlier=before)
    assert debs(after) == [(1, "python3.11", "3.11.2")]


@pytest.mark.parametrize("has_python", [False, True])
def test_system_packages_that_are_locked_from_now_on_are_drift(
    dock: Dock, archive: tuple[SignedArchive, Server], *, has_python: bool
) -> None:
    """A base that may have the interpreter was never asked for it while nothing was locked."""
    assert archive
    dock.index.wheel("beta", "1.0")
    image = with_python(dock) if has_python else based(dock).python_packages("beta")
    before = make(dock, image.replace(lock_system_packages=False))
    assert drift(before, read_inputs(image, dock.project).inputs, [AMD64]) == (
        "lock_system_packages: no is locked, yes is asked for",
    )
    assert debs_drift(image, part(before)) == (
        "not locked: system package python3.11, for the interpreter",
    )
    after = make(dock, image, earlier=before)
    assert part(after).debs_for == DebsFor(interpreter=() if has_python else ("python3.11",))


def test_a_platform_has_the_packages_of_its_own_steps(
    dock: Dock, archive: tuple[SignedArchive, Server]
) -> None:
    """The lists of both architectures are read, each for what is asked for there."""
    found, _ = archive
    found.architectures = ("amd64", "arm64")
    arm = [("libatomic1", "libc6"), ("libgomp1", "libc6"), ("libc6", ""), ("gcc-12-base", "")]
    for name, depends in arm:
        found.stanzas.append(stanza(name, "12.2", architecture="arm64", depends=depends))
    publish(found)
    bases = [images.image(one, [images.layer(BASE)]) for one in ("amd64", "arm64")]
    layout.write(dock.project / "base", [index_of(bases)])
    image = (
        dock.image()
        .replace(base_image="oci:base", lock_system_packages=True)
        .system_packages("libgomp1")
        .for_platform("linux/arm64", lambda one: one.system_packages("libatomic1"))
    )
    asked = read_inputs(image, dock.project)
    platforms = [Platform.parse(one) for one in (AMD64, ARM64)]
    maker = LockMaker(machine=dock.machine(), now=lambda: datetime(2026, 11, 22, tzinfo=UTC))
    lock = maker.make(asked, platforms, earlier=None)

    amd, on_arm = lock.platforms
    assert [(deb.name, deb.architecture) for deb in amd.debs] == [("libgomp1", "amd64")]
    assert [(deb.name, deb.architecture) for deb in on_arm.debs] == [
        ("libatomic1", "arm64"),
        ("libgomp1", "arm64"),
    ]
    assert on_arm.inputs is None  # no input of Python's differs
    assert flaws(lock) == ()
    assert misfits(lock, asked, [AMD64, ARM64]) == ()
    again = read_inputs(image.system_packages("libgomp1"), dock.project)
    assert maker.make(again, platforms, earlier=lock) == lock
    more = image.for_platform("linux/arm64", lambda one: one.system_packages("gcc-12-base"))
    assert misfits(lock, read_inputs(more, dock.project), [AMD64, ARM64]) == (
        "linux/arm64: not locked: system package gcc-12-base",
    )
