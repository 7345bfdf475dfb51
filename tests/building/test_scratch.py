"""A base of nothing but Debian's packages, made without an engine and run by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from building.workshop import write_project
from lading.oci import validate

if TYPE_CHECKING:
    from pathlib import Path

    from building.workshop import Workshop
    from engine_support import Engine

pytestmark = [pytest.mark.network, pytest.mark.engine("docker")]

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


def test_a_dockerfile_is_refused(workshop: Workshop, tmp_path: Path) -> None:
    text = 'Image(base_image="scratch", distro="debian:trixie").cmd("python")'
    project = write_project(tmp_path / "project", text)
    done = workshop.lading("dockerfile", cwd=project)
    assert done.returncode == 1
    assert "a Dockerfile on scratch can't run the commands" in done.stderr
