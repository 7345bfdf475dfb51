"""Files from a URL, known by their SHA-256 before they are fetched, and kept by it."""

from __future__ import annotations

import hashlib
import os
import re
import zipfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final
from urllib.parse import unquote

from lading.errors import ResolutionError
from lading.files import using_cache
from lading.http import HttpClient, HttpError, is_web_url, limited, redacted_url
from lading.simple_index import filename_in, find_file
from lading.store.asides import aside_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lading.http import HttpSettings
    from lading.store.folder import Aside

__all__ = ["ChangedFileError", "fetch", "keep", "kept", "uv_binary"]

_CHUNK: Final = 1 << 20
_MAX_FILE: Final = 16 << 30  # the largest wheels are some GB; this only stops what never ends
_MAX_UV: Final = 256 << 20
_OK: Final = 200
_PRIVATE: Final = frozenset({401, 403})

# PEP 427: `{distribution}-{version}.data/scripts/` holds the programs of a wheel.
_UV_MEMBER: Final = re.compile(r"uv-[^/]+\.data/scripts/uv")


class ChangedFileError(ResolutionError):
    """A file was had, and is another than its hash says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """A file, its proof, and how it is reached."""

    url: str
    sha256: str
    size: int | None
    http: HttpSettings
    mirror: str | None


def fetch(  # noqa: PLR0913 - one file, its proof, and where it is kept
    url: str,
    sha256: str,
    *,
    cache: Path,
    http: HttpSettings,
    offline: bool = False,
    size: int | None = None,
    mirror: str | None = None,
) -> Path:
    """The file with this hash, from the cache, or else from the mirror or the URL.

    The cache is safe to share: a file appears in it whole, under its hash, or not at all. It is
    hashed again whenever it is used.

    Args:
        url: `https://`, `http://` or `file://`; may hold credentials, which no error shows.
        sha256: The hash, as 64 lower-case hexadecimal digits.
        cache: A folder, made when missing.
        http: How to reach the server.
        offline: Whether to fail rather than to fetch.
        size: The size in bytes, where it is known.
        mirror: A package index that is asked first for the file by its name. Where it lacks the
            file, or has another of that name, the URL is asked.

    Returns:
        `cache/sha256/ab/abcd...`; not to be changed.

    Raises:
        ResolutionError: The file can't be had, or is another than the hash says; the latter is a
            `ChangedFileError`.
    """
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):  # it becomes a path
        raise ResolutionError(f"{sha256!r} is not a SHA-256, for {redacted_url(url)}")
    target = _place(cache, sha256)
    with using_cache(cache):
        if not _is_intact(target, sha256):
            _refuse_if(offline, url)
            wanted = _Wanted(url=url, sha256=sha256, size=size, http=http, mirror=mirror)
            _store(wanted, target, cache)
    return target


def kept(sha256: str, cache: Path) -> bytes | None:
    """The content with this hash, where the cache has it whole; it is hashed again each time."""
    try:
        content = _place(cache, sha256).read_bytes()
    except OSError:
        return None
    return content if hashlib.sha256(content).hexdigest() == sha256 else None


def keep(content: bytes, sha256: str, cache: Path) -> None:
    """Put a content that was made of a fetched one beside it, by its own hash.

    It can be made again, so that a cache that can't be written is no error.
    """
    target = _place(cache, sha256)
    with suppress(OSError):
        target.parent.mkdir(parents=True, exist_ok=True)
        with aside_file(cache) as aside:
            aside.file.write(content)
            _put(aside, target)


def _place(cache: Path, sha256: str) -> Path:
    return cache / "sha256" / sha256[:2] / sha256


def _refuse_if(offline: bool, url: str) -> None:  # noqa: FBT001 - it is the condition
    if offline:
        raise ResolutionError(
            f"{redacted_url(url)} is not in the cache, and nothing may be fetched",
            hint="run once without --offline",
        )


def _is_intact(file: Path, sha256: str) -> bool:
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest() == sha256
    except FileNotFoundError:
        return False


def _store(wanted: _Wanted, target: Path, cache: Path) -> None:
    """Write the file aside, and move it into place when its hash is right."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with aside_file(cache) as aside:
        if not _from_mirror(wanted, aside.file):
            _receive(wanted, aside.file)
        _put(aside, target)


