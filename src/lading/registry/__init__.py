"""Image registries, by the OCI distribution specification 1.1."""

from __future__ import annotations

from lading.registry.credentials import Credentials
from lading.registry.pulling import known, pull
from lading.registry.pushing import Pushing, push
from lading.registry.referrers import Referrer, referrers
from lading.registry.resolve import ResolvedBase, resolve_base

__all__ = [
    "Credentials",
    "Pushing",
    "Referrer",
    "ResolvedBase",
    "known",
    "pull",
    "push",
    "referrers",
    "resolve_base",
]
