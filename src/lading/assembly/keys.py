"""By what a layer is found again: all that its bytes depend on, and nothing else."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from lading.assembly.packages import direct_url
from lading.errors import ImageError
from lading.oci.entries import Hardlink, Literal, Regular, Symlink
from lading.oci.layers import LAYER_FORMAT
from lading.store import LayerKey

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lading.assembly.includes import Copied
    from lading.assembly.packages import Packaging
    from lading.lock.model import Distribution
    from lading.oci.entries import Entry, Folder

__all__ = ["environment_key", "files_key", "packages_key", "sha256_of"]


def environment_key(entries: Iterable[Entry]) -> LayerKey:
    """The key of a layer that is all in memory."""
    return _key("environment", [_described(one) for one in entries])


def packages_key(
    distributions: Iterable[Distribution], packaging: Packaging, above: Iterable[Folder]
) -> LayerKey:
    """The key of a layer of wheels.

    Args:
        distributions: The wheels.
        packaging: How they become entries.
        above: The folders that they are in, as far as those are not as any other.
    """
    compiler = packaging.compiler
    tag = f"cp{packaging.series.replace('.', '')}"
    return LayerKey(
        kind="packages",
        inputs=(
            *(_wheel(one) for one in distributions),
            *(_digest(_described(one)) for one in above),
        ),
        interpreter=tag if compiler is None else f"{tag}+pyc-{compiler.version}",
        prefix=packaging.prefix
        if packaging.root == packaging.prefix.strip("/")
        else f"{packaging.prefix}={packaging.root}",
        format=LAYER_FORMAT,
    )


def files_key(kind: str, copies: Iterable[Copied], above: Iterable[Folder]) -> LayerKey:
    """The key of a layer of the project's files, which are packed as their kind says."""
    files = [[one.path, one.file.sha256, one.file.executable] for one in copies]
    folders = [_described(one) for one in above]
    return _key(kind, [files, folders])


def sha256_of(distribution: Distribution) -> str:
    """The hash that a wheel is known by.

    Raises:
        ImageError: The lock has none.
    """
    if distribution.sha256 is None:
        message = f"{distribution.name} has no SHA-256, by which its layer is known"
        raise ImageError(message, hint="take it from an index that tells one")
    return distribution.sha256


def _key(kind: str, content: object) -> LayerKey:
    """The key of what depends on nothing but its content."""
    return LayerKey(
        kind=kind, inputs=(_digest(content),), interpreter="", prefix="", format=LAYER_FORMAT
    )


def _wheel(one: Distribution) -> str:
    # Its name says which distribution it is, and what is written into its record besides.
    known = f"{sha256_of(one)} {one.filename}"
    url = direct_url(one)
    return known if url is None else f"{known} {url}"


def _described(entry: Entry) -> list[object]:
    head: list[object] = [type(entry).__name__, entry.path, entry.mode, entry.uid, entry.gid]
    match entry:
        case Symlink(target=target) | Hardlink(target=target):
            return [*head, target]
        case Regular(content=Literal(data=data)):
            return [*head, hashlib.sha256(data).hexdigest()]
        case _:
            return head


def _digest(value: object) -> str:
    content = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()
