"""System packages from a folder, installed by a real engine that has no network."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from debian.signed_archive import needs
from lading.debian import Trust, fetch_deb, lock_debs, packages_index
from lading.debian.sources import roots_in
from lading.distros import install_commands, parse_distro
from lading.http import HttpSettings
from lading.mirrors import Mirrors
from lading.platforms import Platform

if TYPE_CHECKING:
    from engine_support import Engine

pytestmark = [
    pytest.mark.engine("docker"),
    pytest.mark.network,
    pytest.mark.enable_socket,
    pytest.mark.allow_hosts(None),
    needs("gpgv"),
]

NAMES = ("libgomp1", "curl")
FOLDER = "/run/lading-debs"


@pytest.fixture(scope="module")
def vendored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A context that holds what these packages need on any base of the release."""
    context = tmp_path_factory.mktemp("context")
    debs = context / "debs"
    debs.mkdir()
    distro, platform = parse_distro("bookworm"), Platform.parse("linux/amd64")
    # Which archives there are is for the machine's own apt to say.
    mirrors = Mirrors(archives=roots_in(Path("/etc/apt")))
    http = HttpSettings.from_environment(os.environ)
    cache = tmp_path_factory.mktemp("cache")
    locked = lock_debs(
        [NAMES],
        distro=distro,
        platform=platform,
        mirrors=mirrors,
        http=http,
        cache=cache,
        trust=Trust(distro="debian", environ=os.environ),
        now=datetime.now(UTC),
    )
    pairs = [
        (
            deb,
            fetch_deb(
                deb,
                archives=locked.archives,
                distro=distro,
                platform=platform,
                mirrors=mirrors,
                http=http,
                cache=cache,
            ),
        )
        for deb in locked.debs
    ]
    for deb, file in pairs:
        shutil.copyfile(file, debs / deb.path.rpartition("/")[2])
    (debs / "Packages").write_text(packages_index(pairs))
    install = install_commands(distro, NAMES, arch="amd64", debs=FOLDER)
    run = " && ".join(install.commands)
    mount = f"--mount=type=bind,source=debs,target={FOLDER}"
    (context / "buildkit").write_text(f"ARG BASE\nFROM $BASE\nRUN {mount} {run}\n")
    (context / "classic").write_text(f"ARG BASE\nFROM $BASE\nCOPY debs/ {FOLDER}/\nRUN {run}\n")
    return context


def build(engine: Engine, context: Path, kind: str, base: str, tag: str) -> tuple[int, str]:
    words = ("--network=none", f"--build-arg=BASE={base}", f"--file={context}/{kind}")
    done = engine.attempt("build", *words, "--tag", tag, str(context))
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("kind", ["buildkit", "classic"])
def test_r53_packages_are_installed_without_a_network(
    docker: Engine, vendored: Path, base_image: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_BUILDKIT", "1" if kind == "buildkit" else "0")
    tag = docker.tag(f"vendored-{kind}")
    status, said = build(docker, vendored, kind, base_image, tag)
    assert status == 0, said
    assert docker.output_of(tag, "curl", "--version").startswith("curl 7.88.1")
    search = "find /var/lib/apt/lists /var/cache/apt -type f -size +0; ls /run | grep list"
    assert docker.output_of(tag, "sh", "-c", f"{search} || true") == ""


def test_r53_a_package_that_was_changed_is_not_installed(
    docker: Engine,
    vendored: Path,
    base_image: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("DOCKER_BUILDKIT", "1")
    changed = tmp_path / "context"
    shutil.copytree(vendored, changed)
    (package,) = changed.glob("debs/curl_*.deb")
    content = package.read_bytes()
    package.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    status, said = build(docker, changed, "buildkit", base_image, docker.tag("changed"))
    assert status != 0
    assert "Hash Sum mismatch" in said
