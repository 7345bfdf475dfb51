"""How long an answer may take: as long as it makes progress, and no longer.

A time limit for each part of an answer, which is all that sockets have, lets a server hold a client
for ever by a byte now and then.
"""

from __future__ import annotations

import socket
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from lading.http.failure import HttpError, failure

if TYPE_CHECKING:
    from collections.abc import Iterator

    import urllib3

    from lading.http.settings import HttpSettings

__all__ = ["limited", "pool_classes"]

_CHUNK: Final = 1 << 16

_PATIENCE: Final = 4
"""How many times the time limit of one part all headers may take, and each look at the pace."""

_LEAST_RATE: Final = 256
"""Bytes in a second: an eighth of what a modem brought."""


def limited(
    response: urllib3.BaseHTTPResponse, limit: int, settings: HttpSettings
) -> Iterator[bytes]:
    """The body's parts, as they were sent, up to `limit` bytes.

    Raises:
        HttpError: There are more, or they come too slowly ever to end, or they break off.
    """
    seen = 0
    window = settings.timeout * _PATIENCE
    since, before = time.monotonic(), 0
    while part := _next_part(response, settings):
        seen += len(part)
        if seen > limit:
            raise HttpError(f"its answer is larger than {limit} bytes")
        yield part
        now = time.monotonic()
        if now - since >= window:
            if seen - before < _LEAST_RATE * (now - since):
                raise HttpError(f"its answer comes by less than {_LEAST_RATE} bytes a second")
            since, before = now, seen


def _next_part(response: urllib3.BaseHTTPResponse, settings: HttpSettings) -> bytes:
    from urllib3 import exceptions  # noqa: PLC0415 - it is loaded, since there is a response

    try:
        return response.read1(_CHUNK, decode_content=False)
    except exceptions.HTTPError as error:
        raise failure(error, settings) from None


def pool_classes(settings: HttpSettings) -> dict[str, Any]:
    """urllib3's pools by scheme, with an end to how long the headers of an answer may take."""
    from urllib3 import connectionpool  # noqa: PLC0415 - it costs 100 ms

    seconds = settings.timeout * _PATIENCE
    plain, secure = connectionpool.HTTPConnectionPool, connectionpool.HTTPSConnectionPool
    return {"http": _bounded(plain, seconds), "https": _bounded(secure, seconds)}


def _bounded(pool: Any, seconds: float) -> Any:  # noqa: ANN401 - classes of urllib3's own
    class Connection(pool.ConnectionCls):  # type: ignore[misc]
        """A connection that is ended when the headers of an answer don't."""

        def getresponse(self) -> Any:  # noqa: ANN401
            with _ended_after(max(seconds, self.sock.gettimeout() or 0), self.sock):
                return super().getresponse()

    return type(pool.__name__, (pool,), {"ConnectionCls": Connection})


@contextmanager
def _ended_after(seconds: float, connected: socket.socket) -> Iterator[None]:
    """Shut the socket down when the block takes longer, so that what waits there sees its end.

    Raises:
        TimeoutError: It did: a header that was cut off would pass for a whole one.
    """
    from threading import Event, Timer  # noqa: PLC0415 - only where something is sent

    late = Event()

    def shut() -> None:
        late.set()
        with suppress(OSError):
            # Not the TLS socket's own method, which takes its state from under the waiting thread.
            socket.socket.shutdown(connected, socket.SHUT_RDWR)

    timer = Timer(seconds, shut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        if late.is_set():
            raise TimeoutError
