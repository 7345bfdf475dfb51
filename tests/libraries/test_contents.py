"""Contents indexes of a signed archive: reduced, kept, and what a mirror may do wrong."""

from __future__ import annotations

import gzip
import os
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from debian.signed_archive import Server, needs, sha256
from lading.debian import Trust
from lading.errors import ResolutionError
from lading.mirrors import Mirrors
from libraries.contents_archive import LINES, NOW, SUITES, Archive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from debian.signed_archive import Keys
    from lading.store import Store

pytestmark = needs("gpg", "gpgv")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "archive"
    folder.mkdir()
    with Server.of(folder) as server:
        yield server


@pytest.fixture
def archive(tmp_path: Path, keys: Keys, server: Server, store: Store) -> Archive:
    return Archive(tmp_path / "archive", keys, server.url, store, tmp_path / "cache")


def test_only_what_the_loader_or_a_shell_would_find_counts(archive: Archive) -> None:
    found = archive.read()
    assert found.providers("libGL.so.1") == ("libgl1",)
    assert found.providers("libz.so.1") == ("zlib1g",)
    assert found.providers("libblas.so.3") == ("libblas3",)
    assert found.providers("libplain.so") == ("plain", "plainer")
    assert found.providers("bin/dot") == ("graphviz",)
    assert found.providers("bin/java") == ("openjdk-17-jre-headless",)
    for name in ("libplugin.so.1", "libother.so.1", "dot", "java", "libGL.so.", "a", ""):
        assert found.providers(name) == ()


def test_what_packages_hold_is_known_where_they_are_not_at_hand(archive: Archive) -> None:
    held = archive.read().held_by(["libgl1", "graphviz", "no-such"])
    assert held == {"libGL.so.1", "bin/dot"}


def test_an_update_adds_what_is_new(archive: Archive) -> None:
    archive.publish("bookworm-updates", "usr/lib/x86_64-linux-gnu/libnew.so.2 libs/libnew2\n")
    found = archive.read()
    assert found.providers("libnew.so.2") == ("libnew2",)
    assert found.providers("libGL.so.1") == ("libgl1",)


def test_ubuntu_has_one_index_for_all_components(archive: Archive) -> None:
    for suite in ("noble", "noble-updates", "noble-security"):
        archive.publish(suite, LINES, path="Contents-amd64")
    (_, url), *_ = archive.arguments["mirrors"].archives
    keyring = archive.arguments["trust"].environ["LADING_DEBIAN_KEYRING"]
    found = archive.read(
        "ubuntu:24.04",
        mirrors=Mirrors(archives=(("ubuntu", url),)),
        trust=Trust(distro="ubuntu", environ={**os.environ, "LADING_UBUNTU_KEYRING": keyring}),
    )
    assert found.providers("libplain.so") == ("plain", "plainer")


def test_the_second_time_nothing_is_asked_for_a_day(archive: Archive, server: Server) -> None:
    archive.read()
    asked = len(server.asked)
    assert archive.read(now=NOW + timedelta(hours=23)).providers("libGL.so.1") == ("libgl1",)
    assert len(server.asked) == asked
    later = NOW + timedelta(hours=25)
    archive.read(now=later)
    # The signed state, and no index that is known already.
    assert len(server.asked) == asked + len(SUITES)
    archive.read(now=later + timedelta(hours=1))
    assert len(server.asked) == asked + len(SUITES)


def test_offline_what_was_read_counts_however_old(archive: Archive, server: Server) -> None:
    assert "not in the cache, and nothing may be fetched" in archive.refusal(offline=True)
    archive.read()
    asked = len(server.asked)
    late = archive.read(offline=True, now=NOW + timedelta(days=400))
    assert late.providers("bin/dot") == ("graphviz",)
    assert len(server.asked) == asked


def test_a_record_of_another_lading_is_made_anew(archive: Archive) -> None:
    archive.read()
    packed = archive.publish("bookworm", LINES)
    archive.arguments["store"].keep(f"contents-1-amd64-{sha256(packed)}", b"no zlib")
    assert archive.read().providers("libGL.so.1") == ("libgl1",)


