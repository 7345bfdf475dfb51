"""Project files that say what an image is: `[tool.lading]` of pyproject.toml, or lading.toml."""

from lading.config.images import ProjectImages
from lading.config.naming import ImageNames, Reference
from lading.config.parameters import Parameter, Setting, bound, name_with, no_parameters
from lading.config.schema import schema

__all__ = [
    "ImageNames",
    "Parameter",
    "ProjectImages",
    "Reference",
    "Setting",
    "bound",
    "name_with",
    "no_parameters",
    "schema",
]
