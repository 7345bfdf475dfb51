"""Container engines: which can serve, and the command lines that build an image with each."""

from __future__ import annotations

from lading.engines.building import build
from lading.engines.catalog import (
    Diagnosis,
    diagnose,
    engines,
    find_engine,
    register_engine,
    registered_engines,
)
from lading.engines.engine import Availability, Command, Engine
from lading.engines.request import BuildRequest, Network, Progress, SecretSource

__all__ = [
    "Availability",
    "BuildRequest",
    "Command",
    "Diagnosis",
    "Engine",
    "Network",
    "Progress",
    "SecretSource",
    "build",
    "diagnose",
    "engines",
    "find_engine",
    "register_engine",
    "registered_engines",
]
