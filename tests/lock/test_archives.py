"""Whose word a project takes for its archives: read, locked, and told where it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from debian.signed_archive import Keys, Server, SignedArchive, needs, sha256, stanza
from lading.debian.trust import clear_text
from lading.errors import LadingError
from lading.lock.debs import debs_drift
from lading.lock.drift import drift
from lading.lock.inputs import read_inputs
from lading.lock.integrity import flaws
from lading.lock.model import DebsFor, InputKeyring
from lading.lock.resolve import Renewal
from lock.dock import AMD64
from lock.test_system_packages import archive, based, debs, keys, make, part, publish

if TYPE_CHECKING:
    from lading import Image
    from lading.lock.model import Lock
    from lock.dock import Dock

__all__ = ["archive", "keys"]  # fixtures

pytestmark = needs("gpg", "gpgv")

EVERYTHING = Renewal(everything=True)


def configure(dock: Dock, text: str) -> None:
    (dock.project / "pyproject.toml").write_text(text)


def drifted(dock: Dock, image: Image, lock: Lock) -> tuple[str, ...]:
    inputs = read_inputs(image, dock.project).inputs
    return (*drift(lock, inputs, [AMD64]), *debs_drift(image, part(lock)))


OWN = """\
[tool.lading.archives]
debian = { keyring = "keys/debian.gpg" }
debian-security = { keyring = "keys/debian.gpg" }
ubuntu = { unsigned = true }
"""


def test_a_projects_own_keyring_counts_and_is_locked(
    dock: Dock, archive: tuple[SignedArchive, Server], keys: Keys
) -> None:
    assert archive
    del dock.environ["LADING_DEBIAN_KEYRING"]
    content = keys.keyring.read_bytes()
    (dock.project / "keys").mkdir()
    (dock.project / "keys/debian.gpg").write_bytes(content)
    configure(dock, OWN)
    image = based(dock).system_packages("libgomp1")
    lock = make(dock, image)
    assert lock.inputs.keyrings == tuple(
        InputKeyring(archive=name, path="keys/debian.gpg", sha256=sha256(content))
        for name in ("debian", "debian-security")
    )
    assert lock.inputs.unsigned == ()  # Ubuntu's has no part in it
    assert drifted(dock, image, lock) == ()

    (dock.project / "keys/debian.gpg").write_bytes(content * 2)
    assert set(drifted(dock, image, lock)) == {"keys/debian.gpg has changed"}
    configure(dock, OWN.replace("debian-security", "#"))
    assert "keyring keys/debian.gpg of debian-security is locked, and no longer asked for" in (
        drifted(dock, image, lock)
    )


def test_another_keyring_chooses_anew(dock: Dock, archive: tuple[SignedArchive, Server]) -> None:
    """What was signed by a key that no longer counts is not kept."""
    image = based(dock).system_packages("libgomp1")
    before = make(dock, image)
    with Keys.made() as others:
        (dock.project / "debian.gpg").write_bytes(others.keyring.read_bytes())
    configure(dock, '[tool.lading.archives]\ndebian = { keyring = "debian.gpg" }\n')
    with pytest.raises(LadingError, match=r"InRelease is not signed by a key of .*debian\.gpg"):
        make(dock, image, earlier=before)
    assert archive


UNSIGNED = """\
[tool.lading.archives]
debian-security.unsigned = true
"""


def test_an_archive_goes_unsigned_by_name_and_the_lock_says_so(
    dock: Dock, archive: tuple[SignedArchive, Server]
) -> None:
    signed = archive[0].in_release("bookworm-security")
    text = clear_text(signed.read_bytes(), what="it")
    image = based(dock).system_packages("libgomp1")
    before = make(dock, image)
    signed.unlink()
    signed.with_name("Release").write_bytes(text)
    with pytest.raises(LadingError, match="InRelease: its server answered with status 404"):
        make(dock, image, earlier=before, renewal=EVERYTHING)

    configure(dock, UNSIGNED)
    assert drifted(dock, image, before) == ("an unsigned archive, debian-security is not locked",)
    lock = make(dock, image, earlier=before)
    assert lock.inputs.unsigned == ("debian-security",)
    assert {one.suite: one.signed for one in part(lock).archives} == {
        "bookworm": True,
        "bookworm-updates": True,
        "bookworm-security": False,
    }
    configure(dock, "")
    assert drifted(dock, image, lock) == (
        "an unsigned archive, debian-security is locked, and no longer asked for",
    )
    with pytest.raises(LadingError, match="status 404"):
        make(dock, image, earlier=lock)


def test_a_lock_that_was_edited_to_need_no_signature_is_refused(
    dock: Dock, archive: tuple[SignedArchive, Server]
) -> None:
    import msgspec  # noqa: PLC0415 - for this test alone

    assert archive
    lock = make(dock, based(dock).system_packages("libgomp1"))
    found = part(lock)
    edited = tuple(msgspec.structs.replace(one, signed=False) for one in found.archives[:1])
    changed = msgspec.structs.replace(found, archives=(*edited, *found.archives[1:]))
    assert flaws(msgspec.structs.replace(lock, platforms=(changed,))) == (
        "linux/amd64: the archive of bookworm is not signed, which nothing asked for",
    )


def test_an_older_index_is_refused_whatever_machine_saw_the_newer_one(
    dock: Dock, archive: tuple[SignedArchive, Server]
) -> None:
    image = based(dock).system_packages("libgomp1")
    before = make(dock, image)
    for suite in ("bookworm", "bookworm-updates", "bookworm-security"):
        archive[0].publish(suite, Date="Fri, 20 Nov 2026 00:00:00 UTC")
    dock.environ["LADING_CACHE_DIR"] = str(dock.project / "another")
    with pytest.raises(LadingError, match="and the lock has seen bookworm of 2026-11-21") as told:
        make(dock, image, earlier=before, renewal=EVERYTHING)
    assert "`lading lock --allow-older-index` takes it once" in str(told.value)
    lock = make(dock, image, earlier=before, renewal=EVERYTHING, allow_older_index=True)
    assert {one.date for one in part(lock).archives} == {"2026-11-20T00:00:00Z"}
    assert make(dock, image, earlier=before) == before  # which asks no archive


def test_a_snapshot_is_older_on_purpose(dock: Dock, archive: tuple[SignedArchive, Server]) -> None:
    image = based(dock).system_packages("libgomp1")
    before = make(dock, image)
    for name in ("debian", "debian-security"):
        folder = archive[0].folder / name / "20261101T000000Z"
        old = SignedArchive(folder, archive[0].keys, archive[0].stanzas)
        for suite in ("bookworm", "bookworm-updates", "bookworm-security"):
            old.publish(suite, Date="Fri, 30 Oct 2026 00:00:00 UTC")
    dock.environ["LADING_MIRROR_SNAPSHOT"] = archive[1].url
    day = image.replace(snapshot="2026-11-01")
    lock = make(dock, day, earlier=before)
    assert {one.date for one in part(lock).archives} == {"2026-10-30T00:00:00Z"}

    # Within that day nothing may change.
    for suite in ("bookworm", "bookworm-updates", "bookworm-security"):
        old.publish(suite, Date="Thu, 29 Oct 2026 00:00:00 UTC")
    dock.environ["LADING_CACHE_DIR"] = str(dock.project / "another")
    with pytest.raises(LadingError, match="the lock has seen bookworm-security of 2026-10-30"):
        make(dock, day, earlier=lock, renewal=EVERYTHING)


def test_without_gpgv_what_is_locked_stands_until_the_archive_changes(
    dock: Dock, archive: tuple[SignedArchive, Server]
) -> None:
    before = make(dock, based(dock).system_packages("libgomp1"))
    more = based(dock).system_packages("libgomp1", "curl")
    dock.environ["PATH"] = str(dock.project)
    lock = make(dock, more, earlier=before)
    assert (1, "curl", "8.0") in debs(lock)
    assert part(lock).archives == part(before).archives
    publish(archive[0])
    archive[0].publish("bookworm", Date="Sun, 22 Nov 2026 00:00:00 UTC")
    with pytest.raises(LadingError, match="has changed since it was locked, and can't be checked"):
        make(dock, more, earlier=lock, renewal=EVERYTHING)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("archives = 1", "[tool.lading.archives] is not a table"),
        ("archives.debain.unsigned = true", "has no key 'debain'\nhint: did you mean \"debian\"?"),
        ("archives.debian = 1", "[tool.lading.archives] debian is not a table"),
        ("archives.debian.signed = 1", "[tool.lading.archives.debian] has no key 'signed'"),
        ("archives.debian.unsigned = 1", "unsigned is not true or false"),
        ("archives.debian.keyring = 1", "[tool.lading.archives.debian] keyring is not a path"),
        ('archives.debian.keyring = "x.gpg"', '"x.gpg" does not exist'),
        ('archives.debian.keyring = "../x.gpg"', '"../x.gpg" is not in the project'),
        (
            'archives.debian = { keyring = "x.gpg", unsigned = true }',
            "has a keyring, and says that nobody signs the archive",
        ),
    ],
)
def test_what_is_wrong_in_the_table_is_said(dock: Dock, text: str, told: str) -> None:
    configure(dock, f"[tool.lading]\n{text}\n")
    with pytest.raises(LadingError) as refused:
        read_inputs(dock.image(), dock.project)
    assert told in str(refused.value)


def test_components_are_locked_and_told_where_they_change(
    dock: Dock, archive: tuple[SignedArchive, Server]
) -> None:
    archive[0].others = {
        name: [stanza(f"of-{name}")] for name in ("contrib", "non-free", "non-free-firmware")
    }
    publish(archive[0])
    image = based(dock, components=["non-free"]).system_packages("of-non-free")
    lock = make(dock, image)
    assert part(lock).debs_for == DebsFor(
        installations=(("of-non-free",),), components=("non-free",)
    )
    assert debs(lock) == [(1, "of-non-free", "1.0")]
    assert drifted(dock, image.replace(components=["contrib", "non-free"]), lock) == (
        "the archive's components: non-free is locked, contrib, non-free is asked for",
    )
    with pytest.raises(LadingError) as refused:
        make(dock, image.replace(components=()), earlier=lock)
    (problem,) = refused.value.problems
    assert problem.hint == 'it is in non-free: Image(components=["non-free"])'
    assert problem.location is not None
    assert problem.location.file == __file__
