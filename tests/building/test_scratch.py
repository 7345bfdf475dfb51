"""A base of nothing but Debian's packages: made without an engine, and by a Dockerfile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from building.sources import C_EXTENSION, publish, serving, source_distribution
from building.workshop import DOCKER_AND_BUILDAH, write_project
from lading import process
from lading.oci import validate

if TYPE_CHECKING:
    from pathlib import Path

    from building.workshop import Workshop
    from engine_support import Engine

pytestmark = pytest.mark.network

START = 'Image(base_image="scratch", distro="debian:trixie")'

CHECK = """
import bz2, ctypes, getpass, locale, lzma, os, readline, sqlite3, ssl, sys, uuid, zoneinfo
zoneinfo.ZoneInfo("Europe/Berlin")
locale.setlocale(locale.LC_ALL, "")
ctypes.CDLL("libstdc++.so.6"), ctypes.CDLL("libgomp.so.1")
import numpy
open("/app/written", "w").close()
print(sys.version_info[:2], getpass.getuser(), os.getuid(), locale.getlocale()[1], numpy.arange(2))
context = ssl.create_default_context(cafile="/etc/ssl/certs/ca-certificates.crt")
print(context.cert_store_stats()["x509"] > 99)
"""


@pytest.mark.engine("docker")
@pytest.mark.parametrize(("release", "python"), [("bookworm", "3.11"), ("trixie", "3.13")])
def test_it_runs_what_a_server_needs(
    workshop: Workshop, docker: Engine, tmp_path: Path, base: str, release: str, python: str
) -> None:
    start = f'Image(base_image="scratch", distro="debian:{release}", compile_bytecode=False)'
    calls = '.system_packages("libgomp1").python_packages("numpy").build_include("check.py")'
    project = write_project(
        tmp_path / "project", f'{start}{calls}.cmd("python", "check.py")', **{"check.py": CHECK}
    )
    archive, tag = project / "image.tar", docker.tag(f"scratch-{release}")
    done = workshop.lading("build", "-o", "oci-archive:image.tar", cwd=project)
    assert done.returncode == 0, done.stderr
    assert validate(archive) == ()
    words = ("-t", tag, "-o", "docker-archive:docker.tar")
    assert workshop.lading("build", *words, cwd=project).returncode == 0
    docker.run("load", "--input", str(project / "docker.tar"))
    version = tuple(map(int, python.split(".")))
    assert docker.output_of(tag).splitlines() == [f"{version} lading 10001 UTF-8 [0 1]", "True"]
    # No shell, no package manager; and records of all that is there, for scanners.
    with pytest.raises(AssertionError):
        docker.run("run", "--rm", tag, "/bin/sh", "-c", "true")
    listed = docker.run(
        *("run", "--rm", tag, "python", "-c"),
        "import os; print(*sorted(os.listdir('/var/lib/dpkg/status.d')))",
    )
    assert {"base-files", "libc6", f"python{python}"} <= set(listed.split())
    docker.run("pull", "--quiet", base)
    assert docker.inspect(tag)["Size"] < docker.inspect(base)["Size"]


@DOCKER_AND_BUILDAH
def test_so_does_what_its_dockerfile_makes_without_a_network(
    *, name: str, workshop: Workshop, engine: Engine, tmp_path: Path
) -> None:
    calls = '.system_packages("libgomp1").python_packages("numpy").build_include("check.py")'
    project = write_project(
        tmp_path, f'{START}{calls}.cmd("python", "check.py")', **{"check.py": CHECK}
    )
    tag = engine.tag(f"scratch-{name}")
    workshop.build(
        project,
        *("--vendor", "--no-cache"),
        engine=name,
        base="",
        tag=tag,
        network="none",
        BUILDAH_ISOLATION=None,  # with it, buildah's steps have the host's network
    )
    assert engine.output_of(tag).splitlines() == ["(3, 13) lading 10001 UTF-8 [0 1]", "True"]
    with pytest.raises(AssertionError):
        engine.run("run", "--rm", tag, "/bin/sh", "-c", "true")


@pytest.mark.engine("docker")
@pytest.mark.parametrize("name", ["docker"])
def test_an_older_builder_makes_it_too(
    name: str, workshop: Workshop, engine: Engine, tmp_path: Path
) -> None:
    project = write_project(
        tmp_path, f'{START}.python_packages("six").cmd("python", "-c", "import six; print(6)")'
    )
    tag = engine.tag("scratch-classic")
    words = ("--vendor", "--dialect", "classic")
    workshop.build(project, *words, engine=name, base="", tag=tag, DOCKER_BUILDKIT="0")
    assert engine.output_of(tag) == "6\n"


STEPS = f"""{START}
    .python_packages("six")
    .run('git --version > /said && printf %s "$0" >> /said')
    .system_packages("git")
    .run_script("set-up.sh", "it's")
    .python_packages("adding", no_binary=["adding"])
    .index("{{url}}/simple", packages=["adding"])
    .cmd("python", "-c", "import adding; print(open('/said').read(), adding.add(1, 2))")"""
SCRIPT = '#!/bin/sh\nset -eu\nfind /said -size -9 | grep said | sed "s/^/$1 /" >> /said\n'


@pytest.mark.engine("docker")
@pytest.mark.parametrize("name", ["docker"])
def test_a_command_brings_a_shell_and_a_source_its_compiler(
    name: str, workshop: Workshop, engine: Engine, tmp_path: Path
) -> None:
    root = tmp_path / "served"
    publish(root, source_distribution(tmp_path / "made", "adding", C_EXTENSION))
    tag = engine.tag("scratch-steps")
    with serving(root) as url:
        project = write_project(
            tmp_path / "project", STEPS.format(url=url), **{"set-up.sh": SCRIPT}
        )
        refused = workshop.lading("build", "--engine", "oci", cwd=project)
        assert workshop.lading("freeze", "--vendor", cwd=project).returncode == 0
    assert refused.returncode == 1
    for words in ("the command `git --version > /said", "a script runs", "adding 1.0 is a source"):
        assert words in refused.stderr
    workshop.build(project, "--vendor", engine=name, base="", tag=tag, network="none")
    said = engine.output_of(tag).split()
    assert said[:2] == ["git", "version"]
    assert said[3:] == ["/bin/shit's", "/said", "3"]
    # What compiled it is not in the image.
    with pytest.raises(AssertionError):
        engine.run("run", "--rm", tag, "/bin/sh", "-c", "command -v gcc || command -v tar")


@pytest.mark.parametrize("release", ["bookworm", "trixie"])
def test_git_is_put_there_without_an_engine(
    workshop: Workshop, tmp_path: Path, release: str
) -> None:
    text = f'Image(base_image="scratch", distro="debian:{release}").system_packages("git")'
    project = write_project(tmp_path, text)
    done = workshop.lading("build", "-o", "oci-archive:image.tar", cwd=project)
    assert done.returncode == 0, done.stderr
    assert validate(project / "image.tar") == ()
    lock = (project / "lading.lock").read_text()
    assert '"perl-base"' in lock
    assert not [name for name in ("debconf", "dpkg", "readline-common") if f'"{name}"' in lock]


def test_freezing_it_twice_gives_the_same_bytes(workshop: Workshop, tmp_path: Path) -> None:
    project = write_project(tmp_path, f'{START}.python_packages("six").volume("/data")')
    for folder, cache in (("one", "first"), ("two", "second")):
        words = ("freeze", "--vendor", "--output", folder)
        done = workshop.lading(*words, cwd=project, LADING_CACHE_DIR=str(tmp_path / cache))
        assert done.returncode == 0, done.stderr
    compared = ("diff", "--recursive", "one", "two")
    assert process.run(compared, env=workshop.environment, cwd=project).stdout == ""
    checked = workshop.lading("vendor", "--check", "one", cwd=project)
    assert checked.returncode == 0, checked.stderr
    (packages,) = (project / "one" / "base").glob("packages-*")
    packages.write_bytes(packages.read_bytes()[:-1] + b"x")
    damaged = workshop.lading("vendor", "--check", "one", cwd=project)
    assert damaged.returncode == 1
    assert f"base/{packages.name} has the SHA-256" in damaged.stdout + damaged.stderr
    # There is nothing in it that only apt could read.
    assert not (project / "two" / "debs").exists()
