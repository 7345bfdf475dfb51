"""The first generator: an `ImageInfo` as an idiomatic Dockerfile with its build context."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.dockerfile.context import generated_files
from lading.dockerfile.lower import lower
from lading.dockerfile.serialize import serialize

if TYPE_CHECKING:
    from lading.info import ImageInfo

__all__ = ["dockerfile", "generated_files"]


def dockerfile(info: ImageInfo) -> str:
    """The text of the Dockerfile that builds `info`."""
    return serialize(lower(info))
