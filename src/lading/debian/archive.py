"""Reading an archive: InRelease, its signature, and the indexes that it has the hashes of."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lading.debian.index import Index
from lading.debian.release import check_age, read_release
from lading.debian.unpack import gunzip, unxz
from lading.download import ChangedFileError, fetch, keep, kept
from lading.errors import ImageError, ResolutionError
from lading.http import HttpClient, HttpError, redacted_url
from lading.project_file import either_title

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from lading.debian.release import IndexFile, Release
    from lading.debian.trust import Trust
    from lading.distros import ArchiveSuite
    from lading.http import HttpSettings
    from lading.store import Store

__all__ = ["ReadArchive", "Reader", "SignedSuite", "setting_of"]

_OK: Final = 200
_NOT_FOUND: Final = 404
_MAX_RELEASE: Final = 8 << 20
_MAX_INDEX: Final = 1 << 30

_SEEN: Final = "archive-seen-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadArchive:
    """A suite that was read.

    Attributes:
        url: The archive's root.
        suite: Such as `bookworm-security`.
        release: The SHA-256 of its InRelease file, whose signature was checked.
        date: Of that file, as it says itself (RFC 3339, UTC).
        signed: Whether it was; else the user has asked for an archive that nobody signs.
    """

    url: str
    suite: str
    release: str
    date: str
    signed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedSuite:
    """A suite's signed state, and where the files that it names are.

    Attributes:
        folder: The URL that its paths are below.
        archive: The same, as a lock has it.
        release: What was signed.
    """

    folder: str
    archive: ReadArchive
    release: Release


def setting_of(archive: str) -> str:
    """How a user says where an archive is."""
    name = archive.removesuffix("-ports")
    variable = f"LADING_MIRROR_{name.upper().replace('-', '_')}"
    return f'say where it is: {name} = "https://..." in {either_title("mirrors")}, or {variable}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """How archives are read, and whose keys count.

    Attributes:
        architecture: In Debian's words.
        trust: Whose.
        http: How to reach them.
        cache: Where package lists are kept, by hash.
        store: Where it is kept how new a state was that was seen.
        now: The time that a Release file must still hold at.
    """

    architecture: str
    trust: Trust
    http: HttpSettings
    cache: Path
    store: Store
    now: datetime

    def read(self, suite: ArchiveSuite) -> tuple[ReadArchive, tuple[Index, ...]]:
        """A suite's signed state, and its package lists.

        Raises:
            ResolutionError: It can't be had, isn't signed, has expired, or is damaged.
        """
        signed = self.signed(suite)
        indexes = (
            Index(self._packages(signed, part), suite=suite.suite) for part in suite.components
        )
        return signed.archive, tuple(indexes)

    def signed(self, suite: ArchiveSuite) -> SignedSuite:
        """A suite's signed state.

        Raises:
            ResolutionError: It can't be had, isn't signed, has expired, or is damaged.
        """
        folder = f"{suite.root}/dists/{suite.suite}"
        name, content = self._release(folder, suite)
        what = f"{redacted_url(folder)}/{name}"
        release = read_release(self.trust.text(content, suite, what=what), what=what)
        check_age(release, suite.suite, now=self.now, what=what)
        read = ReadArchive(
            url=redacted_url(suite.root),
            suite=suite.suite,
            release=hashlib.sha256(content).hexdigest(),
            date=f"{release.date:%Y-%m-%dT%H:%M:%SZ}",
            signed=self.trust.signs(suite),
        )
        if read.signed:
            self._see(read, suite, what)
        return SignedSuite(folder=folder, archive=read, release=release)

    def _see(self, read: ReadArchive, suite: ArchiveSuite, what: str) -> None:
        """Refuse a state that is older than the newest that was seen, and remember this one."""
        name = f"{_SEEN}-{read.url}-{suite.suite}"
        seen = (self.store.record(name) or b"").decode(errors="replace")
        self.trust.check_date(read.date, suite, seen=seen, what=what)
        if read.date != seen:
            with suppress(ImageError):  # it is more than a build needs
                self.store.keep(name, read.date.encode())

    def fetched(self, signed: SignedSuite, file: IndexFile) -> Path:
        """A file that a suite's signed state names, as it is there.

        As apt does, it is asked for by its name where there is none of its hash; what it is then is
        told by its hash all the same.

        Raises:
            ResolutionError: It can't be had, or is another.
        """
        try:
            return self._fetched(signed, file, by_hash=signed.release.by_hash)
        except ResolutionError as error:
            if not signed.release.by_hash:
                raise
            try:
                return self._fetched(signed, file, by_hash=False)
            except ResolutionError as by_name:
                lags = isinstance(by_name, ChangedFileError) and not isinstance(
                    error, ChangedFileError
                )
                raise (_of_another_state(signed, file) if lags else error) from None

    def _fetched(self, signed: SignedSuite, file: IndexFile, *, by_hash: bool) -> Path:
        url = _url(signed.folder, file, by_hash=by_hash)
        return fetch(url, file.sha256, cache=self.cache, http=self.http, size=file.size)

    def _release(self, folder: str, suite: ArchiveSuite) -> tuple[str, bytes]:
        """The suite's Release file and its name; the signature need not be in it if none counts."""
        names = ("InRelease",) if self.trust.signs(suite) else ("InRelease", "Release")
        for name in names:
            url = f"{folder}/{name}"
            try:
                with HttpClient(self.http) as client:
                    answer = client.read(url, limit=_MAX_RELEASE)
            except HttpError as error:
                why, hint = error.reason, error.hint or setting_of(suite.mirror)
                message = f"can't fetch {redacted_url(url)}: {why}"
                raise ResolutionError(message, hint=hint) from None
            if answer.status == _OK:
                return name, answer.body
            if answer.status != _NOT_FOUND:
                break
        raise ResolutionError(
            f"can't fetch {redacted_url(url)}: its server answered with status {answer.status}",
            hint=setting_of(suite.mirror),
        )

    def _packages(self, signed: SignedSuite, component: str) -> bytes:
        """A package list, which is kept unpacked: unpacking takes ten times as long as reading."""
        path = f"{component}/binary-{self.architecture}/Packages"
        files = signed.release.files
        plain = files.get(path)
        text = None if plain is None else kept(plain.sha256, self.cache)
        if text is not None:
            return text
        # What is compressed comes first: archives name the plain list, and need not have it.
        found = next((one for one in (".xz", ".gz", "") if path + one in files), None)
        if found is None:
            raise self._unreadable(signed, component, path)
        what = f"{redacted_url(signed.folder)}/{path}{found}"
        text = _plain(self.fetched(signed, files[path + found]), found, plain, what)
        if plain is not None and found:
            keep(text, plain.sha256, self.cache)
        return text

    def _unreadable(self, signed: SignedSuite, component: str, path: str) -> ResolutionError:
        where = redacted_url(signed.folder)
        others = sorted(one for one in signed.release.files if one.startswith(f"{path}."))
        if others:
            return ResolutionError(
                f"{where} has {', '.join(others)}, which can't be read",
                hint="a list that is read is called Packages, Packages.xz or Packages.gz",
            )
        message = f"{where} has no packages for {self.architecture} in {component}"
        return ResolutionError(message)


