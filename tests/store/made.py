"""Layers for tests: each a number, from which its key and its bytes follow."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from lading.oci.blobs import Descriptor, digest_of
from lading.oci.layers import Written
from lading.oci.media_types import OCI
from lading.store import LayerKey

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lading.store import Store, StoredLayer

SIZE = 300_000


def key(number: int) -> LayerKey:
    """The key of a layer."""
    inputs = (digest_of(str(number).encode()).encoded,)
    return LayerKey(kind="wheel", inputs=inputs, interpreter="cp311", prefix="/opt/venv", format=1)


def content(number: int, size: int = SIZE) -> bytes:
    """The bytes of its blob."""
    seed = hashlib.sha256(f"layer {number}".encode()).digest()
    return (seed * (size // len(seed) + 1))[:size]


def written(data: bytes) -> Written:
    return Written(
        digest=digest_of(data), size=len(data), diff_id=digest_of(data + b"tar"), unpacked=1234
    )


def descriptor(number: int, size: int = SIZE) -> Descriptor:
    data = content(number, size)
    return Descriptor(media_type=OCI["layer+gzip"], digest=digest_of(data), size=len(data))


@dataclass
class Maker:
    """Makes layers, and counts them."""

    made: list[int] = field(default_factory=list)

    def __call__(
        self, number: int, size: int = SIZE
    ) -> Callable[[BinaryIO], tuple[Written, bytes]]:
        def write(out: BinaryIO) -> tuple[Written, bytes]:
            self.made.append(number)
            data = content(number, size)
            out.writelines(data[begin : begin + 65536] for begin in range(0, size, 65536))
            return written(data), f"attachment {number}".encode()

        return write


def make(store: Store, number: int, size: int = SIZE) -> StoredLayer:
    return store.make(key(number), Maker()(number, size))


def read(layer: StoredLayer) -> bytes:
    with layer.blob.open() as file:
        return file.read()


def blob_path(store: Store, number: int, size: int = SIZE) -> Path:
    return store.folder.blob(descriptor(number, size).digest)


def record_path(store: Store, number: int) -> Path:
    return store.folder.record(key(number).name)


def files(folder: Path) -> list[str]:
    """What lies in a store beside its gate, by kind."""
    found = (path for path in folder.rglob("*") if path.is_file() and path.name != "gate")
    return sorted(path.relative_to(folder).parts[0] for path in found)
