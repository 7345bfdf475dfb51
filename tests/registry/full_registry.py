"""A whole image registry in this process: distribution-spec 1.1 over HTTP, with faults on demand.

with running_registry() as registry:
    registry.fails("PUT", r"/manifests/", Fault(status=503), times=2)
    push(artifact, [ImageReference.parse(f"{registry.host}/team/app:1")], ...)
    assert registry.manifest("team/app", "1") == artifact.content
    assert not registry.requests("GET", "/blobs/")
"""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from registry.fake_registry import OCI_INDEX, as_json, sha256
from registry.gate import Gate, error
from registry.serving_requests import Dropped, Request, Response, Server, handler

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

__all__ = ["Fault", "FullRegistry", "Request", "running_registry"]


@dataclass(frozen=True)
class Fault:
    """What goes wrong with a request, once.

    Attributes:
        status: Answered in place of the truth, with `headers` and the error code `code`.
        receive: The connection breaks after so many bytes of the request's body.
        send: The connection breaks after so many bytes of the answer's body.
        stall: Seconds for which nothing is answered; then the connection breaks.
        pause: Seconds for which nothing is answered; then the truth.
        body: Sent in place of the true body.
        announced: The Content-Length, where it is a lie.
        forget: The upload is forgotten first, so that it is unknown.
        late: The request is carried out; its answer is what goes wrong.
    """

    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    code: str = "UNKNOWN"
    receive: int | None = None
    send: int | None = None
    stall: float = 0
    pause: float = 0
    body: bytes | None = None
    announced: int | None = None
    forget: bool = False
    late: bool = False


@dataclass
class _Waiting:
    method: str
    path: str
    fault: Fault
    times: int


@dataclass
class Upload:
    """What has come of a blob so far."""

    repository: str
    content: bytearray = field(default_factory=bytearray)


