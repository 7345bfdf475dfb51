from __future__ import annotations

import hashlib
import stat
import zipfile
from typing import TYPE_CHECKING

import pytest

from lading.download import fetch, uv_binary
from lading.errors import ResolutionError
from lading.http import HttpSettings
from registry.fake_registry import Reply, basic, serving

if TYPE_CHECKING:
    from pathlib import Path

HTTP = HttpSettings(timeout=5, backoff=0, longest_wait=1)
CONTENT = b"wheel" * 100_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def leftovers(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.rglob("*") if path.is_file())


def test_a_file_is_fetched_once_and_kept_by_its_hash(tmp_path: Path) -> None:
    with serving(lambda _: Reply(body=CONTENT)) as server:
        first = fetch(f"{server.url}/w.whl", SHA256, cache=tmp_path, http=HTTP, size=len(CONTENT))
        second = fetch(f"{server.url}/w.whl", SHA256, cache=tmp_path, http=HTTP)
    assert first == second == tmp_path / "sha256" / SHA256[:2] / SHA256
    assert first.read_bytes() == CONTENT
    assert stat.S_IMODE(first.stat().st_mode) == 0o644
    assert len(server.seen) == 1
    assert leftovers(tmp_path) == [SHA256]


def test_a_damaged_file_in_the_cache_is_fetched_again(tmp_path: Path) -> None:
    with serving(lambda _: Reply(body=CONTENT)) as server:
        file = fetch(f"{server.url}/w", SHA256, cache=tmp_path, http=HTTP)
        file.write_bytes(CONTENT[:-1])
        assert fetch(f"{server.url}/w", SHA256, cache=tmp_path, http=HTTP).read_bytes() == CONTENT


@pytest.mark.parametrize("size", [None, len(CONTENT)])
def test_another_content_is_refused_and_leaves_nothing(size: int | None, tmp_path: Path) -> None:
    other = CONTENT[:-1] + b"!"
    with serving(lambda _: Reply(body=other)) as server:
        url = f"{server.url.replace('//', '//ada:hunter2@')}/w.whl?token=hunter2"
        with pytest.raises(ResolutionError) as error:
            fetch(url, SHA256, cache=tmp_path, http=HTTP, size=size)
    message = str(error.value)
    assert f"{server.url}/w.whl?... has the hash" in message
    assert SHA256 in message
    assert hashlib.sha256(other).hexdigest() in message
    assert "hunter2" not in message
    assert leftovers(tmp_path) == []


def test_more_than_the_known_size_is_not_read(tmp_path: Path) -> None:
    with serving(lambda _: Reply(body=CONTENT)) as server:  # noqa: SIM117 - the server outlives it
        with pytest.raises(ResolutionError, match="larger than 9 bytes"):
            fetch(f"{server.url}/w", SHA256, cache=tmp_path, http=HTTP, size=9)
    assert leftovers(tmp_path) == []


def test_less_than_the_known_size_says_both(tmp_path: Path) -> None:
    with serving(lambda _: Reply(body=b"short")) as server:  # noqa: SIM117
        with pytest.raises(ResolutionError, match=r"\(5 bytes, not 500000\)"):
            fetch(f"{server.url}/w", SHA256, cache=tmp_path, http=HTTP, size=len(CONTENT))


@pytest.mark.parametrize(
    "fault", [Reply(503), Reply(body=CONTENT[:70_000], announced=len(CONTENT))]
)
def test_a_transfer_that_breaks_off_begins_again(fault: Reply, tmp_path: Path) -> None:
    with serving(lambda _: Reply(body=CONTENT)) as server:
        server.faults["/w"] = [fault]
        file = fetch(f"{server.url}/w", SHA256, cache=tmp_path, http=HTTP)
    assert file.read_bytes() == CONTENT
    assert len(server.seen) == 2


