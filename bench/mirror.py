"""A mirror of Debian's archive on loopback: a file is fetched once, and then served from disk."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread, get_ident
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote

from lading.http import HttpClient, HttpError, HttpSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["mirrored"]

MOST: Final = 1 << 30
MISSING: Final = ".missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The files of archives.

    Attributes:
        roots: Where archives are fetched from, by name: `debian`, `debian-security`.
        folder: What was fetched, and what was asked for and is not there.
    """

    roots: Mapping[str, str]
    folder: Path

    def file(self, path: str) -> Path | None:
        """The file of `/debian/dists/…`, or None where the archive has none.

        Raises:
            HttpError: It can't be asked.
        """
        # apt writes `%2b` where others write `+`.
        path = unquote(path)
        place = self.folder / quote(path, safe="")
        if not place.exists() and not place.with_name(place.name + MISSING).exists():
            self._fetch(path, place)
        return place if place.exists() else None

    def _fetch(self, path: str, place: Path) -> None:
        name, _, rest = path.lstrip("/").partition("/")
        with HttpClient(HttpSettings.from_environment(os.environ)) as client:
            answer = client.read(f"{self.roots[name]}/{quote(rest)}", limit=MOST)
        if answer.status != HTTPStatus.OK:
            place.with_name(place.name + MISSING).touch()
            return
        part = place.with_name(f"{place.name}.{get_ident()}")
        part.write_bytes(answer.body)
        part.replace(place)


@contextmanager
def mirrored(roots: Mapping[str, str], folder: Path) -> Iterator[dict[str, str]]:
    """Where the same archives are on loopback, by name."""
    kept = Kept(roots=roots, folder=folder)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # A header and a body are two writes, and the second would wait for the first's receipt.
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            try:
                found = kept.file(self.path)
            except (HttpError, KeyError):
                self._say(HTTPStatus.BAD_GATEWAY, 0)
                return
            if found is None:
                self._say(HTTPStatus.NOT_FOUND, 0)
                return
            with found.open("rb") as file:
                self._say(HTTPStatus.OK, found.stat().st_size)
                shutil.copyfileobj(file, self.wfile, 1 << 20)

        def _say(self, status: HTTPStatus, size: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(size))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield {name: f"http://127.0.0.1:{server.server_port}/{name}" for name in roots}
        finally:
            server.shutdown()
