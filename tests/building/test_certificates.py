"""A package index that is reached only through a certificate authority of its own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from building.workshop import DOCKER_AND_PODMAN, write_project

if TYPE_CHECKING:
    from pathlib import Path

    from building.workshop import Workshop
    from engine_support import Engine

AUTHORITIES = os.environ.get("SSL_CERT_FILE", "")

pytestmark = [
    pytest.mark.network,
    # Elsewhere the index is trusted by everyone, so that nothing could fail.
    pytest.mark.skipif(not AUTHORITIES, reason="SSL_CERT_FILE names no private authority"),
]

IMAGE = """Image(distro="debian:bookworm", python_version="3.11")
    .python_packages("iniconfig==2.0.0")"""


@DOCKER_AND_PODMAN
def test_without_it_the_build_fails_and_the_hint_names_the_option(
    name: str, workshop: Workshop, engine: Engine, base: str, tmp_path: Path
) -> None:
    project = write_project(tmp_path / "project", IMAGE)
    locked = workshop.lading("freeze", "--base-image", base, cwd=project)
    assert locked.returncode == 0, locked.stderr
    tag = engine.tag("certificates")
    done = workshop.attempt(
        project, "--no-cache", "--locked", engine=name, base=base, tag=tag, SSL_CERT_FILE=None
    )
    assert done.returncode == 1
    assert "certificate" in done.stderr
    hint = done.stderr.rstrip().splitlines()[-1]
    assert hint.startswith("hint: ")
    assert "--ca-bundle" in hint
    assert "SSL_CERT_FILE" in hint
    options = ("--ca-bundle", AUTHORITIES)
    workshop.build(
        project, "--no-cache", *options, engine=name, base=base, tag=tag, SSL_CERT_FILE=None
    )
