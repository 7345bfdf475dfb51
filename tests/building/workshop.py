"""Real builds: `lading` as a process of its own, a real engine, and a look at what came out."""

from __future__ import annotations

import hashlib
import os
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import lading
from lading import process

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine_support import Engine

__all__ = [
    "DOCKER_AND_BUILDAH",
    "DOCKER_AND_PODMAN",
    "EACH_ENGINE",
    "PROGRAM",
    "Entry",
    "Workshop",
    "content_of",
    "entry_of",
    "healthcheck_of",
    "layers",
    "occurrences",
    "own_environment",
    "write_project",
]

_DOCKER = pytest.param("docker", marks=pytest.mark.engine("docker"))
_PODMAN = pytest.param("podman", marks=pytest.mark.engine("podman"))
# Buildah runs no images of its own: podman does, out of the storage that they share.
_BUILDAH = pytest.param("buildah", marks=pytest.mark.engine("buildah", "podman"))

EACH_ENGINE = pytest.mark.parametrize("name", [_DOCKER, _PODMAN, _BUILDAH])
DOCKER_AND_PODMAN = pytest.mark.parametrize("name", [_DOCKER, _PODMAN])
# `podman build` is buildah's code: what takes a minute is built by one of the two.
DOCKER_AND_BUILDAH = pytest.mark.parametrize("name", [_DOCKER, _BUILDAH])

PROGRAM = (sys.executable, "-c", "from lading.cli import main; main()")
BUILD_SECONDS = 600.0

# What points at a developer's own settings; none may decide what a build does.
PERSONAL = ("XDG_", "GIT_", "DOCKER_CONFIG", "NETRC", "REGISTRY_AUTH_FILE")

# Where an engine that runs a container writes, whatever the image: no part of an image.
BY_THE_ENGINE = frozenset(
    {
        "/.dockerenv",
        "/dev/console",
        "/dev/pts",
        "/dev/shm",  # noqa: S108 - a mount point, not a file of ours
        "/etc/hostname",
        "/etc/hosts",
        "/etc/mtab",
        "/etc/resolv.conf",
        "/run/.containerenv",
    }
)


# Where buildah and podman, which share their code, would only show the same twice.
@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of an image's file system: all that a layer holds of it but the time."""

    kind: bytes
    mode: int
    uid: int
    gid: int
    link: str
    sha256: str

    @property
    def is_folder(self) -> bool:
        return self.kind == tarfile.DIRTYPE


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """How `lading` is called here.

    Attributes:
        environment: Its whole environment, with a home of its own.
        network: The network that builds ask for: `default` or `host`.
    """

    environment: Mapping[str, str]
    network: str

    def lading(self, *words: str, cwd: Path, **environment: str | None) -> process.Completed:
        """Runs `lading` to its end; a variable that is None is left out of its environment."""
        given = {**self.environment, **environment}
        env = {name: value for name, value in given.items() if value is not None}
        return process.run((*PROGRAM, *words), env=env, cwd=cwd, timeout=BUILD_SECONDS)

    def attempt(
        self,
        project: Path,
        *words: str,
        engine: str,
        base: str,
        tag: str,
        network: str | None = None,
        **environment: str | None,
    ) -> process.Completed:
        """`lading build`, whatever comes of it. Words after `--` must come last."""
        asked = network or (None if self.network == "default" else self.network)
        options = ("--network", asked) if asked else ()
        # `--base-image` is left out of the words where the project names its own.
        based = ("--base-image", base) if base else ()
        return self.lading(
            *("build", "--engine", engine, "--tag", tag, *based, *options, *words),
            cwd=project,
            **environment,
        )

    def build(
        self,
        project: Path,
        *words: str,
        engine: str,
        base: str,
        tag: str,
        network: str | None = None,
        **environment: str | None,
    ) -> process.Completed:
        """`lading build`, which must succeed."""
        done = self.attempt(
            project, *words, engine=engine, base=base, tag=tag, network=network, **environment
        )
        assert done.returncode == 0, done.stderr
        return done


def write_project(folder: Path, image: str, **files: str) -> Path:
    """A project whose image is this expression; a file's name is written with `__` for its dot."""
    folder.mkdir(parents=True, exist_ok=True)
    service = f"from lading import Image, secret\n\nimage = (\n    {image.strip()}\n)\n"
    (folder / "service.py").write_text(service)  # `secret` is for those images that use it
    (folder / "pyproject.toml").write_text('[tool.lading]\nimage = "service:image"\n')
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_bytes(text.encode())
    return folder


def content_of(engine: Engine, image: str, folder: Path) -> dict[str, Entry]:
    """Every entry of an image's file system, by its absolute path."""
    archive = folder / "image.tar"
    container = engine.run("create", image, "true").strip().splitlines()[-1]
    try:
        engine.run("export", "--output", str(archive), container)
    finally:
        engine.run("rm", container)
    try:
        with tarfile.open(archive) as tar:
            found = {f"/{member.name.strip('/')}": entry_of(tar, member) for member in tar}
    finally:
        archive.unlink()
    return {path: entry for path, entry in found.items() if path not in BY_THE_ENGINE}


def entry_of(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Entry:
    """What an archive has of a member."""
    file = tar.extractfile(member) if member.isreg() else None
    return Entry(
        kind=member.type,
        mode=member.mode,
        uid=member.uid,
        gid=member.gid,
        link=member.linkname,
        sha256=hashlib.sha256(file.read()).hexdigest() if file else "",
    )


def occurrences(engine: Engine, image: str, words: tuple[str, ...], folder: Path) -> list[str]:
    """Which of these words stand anywhere in an image: its layers, configuration and history."""
    archive = folder / "saved.tar"
    engine.run("save", "--output", str(archive), image)
    overlap = max(len(word.encode()) for word in words)
    found: set[str] = set()
    before = b""
    # The layers are tar archives that are not compressed, inside of one that isn't either.
    with archive.open("rb") as file:
        while block := file.read(1 << 24):
            window = before + block
            found |= {word for word in words if word.encode() in window}
            before = block[-overlap:]
    archive.unlink()
    return sorted(found)


def healthcheck_of(engine: Engine, image: str) -> dict[str, Any]:
    """What docker has in the image's configuration, and podman beside it."""
    described = engine.inspect(image)
    found: dict[str, Any] = described["Config"].get("Healthcheck") or described["Healthcheck"]
    return found


def layers(engine: Engine, image: str) -> tuple[str, ...]:
    """The digests of an image's layers, from the base's first."""
    described: dict[str, Any] = engine.inspect(image)
    return tuple(described["RootFS"]["Layers"])


def own_environment(home: Path, caches: Path) -> dict[str, str]:
    """The environment of `lading` and the engines it starts: the tests' own but for its homes."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(PERSONAL) and not name.lower().endswith("_proxy")
    }
    return {
        **kept,
        "HOME": str(home),
        "LADING_CACHE_DIR": str(caches / "lading"),
        "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR") or str(caches / "uv-cache"),
        "PYTHONPATH": str(Path(lading.__file__).parents[1]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
