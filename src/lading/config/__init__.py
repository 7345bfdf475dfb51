"""Project files that say what an image is: `[tool.lading]` of pyproject.toml, or lading.toml."""

from lading.config.images import ProjectImages
from lading.config.schema import schema

__all__ = ["ProjectImages", "schema"]
