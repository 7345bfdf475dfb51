"""The layers of a base brought onto this machine, each checked."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from lading.errors import ImageError
from lading.oci.blobs import FileBlob, blocks
from lading.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lading.bases.base import Base
    from lading.grammar.reference import Digest
    from lading.oci.blobs import Blob
    from lading.oci.making import Layer
    from lading.progress import Progress
    from lading.store import Store

__all__ = ["check", "full"]

T = TypeVar("T")

_JOBS: Final = 4
_BLOCK: Final = 1 << 20


def full(base: Base, store: Store, *, progress: Progress = SILENT, jobs: int = _JOBS) -> Base:
    """The same base with every layer at hand: a file of the store, or the project's own.

    Whoever uses the files keeps the store from evicting them, by `Store.using`.

    Args:
        base: The base.
        store: Where layers of registries are kept.
        progress: Told of each layer, by its digest.
        jobs: How many are fetched at once.

    Raises:
        ImageError: A layer is not what the manifest or the configuration says.
        RegistryError: It can't be had.
    """
    if base.artifact is None:
        return base
    # An image may have one layer twice: an empty one, above all.
    distinct = {_key(layer): layer for layer in base.layers}
    work = {key: partial(_full, base, layer, store, progress) for key, layer in distinct.items()}
    at_hand = all(_is_known(layer, store) for layer in distinct.values())
    found = {key: one() for key, one in work.items()} if at_hand else _together(work, jobs)
    layers = tuple(found[_key(layer)] for layer in base.layers)
    blobs = (base.artifact.blobs[0], *(layer.blob for layer in layers))
    return replace(base, layers=layers, artifact=replace(base.artifact, blobs=blobs))


def _key(layer: Layer) -> tuple[Digest, Digest]:
    return layer.blob.descriptor.digest, layer.diff_id


def _is_known(layer: Layer, store: Store) -> bool:
    """Whether the layer is here, and was looked at before: then there is nothing to wait for."""
    there = isinstance(layer.blob, FileBlob) or store.stored(layer.blob.descriptor) is not None
    return there and store.record(_diff_id_name(layer)) is not None


def _together(work: Mapping[T, Callable[[], Layer]], jobs: int) -> dict[T, Layer]:
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - mostly all is at hand

    with ThreadPoolExecutor(jobs, thread_name_prefix="base") as pool:
        waiting = {key: pool.submit(one) for key, one in work.items()}
        try:
            return {key: one.result() for key, one in waiting.items()}
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _full(base: Base, layer: Layer, store: Store, progress: Progress) -> Layer:
    found = replace(layer, blob=_at_hand(layer.blob, store, progress))
    _check_diff_id(base, found, store)
    return found


def _at_hand(blob: Blob, store: Store, progress: Progress) -> Blob:
    described = blob.descriptor
    piece = str(described.digest)
    if isinstance(blob, FileBlob):
        progress.end(piece, "reused", described.size)
        return blob
    kept, outcome = store.stored(described), "reused"
    if kept is None:
        progress.begin(piece, described.size)
        store.add(described, _told(blob, progress))
        kept, outcome = store.stored(described), "fetched"
    if kept is None:
        raise ImageError(f"{described.digest} was removed from the layer store meanwhile")
    progress.end(piece, outcome, described.size)
    return replace(kept, place=blob.place)


def _told(blob: Blob, progress: Progress) -> Iterator[bytes]:
    """The bytes, which the store checks."""
    left = blob.descriptor.size + 1
    with blob.open() as file:
        while left and (block := file.read(min(left, _BLOCK))):
            left -= len(block)
            progress.advance(str(blob.descriptor.digest), len(block))
            yield block


def _check_diff_id(base: Base, layer: Layer, store: Store) -> None:
    """Refuse a layer that is another than the configuration says: no engine would take the image.

    What was found once is kept: it takes inflating the whole layer.
    """
    diff_id, name = layer.diff_id, _diff_id_name(layer)
    known = store.record(name)
    if known is None:
        check(layer.blob)
        known = _diff_id(layer.blob, diff_id.algorithm).encode()
        store.keep(name, known)
    if known.decode() != str(diff_id):
        raise ImageError(
            f"{base.name}: the layer {layer.blob.descriptor.digest} holds other files than the "
            "configuration says",
            hint="the image is damaged where it comes from: push or save it anew",
        )


def _diff_id_name(layer: Layer) -> str:
    return f"diff-id-1-{layer.diff_id.algorithm}-{layer.blob.descriptor.digest}"


def check(blob: Blob) -> None:
    """Refuse a file of the project that is not what its descriptor says; the store checks its own.

    Raises:
        ImageError: It isn't, or it can't be read.
    """
    if isinstance(blob, FileBlob):
        for _ in blocks(blob):
            pass


def _diff_id(blob: Blob, algorithm: str) -> str:
    from lading.oci.unpacking import unpacked  # noqa: PLC0415 - a known layer needs none

    digest = hashlib.new(algorithm)
    with unpacked(blob) as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return f"{algorithm}:{digest.hexdigest()}"
