"""An image on what a Dockerfile makes: whole outputs of the commands that say so."""

# ruff: noqa: E501 - lines of an output are as long as they are
from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from inline_snapshot import snapshot

from cli.shipping import add_engine

if TYPE_CHECKING:
    from cli.program import Project

SERVICE = """\
from lading import Image

image = (
    Image.from_dockerfile("docker/Dockerfile", target="run", distro="debian:bookworm", python_version="3.11")
    .index("http://HOST/simple", default=True)
    .python_packages("tiny")
    .system_packages("curl")
)
"""

# Of the first names that it is asked for it says that it serves; builds it only notes.
ENGINE = """\
#!/bin/sh
echo "$@" >> "$HOME/asked"
echo "version 28.2.2"
"""


@pytest.fixture
def built(shipped: Project) -> Project:
    host = shipped.read("service.py").partition("http://")[2].partition("/")[0]
    shipped.write("service.py", SERVICE.replace("HOST", host))
    shipped.write("docker/Dockerfile", "FROM python:3.11-slim-bookworm AS run\n")
    return shipped


def test_locking_says_what_is_not_locked(built: Project) -> None:
    ran = built.lading("lock")
    assert (ran.code, ran.err) == (
        0,
        snapshot("""\
resolving for Python 3.11 on linux/amd64 (glibc 2.36)
system packages are not locked: what is installed depends on the base
linux/amd64: 1 distribution, base dockerfile:docker/Dockerfile, which is not locked
lading.lock written
"""),
    )
    assert built.lading("lock", "--check").code == 0
    built.write("docker/Dockerfile", "FROM python:3.12 AS run\n")
    ran = built.lading("lock", "--check")
    assert (ran.code, ran.err) == (
        1,
        snapshot("""\
drifted: dockerfile:docker/Dockerfile has changed: sha256:DIGEST is locked, sha256:DIGEST is there
hint: run `lading lock`, and commit the result
"""),
    )


def test_it_is_shown(built: Project) -> None:
    assert built.lading("lock", "-q").code == 0
    ran = built.lading("show")
    assert (ran.code, ran.err) == (0, "")
    assert [*ran.out.splitlines()[:1], *ran.out.splitlines()[-7:]] == snapshot(
        [
            'service.py:4: Image.from_dockerfile("docker/Dockerfile", target="run", distro="debian:bookworm", python_version="3.11")',
            "lading.lock fits",
            "  linux/amd64",
            "    base image       dockerfile:docker/Dockerfile?target=run",
            "                     not locked: the Dockerfile makes it",
            "    Python packages  1, of unknown size",
            "                     tiny 2.0",
            "    system packages  not locked: curl, python3.11",
        ]
    )


def test_freezing_says_it_in_one_line(built: Project) -> None:
    assert built.lading("lock", "-q").code == 0
    ran = built.lading("freeze", "-o", "frozen")
    assert (ran.code, ran.err) == (
        0,
        snapshot("""\
the base image is not locked: docker/Dockerfile makes it
writing frozen
frozen as sha256:DIGEST
"""),
    )
    assert built.lading("freeze", "-q", "-o", "frozen").err == ""
    info = json.loads(built.read("frozen/image.json"))
    assert info["base"] == {"reference": "dockerfile:docker/Dockerfile?target=run"}


def test_without_an_engine_it_is_refused_by_name(built: Project) -> None:
    ran = built.lading("build", "--engine", "oci", "-o", "out")
    assert (ran.code, ran.err) == (
        1,
        snapshot("""\
the base image is not locked: docker/Dockerfile makes it
resolving for Python 3.11 on linux/amd64 (glibc 2.36)
system packages are not locked: what is installed depends on the base
error: --engine oci: some of it has to be executed
hint: leave out --engine, and a container engine builds it
error: the base image dockerfile:docker/Dockerfile is built by an engine
error: service.py:7: the system packages curl run the distribution's package manager
"""),
    )


def test_where_no_engine_is_it_is_what_needs_one(built: Project) -> None:
    ran = built.lading("build")
    assert ran.code == 1
    assert (
        "service.py:4: docker/Dockerfile, which makes the base image, has to be executed" in ran.err
    )


def test_an_engine_that_keeps_no_images_is_refused(built: Project) -> None:
    add_engine(built.home, ENGINE, "buildctl")
    ran = built.lading("build", "--engine", "buildctl", BUILDKIT_HOST="tcp://127.0.0.1:1")
    assert (ran.code, ran.err) == (
        1,
        snapshot("""\
error: service.py:4: buildctl can't build on docker/Dockerfile: it keeps no image that the next build could begin with
hint: take another engine: --engine docker or podman or buildah
"""),
    )


