"""Base images: from a name to the manifest, the configuration, the layers and facts of them."""

from __future__ import annotations

from lading.bases.base import Base, nothing
from lading.bases.contents import BaseFiles
from lading.bases.context import DockerContext, read_context
from lading.bases.dpkg import dpkg_status
from lading.bases.fetching import full
from lading.bases.finding import find_base
from lading.bases.folders import has_folder, resolve_folder
from lading.bases.interpreter import Interpreter, installed_interpreter, interpreter
from lading.bases.local import Local, read_local

__all__ = [
    "Base",
    "BaseFiles",
    "DockerContext",
    "Interpreter",
    "Local",
    "dpkg_status",
    "find_base",
    "full",
    "has_folder",
    "installed_interpreter",
    "interpreter",
    "nothing",
    "read_context",
    "read_local",
    "resolve_folder",
]