@pytest.mark.parametrize(
    ("packed", "why"),
    [
        (gzip.compress(LINES.encode())[:-30], "cut off"),
        (b"no gzip at all", "incorrect header"),
        (gzip.compress(LINES.encode() * 2), "longer than its Release file says"),
        (gzip.compress(LINES.encode())[:11] + b"\xff" * 900, "Error -3"),
    ],
    ids=["cut", "other", "longer", "changed"],
)
def test_an_index_that_is_damaged_is_refused(archive: Archive, packed: bytes, why: str) -> None:
    archive.publish("bookworm", LINES, packed=packed)
    said = archive.refusal()
    assert "dists/bookworm/main/Contents-amd64.gz can't be unpacked" in said
    assert why in said


def test_an_index_that_was_changed_on_the_way_is_refused(archive: Archive) -> None:
    packed = archive.publish("bookworm", LINES)
    evil = gzip.compress(b"usr/lib/x86_64-linux-gnu/libGL.so.1 libs/evil\n")
    folder = archive.signed.folder / "dists/bookworm/main"
    for place in (folder / "by-hash/SHA256" / sha256(packed), folder / "Contents-amd64.gz"):
        place.write_bytes(evil)
    assert "was due" in archive.refusal()


def test_an_index_is_had_by_its_name_where_there_is_none_of_its_hash(archive: Archive) -> None:
    packed = archive.publish("bookworm", LINES)
    folder = archive.signed.folder / "dists/bookworm/main"
    (folder / "by-hash/SHA256" / sha256(packed)).unlink()
    assert archive.read().providers("libGL.so.1") == ("libgl1",)


def test_one_of_another_state_is_refused_by_that_name_too(archive: Archive) -> None:
    packed = archive.publish("bookworm", LINES)
    folder = archive.signed.folder / "dists/bookworm/main"
    (folder / "by-hash/SHA256" / sha256(packed)).unlink()
    (folder / "Contents-amd64.gz").write_bytes(packed[:-1])
    assert archive.refusal().endswith(
        "/dists/bookworm/main/Contents-amd64.gz is not the file that "
        f"{archive.signed_url()}/dists/bookworm/InRelease names, nor is that there by its hash\n"
        "hint: the mirror's files are not of one state: try again later, or name another mirror"
    )


def test_an_index_that_is_nowhere_is_told_by_its_hash(archive: Archive) -> None:
    packed = archive.publish("bookworm", LINES)
    folder = archive.signed.folder / "dists/bookworm/main"
    (folder / "by-hash/SHA256" / sha256(packed)).unlink()
    (folder / "Contents-amd64.gz").unlink()
    assert f"by-hash/SHA256/{sha256(packed)}: its server answered" in archive.refusal()


def test_a_snapshot_is_asked_for_its_day(archive: Archive, server: Server) -> None:
    later = "usr/lib/x86_64-linux-gnu/libGL.so.1 libs/libgl1-of-later\n"
    moment = archive.signed.folder / "debian/20261101T000000Z"
    moment.mkdir(parents=True)
    (archive.signed.folder / "dists").rename(moment / "dists")
    (archive.signed.folder / "debian-security").symlink_to("debian")
    archive.publish("bookworm", later)
    mirrors = Mirrors(archives=(("snapshot", server.url),))
    asked = []
    for _ in range(2):
        found = archive.read(mirrors=mirrors, snapshot="20261101T000000Z")
        assert found.providers("libGL.so.1") == ("libgl1",)
        asked.append(tuple(server.asked))
    assert sum(one.endswith("/InRelease") for one in asked[0]) == len(SUITES)
    assert all("/20261101T000000Z/dists/" in one for one in asked[0])
    # What it was is no more: nothing is asked for again.
    assert asked[1] == asked[0]
    archive.publish("bookworm-updates", "")
    archive.publish("bookworm-security", "")
    assert archive.read().providers("libGL.so.1") == ("libgl1-of-later",)


def test_a_line_without_end_is_refused(archive: Archive) -> None:
    archive.publish("bookworm", "a" * (3 << 20))
    assert "a line longer than any path" in archive.refusal()


def test_a_suite_without_an_index_is_told(archive: Archive) -> None:
    archive.publish("bookworm", LINES, path="main/Contents-arm64")
    assert archive.refusal().endswith("dists/bookworm has no Contents-amd64")


def test_an_unsigned_archive_is_refused(archive: Archive) -> None:
    place = archive.signed.in_release()
    place.write_bytes(place.read_bytes().replace(b"Contents-amd64.gz", b"Contents-amd65.gz"))
    assert "is not signed by a key of" in archive.refusal()


def test_another_distribution_has_no_such_archive(archive: Archive) -> None:
    with pytest.raises(ResolutionError, match="has no Debian archive"):
        archive.read("alpine:3.22")
