"""Whose word counts where gpgv or a keyring is missing, and that no archive goes back in time."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from debian.debs import Apt
from debian.signed_archive import Keys, Server, SignedArchive, needs, sha256, stanza
from debian.test_archive import NOW, SUITES, archive, refusal, server, target, trust
from lading.debian import LockedDebs, ReadArchive, Trust, lock_debs
from lading.debian.signature import signed_text
from lading.debian.trust import clear_text
from lading.distros import AptSources, install_commands, parse_distro
from lading.errors import ResolutionError
from lading.mirrors import Mirrors

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["archive", "server", "target"]  # fixtures

pytestmark = needs("gpg", "gpgv")

OLDER = "Fri, 20 Nov 2026 06:00:00 UTC"
NEWER = "Sun, 22 Nov 2026 06:00:00 UTC"


def lock(trusted: Trust, target: dict[str, Any]) -> LockedDebs:
    return lock_debs([["tool"]], trust=trusted, now=NOW, **target)


@pytest.fixture
def bare(keys: Keys, tmp_path: Path) -> Trust:
    """What counts on a machine that has the keys, and no gpgv."""
    return trust(keys, environ={**trust(keys).environ, "PATH": str(tmp_path)})


# A lock's word, where nothing can check.


def test_what_a_lock_has_checked_counts_without_gpgv(
    keys: Keys, target: dict[str, Any], bare: Trust
) -> None:
    first = lock(trust(keys), target)
    assert lock(replace(bare, locked=first.archives), target) == first


def test_what_a_lock_has_checked_counts_without_a_keyring(
    keys: Keys, target: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lading.debian.signature._KEYRINGS", "/nowhere")
    first = lock(trust(keys), target)
    bare = trust(keys, environ=os.environ)
    said = refusal(keys, target, trust=bare)
    assert "InRelease can't be checked: the keys that sign debian's archives are not here" in said
    assert lock(replace(bare, locked=first.archives), target) == first


def test_a_changed_state_can_not_be_checked_without_gpgv(
    archive: SignedArchive, keys: Keys, target: dict[str, Any], server: Server, bare: Trust
) -> None:
    known = replace(bare, locked=lock(trust(keys), target).archives)
    archive.publish("bookworm-security", Date=NEWER)
    assert refusal(keys, target, trust=known) == (
        f"{server.url}/dists/bookworm-security/InRelease has changed since it was locked, and"
        " can't be checked: gpgv, which checks the signatures of Debian's archives, is not on the"
        " PATH\n"
        "hint: install gpgv (Debian, Ubuntu) or gnupg (elsewhere); unsigned = true in"
        " [tool.lading.archives.debian-security] ([archives.debian-security] in a lading.toml)"
        " asks for no signature"
    )


def test_a_state_that_no_lock_has_can_not_be_checked_without_gpgv(
    keys: Keys, target: dict[str, Any], bare: Trust
) -> None:
    assert "InRelease can't be checked: gpgv" in refusal(keys, target, trust=bare)


def test_what_nobody_signed_is_not_trusted_later_because_a_lock_has_it(
    keys: Keys, target: dict[str, Any], bare: Trust
) -> None:
    """Else leaving out `unsigned` again would change nothing."""
    everything = ("debian", "debian-security")
    unsigned = lock(replace(bare, unsigned=everything), target)
    assert {one.signed for one in unsigned.archives} == {False}
    said = refusal(keys, target, trust=replace(bare, locked=unsigned.archives))
    assert "InRelease can't be checked: gpgv" in said


def test_a_locked_state_is_checked_all_the_same_where_gpgv_is(
    keys: Keys, other_keys: Keys, target: dict[str, Any]
) -> None:
    first = lock(trust(keys), target)
    strangers = replace(trust(other_keys), locked=first.archives)
    assert "is not signed by a key of" in refusal(keys, target, trust=strangers)


# A keyring for an archive.


def test_an_archive_can_have_keys_of_its_own(
    keys: Keys, other_keys: Keys, target: dict[str, Any]
) -> None:
    own = replace(trust(other_keys), keyrings=(("debian", keys.keyring),))
    assert "bookworm-security/InRelease is not signed by a key" in refusal(keys, target, trust=own)
    both = replace(own, keyrings=(*own.keyrings, ("debian-security", keys.keyring)))
    assert lock(both, target).debs


# Archives that nobody signs.


def unsign(archive: SignedArchive, suite: str, *, name: str = "Release") -> Path:
    """Leave a suite with a Release file alone."""
    signed = archive.in_release(suite)
    plain = signed.with_name(name)
    plain.write_bytes(clear_text(signed.read_bytes(), what="it"))
    if name != "InRelease":
        signed.unlink()
    return plain


def test_an_archive_may_go_unsigned_by_name(
    archive: SignedArchive, keys: Keys, target: dict[str, Any]
) -> None:
    plain = unsign(archive, "bookworm-security")
    assert "status 404" in refusal(keys, target)
    found = lock(trust(keys, unsigned=("debian-security",)), target)
    assert {one.suite: one.signed for one in found.archives} == {
        "bookworm": True,
        "bookworm-updates": True,
        "bookworm-security": False,
    }
    (one,) = (one for one in found.archives if not one.signed)
    assert one.release == sha256(plain.read_bytes())


def test_going_unsigned_is_for_the_named_archive_alone(
    archive: SignedArchive, keys: Keys, target: dict[str, Any]
) -> None:
    unsign(archive, "bookworm", name="InRelease")
    said = refusal(keys, target, trust=trust(keys, unsigned=("debian-security",)))
    assert "dists/bookworm/InRelease is not signed by a key of" in said


def test_a_strangers_signature_counts_as_none(
    archive: SignedArchive, other_keys: Keys, keys: Keys, target: dict[str, Any]
) -> None:
    both = ("debian", "debian-security")
    assert lock(trust(other_keys, unsigned=both), target).debs
    cut = archive.in_release()
    cut.write_bytes(cut.read_bytes()[:200])
    said = refusal(keys, target, trust=trust(keys, unsigned=both))
    assert "InRelease is cut off: it ends before its signature" in said


def test_what_an_unsigned_archive_says_is_checked_by_its_hashes(
    archive: SignedArchive, keys: Keys, target: dict[str, Any]
) -> None:
    unsign(archive, "bookworm")
    for index in archive.folder.glob("dists/bookworm/main/binary-*/**/*"):
        if index.is_file():
            index.write_bytes(index.read_bytes()[:-1] + b"x")
    said = refusal(keys, target, trust=trust(keys, unsigned=("debian",)))
    assert "where sha256:" in said


TEXTS = st.text(st.sampled_from("-aF: \t\n."), max_size=80)


@settings(max_examples=30)  # each starts gpg, and gpgv
@given(text=TEXTS)
def test_the_text_in_a_message_is_the_one_that_gpgv_gives_out(keys: Keys, text: str) -> None:
    message = keys.signed(f"Suite: x\n{text}\nEnd: y\n")
    checked = signed_text(message, what="it", keyring=keys.keyring, environ=os.environ)
    lines = [line.rstrip() for line in checked.decode().split("\n")]
    found = clear_text(message, what="it").decode()
    assert [line.rstrip() for line in found.split("\n")] == lines


# Back in time.


def test_an_older_state_than_the_locks_is_refused(
    archive: SignedArchive, server: Server, keys: Keys, target: dict[str, Any], tmp_path: Path
) -> None:
    first = lock(trust(keys), target)
    archive.publish("bookworm-security", Date=OLDER)
    elsewhere = {**target, "cache": tmp_path / "another"}
    known = trust(keys, locked=first.archives)
    assert refusal(keys, elsewhere, trust=known) == (
        f"{server.url}/dists/bookworm-security/InRelease is of 2026-11-20T06:00:00Z, and the lock"
        " has seen bookworm-security of 2026-11-21T00:53:02Z: it is a replayed older index\n"
        "hint: where the mirror lags behind, ask again later, or name another as debian-security"
        " in [tool.lading.mirrors] ([mirrors] in a lading.toml);"
        " `lading lock --allow-older-index` takes it once"
    )
    assert lock(trust(keys), elsewhere).debs


def test_an_older_state_than_this_machine_has_seen_is_refused(
    archive: SignedArchive, keys: Keys, target: dict[str, Any]
) -> None:
    lock(trust(keys), target)
    archive.publish("bookworm-security", Date=OLDER)
    said = refusal(keys, target)
    assert "and this machine has seen bookworm-security of 2026-11-21T00:53:02Z" in said
    lock(trust(keys, takes_older=True), target)
    assert lock(trust(keys), target).debs  # from now on this one counts


def test_a_newer_state_is_taken_and_remembered(
    archive: SignedArchive, keys: Keys, target: dict[str, Any]
) -> None:
    before = archive.in_release().read_bytes()
    first = lock(trust(keys), target)
    archive.publish("bookworm", Date=NEWER)
    second = lock(trust(keys, locked=first.archives), target)
    assert second.archives[0].date == "2026-11-22T06:00:00Z"
    archive.in_release().write_bytes(before)
    assert "it is a replayed older index" in refusal(keys, target)


def test_another_mirror_has_a_memory_of_its_own(
    archive: SignedArchive, server: Server, keys: Keys, target: dict[str, Any]
) -> None:
    """That of this machine: an archive of the same name elsewhere may be another altogether."""
    lock(trust(keys), target)
    archive.publish("bookworm-security", Date=OLDER)
    (archive.folder / "other").symlink_to(".")
    other = f"{server.url}/other"
    mirrors = Mirrors(archives=(("debian", other), ("debian-security", other)))
    assert lock(trust(keys), {**target, "mirrors": mirrors}).debs


def test_what_nobody_signs_is_not_remembered(
    archive: SignedArchive, keys: Keys, target: dict[str, Any]
) -> None:
    """A date that anybody can write would keep the real archive out for ever."""
    archive.publish("bookworm-security", Date="Fri, 01 Jan 2100 00:00:00 UTC")
    unsigned = trust(keys, unsigned=("debian-security",))
    first = lock(unsigned, target)
    archive.publish("bookworm-security")
    assert lock(trust(keys, locked=first.archives), target).debs


def test_a_cache_that_forgets_is_no_error(keys: Keys, target: dict[str, Any]) -> None:
    lock(trust(keys), target)
    for file in (target["cache"] / "layers").rglob("*"):
        if file.is_file():
            file.write_bytes(b"x")
    assert lock(trust(keys), target).debs


def test_the_newest_of_several_platforms_counts(keys: Keys, target: dict[str, Any]) -> None:
    dates = ("2026-11-20T00:00:00Z", "2026-11-22T00:00:00Z", "2026-11-21T00:00:00Z")
    seen = tuple(
        ReadArchive(url="x", suite="bookworm", release="0" * 64, date=date) for date in dates
    )
    assert "has seen bookworm of 2026-11-22" in refusal(
        keys, target, trust=trust(keys, locked=seen)
    )


def test_a_suite_that_the_lock_does_not_have_is_new(
    keys: Keys, archive: SignedArchive, target: dict[str, Any]
) -> None:
    archive.stanzas.append(stanza("more"))
    archive.publish("bookworm", Date=OLDER)
    others = tuple(
        ReadArchive(url="x", suite=suite, release="0" * 64, date="2026-11-21T00:00:00Z")
        for suite in SUITES[1:]
    )
    with pytest.raises(ResolutionError, match="no package is named none"):
        lock_debs([["none"]], trust=trust(keys, locked=others), now=NOW, **target)


@needs("apt-get")
def test_real_apt_takes_the_same_word_by_the_sources_of_a_dockerfile(
    archive: SignedArchive, server: Server, keys: Keys, tmp_path: Path
) -> None:
    unsign(archive, "bookworm-security")
    mirrors = (("debian", server.url), ("debian-security", server.url))
    sources = AptSources(
        mirrors=mirrors,
        keyrings=(("debian", str(keys.keyring)),),
        unsigned=("debian-security",),
    )
    keys.home.chmod(0o755)
    apt = Apt(tmp_path / "apt", sources.lines(parse_distro("bookworm"), "amd64")).updated()
    assert apt.would_install("tool") == {("tool", "1.0"), ("lib", "1.0-1")}
    plain = AptSources(mirrors=mirrors).lines(parse_distro("bookworm"), "amd64")
    with pytest.raises(AssertionError):
        Apt(tmp_path / "plain", plain).updated()


@needs("apt-get")
def test_real_apt_installs_from_a_day_by_the_options_of_a_dockerfile(
    keys: Keys, tmp_path: Path
) -> None:
    """What the archive was on that day has ceased to hold since."""
    day = "20161101T000000Z"
    for name, suites in (("debian", SUITES[:2]), ("debian-security", SUITES[2:])):
        found = SignedArchive(tmp_path / "archive" / name / day, keys)
        for suite in suites:
            found.stanzas.append(stanza(f"of-{suite}"))
            found.publish(suite, Valid_Until="Fri, 04 Nov 2016 00:00:00 UTC")
    keys.home.chmod(0o755)
    distro = parse_distro("bookworm")
    with Server.of(tmp_path / "archive") as server:
        sources = AptSources(
            mirrors=(("snapshot", server.url), ("debian", "http://127.0.0.1:1/debian")),
            snapshot=day,
            keyrings=tuple((name, str(keys.keyring)) for name in ("debian", "debian-security")),
        )
        lines = sources.lines(distro, "amd64")
        commands = install_commands(distro, ("tool",), arch="amd64", sources=sources).commands
        (said,) = (one for one in commands if one.startswith("set -- "))
        options = [f"-o{one}" for one in said.split(" -o ")[1:] if not one.startswith("Dir::")]
        # apt's own defaults, which this machine's configuration may have changed.
        usual = [f"-oAcquire::Check-{what}=true" for what in ("Date", "Valid-Until")]
        apt = Apt(tmp_path / "apt", lines).updated(*usual, *options)
        names = [f"of-{suite}" for suite in SUITES]
        assert apt.would_install(*names) == {(name, "1.0") for name in names}
        with pytest.raises(AssertionError):
            Apt(tmp_path / "usual", lines).updated(*usual)