def _put(aside: Aside, target: Path) -> None:
    """Give a file that was written its place, where all may read it."""
    aside.file.flush()
    os.fsync(aside.file.fileno())
    aside.path.chmod(0o644)
    aside.path.replace(target)


def _from_mirror(wanted: _Wanted, file: IO[bytes]) -> bool:
    """Whether there is a mirror, and it has given the file."""
    if wanted.mirror is None:
        return False
    try:
        found = find_file(wanted.mirror, filename_in(wanted.url), wanted.http)
        if found is None or found == wanted.url:
            return False
        _receive(replace(wanted, url=found), file)
    except (HttpError, ResolutionError):
        return False
    return True


def _receive(wanted: _Wanted, file: IO[bytes]) -> None:
    """Copy the URL's content to the file; one that breaks off is begun again."""
    retries = wanted.http.retries
    for attempt in range(retries + 1):
        file.seek(0)
        file.truncate()
        try:
            with _opened(wanted) as parts:
                file.writelines(parts)
        except HttpError as error:
            if not error.passing or attempt == retries:
                raise ResolutionError(
                    f"can't fetch {redacted_url(wanted.url)}: {error.reason}", hint=error.hint
                ) from None
        else:
            return _check(wanted, file)
    return None


@contextmanager
def _opened(wanted: _Wanted) -> Iterator[Iterable[bytes]]:
    url, http = wanted.url, wanted.http
    if url.startswith("file:"):
        with _local(url) as file:
            yield iter(lambda: file.read(_CHUNK), b"")
    elif is_web_url(url):
        with HttpClient(http) as client, client.open(url) as response:
            if response.status != _OK:
                raise _refused(response.status)
            yield limited(response, _MAX_FILE if wanted.size is None else wanted.size, http)
    else:
        raise HttpError("only https://, http:// and file:// URLs can be fetched")


def _refused(status: int) -> HttpError:
    hint = "give the index its credentials" if status in _PRIVATE else None
    return HttpError(f"its server answered with status {status}", hint=hint)


def _local(url: str) -> IO[bytes]:
    """Open what a file URL names (RFC 8089)."""
    host, slash, path = url.removeprefix("file:").removeprefix("//").partition("/")
    if host not in {"", "localhost"} or not slash:
        raise HttpError("a file:// URL names a path of this machine: file:///path")
    file = Path("/", unquote(path))
    try:
        # A device has no end, and a pipe may never have a beginning.
        if not file.is_file():
            raise HttpError("there is no such file")
        return file.open("rb")
    except OSError as error:
        raise HttpError((error.strerror or "it can't be read").lower()) from None


def _check(wanted: _Wanted, file: IO[bytes]) -> None:
    found_size = file.tell()
    file.seek(0)
    found = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    fits = wanted.size in {None, found_size}
    if found == wanted.sha256 and fits:
        return
    raise ChangedFileError(
        f"{redacted_url(wanted.url)} has the hash sha256:{found} where sha256:{wanted.sha256} was "
        "due" + ("" if fits else f" ({found_size} bytes, not {wanted.size})"),
        hint="a proxy may have changed it, or the index replaced it: if so, lock again",
    )


def uv_binary(wheel: Path) -> bytes:
    """The uv program for Linux that a wheel of uv holds.

    Args:
        wheel: A wheel whose hash has been checked.

    Raises:
        ResolutionError: It is no wheel of uv for Linux, or is damaged.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            return _only_uv(archive, wheel)
    except (OSError, zipfile.BadZipFile, EOFError) as error:
        raise ResolutionError(f"{wheel.name} can't be read as a wheel: {error}") from None


def _only_uv(archive: zipfile.ZipFile, wheel: Path) -> bytes:
    found = [info for info in archive.infolist() if _UV_MEMBER.fullmatch(info.filename)]
    if len(found) != 1 or found[0].file_size > _MAX_UV:
        raise ResolutionError(f"{wheel.name} is not a wheel of uv for Linux")
    with archive.open(found[0]) as member:  # reads no more than the size that was just checked
        return member.read(_MAX_UV)
