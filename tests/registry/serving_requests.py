"""The HTTP half of the full registry: requests whose bodies come in parts, and broken answers."""

from __future__ import annotations

import contextlib
import json
import socket
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator
    from io import BufferedIOBase

__all__ = ["Dropped", "Request", "Response", "Server", "handler"]

_PART = 1 << 16


class Dropped(Exception):  # noqa: N818 - what happens to the connection
    """The connection ends here."""


@dataclass
class Request:
    """A request as it arrived; `received` counts the bytes of its body."""

    method: str
    path: str
    headers: dict[str, str]
    stream: BufferedIOBase = field(repr=False)
    received: int = 0
    status: int = 0
    breaks_after: int | None = None

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.path).query)

    @property
    def token(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ")

    @property
    def length(self) -> int:
        return int(self.headers.get("content-length") or 0)

    def parts(self) -> Iterator[bytes]:
        length = self.length
        while self.received < length:
            most = length if self.breaks_after is None else min(length, self.breaks_after)
            part = self.stream.read1(min(_PART, most - self.received))
            if not part:
                raise Dropped
            self.received += len(part)
            yield part

    def read(self) -> bytes:
        return b"".join(self.parts())

    def discard(self) -> None:
        for _ in self.parts():
            pass

    def json(self, content: bytes) -> dict[str, Any]:
        document = json.loads(content)
        assert isinstance(document, dict)
        return document


@dataclass
class Response:
    """What is answered."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    announced: int | None = None
    breaks_after: int | None = None


class Server(ThreadingHTTPServer):
    """A thread for each connection."""

    tls: ssl.SSLContext | None = None
    request_queue_size = 64
    daemon_threads = True
    block_on_close = False

    def finish_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - socketserver's own
        """Shake hands in the connection's own thread."""
        if self.tls is None:
            super().finish_request(request, client_address)
        else:
            with self.tls.wrap_socket(request, server_side=True) as secured:
                super().finish_request(secured, client_address)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: connections that break are part of the tests."""


def handler(answer: Callable[[Request], Response]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.command, self.path, headers, self.rfile)
            try:
                self._send(request, answer(request))
            except Dropped:
                self._drop()

        do_POST = do_PUT = do_PATCH = do_HEAD = do_DELETE = do_GET  # noqa: N815 - http.server's names

        def _send(self, request: Request, response: Response) -> None:
            request.status = response.status
            has_body = response.status not in {204, 304}
            size = len(response.body) if response.announced is None else response.announced
            self.send_response(response.status)
            for name, value in {"Content-Length": str(size), **response.headers}.items():
                if has_body or name != "Content-Length":
                    self.send_header(name, value)
            self.end_headers()
            if self.command == "HEAD":
                return
            self.wfile.write(response.body[: response.breaks_after])
            if response.breaks_after is not None or size != len(response.body):
                self._drop()

        def _drop(self) -> None:
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.wfile.flush()
                self.connection.shutdown(socket.SHUT_RDWR)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    return Handler
