"""One content on its way to a repository (distribution-spec 1.1, "Pushing blobs").

A small one goes in one request; a large one goes in parts, and either is gone on with where the
connection broke, as long as the registry remembers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit

from lading.errors import RegistryError
from lading.http import HttpError, Streamed
from lading.registry import refusals
from lading.registry.persistence import BUSY, Setback, asked_pause, persistently
from lading.registry.repository import said_digest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from threading import Event

    from lading.grammar.reference import Digest
    from lading.http import Answer
    from lading.registry.session import Session
    from lading.registry.source import Source

__all__ = ["ACCEPTED", "CREATED", "NOTHING", "Upload", "check_stored", "is_there"]

CHUNK: Final = 64 << 20
"""Bytes in one part of a large content: proxies before registries often limit what they let by."""

LARGEST_WHOLE: Final = 64 << 20
"""Bytes of the largest content that goes in one request."""

_SMALLEST_CHUNK: Final = 1 << 20

_FURTHER: Final = 1 << 20
_COMMIT_RATE: Final = 8 << 20
"""Bytes in a second that a registry hashes and moves, at least, before it answers."""

_LONGEST_COMMIT: Final = 600.0

_OK, CREATED, ACCEPTED, _NO_CONTENT = 200, 201, 202, 204
_NOT_FOUND, _OUT_OF_RANGE = 404, 416
_TOO_LARGE: Final = 413
_NO_PARTS: Final = frozenset({400, 404, 405, 406, 411, 415, 416, 501})
"""How registries answer a first part that cannot take parts."""

NOTHING: Final = Streamed(parts=lambda: iter(()), size=0)
"""An empty body of a request that is sent once."""


def is_there(session: Session, digest: Digest, size: int) -> bool:
    """Whether the repository has a content. A registry that says another size of it has another.

    Raises:
        RegistryError: It sends a digest that is none, or that is another.
        HttpError: It does not answer.
    """
    answer = session.ask(session.url(f"blobs/{digest}"), method="HEAD")
    if answer.status != _OK:
        return False
    check_stored(session, digest, answer)
    return answer.headers.get("content-length", str(size)) == str(size)


def check_stored(session: Session, digest: Digest, answer: Answer) -> None:
    """Compare what a registry says that it has with what it should have.

    Raises:
        RegistryError: They differ.
    """
    said = said_digest(session.domain, answer)
    if said is not None and said.algorithm == digest.algorithm and said != digest:
        raise RegistryError(
            f"registry {session.domain} says that it has {said} where {digest} was sent to"
            f" {session.name}",
            hint="a proxy on the way may have changed it: go without",
        )


class Upload:
    """A content that is sent, over as many requests and attempts as it takes."""

    def __init__(self, session: Session, source: Source, stop: Event) -> None:
        self._session = session
        self._source = source
        self._stop = stop
        self._location: str | None = None
        self._at = 0
        self._reached = 0
        self._is_unsure = False
        self._is_whole = source.size <= LARGEST_WHOLE
        self._is_refused = False
        self._took_part = False
        self._chunk = CHUNK

    def run(self, begun: Answer | None = None) -> None:
        """Send it.

        Args:
            begun: The answer to a mount that was not made: it begins an upload.

        Raises:
            RegistryError: The registry can't be reached, refuses, or has something else now.
            ImageError: The content can't be read, or is not what its descriptor says.
            Stopped: It is not wanted any more.
        """
        if begun is not None:
            self._take(self._session.url("blobs/uploads/"), begun)
        persistently(self._attempt, self._session.client.settings, self._stop)

    def _attempt(self) -> None:
        try:
            if self._is_unsure and self._is_stored():
                return
            if self._location is None:
                self._start()
            self._send()
        except HttpError as error:
            self._is_unsure = True
            if not error.transient:
                raise self._session.unreachable(error) from None
            raise self._setback(self._session.unreachable(error)) from None

    def _is_stored(self) -> bool:
        """After a break: how much the registry has, of which it may have told nobody."""
        self._is_unsure = False
        if self._location is not None:
            self._find_out(self._location)
        if self._location is None:
            return is_there(self._session, self._source.digest, self._source.size)
        return False

    def _find_out(self, location: str) -> None:
        answer = self._session.ask(location)
        if answer.status in BUSY:
            raise self._doubt(answer)
        if answer.status not in {_OK, ACCEPTED, _NO_CONTENT}:
            self._forget()
            return
        self._take(location, answer)
        self._at = _received(answer, 0)
        if self._at > self._source.size:
            self._forget()

    def _start(self) -> None:
        url = self._session.url("blobs/uploads/")
        answer = self._ask(url, "POST", NOTHING)
        if answer.status in BUSY:
            raise self._setback(self._session.refused(answer), asked_pause(answer))
        if answer.status != ACCEPTED:
            raise self._session.refused(answer)
        self._at = 0
        self._take(url, answer)

    def _send(self) -> None:
        size = self._source.size
        if self._is_whole and self._at == 0:
            self._finish(self._source.body(0, size))
            return
        while self._at < size:
            self._send_part(min(self._at + self._chunk, size))
        self._finish(NOTHING)

    def _send_part(self, end: int) -> None:
        place = {"Content-Range": f"{self._at}-{end - 1}"}
        location = self._begun()
        body = self._source.body(self._at, end)
        answer = self._ask(location, "PATCH", body, place, commits=body.size)
        if answer.status not in {CREATED, ACCEPTED, _NO_CONTENT}:
            raise self._part_refused(answer)
        self._take(location, answer)
        got = _received(answer, end)
        if not self._at < got <= end:
            self._forget()
            raise self._setback(self._lost())
        self._at, self._took_part = got, True

    def _part_refused(self, answer: Answer) -> Exception:
        if answer.status in BUSY:
            return self._doubt(answer)
        if answer.status == _TOO_LARGE:
            return self._smaller(answer, self._chunk)
        is_known = not refusals.has_code(answer, "BLOB_UPLOAD_UNKNOWN")
        if answer.status in _NO_PARTS and not self._took_part and is_known:
            self._is_whole = True
            self._forget()
            return self._setback(self._session.refused(answer))
        if answer.status == _OUT_OF_RANGE and not self._is_unsure:
            self._is_unsure = True
            return self._setback(self._lost())
        return self._unknown(answer)

    def _finish(self, body: Streamed) -> None:
        location = self._begun()
        mark = "&" if urlsplit(location).query else "?"
        url = f"{location}{mark}{urlencode({'digest': str(self._source.digest)})}"
        answer = self._ask(url, "PUT", body, commits=self._source.size)
        if answer.status in {CREATED, _NO_CONTENT}:
            check_stored(self._session, self._source.digest, answer)
            self._source.went(self._source.size)
            return
        if answer.status in BUSY:
            raise self._doubt(answer)
        if answer.status == _TOO_LARGE:
            raise self._smaller(answer, body.size)
        if refusals.has_code(answer, "DIGEST_INVALID", "SIZE_INVALID"):
            raise self._arrived_otherwise(answer)
        raise self._unknown(answer)

    def _smaller(self, answer: Answer, tried: int) -> Exception:
        """A proxy before the registry lets no request by that is as large as that."""
        if tried <= _SMALLEST_CHUNK:
            return self._session.refused(answer)
        self._chunk = max(tried // 4, _SMALLEST_CHUNK)
        self._is_whole = False
        self._is_unsure = True
        return self._setback(self._session.refused(answer))

    def _arrived_otherwise(self, answer: Answer) -> Exception:
        self._source.check()
        self._forget()
        if self._is_refused:
            return RegistryError(
                f"registry {self._session.domain} says that {self._source.digest} arrived changed"
                f" (status {answer.status})",
                hint="a proxy on the way may change it, or the registry's storage is damaged",
            )
        self._is_refused = True
        return self._setback(self._session.refused(answer))

    def _unknown(self, answer: Answer) -> Exception:
        """The registry does not know the upload any more, or refuses for good."""
        forgotten = refusals.has_code(answer, "BLOB_UPLOAD_UNKNOWN", "BLOB_UPLOAD_INVALID")
        if answer.status in {_NOT_FOUND, _OUT_OF_RANGE} or forgotten:
            self._forget()
            return self._setback(self._lost())
        return self._session.refused(answer)

    def _lost(self) -> RegistryError:
        return RegistryError(
            f"registry {self._session.domain} loses what is sent to {self._session.name}",
            hint="several instances of a registry must share their storage and their secret",
        )

    def _ask(
        self,
        url: str,
        method: str,
        body: Streamed,
        headers: Mapping[str, str] | None = None,
        *,
        commits: int = 0,
    ) -> Answer:
        """Send a request that is answered when so many bytes are stored."""
        work = min(commits / _COMMIT_RATE, _LONGEST_COMMIT)
        patience = self._session.client.settings.timeout + work
        kind = {"Content-Type": "application/octet-stream"} if body.size else {}
        return self._session.ask(
            url, method=method, headers={**kind, **(headers or {})}, body=body, patience=patience
        )

    def _begun(self) -> str:
        assert self._location is not None  # noqa: S101 - an attempt begins with it
        return self._location

    def _take(self, base: str, answer: Answer) -> None:
        """Keep where the upload goes on: registries keep its state in that address."""
        location = answer.headers.get("location")
        if location is not None:
            self._location = self._session.location(base, location)
        elif self._location is None:
            raise RegistryError(f"registry {self._session.domain} begins an upload nowhere")
        least = answer.headers.get("oci-chunk-min-length", "")
        if least.isdigit():
            self._chunk = max(self._chunk, min(int(least), 1 << 30))

    def _forget(self) -> None:
        self._location = None
        self._at = 0

    def _doubt(self, answer: Answer) -> Setback:
        self._is_unsure = True
        return self._setback(self._session.refused(answer), asked_pause(answer))

    def _setback(self, error: RegistryError, pause: float | None = None) -> Setback:
        further = self._at - self._reached >= _FURTHER
        self._reached = max(self._at, self._reached)
        return Setback(error, pause=pause, further=further)


def _received(answer: Answer, otherwise: int) -> int:
    """How many bytes a `Range` says; registries write `0-0` where there are none."""
    said = re.fullmatch(r"(?:bytes=)?0-([0-9]{1,18})", answer.headers.get("range", ""))
    if said is None:
        return otherwise
    return int(said[1]) + 1 if int(said[1]) else 0
