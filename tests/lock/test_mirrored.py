"""Locks made through mirrors: the same lock, apart from where its files were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lading import Image
from lading.grammar.url import parse_index_url
from lading.lock.pylock import DEFAULT_INDEX
from lock.dock import AMD64
from lock.package_index import pkg_info, sdist
from lock.source_files import STATIC, publish_tools

if TYPE_CHECKING:
    from lock.dock import Dock

IMAGE = Image(distro="debian:bookworm", python_version="3.11")


@pytest.fixture
def mirrored(dock: Dock) -> Dock:
    """A machine that reaches the default index and docker.io by mirrors only."""
    contents = dock.contents
    image = contents.add_image("hub/library/python", None, AMD64)
    contents.add_index("hub/library/python", "3.11-slim-bookworm", [image])
    dock.environ["LADING_MIRROR_PYTHON"] = parse_index_url(f"{dock.index.url}/simple")
    dock.environ["LADING_MIRROR_REGISTRIES"] = f"docker.io={dock.registry.host}/hub"
    return dock


def test_what_a_mirror_gave_is_of_the_default_index(mirrored: Dock) -> None:
    mirrored.index.wheel("alpha", "1.0")
    part = mirrored.part(IMAGE.python_packages("alpha"))
    (alpha,) = part.distributions
    (uv,) = part.tools
    assert alpha.index == DEFAULT_INDEX
    assert uv.url.startswith(mirrored.index.url)
    assert part.base.reference == "docker.io/library/python:3.11-slim-bookworm"
    assert part.base.digest is not None
    assert any(mirrored.registry.host in line for line in mirrored.said)


def test_uv_has_a_mirror_of_its_own(mirrored: Dock) -> None:
    mirrored.index.wheel("alpha", "1.0")
    mirrored.other.add_uv("0.9.7")
    mirrored.environ["LADING_MIRROR_UV"] = f"{mirrored.other.url}/simple"
    part = mirrored.part(IMAGE.python_packages("alpha"))
    assert [tool.version for tool in part.tools] == ["0.9.7"]
    assert part.distributions[0].url.startswith(mirrored.index.url)


def test_sources_and_their_builds_come_by_the_mirror(mirrored: Dock) -> None:
    publish_tools(mirrored.index)
    mirrored.index.wheel("beta", "1.0")
    files = {"PKG-INFO": pkg_info("alpha", "1.0"), "pyproject.toml": STATIC}
    mirrored.index.add(sdist("alpha", "1.0", files))
    image = IMAGE.replace(lock_system_packages=False)
    image = image.python_packages("alpha", no_binary=["alpha"])
    part = mirrored.part(image)
    assert part.distributions[0].index == DEFAULT_INDEX
    assert [one.index for one in part.builds[0].distributions] == [DEFAULT_INDEX]


def test_the_project_names_its_mirrors(dock: Dock) -> None:
    dock.index.wheel("alpha", "1.0")
    dock.write("pyproject.toml", f'[tool.lading.mirrors]\npython = "{dock.index.url}/simple"\n')
    image = Image(base_image=dock.base, distro="debian:bookworm", python_version="3.11")
    (alpha,) = dock.part(image.python_packages("alpha")).distributions
    assert alpha.index == DEFAULT_INDEX
