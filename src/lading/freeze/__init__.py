"""`Image` + `Lock` → `ImageInfo`, and the frozen folder: a complete build context."""

from lading.freeze.freezer import Freezer
from lading.freeze.freezing import freeze

__all__ = ["Freezer", "freeze"]