@dataclass
class FullRegistry(Gate):
    """What the registry holds, how it behaves, and what it was asked.

    Attributes:
        blobs: By repository and digest; a mount makes another entry.
        manifests: By repository and tag or digest: media type and content.
        log: The requests as they came, each with the status of its answer.
        mounts, ranges, chunks, oci, referrers, head: What it can.
        redirect: The root of another server, to which GETs of blobs are sent.
        largest: Bytes of a request's body that a proxy before it lets by.
        location: The root that the locations of uploads are below; relative where it is empty.
    """

    blobs: dict[tuple[str, str], bytes] = field(default_factory=dict)
    manifests: dict[tuple[str, str], tuple[str, bytes]] = field(default_factory=dict)
    log: list[Request] = field(default_factory=list)
    mounts: bool = True
    ranges: bool = True
    chunks: bool = True
    oci: bool = True
    referrers: bool = True
    head: bool = True
    redirect: str | None = None
    largest: int = 1 << 40
    location: str = ""
    uploads: dict[str, Upload] = field(default_factory=dict)
    _faults: list[_Waiting] = field(default_factory=list)

    def fails(self, method: str, path: str, fault: Fault, *, times: int = 1) -> None:
        """The next `times` requests of the method, whose path has `path` in it, go wrong."""
        self._faults.append(_Waiting(method, path, fault, times))

    def heal(self) -> None:
        """Nothing goes wrong any more."""
        self._faults.clear()

    def requests(self, method: str, path: str = "") -> list[Request]:
        """The requests there were, those that went wrong too."""
        return [r for r in list(self.log) if r.method == method and re.search(path, r.path)]

    def add_blob(self, repository: str, content: bytes) -> str:
        self.blobs[repository, sha256(content)] = content
        return sha256(content)

    def add_manifest(
        self, repository: str, tag: str | None, document: dict[str, Any] | bytes, media_type: str
    ) -> str:
        content = document if isinstance(document, bytes) else as_json(document)
        for name in (tag, sha256(content)):
            if name is not None:
                self.manifests[repository, name] = (media_type, content)
        return sha256(content)

    def manifest(self, repository: str, name: str) -> bytes:
        return self.manifests[repository, name][1]

    def holds(self, repository: str) -> set[str]:
        """The digests of the repository's blobs."""
        return {digest for name, digest in self.blobs if name == repository}

    def answer(self, request: Request) -> Response:
        self.log.append(request)
        fault = self._fault(request)
        if fault is None:
            return self._route(request)
        return self._go_wrong(request, fault)

    def _fault(self, request: Request) -> Fault | None:
        with self.lock:
            for waiting in self._faults:
                fits = waiting.method == request.method and re.search(waiting.path, request.path)
                if fits and waiting.times > 0:
                    waiting.times -= 1
                    return waiting.fault
        return None

    def _go_wrong(self, request: Request, fault: Fault) -> Response:
        if fault.stall:
            time.sleep(fault.stall)
            raise Dropped
        time.sleep(fault.pause)
        if fault.forget:
            self.uploads.clear()
        if fault.status is not None and not fault.late:
            request.discard()
            return Response(fault.status, dict(fault.headers), error(fault.code))
        request.breaks_after = fault.receive
        answer = self._route(request)
        if fault.late and fault.status is None:
            raise Dropped
        if fault.status is not None:
            return Response(fault.status, dict(fault.headers), error(fault.code))
        answer.headers |= fault.headers
        answer.breaks_after, answer.announced = fault.send, fault.announced
        answer.body = answer.body if fault.body is None else fault.body
        return answer

    def _route(self, request: Request) -> Response:
        path = urlsplit(request.path).path
        if request.length > self.largest:
            request.discard()
            return Response(413)
        if path == "/token":
            return self.give_token(request)
        refusal = self.refusal(request)
        if refusal is not None:
            request.discard()
            return refusal
        if path == "/v2/":
            return Response(200, {}, b"{}")
        for pattern, act in (
            (r"/v2/(.+)/blobs/uploads/", self._start),
            (r"/v2/(.+)/blobs/uploads/([^/]+)", self._upload),
            (r"/v2/(.+)/blobs/([^/]+)", self._blob),
            (r"/v2/(.+)/manifests/([^/]+)", self._manifest),
            (r"/v2/(.+)/referrers/([^/]+)", self._referrers),
            (r"/v2/(.+)/tags/list", self._tags),
        ):
            found = re.fullmatch(pattern, path)
            if found is not None:
                return act(request, *found.groups())
        return Response(404, {}, error("UNSUPPORTED"))

    def _start(self, request: Request, repository: str) -> Response:
        query = request.query
        request.discard()
        if request.method != "POST":
            return Response(405, {}, error("UNSUPPORTED"))
        if "mount" in query:
            source, digest = query.get("from", [""])[0], query["mount"][0]
            if self.mounts and (source, digest) in self.blobs and self.may_mount(request, source):
                self.blobs[repository, digest] = self.blobs[source, digest]
                return self._stored(repository, digest, f"blobs/{digest}")
        name = f"u{self.count()}"
        self.uploads[name] = Upload(repository)
        return self._accepted(repository, name)

    def _accepted(self, repository: str, name: str, status: int = 202) -> Response:
        size = len(self.uploads[name].content)
        location = f"{self.location}/v2/{repository}/blobs/uploads/{name}?_state={size}%3D"
        return Response(status, {"Location": location, "Range": f"0-{max(size - 1, 0)}"})

    def _stored(self, repository: str, digest: str, place: str) -> Response:
        location = f"{self.url}/v2/{repository}/{place}"
        return Response(201, {"Location": location, "Docker-Content-Digest": digest})

    def _upload(self, request: Request, repository: str, name: str) -> Response:
        upload = self.uploads.get(name)
        if upload is None:
            request.discard()
            return Response(404, {}, error("BLOB_UPLOAD_UNKNOWN"))
        if request.method == "GET":
            return self._accepted(repository, name, 204)
        if request.query.get("_state", [""])[0] != f"{len(upload.content)}=":
            request.discard()
            return Response(400, {}, error("BLOB_UPLOAD_INVALID"))
        if request.method == "PATCH":
            return self._patch(request, repository, name, upload)
        for part in request.parts():
            upload.content += part
        return self._finish(request, repository, name, upload)

    def _patch(self, request: Request, repository: str, name: str, upload: Upload) -> Response:
        start = request.headers.get("content-range", "0-").split("-")[0]
        if not self.chunks or int(start) != len(upload.content):
            request.discard()
            return Response(416 if self.chunks else 405, {}, error("BLOB_UPLOAD_INVALID"))
        for part in request.parts():
            upload.content += part
        return self._accepted(repository, name)

    def _finish(self, request: Request, repository: str, name: str, upload: Upload) -> Response:
        digest, content = request.query["digest"][0], bytes(upload.content)
        self.uploads.pop(name, None)
        if sha256(content) != digest:
            return Response(400, {}, error("DIGEST_INVALID"))
        self.blobs[repository, digest] = content
        return self._stored(repository, digest, f"blobs/{digest}")

    def _blob(self, request: Request, repository: str, digest: str) -> Response:
        content = self.blobs.get((repository, digest))
        if content is None:
            return Response(404, {}, error("BLOB_UNKNOWN"))
        if request.method == "HEAD" and not self.head:
            return Response(405, {}, error("UNSUPPORTED"))
        if self.redirect is not None and request.method == "GET":
            return Response(307, {"Location": f"{self.redirect}/cdn/{digest}?signed=x"})
        return self._part(request, content, digest)

    def _part(self, request: Request, content: bytes, digest: str) -> Response:
        headers = {"Docker-Content-Digest": digest, "ETag": f'"{digest}"'}
        wanted = re.fullmatch(r"bytes=([0-9]+)-", request.headers.get("range", ""))
        if wanted is None or not self.ranges:
            return Response(200, headers, content)
        start = int(wanted[1])
        if start >= len(content):
            return Response(416, {}, error("RANGE"))
        shown = f"bytes {start}-{len(content) - 1}/{len(content)}"
        return Response(206, {**headers, "Content-Range": shown}, content[start:])

    def _manifest(self, request: Request, repository: str, name: str) -> Response:
        if request.method == "PUT":
            return self._put_manifest(request, repository, name)
        if (repository, name) not in self.manifests:
            return Response(404, {}, error("MANIFEST_UNKNOWN"))
        media_type, content = self.manifests[repository, name]
        headers = {"Content-Type": media_type, "Docker-Content-Digest": sha256(content)}
        return Response(200, headers, content)

    def _put_manifest(self, request: Request, repository: str, name: str) -> Response:
        content, media_type = request.read(), request.headers.get("content-type", "")
        document = request.json(content)
        if "oci" in media_type and not self.oci:
            return Response(400, {}, error("MANIFEST_INVALID"))
        if ":" in name and name != sha256(content):
            return Response(400, {}, error("DIGEST_INVALID"))
        if not self._has_all(repository, document):
            return Response(400, {}, error("MANIFEST_BLOB_UNKNOWN"))
        self.add_manifest(repository, name, content, media_type)
        answer = self._stored(repository, sha256(content), f"manifests/{sha256(content)}")
        if self.referrers and "subject" in document:
            answer.headers["OCI-Subject"] = document["subject"]["digest"]
        return answer

    def _has_all(self, repository: str, document: dict[str, Any]) -> bool:
        blobs = [*document.get("layers", ()), *filter(None, [document.get("config")])]
        needed = {blob["digest"] for blob in blobs if not blob.get("urls")}
        children = {child["digest"] for child in document.get("manifests", ())}
        known = {name for where, name in self.manifests if where == repository}
        return needed <= self.holds(repository) and children <= known

    def _referrers(self, request: Request, repository: str, digest: str) -> Response:
        if not self.referrers or request.method != "GET":
            return Response(404, {}, error("UNSUPPORTED"))
        found = {
            sha256(content): (media_type, content, request.json(content))
            for (name, _), (media_type, content) in list(self.manifests.items())
            if name == repository
        }
        entries = [
            {
                "mediaType": media_type,
                "digest": name,
                "size": len(content),
                "artifactType": document.get("artifactType") or document["config"]["mediaType"],
                "annotations": document.get("annotations", {}),
            }
            for name, (media_type, content, document) in sorted(found.items())
            if document.get("subject", {}).get("digest") == digest
        ]
        body = as_json({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries})
        return Response(200, {"Content-Type": OCI_INDEX}, body)

    def _tags(self, _request: Request, repository: str) -> Response:
        tags = sorted(tag for name, tag in self.manifests if name == repository and ":" not in tag)
        return Response(200, {}, as_json({"name": repository, "tags": tags}))


@contextmanager
def running_registry(tls: ssl.SSLContext | None = None) -> Iterator[FullRegistry]:
    """A registry on a port of loopback, until the block ends."""
    registry = FullRegistry()
    server = Server(("127.0.0.1", 0), handler(registry.answer))
    server.tls = tls
    registry.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield registry
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
