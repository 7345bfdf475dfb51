"""An image registry in this process: real HTTP on loopback, the reading half of the protocol."""

from __future__ import annotations

import base64
import hashlib
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


@dataclass
class Reply:
    """What the server answers once, in place of the truth."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    announced: int | None = None
    """The Content-Length, where it is to be a lie."""


@dataclass
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""

    @property
    def authorization(self) -> str | None:
        return self.headers.get("authorization")


def sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def as_json(document: object) -> bytes:
    return json.dumps(document, sort_keys=True).encode()


@dataclass
class FakeServer:
    """Answers through `route`, or with what was put into `faults` for that path, in order."""

    route: Callable[[Seen], Reply]
    faults: dict[str, list[Reply]] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    port: int = 0

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def answer(self, request: Seen) -> Reply:
        self.seen.append(request)
        waiting = self.faults.get(urlsplit(request.path).path)
        return waiting.pop(0) if waiting else self.route(request)

    def paths(self) -> list[str]:
        return [request.path for request in self.seen]


@contextmanager
def serving(
    route: Callable[[Seen], Reply], tls: ssl.SSLContext | None = None
) -> Iterator[FakeServer]:
    fake = FakeServer(route=route)
    server = _Server(("127.0.0.1", 0), _handler(fake))
    server.tls = tls
    fake.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    tls: ssl.SSLContext | None = None

    def finish_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - socketserver's own
        """Shake hands in the connection's own thread, and close it also where that fails."""
        if self.tls is None:
            super().finish_request(request, client_address)
        else:
            with self.tls.wrap_socket(request, server_side=True) as secured:
                super().finish_request(secured, client_address)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that goes away is part of the tests."""


def _handler(fake: FakeServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Seen(self.command, self.path, headers, self.rfile.read(length))
            self._send(fake.answer(request))

        do_POST = do_GET  # noqa: N815 - http.server's name

        def _send(self, reply: Reply) -> None:
            size = len(reply.body) if reply.announced is None else reply.announced
            self.send_response(reply.status)
            for name, value in {"Content-Length": str(size), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    return Handler


@dataclass
class FakeRegistry:
    """Repositories' contents, and who may read them."""

    manifests: dict[tuple[str, str], tuple[str, bytes]] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    basic: str | None = None
    """`user:password`, where Basic authentication is asked for."""
    bearer: str | None = None
    """The token that a Bearer must show; given to whom `users` has, or to anyone if empty."""
    users: tuple[str, ...] = ()
    realm: str = ""

    def add_image(
        self,
        path: str,
        tag: str | None,
        platform: str,
        *,
        media_type: str = OCI_MANIFEST,
        note: str = "",
    ) -> dict[str, Any]:
        """Store an image and give its descriptor in an index."""
        words = dict(zip(("os", "architecture", "variant"), platform.split("/"), strict=False))
        config = as_json({**words, "note": note, "rootfs": {"type": "layers", "diff_ids": []}})
        self.blobs[sha256(config)] = config
        described = {"mediaType": OCI_CONFIG, "digest": sha256(config), "size": len(config)}
        document = {"schemaVersion": 2, "mediaType": media_type, "config": described, "layers": []}
        content = as_json(document)
        self.add_manifest(path, tag, media_type, content)
        return {
            "mediaType": media_type,
            "digest": sha256(content),
            "size": len(content),
            "platform": words,
        }

    def add_index(
        self, path: str, tag: str, images: list[dict[str, Any]], media_type: str = OCI_INDEX
    ) -> str:
        content = as_json({"schemaVersion": 2, "mediaType": media_type, "manifests": images})
        return self.add_manifest(path, tag, media_type, content)

    def add_manifest(self, path: str, tag: str | None, media_type: str, content: bytes) -> str:
        for name in (tag, sha256(content)):
            if name is not None:
                self.manifests[path, name] = (media_type, content)
        return sha256(content)

    def route(self, request: Seen) -> Reply:
        url = urlsplit(request.path)
        if url.path == "/token":
            return self._give_token(request)
        if not self._may(request):
            return Reply(401, {"WWW-Authenticate": self._challenge()}, _error("UNAUTHORIZED"))
        return self._content(url.path, parse_qs(url.query))

    def _content(self, path: str, query: dict[str, list[str]]) -> Reply:
        if path == "/v2/":
            return Reply(body=b"{}")
        name, kind, last = path.removeprefix("/v2/").rsplit("/", 2)
        if kind == "manifests" and (name, last) in self.manifests:
            media_type, content = self.manifests[name, last]
            digest = sha256(content)
            headers = {"Content-Type": media_type, "Docker-Content-Digest": digest}
            return Reply(200, headers, content)
        if kind == "blobs" and last in self.blobs:
            return Reply(200, {}, self.blobs[last])
        if path.endswith("/tags/list"):
            return self._tags(name, query)
        return Reply(404, {}, _error("MANIFEST_UNKNOWN"))

    def _tags(self, name: str, query: dict[str, list[str]]) -> Reply:
        """Two a page, so that the second page is needed."""
        tags = sorted(tag for path, tag in self.manifests if path == name and ":" not in tag)
        if not tags:
            return Reply(404, {}, _error("NAME_UNKNOWN"))
        start = tags.index(query["last"][0]) + 1 if "last" in query else 0
        page = tags[start : start + 2]
        more = start + 2 < len(tags)
        link = {"Link": f'</v2/{name}/tags/list?n=2&last={page[-1]}>; rel="next"'} if more else {}
        return Reply(200, link, as_json({"name": name, "tags": page}))

    def _may(self, request: Seen) -> bool:
        if self.bearer is not None:
            return request.authorization == f"Bearer {self.bearer}"
        return self.basic is None or request.authorization == basic(self.basic)

    def _challenge(self) -> str:
        if self.bearer is None:
            return 'Basic realm="a, registry"'
        return f'Bearer realm="{self.realm}/token",service="fake",scope="repository:x:pull,push"'

    def _give_token(self, request: Seen) -> Reply:
        form = parse_qs(request.body.decode())
        known = [basic(user) for user in self.users]
        refreshed = form.get("refresh_token", [""])[0] in self.users
        if self.users and request.authorization not in known and not refreshed:
            return Reply(401, {}, b"denied")
        return Reply(body=as_json({"access_token" if form else "token": self.bearer}))


def basic(pair: str) -> str:
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def _error(code: str) -> bytes:
    return as_json({"errors": [{"code": code, "message": "hunter2 is in the free text"}]})
