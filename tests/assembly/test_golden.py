"""The digests of whole images: the same on every host, for every Python that runs Lading."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assembly.tiny import Bench, base_with, image_info
from lading.info import Config, SetEnv
from lading.oci import layout, validate
from lading.oci.making import index_of

if TYPE_CHECKING:
    from pathlib import Path

    from lading.oci.blobs import Artifact

GOLDEN = {
    "linux/amd64": "sha256:761186844e29b8f8b469b8315ff97052120660fba5194a7e3641b31aaa217cb3",
    "linux/arm64": "sha256:e547f9412706087214630bc1f77afc0fa1bc6256fe38b93fb1d232ca30eaa825",
    "linux/arm/v7": "sha256:3df9a2dfcad0a1481b9f7645c09e21c036d74dcb0256c0b642b9ccb97008728a",
}
GOLDEN_INDEX = "sha256:6ad107d865cd272be1f87457cdeccc2cb094702d9d94fe294d03d069d14705a6"

LARGE = bytes(range(256)) * 2048


def image(root: Path, platform: str) -> Artifact:
    """An image with something of everything, but no bytecode."""
    root.mkdir(parents=True, exist_ok=True)
    bench = Bench(root=root)
    wheels = (
        bench.wheel(
            "large",
            "1.0",
            {"large/__init__.py": "x = 1\n", "large/data.bin": LARGE},
            scripts="large = large:main",
            stored=True,
        ),
        bench.wheel("small", "2.0", {"small.py": "y = 1\n", "data/data/share/s": "1"}, stored=True),
        bench.wheel("tiny", "3.0", {"tiny/ü.py": "", "data/scripts/t": "#!python\n"}, stored=True),
    )
    info = image_info(
        bench.include(12, "/app", {"service.py": b"app = 1\n", "bin/run": b"#!/bin/sh\n"}),
        SetEnv(variables=(("A", "1"), ("PATH", "/x:$PATH")), at=("service.py:13",)),
        bench.include(14, "/lib/models", {"m.bin": LARGE}),
        wheels=wheels,
        platform=platform,
        config=Config(ports=("8000/tcp",), volumes=("/data",), cmd=("large",)),
    )
    return bench.assemble(info, base_with(root, platform)).artifact


@pytest.mark.parametrize("platform", GOLDEN)
def test_an_image_has_the_digest_that_it_always_had(platform: str, tmp_path: Path) -> None:
    made = image(tmp_path / "work", platform)
    layout.write(tmp_path / "layout", [made], names=["latest"])
    assert validate(tmp_path / "layout") == ()
    assert str(made.descriptor.digest) == GOLDEN[platform]


def test_several_platforms_have_the_index_that_they_always_had(tmp_path: Path) -> None:
    made = index_of(image(tmp_path / "work", platform) for platform in GOLDEN)
    layout.write(tmp_path / "layout", [made], names=["latest"])
    assert validate(tmp_path / "layout") == ()
    assert str(made.descriptor.digest) == GOLDEN_INDEX
