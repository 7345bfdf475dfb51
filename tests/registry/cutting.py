"""A line to a server that is cut once, after so many bytes of what is sent."""

from __future__ import annotations

import contextlib
import socket
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class _Line:
    left: int
    lock: Lock

    def passes(self, size: int) -> bool:
        """Whether so many bytes more get through; false once."""
        with self.lock:
            before, self.left = self.left, self.left - size
            return not before >= 0 > self.left


@contextmanager
def cutting(host: str, *, after: int) -> Iterator[str]:
    """The host:port of a line to `host`."""
    name, _, port = host.rpartition(":")
    line = _Line(after, Lock())
    with socket.create_server(("127.0.0.1", 0)) as listening:
        Thread(target=_accept, args=(listening, (name, int(port)), line), daemon=True).start()
        yield f"127.0.0.1:{listening.getsockname()[1]}"


def _accept(listening: socket.socket, to: tuple[str, int], line: _Line) -> None:
    with contextlib.suppress(OSError):
        while True:
            client, _ = listening.accept()
            server = socket.create_connection(to)
            Thread(target=_copy, args=(client, server, line), daemon=True).start()
            Thread(target=_copy, args=(server, client, None), daemon=True).start()


def _copy(source: socket.socket, target: socket.socket, line: _Line | None) -> None:
    with contextlib.suppress(OSError):
        while part := source.recv(65536):
            if line is not None and not line.passes(len(part)):
                break
            target.sendall(part)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
