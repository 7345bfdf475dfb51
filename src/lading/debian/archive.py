"""Reading an archive: InRelease, its signature, and the indexes that it has the hashes of."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lading.debian.index import Index
from lading.debian.release import check_age, read_release
from lading.debian.signature import signed_text
from lading.debian.unpack import gunzip, unxz
from lading.download import ChangedFileError, fetch, keep, kept
from lading.errors import ResolutionError
from lading.http import HttpClient, HttpError, redacted_url

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from lading.debian.release import IndexFile, Release
    from lading.distros import ArchiveSuite
    from lading.http import HttpSettings

__all__ = ["ReadArchive", "Reader", "SignedSuite", "setting_of"]

_OK: Final = 200
_MAX_RELEASE: Final = 8 << 20
_MAX_INDEX: Final = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadArchive:
    """A suite that was read.

    Attributes:
        url: The archive's root.
        suite: Such as `bookworm-security`.
        release: The SHA-256 of its InRelease file, whose signature was checked.
        date: Of that file, as it says itself (RFC 3339, UTC).
    """

    url: str
    suite: str
    release: str
    date: str


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
    return f'say where it is: {name} = "https://..." in [tool.lading.mirrors], or {variable}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """How archives are read, and whose keys count.

    Attributes:
        architecture: In Debian's words.
        keyring: The keys that sign them.
        now: The time that a Release file must still hold at.
    """

    architecture: str
    keyring: Path
    http: HttpSettings
    cache: Path
    environ: Mapping[str, str]
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
        what = f"{redacted_url(folder)}/InRelease"
        content = self._in_release(folder, suite.mirror)
        text = signed_text(content, what=what, keyring=self.keyring, environ=self.environ)
        release = read_release(text, what=what)
        check_age(release, suite.suite, now=self.now, what=what)
        read = ReadArchive(
            url=redacted_url(suite.root),
            suite=suite.suite,
            release=hashlib.sha256(content).hexdigest(),
            date=f"{release.date:%Y-%m-%dT%H:%M:%SZ}",
        )
        return SignedSuite(folder=folder, archive=read, release=release)

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

    def _in_release(self, folder: str, archive: str) -> bytes:
        url = f"{folder}/InRelease"
        try:
            with HttpClient(self.http) as client:
                answer = client.read(url, limit=_MAX_RELEASE)
        except HttpError as error:
            why, hint = error.reason, error.hint or setting_of(archive)
            raise ResolutionError(f"can't fetch {redacted_url(url)}: {why}", hint=hint) from None
        if answer.status != _OK:
            raise ResolutionError(
                f"can't fetch {redacted_url(url)}: its server answered with status {answer.status}",
                hint=setting_of(archive),
            )
        return answer.body

    def _packages(self, signed: SignedSuite, component: str) -> bytes:
        """A package list, which is kept unpacked: unpacking takes ten times as long as reading."""
        path = f"{component}/binary-{self.architecture}/Packages"
        files = signed.release.files
        plain = files.get(path)
        text = None if plain is None else kept(plain.sha256, self.cache)
        if text is not None:
            return text
        found = next((one for one in (".xz", ".gz") if path + one in files), None)
        if found is None:
            where = redacted_url(signed.folder)
            raise ResolutionError(f"{where} has no packages for {self.architecture}")
        text = _plain(self.fetched(signed, files[path + found]), found, plain)
        if plain is not None:
            keep(text, plain.sha256, self.cache)
        return text


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


def _plain(packed: Path, suffix: str, plain: IndexFile | None) -> bytes:
    """The text of a compressed index, no longer than its Release file says."""
    limit = _MAX_INDEX if plain is None else min(plain.size, _MAX_INDEX)
    try:
        content = (gunzip if suffix == ".gz" else unxz)(packed.read_bytes(), limit)
    except (OSError, ValueError) as error:
        raise ResolutionError(f"a package index can't be unpacked: {error}") from None
    if plain is not None and hashlib.sha256(content).hexdigest() != plain.sha256:
        raise ResolutionError("a package index holds something else than its Release file says")
    return content
