"""The real program in a child process, and the loopback registry and index that it talks to."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import re
import sys
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import lading
from lading.process import Completed, run
from registry.fake_registry import FakeRegistry, Reply

if TYPE_CHECKING:
    from cli.forks import Forks
    from registry.fake_registry import FakeServer, Seen

SOURCE = str(Path(lading.__file__).parents[1])

# Without -P, `python -m` could import modules of the folder it is started in, unlike the program.
PROGRAM = (sys.executable, "-P", "-m", "lading")

RUNNING: list[Forks] = []
"""What programs of new projects are forked from, while it runs."""


@dataclass
class Ran:
    """How the program ended, with what differs from run to run named."""

    code: int
    out: str
    err: str


@dataclass
class Project:
    """A user's folder, and the program started in it.

    Attributes:
        forks: What it is forked from; None for an interpreter of its own, as users start it.
    """

    folder: Path
    home: Path
    environment: dict[str, str]
    stand_ins: dict[str, str] = field(default_factory=dict)
    forks: Forks | None = None

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    def read(self, name: str) -> str:
        return (self.folder / name).read_text("utf-8")

    def files(self) -> list[str]:
        """Every file below the folder, so that nothing half-written goes unseen."""
        found = (path for path in self.folder.rglob("*") if path.is_file())
        return sorted(path.relative_to(self.folder).as_posix() for path in found)

    def lading(self, *words: str, cwd: Path | None = None, **environment: str) -> Ran:
        done = self.start([*PROGRAM, *words], cwd=cwd, **environment)
        return Ran(done.returncode, self.humane(done.stdout), self.humane(done.stderr))

    def shell(self, script: str) -> Ran:
        """The program as a shell runs it: `"$@"` in the script."""
        done = self.start(["/bin/sh", "-c", script, "sh", *PROGRAM])
        return Ran(done.returncode, self.humane(done.stdout), self.humane(done.stderr))

    def limited(self, *words: str) -> Ran:
        """The program where no file can grow: as on a full disk, which takes root to make."""
        return self.shell(f'ulimit -f 0; exec "$@" {" ".join(words)}')

    def start(self, argv: list[str], *, cwd: Path | None = None, **environment: str) -> Completed:
        env, folder = {**self.environment, **environment}, cwd or self.folder
        program, words = tuple(argv[: len(PROGRAM)]), argv[len(PROGRAM) :]
        told = any(name.startswith(("PYTHON", "LC_")) for name in environment)  # it, as it starts
        if self.forks is None or program != PROGRAM or told:
            return run(argv, env=env, cwd=folder, timeout=60)
        return self.forks.start(*words, cwd=folder, environment=env, http={}).completed()

    def humane(self, text: str) -> str:
        for found, name in self.stand_ins.items():
            text = text.replace(found, name)
        text = re.sub(r"[0-9a-f]{64}", "DIGEST", text)
        # Registry and resolver are asked at once: which of them is said first is chance.
        text = re.sub(r"(?m)(?:^(?:asking|resolving) .*\n)+", _sorted_lines, text)
        # So are several layers, of which any may be done first.
        return re.sub(
            r"(?m)(?:^  (?:made|reused|fetched|sent|mounted|there already) .*\n)+",
            _sorted_lines,
            text,
        )


def _sorted_lines(match: re.Match[str]) -> str:
    return "".join(sorted(match.group().splitlines(keepends=True)))


def environment(home: Path, **more: str) -> dict[str, str]:
    """All that the program sees of the machine."""
    return {
        "PATH": str(home / "bin"),
        "HOME": str(home),
        "PYTHONPATH": SOURCE,
        "COLUMNS": "80",
        "LANG": "C.UTF-8",
        "NO_PROXY": "127.0.0.1",
        "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(home / "uv")),
        **more,
    }


@dataclass
class World:
    """An image registry and a package index, both behind one port."""

    registry: FakeRegistry = field(default_factory=FakeRegistry)
    wheels: dict[str, bytes] = field(default_factory=dict)
    metadata: dict[str, bytes] = field(default_factory=dict)

    def add_wheel(self, name: str, version: str, *, tag: str = "py3-none-any") -> None:
        self.wheels[f"{name}-{version}-{tag}.whl"] = wheel(name, version, tag)

    def route(self, request: Seen) -> Reply:
        path = request.path.partition("?")[0]
        if path.startswith("/simple/"):
            return self._project(path.split("/")[2])
        if path.startswith("/files/"):
            return self._file(path.rpartition("/")[2])
        return self.registry.route(request)

    def _project(self, name: str) -> Reply:
        links = "".join(
            f'<a href="/files/{file}#sha256={hashlib.sha256(content).hexdigest()}"'
            f' data-core-metadata="true">{file}</a>\n'
            for file, content in sorted(self.wheels.items())
            if file.partition("-")[0] == name
        )
        page = f"<!DOCTYPE html><html><body>{links}</body></html>".encode()
        return Reply(200 if links else 404, {"Content-Type": "text/html"}, page)

    def _file(self, name: str) -> Reply:
        file = name.removesuffix(".metadata")
        if file not in self.wheels:
            return Reply(404)
        # PEP 658: what a resolver needs of a wheel, beside it.
        told = self.metadata.get(file, metadata(file).encode())
        return Reply(body=told if file != name else self.wheels[file])


def world() -> World:
    """A registry with one Python image; an index with two packages and a stand-in for uv."""
    made = World()
    platforms = ("linux/amd64", "linux/arm64")
    images = [made.registry.add_image("python", None, platform) for platform in platforms]
    made.registry.add_index("python", "3.11-slim-bookworm", images)
    made.add_wheel("tiny", "1.0")
    made.add_wheel("tiny", "2.0")
    made.add_wheel("small", "1.0")
    for machine in ("x86_64", "aarch64"):
        made.add_wheel("uv", "0.9.9", tag=f"py3-none-musllinux_1_1_{machine}")
    return made


def metadata(file: str) -> str:
    name, version = file.split("-")[:2]
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"


def wheel(name: str, version: str, tag: str) -> bytes:
    """A wheel of one module (PEP 427); that of uv holds a program in place of it."""
    info = f"{name}-{version}.dist-info"
    module = f"{name}-{version}.data/scripts/uv" if name == "uv" else f"{name}.py"
    files = {
        module: "#!/bin/sh\n" if name == "uv" else f'"""{name}"""\n',
        f"{info}/METADATA": metadata(f"{name}-{version}"),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    lines = [f"{file},sha256={_digest(text)},{len(text)}\n" for file, text in files.items()]
    files[f"{info}/RECORD"] = f"{''.join(lines)}{info}/RECORD,,\n"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for file, text in files.items():
            archive.writestr(zipfile.ZipInfo(file, (1980, 1, 1, 0, 0, 0)), text)
    return buffer.getvalue()


def _digest(text: str) -> str:
    """As RECORD has it (PEP 376)."""
    digest = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def project(folder: Path, home: Path, server: FakeServer | None = None) -> Project:
    """An empty project, whose program finds `server` where it runs."""
    folder.mkdir()
    stand_ins = {str(folder): "PROJECT", str(home): "HOME"}
    if server is not None:
        stand_ins[server.host] = "127.0.0.1:PORT"
    return Project(
        folder=folder,
        home=home,
        environment=environment(home),
        stand_ins=stand_ins,
        forks=next(iter(RUNNING), None),
    )
