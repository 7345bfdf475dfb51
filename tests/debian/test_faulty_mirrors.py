"""What a mirror may do wrong while it answers: one clear error each, and nothing half-kept."""

from __future__ import annotations

import bz2
import lzma
import os
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from debian.signed_archive import Keys, Server, SignedArchive, needs, sha256
from debian.test_archive import archive, lock, refusal, server, target
from lading.debian.signature import signed_text
from lading.debian.trust import clear_text
from lading.errors import ResolutionError
from lading.http import HttpSettings

if TYPE_CHECKING:
    import http.server
    from pathlib import Path

    from debian.signed_archive import Fault

__all__ = ["archive", "server", "target"]  # fixtures

pytestmark = needs("gpg", "gpgv")

IMPATIENT = HttpSettings(retries=0, timeout=0.3)


def stall(handler: http.server.BaseHTTPRequestHandler) -> None:
    """Promise an answer, and say nothing more until the client goes."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    handler.wfile.write(b"x")
    handler.rfile.read(1)  # until the client hangs up


def cut(handler: http.server.BaseHTTPRequestHandler) -> None:
    """Promise more than there is."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    handler.wfile.write(b"x" * 100)
    handler.close_connection = True


def endless(handler: http.server.BaseHTTPRequestHandler) -> None:
    """Send more than the archive says that there is, for as long as anybody reads."""
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b"x" * 65536)
    except OSError:
        handler.close_connection = True


def kept(target: dict[str, Any]) -> list[Path]:
    """The files of the cache that were fetched."""
    return [path for path in (target["cache"] / "sha256").rglob("*") if path.is_file()]


@pytest.mark.parametrize("part", ["bookworm/InRelease", "bookworm/main/"])
@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (stall, r"no answer within 0\.3 s|less than 256 bytes a second"),
        (cut, r"cut off|broke off|bytes|closed"),
        (endless, r"larger than|longer than|more than"),
    ],
)
def test_a_mirror_that_misbehaves_is_told_and_nothing_of_it_is_kept(
    server: Server, keys: Keys, target: dict[str, Any], part: str, fault: Fault, told: str
) -> None:
    server.faults[part] = fault
    said = refusal(keys, {**target, "http": IMPATIENT})
    assert said.count("\n") <= 1
    assert part in said
    assert re.search(told, said), said
    good = {path.name: path.read_bytes() for path in kept(target)}
    assert all(sha256(content) == name for name, content in good.items())
    server.faults.clear()
    assert lock("tool", keys=keys, target=target).debs


def republished(archive: SignedArchive, suffix: str, packed: bytes) -> None:
    """The release with another list of packages than those that are known."""
    release = clear_text(archive.in_release().read_bytes(), what="it").decode()
    lines = [line for line in release.split("\n") if "main/binary" not in line]
    path = f"main/binary-amd64/Packages{suffix}"
    lines = [*filter(None, lines), f" {sha256(packed)} {len(packed)} {path}", ""]
    (archive.folder / "dists/bookworm" / path).write_bytes(packed)
    by_hash = (archive.folder / "dists/bookworm" / path).parent / "by-hash/SHA256"
    (by_hash / sha256(packed)).write_bytes(packed)
    archive.in_release().write_bytes(archive.keys.signed("\n".join(lines)))


def test_a_compression_that_is_not_known_is_named(
    archive: SignedArchive, keys: Keys, target: dict[str, Any]
) -> None:
    republished(archive, ".bz2", bz2.compress(b"Package: tool\n"))
    said = refusal(keys, target)
    assert said.endswith(
        "/dists/bookworm has main/binary-amd64/Packages.bz2, which can't be read\n"
        "hint: a list that is read is called Packages, Packages.xz or Packages.gz"
    )


def test_a_list_that_is_not_compressed_is_read(
    archive: SignedArchive, keys: Keys, target: dict[str, Any]
) -> None:
    republished(archive, "", "\n".join(archive.stanzas).encode())
    first = lock("tool", keys=keys, target=target)
    assert [one.name for one in first.debs] == ["lib", "tool"]
    assert lock("tool", keys=keys, target=target) == first


@pytest.mark.parametrize(
    "packed", [b"no xz at all", lzma.compress(b"Package: tool\n")[:-12], b""], ids=str
)
def test_what_is_signed_and_can_not_be_unpacked_is_told(
    archive: SignedArchive, keys: Keys, target: dict[str, Any], packed: bytes
) -> None:
    republished(archive, ".xz", packed)
    assert "/dists/bookworm/main/binary-amd64/Packages.xz can't be unpacked: it is" in refusal(
        keys, target
    )


@settings(max_examples=60)  # each starts gpgv
@given(place=st.integers(0, 1 << 16), bit=st.integers(0, 7))
def test_no_byte_of_a_signed_state_can_be_changed_unseen(
    keys: Keys, signed_state: bytes, place: int, bit: int
) -> None:
    """What is still taken says the same: outside of the text, white space and armour have room."""
    changed = bytearray(signed_state)
    changed[place % len(changed)] ^= 1 << bit
    text = clear_text(signed_state, what="it")
    try:
        found = signed_text(
            bytes(changed), what="it", keyring=keys.keyring, environ=dict(os.environ)
        )
    except ResolutionError:
        return
    assert [line.rstrip() for line in found.split(b"\n")] == text.split(b"\n")


@pytest.fixture(scope="module")
def signed_state(keys: Keys) -> bytes:
    lines = [f" {sha256(bytes([n]))} {n} main/x{n}" for n in range(3)]
    return keys.signed("\n".join(["Suite: stable", "Codename: bookworm", "SHA256:", *lines, ""]))


def test_no_byte_of_a_kept_list_can_be_changed_unseen(keys: Keys, target: dict[str, Any]) -> None:
    first = lock("tool", keys=keys, target=target)
    for place in (0, 1, 7, 50, -50, -7, -1):
        for path in kept(target):
            content = bytearray(path.read_bytes())
            if content:
                content[place % len(content)] ^= 1
            path.chmod(0o644)
            path.write_bytes(bytes(content))
        assert lock("tool", keys=keys, target=target) == first
