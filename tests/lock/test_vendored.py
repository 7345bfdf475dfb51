"""Locks for builds without a network: the system packages too (CASES R53)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
import pytest

from debian.signed_archive import Keys, Server, SignedArchive, needs, stanza
from lading.errors import LadingError
from lading.lock.debs import packages_of
from lading.lock.file import emit_lock, parse_lock
from lading.lock.inputs import read_inputs
from lading.lock.integrity import flaws
from lading.lock.making import LockMaker
from lading.lock.resolve import Renewal
from lading.platforms import Platform
from lock.dock import AMD64
from lock.package_index import pkg_info, sdist
from lock.source_files import STATIC, publish_tools

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lading import Image
    from lading.lock.model import Lock, PlatformLock
    from lock.dock import Dock

pytestmark = needs("gpg", "gpgv")

TOOLS = ("build-essential", "ca-certificates", "make")


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
    found.stanzas += [stanza(name) for name in TOOLS]
    publish(found)
    with Server.of(folder) as server:
        dock.environ["LADING_MIRROR_DEBIAN"] = server.url
        dock.environ["LADING_MIRROR_DEBIAN_SECURITY"] = server.url
        dock.environ["LADING_DEBIAN_KEYRING"] = str(keys.keyring)
        yield found, server


def publish(archive: SignedArchive) -> None:
    for suite in ("bookworm", "bookworm-updates", "bookworm-security"):
        archive.publish(suite)


def make(
    dock: Dock,
    image: Image,
    *,
    vendor: bool = True,
    earlier: Lock | None = None,
    everything: bool = False,
) -> Lock:
    maker = LockMaker(
        machine=dock.machine(), vendor=vendor, now=lambda: datetime(2026, 11, 22, tzinfo=UTC)
    )
    asked = read_inputs(image, dock.project)
    platforms = [Platform.parse(AMD64)]
    renewal = Renewal(everything=everything)
    lock = maker.make(image, asked, dock.project, platforms, earlier=earlier, renewal=renewal)
    assert flaws(lock) == ()
    assert parse_lock(emit_lock(lock)) == lock
    return lock


def part(lock: Lock) -> PlatformLock:
    (found,) = lock.platforms
    return found


def names(lock: Lock) -> list[str]:
    return [deb.name for deb in part(lock).debs]


def test_a_vendored_lock_has_the_debs(dock: Dock, archive: tuple[SignedArchive, Server]) -> None:
    lock = make(dock, dock.image().system_packages("libgomp1"))
    found = part(lock)
    assert found.debs_for == ("libgomp1",)
    assert names(lock) == ["libc6", "libgomp1"]
    assert {one.url for one in found.archives} == {archive[1].url}


def test_the_toolchain_is_among_them_where_something_is_compiled(
    dock: Dock, archive: tuple[SignedArchive, Server]
) -> None:
    assert archive
    publish_tools(dock.index)
    dock.index.wheel("beta", "1.0")
    files = {"PKG-INFO": pkg_info("alpha", "1.0"), "pyproject.toml": STATIC}
    dock.index.add(sdist("alpha", "1.0", files))
    image = dock.image().build_packages("make")

    wheels = make(dock, image.python_packages("beta"))
    sources = make(dock, image.python_packages("alpha", no_binary=["alpha"]))

    assert part(wheels).debs_for == ()
    assert part(wheels).debs == ()
    assert names(sources) == ["build-essential", "ca-certificates", "make"]
    assert part(sources).debs_for == packages_of(image, part(sources))


def test_a_lock_that_is_not_vendored_asks_no_archive(
    dock: Dock, archive: tuple[SignedArchive, Server]
) -> None:
    lock = make(dock, dock.image().system_packages("libgomp1"), vendor=False)
    assert part(lock).debs_for is None
    assert archive[1].asked == []


def test_debs_stay_until_they_are_renewed(
    dock: Dock, archive: tuple[SignedArchive, Server]
) -> None:
    image = dock.image().system_packages("libgomp1")
    dock.index.wheel("beta", "1.0")
    before = make(dock, image)
    archive[0].stanzas[0] = stanza("libgomp1", "13.0", depends="libc6")
    publish(archive[0])
    archive[1].asked.clear()

    same = make(dock, image, earlier=before)
    more = make(dock, image.python_packages("beta"), earlier=before, vendor=False)
    assert archive[1].asked == []
    newest = make(dock, image, earlier=before, everything=True, vendor=False)

    assert same == before
    assert part(more).debs == part(before).debs
    assert [deb.version for deb in part(newest).debs] == ["2.36", "13.0"]


def test_a_plain_lock_becomes_a_vendored_one(
    dock: Dock, archive: tuple[SignedArchive, Server]
) -> None:
    assert archive
    image = dock.image().system_packages("libgomp1")
    plain = make(dock, image, vendor=False)
    vendored = make(dock, image, earlier=plain)
    assert names(vendored) == ["libc6", "libgomp1"]
    without = msgspec.structs.replace(part(vendored), archives=(), debs_for=None, debs=())
    assert without == part(plain)


def test_a_vendored_lock_forgets_its_debs_where_the_image_has_none(
    dock: Dock, archive: tuple[SignedArchive, Server]
) -> None:
    assert archive
    before = make(dock, dock.image().system_packages("libgomp1"))
    alpine = dock.image("alpine:3.22").system_packages("libgomp")
    assert part(make(dock, alpine, earlier=before, vendor=False)).debs_for is None


@pytest.mark.parametrize(
    ("distro", "package", "said"),
    [
        ("debian:bookworm", "no-such-package", "no-such-package"),
        ("alpine:3.22", "libgomp", "vendoring system packages is for Debian and Ubuntu"),
    ],
)
def test_what_can_t_be_vendored_is_said_at_its_line(
    dock: Dock, archive: tuple[SignedArchive, Server], distro: str, package: str, said: str
) -> None:
    assert archive
    with pytest.raises(LadingError) as refused:
        make(dock, dock.image(distro).system_packages(package))
    (problem,) = refused.value.problems
    assert said in problem.message
    assert problem.location is not None
    assert problem.location.file == __file__
