"""A proxy on loopback that answers in place of every host: what uv knows an address of by itself.

uv asks it for a tunnel (HTTP CONNECT); instead of opening one, it shows a certificate for the host
that was asked for and answers from a package index of the test.
"""

from __future__ import annotations

import os
import ssl
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from lading.process import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lock.package_index import PackageIndex

_EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


@dataclass
class StandIn:
    """Whatever host is asked, `index` answers, below whatever path.

    Attributes:
        index: What it publishes.
        folder: Where its certificates are.
        url: Of the proxy.
        asked: The host and the path of each question.
    """

    index: PackageIndex
    folder: Path
    url: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self._openssl(
            *("req", "-x509", *_EC, "-days", "2", "-subj", "/CN=stand-in"),
            *("-keyout", "ca.key", "-out", "ca.pem"),
        )

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs to ask it, and to trust it."""
        return {"HTTPS_PROXY": self.url, "SSL_CERT_FILE": str(self.folder / "ca.pem")}

    def hosts(self, project: str) -> set[str]:
        """The hosts that were asked for a project."""
        return {host for host, path in self.asked if path.rstrip("/").endswith(f"/{project}")}

    def context(self, host: str) -> ssl.SSLContext:
        """What proves to be `host`."""
        with self._lock:
            if not (self.folder / f"{host}.pem").exists():
                self._certify(host)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / f"{host}.pem", self.folder / f"{host}.key")
        return context

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """A page of links where the path ends in a slash, a file elsewhere."""
        kind = "simple" if path.endswith("/") else "files"
        return self.index.answer(f"{kind}/{unquote(path).rstrip('/').rpartition('/')[2]}")

    def _certify(self, host: str) -> None:
        (self.folder / f"{host}.ext").write_text(f"subjectAltName=DNS:{host}\n")
        self._openssl(
            *("req", *_EC, "-subj", "/CN=host", "-keyout", f"{host}.key", "-out", f"{host}.csr")
        )
        self._openssl(
            *("x509", "-req", "-in", f"{host}.csr", "-CA", "ca.pem", "-CAkey", "ca.key"),
            *("-CAcreateserial", "-days", "2", "-extfile", f"{host}.ext", "-out", f"{host}.pem"),
        )

    def _openssl(self, *words: str) -> None:
        done = run(("openssl", *words), env={"PATH": os.environ["PATH"]}, cwd=self.folder)
        assert done.returncode == 0, done.stderr


@contextmanager
def standing_in(index: PackageIndex, folder: Path) -> Iterator[StandIn]:
    """The proxy is at its `url` in this block."""
    stand_in = StandIn(index, folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(stand_in))
    server.daemon_threads = True
    stand_in.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(stand_in: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        host = ""

        def do_CONNECT(self) -> None:
            self.host = self.path.rpartition(":")[0]
            self.send_response(200)
            self.end_headers()
            self.rfile.close()
            context = stand_in.context(self.host)
            self.connection = context.wrap_socket(self.connection, server_side=True)
            self.rfile = self.connection.makefile("rb")
            self.wfile = self.connection.makefile("wb")
            self.close_connection = False

        def finish(self) -> None:
            super().finish()
            self.connection.close()

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            stand_in.asked.append((self.host, path))
            status, media_type, content = stand_in.answer(path)
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)
            self.wfile.flush()

        do_HEAD = do_GET  # noqa: N815 - http.server's name

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    return Handler
