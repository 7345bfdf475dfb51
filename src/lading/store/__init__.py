"""Layers and other blobs, kept under the user's cache by what they are made from and by digest.

A layer is made once for each `LayerKey`, by one process at a time. A process that is killed leaves
nothing but what the next one removes; what was damaged is noticed before its last bytes are handed
out, removed, and made again.
"""

from __future__ import annotations

from lading.store.blobs import Damaged, StoredBlob, retried
from lading.store.store import LayerKey, Store, StoredLayer, open_store

__all__ = [
    "Damaged",
    "LayerKey",
    "Store",
    "StoredBlob",
    "StoredLayer",
    "open_store",
    "retried",
]
