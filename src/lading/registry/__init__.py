"""Image registries, by the OCI distribution specification 1.1."""

from __future__ import annotations

from lading.registry.credentials import Credentials
from lading.registry.resolve import ResolvedBase, resolve_base

__all__ = ["Credentials", "ResolvedBase", "resolve_base"]
