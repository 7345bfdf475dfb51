"""Freezing, and what a frozen image says."""

from __future__ import annotations

from pathlib import Path
from typing import assert_type

from lading import Image, ImageInfo


def frozen(image: Image, folder: Path) -> ImageInfo:
    assert_type(image.freeze("build"), ImageInfo)
    return image.freeze(
        folder / "build",
        platform="linux/arm64",
        project=folder,
        name="gpu",
        locked=True,
        allow_unpinned_base=False,
        vendor=True,
        dialect="classic",
        strict=True,
    )


def told(info: ImageInfo) -> str:
    assert_type(info.platform, str)
    assert_type(info.distro, str | None)
    assert_type(info.python, str)
    assert_type(info.vendored, bool)
    assert_type(info.key, str)
    assert_type(info.dockerfile, str)
    assert_type(info.on_scratch, bool)
    assert_type(info.config.cmd, tuple[str, ...] | None)
    assert_type([deb.name for deb in info.debs], list[str])
    assert_type({deb.size for deb in info.installed_debs + info.vendored_debs}, set[int])
    assert_type(info.below, ImageInfo | None)
    assert_type(info.given_folders, tuple[str, ...])
    assert_type([image.own_steps == image.steps for image in info.stack], list[bool])
    assert_type(ImageInfo.from_json(info.to_json()), ImageInfo)
    return info.to_json()
