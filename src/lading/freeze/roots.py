"""The layers that a frozen folder on nothing holds, out of the store."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from lading.freeze.folder import Content
from lading.info import ContextFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lading.assembly.system import FetchDebs
    from lading.info import ImageInfo
    from lading.machine import Machine
    from lading.store import Store, StoredLayer

__all__ = ["described_layers", "layer_contents"]

_BLOCK: Final = 1 << 20


@contextmanager
def layer_contents(
    info: ImageInfo, machine: Machine, debs: FetchDebs
) -> Iterator[dict[str, Content]]:
    """Their contents by path in the folder, which are there during the block.

    Raises:
        ImageError: A package can't be installed without running something.
        LadingError: A package can't be had.
    """
    if not info.on_scratch:
        yield {}
        return
    store = machine.store()
    with store.using():
        yield {
            path: Content(source=layer.blob.path, sha256=layer.descriptor.digest.encoded)
            for path, layer in _layers(info, store, debs).items()
        }


def described_layers(info: ImageInfo, machine: Machine, debs: FetchDebs) -> tuple[ContextFile, ...]:
    """The same, as the image tells of the files of a vendored folder.

    Raises:
        LadingError: As `layer_contents`.
    """
    if not info.on_scratch:
        return ()
    store = machine.store()
    with store.using():
        return tuple(
            ContextFile(
                path=path, sha256=layer.descriptor.digest.encoded, size=layer.descriptor.size
            )
            for path, layer in _layers(info, store, debs).items()
        )


def _layers(info: ImageInfo, store: Store, debs: FetchDebs) -> Mapping[str, StoredLayer]:
    """The layers, each read once: one that is damaged is made anew."""
    from lading.assembly import made_roots  # noqa: PLC0415 - only on scratch
    from lading.store import retried  # noqa: PLC0415

    def attempt() -> Mapping[str, StoredLayer]:
        found = made_roots(info, store, debs)
        for layer in found.values():
            with layer.blob.open() as stream:
                while stream.read(_BLOCK):
                    pass
        return found

    return retried(attempt, told=lambda _: None)
