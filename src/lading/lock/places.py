"""Where a file or a repository is, however its URL is written: the resolver writes its normal form.

That is the one of the URL Standard (https://url.spec.whatwg.org): no dot segments, an IPv4 address
in four decimal numbers, a port without zeros before it.
"""

from __future__ import annotations

import re
import socket
from contextlib import suppress
from ipaddress import IPv6Address
from typing import Final, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

__all__ = ["Place", "place_of"]

_PORTS: Final = {"https": 443, "http": 80, "ssh": 22}
_DOT: Final = re.compile(r"\.|%2e", re.IGNORECASE)


class Place(NamedTuple):
    """Where something is; equal places are the same, and what it has of a revision is asked for."""

    host: str
    port: int | None
    path: str
    revision: str
    subdirectory: str

    def is_at(self, other: Place) -> bool:
        """Whether both are the same file, or the same repository."""
        return self[:3] == other[:3]


def place_of(url: str) -> Place | None:
    """What a URL says, with the revision of a repository's (`git+…@v1`); None for no server's."""
    try:
        parts = urlsplit(url.removeprefix("git+"))
        host, port = _host(parts.hostname or ""), parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    path, revision = _without_dots(parts.path), ""
    if url.startswith("git+") and "@" in path:
        path, _, revision = path.rpartition("@")  # as pip and uv split it
    path = unquote(path).rstrip("/").removesuffix(".git")
    subdirectory = parse_qs(parts.fragment).get("subdirectory", [""])[-1].strip("/")
    return Place(host, port, path, unquote(revision), subdirectory) if host else None


def _without_dots(path: str) -> str:
    """The path without `.` and `..` (RFC 3986, 5.2.4), which may be written by `%2e` too."""
    first, *others = path.split("/")
    kept = [first]
    for segment in others:
        match _DOT.sub(".", segment):
            case ".":
                continue
            case "..":
                kept[1:] = kept[1:-1]
            case _:
                kept.append(segment)
    return "/".join(kept)


def _host(text: str) -> str:
    host = unquote(text).lower()
    with suppress(OSError):  # also what is written 127.1, 0x7f.0.0.1 or 2130706433
        return socket.inet_ntoa(socket.inet_aton(host.removesuffix(".")))
    return str(IPv6Address(host)) if ":" in host else host