def test_it_is_not_vendored(built: Project) -> None:
    ran = built.lading("vendor")
    assert (ran.code, ran.err) == (
        1,
        snapshot("""\
error: service.py:4: the base image is not locked: docker/Dockerfile makes it, and what that fetches can't be vendored
hint: build it, push it to a registry of yours, and name that image as base_image
"""),
    )


def test_a_bake_file_has_it_built_first(built: Project) -> None:
    ran = built.lading("bake")
    assert (ran.code, ran.err) == (
        0,
        snapshot("""\
the base image is not locked: docker/Dockerfile makes it
resolving for Python 3.11 on linux/amd64 (glibc 2.36)
system packages are not locked: what is installed depends on the base
writing .lading/bake/image/linux-amd64
1 target: `docker buildx bake` in that folder builds all
"""),
    )
    assert built.read(".lading/bake/docker-bake.json") == snapshot("""\
{
  "//": "Made by Lading: changes belong in the Images that this was made from.",
  "group": {
    "default": {
      "targets": [
        "image-linux-amd64"
      ]
    },
    "image": {
      "targets": [
        "image-linux-amd64"
      ]
    }
  },
  "target": {
    "image-linux-amd64": {
      "context": "image/linux-amd64",
      "contexts": {
        "localhost/lading-base:a860b90f1427c51d2761a2ce15b6f142": "target:localhost-lading-base-a860b90f1427c51d2761a2ce15b6f142"
      },
      "dockerfile": "Dockerfile",
      "platforms": [
        "linux/amd64"
      ]
    },
    "localhost-lading-base-a860b90f1427c51d2761a2ce15b6f142": {
      "context": "image/linux-amd64/base-context",
      "dockerfile": "Dockerfile",
      "platforms": [
        "linux/amd64"
      ],
      "target": "run"
    }
  }
}
""")
    assert built.lading("bake", "--locked", "-q").err == ""
    refused = built.lading("bake", "--vendor")
    assert refused.err.splitlines()[0] == snapshot(
        "error: service.py:4: the base image is not locked: docker/Dockerfile makes it, and what that fetches can't be vendored"
    )


def test_what_its_libraries_are_is_not_known(built: Project) -> None:
    assert built.lading("lock", "-q").code == 0
    ran = built.lading("check")
    assert (ran.code, ran.err) == snapshot(
        (
            1,
            """\
the base image is not locked: docker/Dockerfile makes it
fetching tiny-2.0-py3-none-any.whl
reading 1 wheel
""",
        )
    )


PROJECT_FILE = """\
base_image = "dockerfile:docker/Dockerfile?target=run&arg.A=1"
distro = "debian:bookworm"
"""


def test_a_project_file_names_it_as_a_base(built: Project) -> None:
    (built.folder / "pyproject.toml").unlink()
    built.write("lading.toml", PROJECT_FILE)
    ran = built.lading("show")
    assert ran.out.splitlines()[0] == snapshot(
        'lading.toml:1: Image.from_dockerfile("docker/Dockerfile", target="run", build_args={"A": "1"}, distro="debian:bookworm")'
    )
    built.write("lading.toml", PROJECT_FILE.replace("docker/Dockerfile", "docker/Dockrfile"))
    ran = built.lading("show")
    assert (ran.code, ran.err) == (
        1,
        snapshot("""\
error: lading.toml:1: base image dockerfile:docker/Dockrfile: there is no docker/Dockrfile
hint: did you mean "docker/Dockerfile"?
"""),
    )


def test_another_base_takes_its_place(built: Project) -> None:
    ran = built.lading("show", "--base-image", "python:3.11-slim-bookworm")
    assert ran.out.splitlines()[0] == snapshot(
        'service.py:4: Image(base_image="docker.io/library/python:3.11-slim-bookworm", distro="debian:bookworm", python_version="3.11")'
    )


def test_a_misspelt_stage_is_told_before_anything_is_built(built: Project) -> None:
    built.write("docker/Dockerfile", "FROM python:3.11 AS rnu\nFROM rnu\n")
    ran = built.lading("lock")
    assert (ran.code, ran.err) == (
        1,
        snapshot("""\
error: service.py:4: base image dockerfile:docker/Dockerfile: it has no stage "run"
hint: did you mean "rnu"?
"""),
    )
