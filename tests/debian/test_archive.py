"""Archives of our own, signed and served on loopback, and what a mirror may do wrong."""

from __future__ import annotations

import os
import re
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec
import pytest

from debian.signed_archive import Server, SignedArchive, needs, sha256, stanza
from lading.debian import LockedDebs, Trust, fetch_deb, lock_debs
from lading.distros import parse_distro
from lading.errors import ResolutionError
from lading.http import HttpSettings
from lading.lock.model import Archive, Deb
from lading.mirrors import Mirrors
from lading.platforms import Platform

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from debian.signed_archive import Keys

pytestmark = needs("gpg", "gpgv")

SUITES = ("bookworm", "bookworm-updates", "bookworm-security")
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def archive(tmp_path: Path, keys: Keys) -> SignedArchive:
    archive = SignedArchive(tmp_path / "archive", keys)
    for suite in SUITES[1:]:
        archive.publish(suite)
    archive.stanzas += [stanza("tool", depends="lib"), stanza("lib", "1.0-1")]
    archive.publish(SUITES[0])
    return archive


@pytest.fixture
def server(archive: SignedArchive) -> Iterator[Server]:
    with Server.of(archive.folder) as server:
        yield server


@pytest.fixture
def target(server: Server, tmp_path: Path) -> dict[str, Any]:
    """The arguments that lock_debs and fetch_deb have in common."""
    return {
        "distro": parse_distro("bookworm"),
        "platform": Platform.parse("linux/amd64"),
        "mirrors": Mirrors(archives=(("debian", server.url), ("debian-security", server.url))),
        "http": HttpSettings(retries=0),
        "cache": tmp_path / "cache",
    }


def trust(keys: Keys, **others: Any) -> Trust:  # noqa: ANN401 - Trust checks them
    environ = {**os.environ, "LADING_DEBIAN_KEYRING": str(keys.keyring)}
    return Trust(**{"distro": "debian", "environ": environ, **others})


def lock(
    *names: str,
    keys: Keys,
    target: dict[str, Any],
    **others: Any,  # noqa: ANN401 - lock_debs checks them
) -> LockedDebs:
    return lock_debs([names], **{"trust": trust(keys), "now": NOW, **target, **others})


def refusal(keys: Keys, target: dict[str, Any], **others: Any) -> str:  # noqa: ANN401
    with pytest.raises(ResolutionError) as caught:
        lock("tool", keys=keys, target=target, **others)
    return str(caught.value)


def test_what_is_chosen_says_what_it_is_and_where_it_is_from(
    archive: SignedArchive, server: Server, keys: Keys, target: dict[str, Any]
) -> None:
    archive.stanzas[:] = [stanza("lib", "1.0-1+deb12u1")]
    archive.publish("bookworm-security", Codename="bookworm-security")
    found = lock("tool", keys=keys, target=target)
    assert [(deb.name, deb.version, deb.suite) for deb in found.debs] == [
        ("lib", "1.0-1+deb12u1", "bookworm-security"),
        ("tool", "1.0", "bookworm"),
    ]
    assert found.debs[1].path == "pool/main/t/tool/tool_1.0_amd64.deb"
    assert found.debs[1].sha256 == sha256(b"tool 1.0")
    assert [asdict(one) for one in found.archives] == [
        {
            "url": server.url,
            "suite": suite,
            "release": sha256(archive.in_release(suite).read_bytes()),
            "date": "2026-11-21T00:53:02Z",
            "signed": True,
        }
        for suite in sorted(SUITES)  # from the second nothing is needed, as was seen there
    ]


def test_what_is_chosen_fits_the_lock(keys: Keys, target: dict[str, Any]) -> None:
    found = lock("tool", keys=keys, target=target)
    assert [Deb(**asdict(deb)).name for deb in found.debs] == ["lib", "tool"]
    assert [Archive(**asdict(archive)).suite for archive in found.archives] == sorted(SUITES)


