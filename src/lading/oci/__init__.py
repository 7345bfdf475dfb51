"""OCI images as they are: documents, blobs, layers, layouts and archives.

Nothing here knows how an image came to be, or where a registry is. Sources: OCI image-spec 1.1 and
Docker's image specification 1.2 (`docker save`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lading.oci.validation import validate

__all__ = ["validate"]


def __getattr__(name: str) -> object:
    # The check needs all that can be read here; most who import a part of it don't.
    if name != "validate":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from lading.oci.validation import validate  # noqa: PLC0415

    return validate