def _of_another_state(signed: SignedSuite, file: IndexFile) -> ResolutionError:
    """What a mirror has that was met while it is brought up to date, or lacks a part of it."""
    where = redacted_url(signed.folder)
    return ResolutionError(
        f"{where}/{file.path} is not the file that {where}/InRelease names, nor is that there by "
        "its hash",
        hint="the mirror's files are not of one state: try again later, or name another mirror",
    )


def _url(folder: str, file: IndexFile, *, by_hash: bool) -> str:
    """Where an index is: by its hash, since a mirror may replace it by name at any moment."""
    if not by_hash:
        return f"{folder}/{file.path}"
    place = f"{folder}/{file.path}".rpartition("/")[0]
    return f"{place}/by-hash/SHA256/{file.sha256}"


def _as_it_is(content: bytes, _: int) -> bytes:
    """What is not compressed, whose size was checked when it was fetched."""
    return content


_UNPACK: Final = {".xz": unxz, ".gz": gunzip, "": _as_it_is}


def _plain(packed: Path, suffix: str, plain: IndexFile | None, what: str) -> bytes:
    """The text of a compressed index, no longer than its Release file says."""
    limit = _MAX_INDEX if plain is None else min(plain.size, _MAX_INDEX)
    try:
        content = _UNPACK[suffix](packed.read_bytes(), limit)
    except (OSError, ValueError) as error:
        raise ResolutionError(f"{what} can't be unpacked: {error}") from None
    if plain is not None and hashlib.sha256(content).hexdigest() != plain.sha256:
        raise ResolutionError(f"{what} holds something else than its Release file says")
    return content