def test_a_transfer_that_always_breaks_off_ends(tmp_path: Path) -> None:
    cut = Reply(body=CONTENT[:10], announced=len(CONTENT))
    with serving(lambda _: cut) as server:  # noqa: SIM117
        with pytest.raises(ResolutionError, match="the connection broke off"):
            fetch(f"{server.url}/w", SHA256, cache=tmp_path, http=HTTP)
    assert len(server.seen) == HTTP.retries + 1
    assert leftovers(tmp_path) == []


def test_a_refusal_says_its_status(tmp_path: Path) -> None:
    with serving(lambda _: Reply(403)) as server:  # noqa: SIM117
        with pytest.raises(ResolutionError, match="status 403") as error:
            fetch(f"{server.url}/w", SHA256, cache=tmp_path, http=HTTP)
    assert error.value.problems[0].hint is not None


def test_credentials_in_the_url_reach_its_host_and_no_other(tmp_path: Path) -> None:
    with serving(lambda _: Reply(body=CONTENT)) as store:
        away = Reply(302, {"Location": f"{store.url}/there"})
        with serving(lambda _: away) as index:
            url = f"{index.url.replace('//', '//ada:p%40ss@')}/w"
            fetch(url, SHA256, cache=tmp_path, http=HTTP)
    assert index.seen[0].authorization == basic("ada:p@ss")
    assert store.seen[0].authorization is None


def test_offline_takes_the_cache_only(tmp_path: Path) -> None:
    source = tmp_path / "a b.whl"
    source.write_bytes(CONTENT)
    cache = tmp_path / "cache"
    with pytest.raises(ResolutionError, match="not in the cache"):
        fetch(source.as_uri(), SHA256, cache=cache, http=HTTP, offline=True)
    fetch(source.as_uri(), SHA256, cache=cache, http=HTTP)
    assert fetch(source.as_uri(), SHA256, cache=cache, http=HTTP, offline=True).exists()


@pytest.mark.parametrize(
    "url",
    [
        "file:///no/such/file",
        "file://host.test/file",
        "ftp://host.test/f",
        "nothing",
        "https://[x/",
    ],
)
def test_what_can_not_be_fetched_is_one_error(url: str, tmp_path: Path) -> None:
    with pytest.raises(ResolutionError, match="can't fetch"):
        fetch(url, SHA256, cache=tmp_path, http=HTTP)


def test_a_cache_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(CONTENT)
    with pytest.raises(ResolutionError, match=r"the cache .*/file can't be used: not a directory"):
        fetch(file.as_uri(), SHA256, cache=file, http=HTTP)


@pytest.mark.parametrize("word", ["", "../" * 22, "A" * 64, f"sha256:{SHA256}", f"{SHA256}\n"])
def test_a_hash_that_is_none_never_becomes_a_path(word: str, tmp_path: Path) -> None:
    with pytest.raises(ResolutionError, match="is not a SHA-256"):
        fetch("https://index.example.test/w", word, cache=tmp_path, http=HTTP)


def wheel(folder: Path, *members: str) -> Path:
    path = folder / "uv-0.9.0-py3-none-manylinux_2_17_x86_64.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in members:
            archive.writestr(member, f"\x7fELF {member}")
    return path


def test_uv_is_read_from_its_wheel(tmp_path: Path) -> None:
    scripts = "uv-0.9.0.data/scripts"
    path = wheel(tmp_path, f"{scripts}/uvx", f"{scripts}/uv", "uv/__init__.py")
    assert uv_binary(path) == f"\x7fELF {scripts}/uv".encode()


@pytest.mark.parametrize(
    "members",
    [(), ("uv-1.data/scripts/uv.exe",), ("uv-1.data/scripts/uv", "uv-2.data/scripts/uv")],
)
def test_another_wheel_is_refused(members: tuple[str, ...], tmp_path: Path) -> None:
    with pytest.raises(ResolutionError, match="is not a wheel of uv for Linux"):
        uv_binary(wheel(tmp_path, *members))


def test_a_damaged_wheel_is_refused(tmp_path: Path) -> None:
    path = wheel(tmp_path, "uv-1.data/scripts/uv")
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(ResolutionError, match="can't be read as a wheel"):
        uv_binary(path)
