"""A content on its way into requests, from any byte on, and never whole in memory."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from typing import TYPE_CHECKING, BinaryIO, Final, Self

from lading.errors import ImageError
from lading.http import Streamed
from lading.registry.persistence import Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from threading import Event
    from types import TracebackType

    from lading.oci.blobs import Blob

__all__ = ["Source"]

_PART: Final = 1 << 18


class Source:
    """The bytes of a blob; a context manager that closes what is open at its end.

    Args:
        blob: Whose bytes.
        stop: Ends a body that is not wanted any more.
        advance: Told how many bytes more are sent; fewer, where it has to be done again.
    """

    def __init__(self, blob: Blob, stop: Event, advance: Callable[[int], None]) -> None:
        self.digest = blob.descriptor.digest
        self.size = blob.descriptor.size
        self._blob = blob
        self._stop = stop
        self._advance = advance
        self._told = 0
        self._at = 0
        self._file: BinaryIO | None = None
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def body(self, start: int, end: int) -> Streamed:
        """The bytes from `start` up to `end`, as a request's body."""
        return Streamed(parts=lambda: self._parts(start, end), size=end - start)

    def check(self) -> None:
        """Read all of it once more, since a registry says that something else arrived.

        Raises:
            ImageError: It is not what its descriptor says.
        """
        found = hashlib.new(self.digest.algorithm)
        for part in self._parts(0, self.size):
            found.update(part)
        if found.hexdigest() != self.digest.encoded:
            raise ImageError(f"blob {self.digest} has another content than its digest says")

    def went(self, to: int) -> None:
        """Tell how far it is."""
        self._advance(to - self._told)
        self._told = to

    def _parts(self, start: int, end: int) -> Iterator[bytes]:
        self.went(start)
        try:
            self._go_to(start)
            while self._at < end:
                part = self._read(end - self._at)
                yield part
                self.went(self._told + len(part))
        except OSError as error:
            reason = (error.strerror or "it can't be read").lower()
            raise ImageError(f"blob {self.digest} can't be read: {reason}") from None

    def _read(self, most: int) -> bytes:
        if self._stop.is_set():
            raise Stopped
        assert self._file is not None  # noqa: S101 - _go_to has opened it
        part = self._file.read(min(_PART, most))
        if not part:
            self._close()
            raise ImageError(
                f"blob {self.digest} ends after {self._at} of the {self.size} bytes it should have"
            )
        self._at += len(part)
        return part

    def _go_to(self, start: int) -> None:
        if self._file is not None and self._at == start:
            return
        self._close()
        self._file = self._opened.enter_context(self._blob.open())
        self._at = 0
        if start and self._file.seekable():
            # From where it stands: the file may hold more than this content.
            self._file.seek(start, 1)
            self._at = start
        while self._at < start:
            self._read(start - self._at)

    def _close(self) -> None:
        self._file = None
        self._opened.close()