def test_the_same_twice_is_the_same(keys: Keys, target: dict[str, Any]) -> None:
    assert lock("tool", "lib", keys=keys, target=target) == lock(
        "lib", "tool", keys=keys, target=target
    )


def test_a_package_list_is_fetched_once(server: Server, keys: Keys, target: dict[str, Any]) -> None:
    said: list[str] = []
    lock("tool", keys=keys, target=target, say=said.append)
    server.asked.clear()
    lock("tool", keys=keys, target=target)
    assert sorted(server.asked) == sorted(f"/dists/{suite}/InRelease" for suite in SUITES)
    assert said == ["reading the package lists of debian:bookworm for amd64"]


def test_a_package_list_is_asked_for_by_its_hash(
    archive: SignedArchive, server: Server, keys: Keys, target: dict[str, Any]
) -> None:
    lock("tool", keys=keys, target=target)
    assert f"/{archive.index().relative_to(archive.folder)}" in server.asked


def test_an_archive_without_hashes_in_its_paths_and_with_gzip_will_do(
    archive: SignedArchive, server: Server, keys: Keys, target: dict[str, Any]
) -> None:
    archive.stanzas.append(stanza("more"))
    archive.publish("bookworm", packing=".gz", Acquire_By_Hash="no")
    assert [deb.name for deb in lock("more", keys=keys, target=target).debs] == ["more"]
    assert "/dists/bookworm/main/binary-amd64/Packages.gz" in server.asked


def test_nothing_is_fetched_for_nothing(server: Server, keys: Keys, target: dict[str, Any]) -> None:
    alpine = parse_distro("alpine")
    assert lock(keys=keys, target=target, distro=alpine) == LockedDebs()
    assert server.asked == []


def test_other_distributions_are_refused(keys: Keys, target: dict[str, Any]) -> None:
    assert refusal(keys, target, distro=parse_distro("alpine:3.22")) == (
        "system packages are locked for Debian and Ubuntu, and the image is alpine:3.22\n"
        "hint: build without --vendor, or install them in a base image of your own"
    )


def test_the_hosts_own_archives_are_the_way_where_no_mirror_is(
    archive: SignedArchive, server: Server, keys: Keys, target: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "archive/debian").symlink_to(".")
    (tmp_path / "archive/debian-security").symlink_to(".")
    sources = tmp_path / "apt"
    sources.mkdir()
    lines = [f"deb {server.url}/{name} x main" for name in ("debian", "debian-security")]
    (sources / "sources.list").write_text("\n".join(lines))
    plain = {**target, "mirrors": Mirrors()}
    found = lock("tool", keys=keys, target=plain, host_sources=sources)
    assert "/debian/dists/bookworm/InRelease" in server.asked
    # Another host has another address for them; the lock is the same on all.
    assert [urlsplit(archive.url).path for archive in found.archives] == [
        "/debian",
        "/debian-security",
        "/debian",
    ]
    assert server.url not in found.archives[0].url

    deb = deb_of(b"content")
    placed(archive, deb, b"content")
    file = fetch_deb(deb, archives=found.archives, **plain, host_sources=sources)
    assert file.read_bytes() == b"content"


def test_an_expired_archive_is_refused(
    archive: SignedArchive, keys: Keys, target: dict[str, Any]
) -> None:
    archive.publish("bookworm-security", Valid_Until="Sat, 21 Nov 2026 23:59:00 UTC")
    said = refusal(keys, target)
    assert re.search(r"InRelease has held until 2026-11-21 23:59 UTC, and now is 2026-11-22", said)
    assert "hint: the mirror lags behind" in said
    lock("tool", keys=keys, target=target, now=datetime(2026, 11, 21, tzinfo=UTC))


def test_another_suites_state_is_refused(
    archive: SignedArchive, keys: Keys, target: dict[str, Any]
) -> None:
    archive.in_release("bookworm-security").write_bytes(archive.in_release().read_bytes())
    assert "is for bookworm and oldstable, not for bookworm-security" in refusal(keys, target)


