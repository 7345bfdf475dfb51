"""What a layer that is at hand holds; looked at once, and kept in the cache."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from lading.errors import ImageError
from lading.oci.blobs import BytesBlob, FileBlob

if TYPE_CHECKING:
    from lading.oci.blobs import Blob
    from lading.store import Store

__all__ = ["Look", "looked_into"]

# Binary distribution format, "The .dist-info directory".
_DIST_INFO: Final = re.compile(r"(?:^|/)(?P<name>[^/]+)-(?P<version>[^/-]+)\.dist-info/METADATA")
_FORMAT: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is in a layer.

    Attributes:
        unpacked: The bytes of its files.
        files: How many they are.
        distributions: The Python distributions, `name version`, sorted.
    """

    unpacked: int
    files: int
    distributions: tuple[str, ...]


def looked_into(blob: Blob, store: Store) -> Look | None:
    """What a layer holds; None where its bytes are in no place on this machine.

    Raises:
        ImageError: It is no layer.
    """
    name = f"look {_FORMAT} {blob.descriptor.digest}"
    at_hand: Blob | None = blob if isinstance(blob, (BytesBlob, FileBlob)) else None
    kept = None
    with suppress(ImageError):  # where the cache can't be used, nothing in it is at hand
        at_hand = at_hand or store.stored(blob.descriptor)
        kept = _kept(store, name)
    if kept is not None or at_hand is None:
        return kept
    found = _look(at_hand)
    with suppress(ImageError):  # where the cache can't be written, it is slower next time
        store.keep(name, json.dumps(asdict(found)).encode())
    return found


def _kept(store: Store, name: str) -> Look | None:
    record = store.record(name)
    if record is None:
        return None
    found = json.loads(record)
    return Look(
        unpacked=found["unpacked"],
        files=found["files"],
        distributions=tuple(found["distributions"]),
    )


def _look(blob: Blob) -> Look:
    from lading.oci.unpacking import walk  # noqa: PLC0415 - only where one is read

    unpacked, files = 0, 0
    distributions = []
    for member in walk(blob):
        unpacked += member.size
        files += 1 if member.kind == "file" else 0
        match = _DIST_INFO.search(member.name)
        if match:
            distributions.append(f"{match['name']} {match['version']}")
    return Look(unpacked=unpacked, files=files, distributions=tuple(sorted(distributions)))
