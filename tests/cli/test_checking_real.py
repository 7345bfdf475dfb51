"""`lading check` with the configured index and the release's own archive."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from cli.program import project
from cli.test_checking import write_base
from debian.signed_archive import needs

if TYPE_CHECKING:
    from pathlib import Path

    from cli.program import Project

pytestmark = [pytest.mark.network, needs("apt-get", "gpgv")]

SERVICE = """\
from lading import Image

base = Image(base_image="oci:base", distro="debian:bookworm", python_version="3.11")
image = base.python_packages("pyzbar", "python-rtmidi")
mended = image.system_packages("libzbar0", "libasound2", "libstdc++6")
auto = image.system_packages("auto")
"""


@pytest.fixture
def real(tmp_path: Path, home: Path) -> Project:
    """A project that the machine's own index, certificates and proxies serve."""
    made = project(tmp_path / "project", home)
    known = {name: value for name, value in os.environ.items() if name != "HOME"}
    made.environment = {**known, **made.environment, "PATH": os.environ["PATH"]}
    made.write("service.py", SERVICE)
    write_base(made.folder / "base")
    return made


def test_real_wheels_lack_what_the_real_release_has(real: Project) -> None:
    assert real.lading("lock", "-q", "service.py:image").err == ""
    ran = real.lading("check", "-q", "--json", "service.py:image")
    report = json.loads(ran.out)
    assert (ran.code, ran.err, report["unchecked"]) == (1, "", [])
    found = {(one["what"], one["packages"][0]) for one in report["findings"]}
    assert found >= {("libzbar.so.0", "libzbar0"), ("libasound.so.2", "libasound2")}
    assert real.lading("lock", "-q", "service.py:auto").err == ""
    lock = real.read("lading.auto.lock")
    assert '[[platforms.auto]]\npackage = "libzbar0"\nneeded_by = [\n    "pyzbar: ' in lock
    assert real.lading("check", "-q", "service.py:auto").code == 0
    # Both with what they depend on: libc6, libgcc-s1.
    real.lading("lock", "-q", "service.py:mended")
    ran = real.lading("check", "-q", "service.py:mended")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