def test_a_changed_state_is_refused(
    archive: SignedArchive, keys: Keys, target: dict[str, Any]
) -> None:
    file = archive.in_release()
    file.write_bytes(file.read_bytes().replace(b"Suite: oldstable", b"Suite: oldStable"))
    assert "InRelease is not signed by a key of" in refusal(keys, target)


def test_a_strangers_archive_is_refused(other_keys: Keys, target: dict[str, Any]) -> None:
    assert "is not signed by a key of" in refusal(other_keys, target)


def lists(archive: SignedArchive) -> list[Path]:
    """The package list of the release, by its name and by its hash."""
    found = archive.folder.glob("dists/bookworm/main/binary-*/**/*")
    return [path for path in found if path.is_file()]


def test_a_changed_package_list_is_refused(
    archive: SignedArchive, keys: Keys, target: dict[str, Any]
) -> None:
    for index in lists(archive):
        index.write_bytes(index.read_bytes()[:-1] + b"x")
    assert "where sha256:" in refusal(keys, target)


def test_a_package_list_that_is_only_there_by_its_name_will_do(
    archive: SignedArchive, keys: Keys, target: dict[str, Any]
) -> None:
    archive.index().unlink()
    assert lock("tool", keys=keys, target=target).debs


def test_an_unpacked_package_list_is_read_again_and_checked(
    archive: SignedArchive, keys: Keys, target: dict[str, Any]
) -> None:
    first = lock("tool", keys=keys, target=target)
    for index in lists(archive):
        index.unlink()
    assert lock("tool", keys=keys, target=target) == first
    for path in (target["cache"] / "sha256").glob("*/*"):
        path.chmod(0o644)
        path.write_bytes(path.read_bytes() + b"x")
    assert "can't fetch" in refusal(keys, target)


def test_a_package_list_that_is_cut_off_is_refused(
    archive: SignedArchive, keys: Keys, target: dict[str, Any]
) -> None:
    for index in lists(archive):
        index.write_bytes(index.read_bytes()[:-8])
    assert re.search(
        r"where sha256:[0-9a-f]+ was due \(\d+ bytes, not \d+\)", refusal(keys, target)
    )


@pytest.mark.parametrize("packing", [".xz", ".gz"])
def test_a_package_list_that_unpacks_to_more_is_refused(
    archive: SignedArchive, keys: Keys, target: dict[str, Any], packing: str
) -> None:
    place = archive.folder / "dists/bookworm"
    archive.publish("bookworm", packing=packing)
    release = archive.in_release().read_text()
    size = re.search(r" (\d+) main/binary-amd64/Packages$", release, re.MULTILINE)
    assert size is not None
    signed = release.partition("\n\n")[2].partition("-----BEGIN")[0]
    lying = signed.replace(f" {size[1]} main", f" {int(size[1]) - 1} main")
    (place / "InRelease").write_bytes(keys.signed(lying))
    said = refusal(keys, target)
    assert f"main/binary-amd64/Packages{packing} can't be unpacked: it is" in said


def test_a_signed_file_that_is_no_release_is_refused(
    archive: SignedArchive, keys: Keys, target: dict[str, Any]
) -> None:
    archive.in_release().write_bytes(keys.signed("Suite: oldstable\n"))
    assert "can't be read as a Release file: no 'sha256'" in refusal(keys, target)


def test_an_archive_that_lacks_the_architecture_says_so(keys: Keys, target: dict[str, Any]) -> None:
    arm = Platform.parse("linux/arm64")
    assert "has no packages for arm64" in refusal(keys, target, platform=arm)


