"""What `lading lock` says of an archive that nobody signs, and of one that went back in time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cli.program import project
from debian.conftest import keys
from debian.signed_archive import Server, SignedArchive, needs, stanza
from lading.oci import layout
from oci import images

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cli.program import Project
    from debian.signed_archive import Keys
    from registry.fake_registry import FakeServer

__all__ = ["keys"]

pytestmark = needs("gpg", "gpgv")

SUITES = ("bookworm", "bookworm-updates", "bookworm-security")
SERVICE = """\
from lading import Image

image = Image(base_image="oci:base", distro="debian:bookworm").system_packages("tool")
"""
TABLE = """\
[tool.lading]
image = "service:image"
archives.debian-security.unsigned = true
"""


@pytest.fixture
def archive(tmp_path: Path, keys: Keys) -> SignedArchive:
    found = SignedArchive(tmp_path / "archive", keys, [stanza("tool")])
    for suite in SUITES:
        found.publish(suite)
    return found


@pytest.fixture
def installing(
    tmp_path: Path, home: Path, server: FakeServer, archive: SignedArchive
) -> Iterator[Project]:
    """A project that installs a package of an archive whose security updates nobody signs."""
    with Server.of(archive.folder) as mirror:
        made = project(tmp_path / "project", home, server)
        made.environment |= {
            "PATH": "/usr/bin:/bin",
            "LADING_MIRROR_DEBIAN": mirror.url,
            "LADING_MIRROR_DEBIAN_SECURITY": mirror.url,
            "LADING_DEBIAN_KEYRING": str(archive.keys.keyring),
        }
        made.stand_ins[mirror.url] = "http://MIRROR"
        made.write("pyproject.toml", TABLE)
        made.write("service.py", SERVICE)
        layout.write(made.folder / "base", [images.image()])
        yield made


REMARK = "bookworm-security of http://MIRROR is not signed, as the project's file has it"


def test_an_unsigned_archive_is_never_passed_over(installing: Project) -> None:
    ran = installing.lading("lock")
    assert ran.err.splitlines()[-4:] == [
        "linux/amd64: 0 distributions, base oci:base by digest",
        "  1 system package that the base lacks",
        f"  {REMARK}",
        "lading.lock written",
    ]
    assert ran.code == 0
    told = json.loads(installing.lading("lock", "--json", "-q").out)
    assert told["platforms"]["linux/amd64"]["remarks"] == [REMARK]

    ran = installing.lading("lock", "--check")
    assert ran.err == f"remark: linux/amd64: {REMARK}\nlading.lock is up to date\n"
    assert (ran.code, ran.out) == (0, "")
    ran = installing.lading("lock", "--check", "--json")
    assert json.loads(ran.out) == {"drifted": [], "remarks": [f"linux/amd64: {REMARK}"]}


def test_a_signature_that_is_wanted_again_is_drift(installing: Project) -> None:
    installing.lading("lock")
    installing.write("pyproject.toml", TABLE.replace("true", "false"))
    ran = installing.lading("lock", "--check")
    assert ran.err == (
        f"remark: linux/amd64: {REMARK}\n"
        "drifted: an unsigned archive, debian-security is locked, and no longer asked for\n"
        "hint: run `lading lock`, and commit the result\n"
    )
    assert ran.code == 1
    assert "not signed" not in installing.lading("lock").err
    assert "signed = false" not in installing.read("lading.lock")


def test_an_archive_that_went_back_in_time_is_refused_until_it_is_asked_for(
    installing: Project, archive: SignedArchive
) -> None:
    installing.lading("lock")
    before = installing.read("lading.lock")
    archive.publish("bookworm-updates", Date="Fri, 20 Nov 2026 06:00:00 UTC")
    ran = installing.lading("lock", "-q", "--upgrade")
    assert ran.err == (
        "error: service.py:3: http://MIRROR/dists/bookworm-updates/InRelease is of"
        " 2026-11-20T06:00:00Z, and the lock has seen bookworm-updates of 2026-11-21T00:53:02Z:"
        " it is a replayed older index\n"
        "hint: where the mirror lags behind, ask again later, or name another as debian in"
        " [tool.lading.mirrors] ([mirrors] in a lading.toml);"
        " `lading lock --allow-older-index` takes it once\n"
    )
    assert (ran.code, installing.read("lading.lock")) == (1, before)
    ran = installing.lading("lock", "-q", "--upgrade", "--allow-older-index")
    assert (ran.code, ran.err) == (0, "")
    assert 'date = "2026-11-20T06:00:00Z"' in installing.read("lading.lock")
