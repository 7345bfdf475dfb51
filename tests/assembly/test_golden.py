"""The digests of whole images: the same on every host, for every Python that runs Lading."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assembly.tiny import Bench, base_with, image_info
from lading.assembly import index_of
from lading.info import Config, SetEnv
from lading.oci import layout, validate

if TYPE_CHECKING:
    from pathlib import Path

    from lading.oci.blobs import Artifact

GOLDEN = {
    "linux/amd64": "sha256:145ea80ce86e88fcdcd3ddcd777e78394e4031bab478171daa49e1c90edbf8c8",
    "linux/arm64": "sha256:6fcf6f1ce3df83ecfa1101f951cf89f425fb263b1da235f19def6715a435f2e0",
    "linux/arm/v7": "sha256:ad8d7312f938e7e431b8c033265348e606f38a72d9e5d550285b98aae180ce97",
}
GOLDEN_INDEX = "sha256:17cb4cee8e3b486ac17cbb39e07615415202fe4a6372e4284e58fd7c10db0a7c"

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
