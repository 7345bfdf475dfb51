"""Contents that a registry has, fetched when somebody opens them."""

from __future__ import annotations

import hashlib
import io
import re
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Final

from lading.errors import RegistryError
from lading.http import HttpError, limited
from lading.oci.blobs import Place
from lading.registry.persistence import Setback, persistently

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.http import Answer
    from lading.oci.blobs import Descriptor
    from lading.registry.session import Session

__all__ = ["RemoteBlob"]

_OK, _PARTIAL, _NOT_FOUND, _NOT_SATISFIABLE = 200, 206, 404, 416
_BUFFER: Final = 1 << 18
_FURTHER: Final = 1 << 20
"""Bytes that make a new attempt of what would else be one more failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteBlob:
    """A content of a repository; nothing of it is fetched before it is opened."""

    descriptor: Descriptor
    session: Session = field(repr=False, compare=False)

    @property
    def place(self) -> Place:
        """The repository."""
        return Place(domain=self.session.domain, path=self.session.path)

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """The bytes. A connection that breaks is made again where it broke.

        A reader that may seek forward before it reads: an upload that is resumed begins there. Size
        and digest are checked when it is read from its beginning to its end.

        Raises:
            RegistryError: They can't be had, or are not those of the descriptor.
        """
        raw = _Download(self)
        with io.BufferedReader(raw, _BUFFER) as reader:
            yield reader


class _Download(io.RawIOBase):
    """A blob's bytes in order, over as many requests as it takes."""

    def __init__(self, blob: RemoteBlob) -> None:
        super().__init__()
        self._blob = blob
        self._session = blob.session
        self._size = blob.descriptor.size
        self._digest = hashlib.new(blob.descriptor.digest.algorithm)
        self._is_whole = True
        self._at = 0
        self._reached = 0
        self._etag: str | None = None
        self._parts: Iterator[bytes] | None = None
        self._rest = memoryview(b"")
        self._response = ExitStack()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go elsewhere, and ask for what is there when it is read."""
        target = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence] + offset
        if target != self._at:
            self._hang_up()
            self._rest = memoryview(b"")
            self._is_whole = False
            self._at = self._reached = target
        return self._at

    def close(self) -> None:
        self._hang_up()
        super().close()

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if self._at >= self._size:
            return 0
        if not self._rest:
            self._rest = memoryview(persistently(self._next_part, self._session.client.settings))
        if len(self._rest) > self._size - self._at:
            self._hang_up()
            raise self._larger()
        count = min(len(buffer), len(self._rest))
        part, self._rest = self._rest[:count], self._rest[count:]
        buffer[:count] = part
        self._digest.update(part)
        self._at += count
        if self._at == self._size:
            self._finish()
        return count

    def _finish(self) -> None:
        wanted = self._blob.descriptor.digest
        more = next(self._parts, b"") if self._parts is not None else b""
        self._hang_up()
        if more:
            raise self._larger()
        if self._is_whole and self._digest.hexdigest() != wanted.encoded:
            raise RegistryError(
                f"registry {self._session.domain} sent something other than {wanted} of"
                f" {self._session.name}",
                hint="a cache, proxy or mirror on the way may have changed it: ask another",
            )

    def _next_part(self) -> bytes:
        try:
            if self._parts is None:
                self._parts = self._ask()
            part = next(self._parts, b"")
        except HttpError as error:
            began = self._parts is not None or self._at > 0
            self._hang_up()
            if not (began and error.transient):  # the client has tried it often enough
                raise self._session.unreachable(error) from None
            raise self._setback(self._session.unreachable(error)) from None
        if not part:
            self._hang_up()
            raise self._setback(self._smaller())
        return part

    def _setback(self, error: RegistryError) -> Setback:
        further = self._at - self._reached >= _FURTHER
        self._reached = max(self._at, self._reached) if further else self._reached
        return Setback(error, further=further)

    def _ask(self) -> Iterator[bytes]:
        """The parts of the rest."""
        opened = self._session.open(f"blobs/{self._blob.descriptor.digest}", self._range())
        response, head = self._response.enter_context(opened)
        skip = self._judge(head)
        self._etag = head.headers.get("etag")
        expected = self._size - self._at + skip
        self._check_announced(head, expected)
        # One byte more may come: it shows that the content is larger.
        parts = limited(response, expected + (1 << 20), self._session.client.settings)
        return _without(parts, skip)

    def _range(self) -> dict[str, str]:
        if self._at == 0:
            return {}
        # RFC 9110, 13.1.5: a weak entity tag can't be compared here.
        is_strong = self._etag is not None and not self._etag.startswith("W/")
        same = {"If-Range": self._etag} if is_strong and self._etag else {}
        return {"Range": f"bytes={self._at}-", **same}

    def _judge(self, head: Answer) -> int:
        """How many bytes of the answer were had before: a server may not know ranges."""
        if head.status == _OK:
            return self._at
        shown = re.match(r"bytes ([0-9]+)-", head.headers.get("content-range", ""))
        if head.status == _PARTIAL and shown and int(shown[1]) == self._at:
            return 0
        self._hang_up()
        digest = self._blob.descriptor.digest
        if head.status == _NOT_FOUND:
            raise RegistryError(
                f"{self._session.name} has no blob {digest}, though its manifest names it",
                hint="layers that may not be distributed are not in registries"
                if self._blob.descriptor.urls
                else None,
            )
        if head.status in {_NOT_SATISFIABLE, _PARTIAL}:
            raise self._setback(self._smaller())
        raise self._session.refused(head)

    def _check_announced(self, head: Answer, expected: int) -> None:
        announced = head.headers.get("content-length", "")
        if announced.isdigit() and int(announced) != expected:
            self._hang_up()
            raise self._larger() if int(announced) > expected else self._smaller()

    def _hang_up(self) -> None:
        self._parts = None
        self._response.close()

    def _larger(self) -> RegistryError:
        return self._wrong_size("larger")

    def _smaller(self) -> RegistryError:
        return self._wrong_size("smaller")

    def _wrong_size(self, how: str) -> RegistryError:
        digest = self._blob.descriptor.digest
        return RegistryError(
            f"blob {digest} of {self._session.name} is {how} than the {self._size} bytes that its"
            " manifest says",
            hint="a cache, proxy or mirror on the way may have changed it: ask another",
        )


def _without(parts: Iterator[bytes], skip: int) -> Iterator[bytes]:
    for part in parts:
        if skip >= len(part):
            skip -= len(part)
        else:
            yield part[skip:]
            skip = 0
