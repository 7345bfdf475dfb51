"""A mirror on loopback: `python forwarder.py LOG NAME=URL...` serves each URL below /NAME.

It prints its port, and writes each path that was asked for to LOG. A process of its own, since the
tests themselves talk to loopback only.
"""

from __future__ import annotations

import sys
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

BLOCK = 1 << 16
SECONDS = 60.0


class Forwarder(BaseHTTPRequestHandler):
    log: ClassVar[Path]
    roots: ClassVar[dict[str, str]]

    def do_GET(self) -> None:
        name, _, rest = self.path.lstrip("/").partition("/")
        with self.log.open("a") as file:
            file.write(f"{self.path}\n")
        try:
            url = f"{self.roots[name]}/{rest}"
            with urllib.request.urlopen(url, timeout=SECONDS) as answer:  # noqa: S310 - as handed in
                self.send_response(answer.status)
                self.send_header("Content-Length", answer.headers["Content-Length"])
                self.end_headers()
                while block := answer.read(BLOCK):
                    self.wfile.write(block)
        except (KeyError, urllib.error.HTTPError):
            self.send_error(404)

    def log_message(self, *_: object) -> None:
        """Nothing: the log is a file of its own."""


def main() -> None:
    log, *roots = sys.argv[1:]
    Forwarder.log = Path(log)
    Forwarder.roots = dict(root.split("=", 1) for root in roots)
    with ThreadingHTTPServer(("127.0.0.1", 0), Forwarder) as server:
        print(server.server_port, flush=True)  # noqa: T201 - whoever started it reads this
        server.serve_forever()


if __name__ == "__main__":
    main()