def test_an_archive_that_is_not_there_says_how_to_name_another(
    archive: SignedArchive, keys: Keys, target: dict[str, Any]
) -> None:
    archive.in_release("bookworm-security").unlink()
    said = refusal(keys, target)
    assert "its server answered with status 404" in said
    assert said.endswith(
        'say where it is: debian-security = "https://..." in [tool.lading.mirrors]'
        " ([mirrors] in a lading.toml), or LADING_MIRROR_DEBIAN_SECURITY"
    )


def deb_of(content: bytes) -> Deb:
    return Deb(
        name="tool",
        version="1.0",
        architecture="amd64",
        path="pool/main/t/tool/tool_1.0_amd64.deb",
        sha256=sha256(content),
        size=len(content),
        suite="bookworm",
    )


def placed(archive: SignedArchive, deb: Deb, content: bytes) -> None:
    file = archive.folder / deb.path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def test_a_package_is_fetched_by_its_hash(
    archive: SignedArchive, server: Server, target: dict[str, Any]
) -> None:
    deb = deb_of(b"content")
    placed(archive, deb, b"content")
    locked = Archive(url="http://gone.example.test", suite="bookworm", release="0" * 64, date="x")
    assert fetch_deb(deb, archives=[locked], **target).read_bytes() == b"content"
    server.asked.clear()
    assert fetch_deb(deb, archives=[], **target, offline=True).read_bytes() == b"content"
    assert server.asked == []


def test_without_a_mirror_a_package_comes_from_where_it_was_locked(
    archive: SignedArchive, server: Server, target: dict[str, Any]
) -> None:
    deb = deb_of(b"content")
    placed(archive, deb, b"content")
    locked = Archive(url=server.url, suite="bookworm", release="0" * 64, date="x")
    plain = {**target, "mirrors": Mirrors()}
    assert fetch_deb(deb, archives=[locked], **plain).read_bytes() == b"content"


def test_a_locked_mirror_comes_before_the_hosts_own_archives(
    archive: SignedArchive, server: Server, target: dict[str, Any], tmp_path: Path
) -> None:
    deb = deb_of(b"content")
    placed(archive, deb, b"content")
    (tmp_path / "sources.list").write_text("deb http://127.0.0.1:1/debian bookworm main\n")
    locked = Archive(url=server.url, suite="bookworm", release="0" * 64, date="x")
    plain = {**target, "mirrors": Mirrors(), "host_sources": tmp_path}
    assert fetch_deb(deb, archives=[locked], **plain).read_bytes() == b"content"


def test_a_package_that_the_archive_replaced_says_to_lock_again(target: dict[str, Any]) -> None:
    with pytest.raises(ResolutionError, match=r"^tool 1\.0: can't fetch") as caught:
        fetch_deb(deb_of(b"content"), archives=[], **target)
    assert "where the archive has a newer version by now, lock again" in str(caught.value)


def test_a_changed_package_is_refused(archive: SignedArchive, target: dict[str, Any]) -> None:
    deb = deb_of(b"content")
    placed(archive, deb, b"CONTENT")
    with pytest.raises(ResolutionError, match="where sha256:"):
        fetch_deb(deb, archives=[], **target)


def test_an_ubuntu_hosts_archive_is_not_asked_for_another_architecture(
    archive: SignedArchive, server: Server, target: dict[str, Any], tmp_path: Path
) -> None:
    deb = msgspec.structs.replace(deb_of(b"content"), suite="noble")
    placed(archive, deb, b"content")
    (archive.folder / "ubuntu-ports").symlink_to(".")
    (tmp_path / "sources.list").write_text(
        f"deb http://127.0.0.1:1/ubuntu noble main\ndeb {server.url}/ubuntu-ports noble main\n"
    )
    arm = {
        **target,
        "distro": parse_distro("noble"),
        "platform": Platform.parse("linux/arm64"),
        "mirrors": Mirrors(),
        "host_sources": tmp_path,
    }
    assert fetch_deb(deb, archives=[], **arm).read_bytes() == b"content"
    assert server.asked == [f"/ubuntu-ports/{deb.path}"]
