"""Only what a key of the archive has signed is read."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from debian.signed_archive import Keys, needs
from lading.debian.signature import find_keyring, signed_text
from lading.errors import ResolutionError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = needs("gpg", "gpgv")

TEXT = "Suite: stable\nCodename: bookworm\n"


def check(content: bytes, keyring: Path) -> str:
    return signed_text(content, what="the file", keyring=keyring, environ=os.environ).decode()


def test_what_the_archives_key_has_signed_is_read(keys: Keys) -> None:
    assert check(keys.signed(TEXT), keys.keyring) == TEXT


def test_an_armoured_keyring_does_as_well(keys: Keys, tmp_path: Path) -> None:
    armoured = tmp_path / "keys.asc"
    armoured.write_text(keys.gpg("--armor", "--export"))
    assert check(keys.signed(TEXT), armoured) == TEXT


def test_what_stands_around_the_signed_text_is_dropped(keys: Keys) -> None:
    around = b"Suite: evil\n\n" + keys.signed(TEXT) + b"\nSuite: evil\n"
    assert check(around, keys.keyring) == TEXT


def test_a_changed_text_is_refused(keys: Keys) -> None:
    changed = keys.signed(TEXT).replace(b"bookworm", b"bullseye")
    with pytest.raises(ResolutionError, match="the file is not signed by a key of") as caught:
        check(changed, keys.keyring)
    assert "BAD signature" in str(caught.value)


def test_a_stranger_is_refused(keys: Keys, other_keys: Keys) -> None:
    with pytest.raises(ResolutionError, match="not signed by a key of") as caught:
        check(other_keys.signed(TEXT), keys.keyring)
    assert "No public key" in str(caught.value)


def test_a_key_that_has_expired_is_refused() -> None:
    then = "--faked-system-time=20200101T000000"
    with Keys.made(then, expires="1y") as old:
        content = old.gpg(then, "--clearsign", stdin=TEXT).encode()
        with pytest.raises(ResolutionError, match="not signed by a key of"):
            check(content, old.keyring)


def test_one_of_several_signatures_is_enough(keys: Keys, other_keys: Keys) -> None:
    keys.gpg("--import", stdin=other_keys.gpg("--armor", "--export-secret-keys"))
    both = keys.gpg("--list-keys", "--with-colons")
    prints = [line.split(":")[9] for line in both.splitlines() if line.startswith("fpr")]
    users = [word for print_ in prints for word in ("--local-user", print_)]
    content = keys.gpg(*users, "--clearsign", stdin=TEXT).encode()
    assert check(content, other_keys.keyring) == TEXT


@pytest.mark.parametrize(
    "content", [b"", b"Suite: stable\n", b"-----BEGIN PGP SIGNED MESSAGE-----"]
)
def test_what_nobody_signed_is_refused(keys: Keys, content: bytes) -> None:
    with pytest.raises(ResolutionError, match="is not signed by a key of"):
        check(content, keys.keyring)


def test_two_messages_in_one_are_refused(keys: Keys, other_keys: Keys) -> None:
    for content in (
        other_keys.signed("Suite: evil\n") + keys.signed(TEXT),
        keys.signed(TEXT) + other_keys.signed("Suite: evil\n"),
    ):
        with suppress(ResolutionError):
            assert check(content, keys.keyring) == TEXT


def test_a_damaged_keyring_signs_nothing(keys: Keys, tmp_path: Path) -> None:
    damaged = tmp_path / "keys.gpg"
    damaged.write_bytes(keys.keyring.read_bytes()[:20])
    with pytest.raises(ResolutionError, match="not signed by a key of"):
        check(keys.signed(TEXT), damaged)


def test_without_gpgv_the_error_says_what_to_install(keys: Keys, tmp_path: Path) -> None:
    environ = {"PATH": str(tmp_path)}
    with pytest.raises(ResolutionError, match=r"gpgv.* is not on the PATH") as caught:
        signed_text(b"", what="the file", keyring=keys.keyring, environ=environ)
    assert "hint: install gpgv" in str(caught.value)


def test_a_keyring_can_be_named(tmp_path: Path) -> None:
    named = tmp_path / "ours.gpg"
    named.touch()
    assert find_keyring("debian", {"LADING_DEBIAN_KEYRING": str(named)}) == named
    assert find_keyring("ubuntu", {"LADING_UBUNTU_KEYRING": str(named)}) == named


def test_a_named_keyring_must_be_there(tmp_path: Path) -> None:
    missing = str(tmp_path / "none.gpg")
    with pytest.raises(ResolutionError, match="which is not a file") as caught:
        find_keyring("debian", {"LADING_DEBIAN_KEYRING": missing})
    assert "install debian-archive-keyring, or name a file" in str(caught.value)
