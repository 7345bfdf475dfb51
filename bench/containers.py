"""What docker knows of an image: its size, its layers, and how long its server takes to answer."""

from __future__ import annotations

import http.client
import json
import socket
import tarfile
import time
import zlib
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from measure import NotMeasured, Shell

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Docker", "Layer"]

READY_SECONDS = 60.0
CHUNK = 1 << 20
CA_FILE = "/usr/local/share/bench-ca.pem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A layer of an image.

    Attributes:
        diff_id: The digest of its tar.
        made_by: The instruction, as docker's history tells it.
        size: Of its tar.
        compressed: Of its tar after gzip; None where nobody asked.
    """

    diff_id: str
    made_by: str
    size: int
    compressed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Docker:
    """The docker on PATH.

    Attributes:
        shell: Where its client runs.
        tags: The images that were made here.
    """

    shell: Shell
    tags: list[str] = field(default_factory=list)

    def call(self, *words: str, minutes: float = 5) -> str:
        """What `docker <words>` wrote."""
        return self.shell.call("docker", *words, minutes=minutes).strip()

    def version(self) -> str:
        """The daemon's version."""
        return self.call("version", "--format", "{{.Server.Version}}", minutes=0.5)

    def tag(self, name: str) -> str:
        """A name for an image that `remove_all` removes."""
        tag = f"lading-bench/{name}:{self.shell.environ['BENCH_SALT']}"
        if tag not in self.tags:
            self.tags.append(tag)
        return tag

    def remove_all(self) -> None:
        """Remove every image that was tagged here."""
        for tag in self.tags:
            with suppress(NotMeasured):
                self.call("image", "rm", "--force", tag)

    def identity(self, image: str) -> str:
        """The digest of an image's configuration; empty where there is no such image."""
        return self.call("images", "--no-trunc", "--quiet", image)

    def size(self, image: str) -> float:
        """The bytes of the files in all layers."""
        return float(self.call("image", "inspect", "--format", "{{.Size}}", image))

    def diff_ids(self, image: str) -> tuple[str, ...]:
        """The digests of the layers, lowest first."""
        return tuple(
            json.loads(self.call("image", "inspect", "--format", "{{json .RootFS.Layers}}", image))
        )

    def layers(self, image: str, *, besides: tuple[str, ...]) -> tuple[Layer, ...]:
        """The layers of `image` that are not `besides`, measured."""
        path = self.shell.folder / "saved.tar"
        try:
            self.call("save", "--output", str(path), image)
            return tuple(_layers(path, besides))
        finally:
            path.unlink(missing_ok=True)

    def prepare_base(self, base: str, uv: Path) -> tuple[str, ...]:
        """Adds what BentoML's Dockerfile takes for granted, and says what that was."""
        ca = self.shell.environ.get("SSL_CERT_FILE")
        script = "command -v uv || command -v pip || true"
        installer = self.call("run", "--rm", "--entrypoint", "sh", base, "-c", script)
        context = self.shell.folder / "bentoml-base"
        context.mkdir(exist_ok=True)
        lines, notes = [f"FROM {base}"], []
        if not installer:
            (context / "uv").write_bytes(uv.read_bytes())
            (context / "uv").chmod(0o755)
            lines.append("COPY uv /usr/local/bin/uv")
            notes.append("uv in the base image, which has no pip to install it with")
        if ca:
            (context / "ca.pem").write_bytes(_read(ca))
            lines += [f"COPY ca.pem {CA_FILE}", f"ENV SSL_CERT_FILE={CA_FILE}"]
            notes.append("this network's certificates in the base image")
        lines += ["ARG BENCH_SALT", "LABEL bench=$BENCH_SALT", ""]
        (context / "Dockerfile").write_text("\n".join(lines), "utf-8")
        return tuple(notes)

    def base_for_bentoml(self, salt: str) -> str:
        """The prepared base as an image of its own, so that no layer above it is cached."""
        tag = self.tag(f"base-{salt}")
        context = str(self.shell.folder / "bentoml-base")
        self.call("build", "--quiet", "--build-arg", f"BENCH_SALT={salt}", "--tag", tag, context)
        return tag

    def seconds_until_ready(self, image: str, port: int, path: str) -> float:
        """From before `docker run` until the server in `image` answers `path` with 200."""
        begin = time.perf_counter()
        with self._running(image, port) as outer:
            while not _answers(outer, path):
                if time.perf_counter() - begin > READY_SECONDS:
                    raise NotMeasured(f"the server gave no answer in {READY_SECONDS:g} s")
                time.sleep(0.01)
            return time.perf_counter() - begin

    def prediction(self, image: str, port: int, body: Any) -> Any:  # noqa: ANN401 - JSON
        """What the server in `image` answers to a POST of `body` to /predict."""
        with self._running(image, port) as outer:
            until = time.perf_counter() + READY_SECONDS
            while time.perf_counter() < until:
                with suppress(OSError, http.client.HTTPException):
                    return _post(outer, body)
                time.sleep(0.1)
        raise NotMeasured(f"the server gave no answer in {READY_SECONDS:g} s")

    @contextmanager
    def _running(self, image: str, port: int) -> Iterator[int]:
        outer = _free_port()
        name = self.call("run", "--detach", "--publish", f"127.0.0.1:{outer}:{port}", image)
        try:
            yield outer
        finally:
            self.call("rm", "--force", "--volumes", name)


def _layers(path: Path, besides: tuple[str, ...]) -> Iterator[Layer]:
    """The layers in a `docker save` archive; its manifest.json names them in order."""
    with tarfile.open(path) as archive:
        (manifest,) = json.load(_member(archive, "manifest.json"))
        config = json.load(_member(archive, manifest["Config"]))
        history = [one for one in config["history"] if not one.get("empty_layer")]
        diff_ids = config["rootfs"]["diff_ids"]
        for name, diff_id, made in zip(manifest["Layers"], diff_ids, history, strict=True):
            if diff_id not in besides:
                size, compressed = _measure(_member(archive, name))
                made_by = made.get("created_by", "")
                yield Layer(diff_id=diff_id, made_by=made_by, size=size, compressed=compressed)


def _member(archive: tarfile.TarFile, name: str) -> Any:  # noqa: ANN401 - typeshed: IO[bytes] | None
    found = archive.extractfile(name)
    if found is None:
        raise NotMeasured(f"docker save wrote no {name}")
    return found


def _measure(file: Any) -> tuple[int, int]:  # noqa: ANN401 - an open file of bytes
    """Bytes as they are, and as gzip at docker's level sends them."""
    plain = packed = 0
    compressor = zlib.compressobj(6, zlib.DEFLATED, 31)
    while chunk := file.read(CHUNK):
        plain += len(chunk)
        packed += len(compressor.compress(chunk))
    return plain, packed + len(compressor.flush())


def _read(path: str) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123 - Path is imported for types only
        return file.read()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _post(port: int, body: Any) -> Any:  # noqa: ANN401 - JSON
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        headers = {"Content-Type": "application/json"}
        connection.request("POST", "/predict", json.dumps(body), headers)
        answer = connection.getresponse()
        return json.loads(answer.read())
    finally:
        connection.close()
