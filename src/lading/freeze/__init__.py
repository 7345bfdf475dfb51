"""`Image` + `Lock` → `ImageInfo`, and the frozen folder: a complete build context."""

from lading.freeze.freezing import Freezer, freeze

__all__ = ["Freezer", "freeze"]
