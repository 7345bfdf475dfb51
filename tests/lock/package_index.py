"""A package index in this process: tiny real wheels and source archives, over HTTP on loopback."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

UV_WHEELS = (
    "py3-none-musllinux_1_1_x86_64",
    "py3-none-manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
)


def wheel(
    name: str, version: str, *, requires: Iterable[str] = (), tag: str = "py3-none-any"
) -> tuple[str, bytes]:
    """A wheel's file name and content; always the same bytes for the same words.

    That of uv holds a program, which its RECORD lists.
    """
    program = {f"{name}-{version}.data/scripts/uv": "#!/bin/sh\n"} if name == "uv" else {}
    info = f"{name}-{version}.dist-info"
    needed = "".join(f"Requires-Dist: {one}\n" for one in requires)
    members = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needed}",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
        f"{info}/RECORD": "".join(_recorded(path, text) for path, text in program.items()),
        **program,
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path, text in members.items():
            archive.writestr(zipfile.ZipInfo(path), text)
    return f"{name}-{version}-{tag}.whl", content.getvalue()


def _recorded(path: str, text: str) -> str:
    """A line of RECORD (PEP 376)."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"{path},sha256={digest.rstrip('=')},{len(text.encode())}\n"


def sdist(name: str, version: str, files: Mapping[str, str]) -> tuple[str, bytes]:
    """A source archive's file name and content."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for path, text in files.items():
            member = tarfile.TarInfo(f"{name}-{version}/{path}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return f"{name}-{version}.tar.gz", content.getvalue()


def pkg_info(name: str, version: str, metadata: str = "2.1") -> str:
    return f"Metadata-Version: {metadata}\nName: {name}\nVersion: {version}\n"


def sha256_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@dataclass
class PackageIndex:
    """A simple index (PEP 503).

    Attributes:
        max_age: How long its pages may be kept, in seconds.
        login: `user:password`, without which it answers with `refusal` (RFC 7617).
        pythons: By file, the versions of Python that it takes (PEP 503, `data-requires-python`).
        asked: The path of each question, in order.
        refused: Of each that it refused, what stood for a login.
    """

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    projects: dict[str, list[str]] = field(default_factory=dict)
    pythons: dict[str, str] = field(default_factory=dict)
    max_age: int = 0
    tells_hashes: bool = True
    login: str | None = None
    refusal: int = 401
    asked: list[str] = field(default_factory=list)
    refused: list[str | None] = field(default_factory=list)
    is_stuck: bool = False
    """Whether it lets each question wait, until `silent` is set."""
    silent: Event = field(default_factory=Event)

    def add(self, file: tuple[str, bytes]) -> str:
        """Publish a file and give its hash."""
        name, content = file
        project = name.partition("-")[0].replace("_", "-").lower()
        self.files[name] = content
        self.projects.setdefault(project, []).append(name)
        return sha256_of(content)

    def wheel(
        self, name: str, version: str, *, requires: Iterable[str] = (), tag: str = "py3-none-any"
    ) -> str:
        return self.add(wheel(name, version, requires=requires, tag=tag))

    def add_uv(self, version: str) -> None:
        """Publish a uv for the build on each platform that can be locked."""
        for tag in UV_WHEELS:
            self.wheel("uv", version, tag=tag)

    def asked_for(self) -> set[str]:
        """The projects whose page somebody asked for."""
        pages = (path.strip("/").split("/") for path in self.asked)
        return {page[1] for page in pages if page[0] == "simple" and len(page) > 1}

    def admits(self, authorization: str | None) -> bool:
        """Whether a header of this content lets one in."""
        if self.login is None:
            return True
        expected = f"Basic {base64.b64encode(self.login.encode()).decode()}"
        if authorization != expected:
            self.refused.append(authorization)
        return authorization == expected

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """The status, the media type and the content at a path."""
        kind, _, name = path.strip("/").partition("/")
        if kind == "files" and name in self.files:
            return 200, "application/octet-stream", self.files[name]
        if kind == "simple" and name in self.projects:
            return 200, "text/html", self._page(self.projects[name])
        return 404, "text/plain", b""

    def _page(self, names: Iterable[str]) -> bytes:
        return "<br>\n".join(map(self._link, names)).encode()

    def _link(self, name: str) -> str:
        python = escape(self.pythons.get(name, ""))
        told = f' data-requires-python="{python}"' if python else ""
        return f'<a href="../../files/{name}{self._fragment(name)}"{told}>{name}</a>'

    def _fragment(self, name: str) -> str:
        return "#" + sha256_of(self.files[name]).replace(":", "=") if self.tells_hashes else ""


@contextmanager
def serving(index: PackageIndex) -> Iterator[None]:
    """The index is at `index.url` in this block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(index))
    server.daemon_threads = True
    index.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        index.silent.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(index: PackageIndex) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            index.asked.append(path)
            if index.is_stuck:
                index.silent.wait(60)
            status, media_type, content = index.answer(path)
            if not index.admits(self.headers["Authorization"]):
                status, content = index.refusal, b""
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Cache-Control", f"max-age={index.max_age}")
            if status == 401:  # RFC 9110: then the scheme is named
                self.send_header("WWW-Authenticate", "Basic")
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        do_HEAD = do_GET  # noqa: N815 - http.server's name

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    return Handler
