"""Docker archives: what `docker save` writes, and what `docker load` and `podman load` take.

Source: Docker's image specification 1.2, "Combined Image JSON + Filesystem Changeset Format". The
archive's `manifest.json` names, for each image, its configuration, its tags and its layers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from lading.errors import ImageError
from lading.grammar.invalid import Invalid
from lading.grammar.reference import Digest, ImageReference
from lading.oci.blobs import Blob, Descriptor, FileBlob
from lading.oci.config import parse_config
from lading.oci.fields import Table, canonical, parse_list, plain
from lading.oci.graph import REF_NAME, name_of
from lading.oci.making import config_of, manifest_of
from lading.oci.media_types import DOCKER, MANIFESTS, compression_of
from lading.oci.members import Members, find_members, hashed
from lading.oci.packing import pack
from lading.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from lading.oci.blobs import Artifact
    from lading.oci.media_types import Vocabulary
    from lading.progress import Progress

__all__ = ["MANIFEST", "read", "write"]

MANIFEST: Final = "manifest.json"

_EXTENSIONS: Final = {"none": "tar", "gzip": "tar.gz", "zstd": "tar.zst"}
_MAGIC: Final = {b"\x1f\x8b": "layer+gzip", b"\x28\xb5\x2f\xfd": "layer+zstd"}


def read(path: Path, *, vocabulary: Vocabulary = "docker") -> tuple[Artifact, ...]:
    """The images of a docker archive, one for each of their names; one without a name too.

    Such an archive holds no manifests: they are made here, in `vocabulary`, and are the same
    whenever they are. Layers that stand uncompressed under their diff ID are not read; others are
    hashed once, since nothing says what their digests are.

    Raises:
        ImageError: It is no such archive, or what it names is missing or not what it must be.
    """
    members = find_members(path)
    if MANIFEST not in members.files:
        raise ImageError(f"{path} is no docker archive: it has no {MANIFEST}", hint=_hint(members))
    listed = parse_list(members.document(MANIFEST), f"{path}: {MANIFEST}")
    return tuple(one for table in listed for one in _images(members, table, vocabulary))


def _hint(members: Members) -> str:
    if "repositories" in members.files:
        return "docker before version 1.10 wrote it: load it and save it again with a newer one"
    return "`docker save` writes such archives"


def _images(members: Members, table: Table, vocabulary: Vocabulary) -> Iterator[Artifact]:
    config = members.small(_path(table.text("Config")), DOCKER["config"])
    name = f"{members.path}: {plain(table.text('Config'))}"
    diff_ids = parse_config(config.content, name).diff_ids
    paths = table.texts("Layers") or ()
    if len(paths) != len(diff_ids):
        raise ImageError(f"{name} has {len(diff_ids)} diff IDs for {len(paths)} layers")
    layers = [_layer(members, _path(one), diff) for one, diff in zip(paths, diff_ids, strict=True)]
    image = manifest_of(config.content, layers, vocabulary=vocabulary)
    for tag in table.texts("RepoTags") or ("",):
        annotations = ((REF_NAME, tag),) if tag else ()
        yield replace(image, descriptor=replace(image.descriptor, annotations=annotations))


def _path(text: str) -> str:
    return text.removeprefix("./").lstrip("/")


def _layer(members: Members, path: str, diff_id: Digest) -> Blob:
    member = members.files.get(path)
    if member is None:
        raise ImageError(f"{members.path} has no {plain(path)}, which {MANIFEST} names as a layer")
    head = members.head(path, 4)
    kind = next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), "layer")
    digest = diff_id if kind == "layer" else _digest_of(members, path)
    descriptor = Descriptor(media_type=DOCKER[kind], digest=digest, size=member.size)
    return FileBlob(descriptor=descriptor, path=members.path, offset=member.offset)


def _digest_of(members: Members, path: str) -> Digest:
    """The digest that a path is named by (`blobs/sha256/HEX`, our `HEX.tar.gz`); else hashed."""
    named = re.fullmatch(r"blobs/sha256/([0-9a-f]{64})|([0-9a-f]{64})\.tar\.(?:gz|zst)", path)
    if named is None:
        return hashed(members.path, members.files[path])
    return Digest(algorithm="sha256", encoded=named[1] or named[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Image:
    """An image to be written, with its tags as docker writes them."""

    artifact: Artifact
    tags: tuple[str, ...]


def write(
    path: Path,
    artifacts: Iterable[Artifact],
    *,
    names: Iterable[str] = (),
    progress: Progress = SILENT,
) -> bool:
    """Make `path` an archive for `docker load` and `podman load`.

    Layers stay compressed as they are, which both take; configurations stay byte for byte, and so
    do the images' ids.

    Args:
        path: The archive; an older one is replaced once the new one is whole.
        artifacts: Images, each for one platform; an index of one image counts as that.
        names: References of the one image; where there are none, as its descriptor says.
        progress: Told of each layer, by its digest.

    Returns:
        Whether anything was written: where it is there already, nothing is touched.

    Raises:
        ImageError: One is for several platforms, or a name is no reference with a tag; or it can't
            be written, or a blob's bytes are not what its descriptor says.
        LadingError: A blob can't be had.
    """
    images = _merged(_single(one) for one in artifacts)
    given = tuple(names)
    if given and len(images) != 1:
        raise ImageError("a name can be given to one image, and these are several")
    if given:
        images = [_Image(artifact=images[0].artifact, tags=tuple(map(_tag, given)))]
    files: dict[str, Blob | bytes] = {}
    for image in images:
        files |= _files(image.artifact)
    listed = [_entry(image) for image in images]
    return pack(path, {**files, MANIFEST: canonical(listed)}, progress=progress)


def _single(artifact: Artifact) -> Artifact:
    below = [one for one in artifact.manifests() if one.blobs]
    if len(below) != 1 or below[0].descriptor.media_type not in MANIFESTS:
        raise ImageError(
            "a docker archive holds images for one platform each, and this is for several",
            hint="choose one: --platform",
        )
    named = artifact.descriptor.annotations or below[0].descriptor.annotations
    return replace(below[0], descriptor=replace(below[0].descriptor, annotations=named))


def _merged(artifacts: Iterable[Artifact]) -> list[_Image]:
    """One for each image, with all its tags: a layout lists an image once for each name."""
    found: dict[Digest, _Image] = {}
    for one in artifacts:
        name = name_of(one)
        tags = (tag,) if name and (tag := _tag_or_none(name)) else ()
        before = found.get(one.descriptor.digest)
        merged = tuple(dict.fromkeys((*before.tags, *tags))) if before else tags
        found[one.descriptor.digest] = _Image(artifact=one, tags=merged)
    return list(found.values())


def _tag(name: str) -> str:
    found = _tag_or_none(name)
    if found is None:
        raise ImageError(
            f"an image in a docker archive can't be called {plain(name)}",
            hint="name it as in `docker pull`, with a tag: app:1",
        )
    return found


def _tag_or_none(name: str) -> str | None:
    """The name as docker writes it; none for a bare digest, or what is no reference."""
    try:
        reference = ImageReference.parse(name)
    except Invalid:
        return None
    if reference.tag is None and reference.digest is not None:
        return None
    return replace(reference, tag=reference.tag or "latest", digest=None).familiar


def _files(artifact: Artifact) -> dict[str, Blob]:
    config_of(artifact)
    config, *layers = artifact.blobs
    found = {f"{config.descriptor.digest.encoded}.json": config}
    return found | {_layer_path(layer.descriptor): layer for layer in layers}


def _layer_path(descriptor: Descriptor) -> str:
    compression = compression_of(descriptor.media_type)
    if compression is None:
        raise ImageError(f"the layer {descriptor.digest} is {plain(descriptor.media_type)}")
    return f"{descriptor.digest.encoded}.{_EXTENSIONS[compression]}"


def _entry(image: _Image) -> dict[str, object]:
    config, *layers = image.artifact.blobs
    return {
        "Config": f"{config.descriptor.digest.encoded}.json",
        "RepoTags": list(image.tags),
        "Layers": [_layer_path(layer.descriptor) for layer in layers],
    }
