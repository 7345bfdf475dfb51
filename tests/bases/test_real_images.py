"""Bases as real tools write them: docker, skopeo, and a registry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from bases import made
from engine_support import Engine
from lading.bases import Base, find_base, full, interpreter, read_local, resolve_folder
from lading.grammar.base import LocalImage, parse_base
from lading.grammar.python_version import PythonVersion
from lading.grammar.reference import ImageReference
from lading.http import HttpSettings
from lading.lock.model import LockedBase
from lading.registry import Credentials, resolve_base

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lading.store import Store

PYTHON = PythonVersion.parse("3.11.2")


@dataclass(frozen=True)
class Tools:
    """What writes images."""

    docker: Engine
    skopeo: Engine
    base: str

    def copy(self, *words: str) -> None:
        source = f"docker://{self.base}"
        self.skopeo.run("copy", "-q", "--src-tls-verify=false", *words[1:], source, words[0])


def save(tools: Tools, path: Path) -> str:
    tools.docker.run("pull", "-q", tools.base)
    tools.docker.run("save", "-o", str(path), tools.base)
    return "docker-archive:base"


def layout(tools: Tools, path: Path) -> str:
    tools.copy(f"oci:{path}:some-tag")
    return "oci:base"


def zstd_layout(tools: Tools, path: Path) -> str:
    tools.copy(f"oci:{path}", "--dest-compress-format", "zstd", "--dest-compress")
    return "oci:base"


def oci_archive(tools: Tools, path: Path) -> str:
    tools.copy(f"oci-archive:{path}")
    return "oci-archive:base"


def docker_archive(tools: Tools, path: Path) -> str:
    tools.copy(f"docker-archive:{path}:app:1")
    return "docker-archive:base"


def check(base: Base, store: Store) -> tuple[str, ...]:
    """Its diff IDs, once all of it was read."""
    found = interpreter(base, PYTHON, store)
    assert found is not None
    assert (found.path, found.version) == ("/usr/local/bin/python3.11", "3.11.2")
    assert resolve_folder(base, "/lib/x", store) == "/usr/lib/x"
    assert resolve_folder(base, "/var/run/x", store) == "/run/x"
    whole = full(base, store)
    return tuple(str(layer.diff_id) for layer in whole.layers)


@pytest.fixture
def tools(docker: Engine, base_image: str) -> Tools:
    """The programs of the machine."""
    return Tools(docker=docker, skopeo=Engine(program="skopeo"), base=base_image)


@pytest.fixture
def remote(base_image: str, project: Path, store: Store) -> Base:
    """The base in the real registry."""
    http = HttpSettings()
    found = resolve_base(ImageReference.parse(base_image), made.AMD64, http=http)
    locked = LockedBase(
        reference=base_image, digest=str(found.digest), manifest=str(found.manifest)
    )
    return find_base(
        locked, made.AMD64, project=project, store=store, http=http, credentials=Credentials()
    )


@pytest.mark.engine("docker", "skopeo")
@pytest.mark.parametrize("write", [save, layout, zstd_layout, oci_archive, docker_archive])
def test_a_base_is_the_same_however_it_comes(
    tools: Tools, remote: Base, project: Path, store: Store, write: Callable[[Tools, Path], str]
) -> None:
    name = write(tools, project / "base")
    local = parse_base(name)
    assert isinstance(local, LocalImage)
    artifact = read_local(local, project).image(made.AMD64)
    base = made.opened(made.locked(name, artifact, project), project, store)
    assert check(base, store) == tuple(str(one) for one in remote.config.diff_ids)
    assert base.config.execution.env == remote.config.execution.env
    assert base.config.platform == made.AMD64


@pytest.mark.engine("docker")
def test_a_base_of_a_real_registry_is_read_from_it(remote: Base, store: Store) -> None:
    assert check(remote, store) == tuple(str(one) for one in remote.config.diff_ids)
