"""Tiny sources, made by the tests: archives in every form, and code that shows that it ran."""

from __future__ import annotations

import io
import tarfile
import zipfile
from typing import TYPE_CHECKING, Literal, cast

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lock.package_index import PackageIndex

# A build backend within the source itself, which needs nothing.
IN_TREE = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""

STATIC = """\
[build-system]
requires = ["flit_core>=3.2"]
build-backend = "flit_core.buildapi"

[project]
name = "alpha"
version = "1.0"
dependencies = ["beta"]
"""

# As with hatch-vcs and setuptools-scm: only the version is left to code.
DYNAMIC_VERSION = """\
[build-system]
requires = ["flit_core>=3.2"]
build-backend = "flit_core.buildapi"

[project]
name = "alpha"
dynamic = ["version"]
dependencies = ["beta"]

[project.optional-dependencies]
fast = ["gamma"]
"""

SETUP = (
    "from setuptools import setup\nsetup(name='alpha', version='1.0', install_requires=['beta'])\n"
)

BACKEND = """
def prepare_metadata_for_build_wheel(folder, config_settings=None):
    import os
    os.mkdir(folder + "/alpha-1.0.dist-info")
    with open(folder + "/alpha-1.0.dist-info/METADATA", "w") as file:
        file.write("Metadata-Version: 2.1\\nName: alpha\\nVersion: 1.0\\n")
    return "alpha-1.0.dist-info"
"""


def mark(path: Path) -> str:
    """Code that shows that it ran."""
    return f"open({str(path)!r}, 'w').close()\n"


def marked(files: Mapping[str, str], ran: Path) -> dict[str, str]:
    """The same files, where each of Python shows that it ran."""
    return {
        name: mark(ran) + text if name.endswith(".py") else text for name, text in files.items()
    }


def tar(
    top: str, files: Mapping[str, str], compressed: Literal["", "gz", "bz2", "xz"] = "gz"
) -> bytes:
    """A tar archive whose files are in the folder `top`, or in none where it is empty."""
    content = io.BytesIO()
    mode = cast("Literal['w:gz']", f"w:{compressed}")
    with tarfile.open(fileobj=content, mode=mode) as archive:
        for path, text in files.items():
            member = tarfile.TarInfo(f"{top}/{path}" if top else path)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return content.getvalue()


def zipped(top: str, files: Mapping[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path, text in files.items():
            archive.writestr(zipfile.ZipInfo(f"{top}/{path}" if top else path), text)
    return content.getvalue()


def publish_tools(index: PackageIndex) -> None:
    """What the sources here are built with."""
    index.wheel("flit_core", "3.9.0")
    index.wheel("setuptools", "80.9.0")
