"""Everything that an image layout or archive says about itself, computed anew.

Every digest, size, diff ID, media type, order and number is compared with what is there; what is
wrong is collected, and nothing that is wrong is raised.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from lading.errors import ImageError, LadingError, Problem
from lading.oci import docker_archive
from lading.oci.blobs import FileBlob, blocks, content_of
from lading.oci.config import ImageConfig, parse_config
from lading.oci.documents import Index, Manifest, parse_document, parse_index
from lading.oci.fields import LARGEST_DOCUMENT, plain
from lading.oci.graph import INDEX, MARK, REF_NAME, blob_path
from lading.oci.layer_check import LayerCheck, check_layer
from lading.oci.layout import check_mark
from lading.oci.media_types import CONFIGS, INDEXES, LAYERS, vocabulary_of
from lading.oci.members import Members, find_members

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lading.oci.blobs import Artifact, Blob, Descriptor

__all__ = ["validate"]

_ATTESTATION: Final = "unknown/unknown"
"""What BuildKit's attestations are for: their layers are statements, not archives."""

_DEEPEST: Final = 8
_MOST: Final = 10_000


def validate(path: Path) -> tuple[Problem, ...]:
    """What is wrong with a layout's folder, an OCI archive or a docker archive.

    Args:
        path: The folder or the .tar.

    Returns:
        All that is wrong, each with where it stands; nothing where all is right. An index may lack
        the images of other platforms only where it doesn't list them.
    """
    check = _Check()
    try:
        holder = _holder(path)
        if isinstance(holder, Members):
            _check_archive(check, holder)
        else:
            check.layout(holder)
    except LadingError as error:
        check.problems += error.problems
    return tuple(check.problems)


class _Holder(Protocol):
    """What holds a layout."""

    @property
    def sizes(self) -> Mapping[str, int]: ...

    def document(self, name: str) -> bytes: ...

    def blob(self, descriptor: Descriptor) -> Blob: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Folder:
    path: Path
    sizes: Mapping[str, int]

    def document(self, name: str) -> bytes:
        try:
            with (self.path / name).open("rb") as file:
                return file.read(LARGEST_DOCUMENT + 1)
        except OSError as error:
            raise ImageError(f"{name} can't be read: {error.strerror}") from None

    def blob(self, descriptor: Descriptor) -> Blob:
        return FileBlob(descriptor=descriptor, path=self.path / blob_path(descriptor))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Archive:
    members: Members
    sizes: Mapping[str, int]

    def document(self, name: str) -> bytes:
        return self.members.document(name)

    def blob(self, descriptor: Descriptor) -> Blob:
        member = self.members.files[blob_path(descriptor)]
        return FileBlob(descriptor=descriptor, path=self.members.path, offset=member.offset)


def _holder(path: Path) -> _Folder | Members:
    if not path.is_dir():
        return find_members(path)
    try:
        files = {
            one.relative_to(path).as_posix(): one.stat().st_size
            for one in sorted(path.rglob("*"))
            if one.is_file()
        }
    except OSError as error:
        raise ImageError(f"{path} can't be read: {error.strerror}") from None
    return _Folder(path=path, sizes=files)


def _check_archive(check: _Check, members: Members) -> None:
    for name in members.twice:
        check.tell("the archive", f"has {plain(name)} twice")
    if MARK in members.files or docker_archive.MANIFEST not in members.files:
        sizes = {name: member.size for name, member in members.files.items()}
        check.layout(_Archive(members=members, sizes=sizes))
        return
    for artifact in docker_archive.read(members.path):
        check.artifact(artifact)


@dataclass(slots=True)
class _Check:
    """One validation: what was seen, and what is wrong."""

    problems: list[Problem] = field(default_factory=list)
    _seen: dict[Descriptor, bool] = field(default_factory=dict)
    _layers: dict[str, LayerCheck] = field(default_factory=dict)
    _paths: set[str] = field(default_factory=set)
    _left: int = _MOST

    def tell(self, where: str, what: str) -> None:
        problem = Problem(message=f"{where} {what}")
        if problem not in self.problems:
            self.problems.append(problem)

    def layout(self, holder: _Holder) -> None:
        """A layout, from its two files down."""
        for name in (MARK, INDEX):
            if name not in holder.sizes:
                self.tell("the layout", f"has no {name}")
        self._mark(holder)
        if INDEX in holder.sizes:
            self._index(holder)
            self._leftovers(holder)

    def _mark(self, holder: _Holder) -> None:
        if MARK in holder.sizes:
            try:
                check_mark(holder.document(MARK), "the layout")
            except ImageError as error:
                self.problems += error.problems

    def _index(self, holder: _Holder) -> None:
        try:
            index = parse_index(holder.document(INDEX), INDEX)
        except ImageError as error:
            self.problems += error.problems
            return
        if index.media_type != INDEXES[0]:
            self.tell(INDEX, f"is of the kind {plain(index.media_type)}, not OCI's index")
        self._names(index)
        for number, one in enumerate(index.manifests):
            self._visit(holder, one, f"{INDEX}: manifests[{number}]", depth=0)

    def _names(self, index: Index) -> None:
        names = [dict(one.annotations).get(REF_NAME) for one in index.manifests]
        for name in sorted({one for one in names if one is not None and names.count(one) > 1}):
            self.tell(INDEX, f"calls two images {plain(name)}")
        for said in names:
            if said is not None and (not said or plain(said) != said):
                self.tell(INDEX, f"calls an image {plain(said) or 'nothing'}, which is no name")

    def _leftovers(self, holder: _Holder) -> None:
        for name in sorted(set(holder.sizes) - self._paths - {MARK, INDEX}):
            if name.startswith("blobs/"):
                self.tell(plain(name), "is referred to by nothing")

    def _visit(self, holder: _Holder, descriptor: Descriptor, where: str, *, depth: int) -> None:
        """A document and all below it."""
        self._left -= 1
        if depth > _DEEPEST or self._left < 0:
            self.tell(where, "is deeper or wider than indexes of images are")
            return
        content = self._document(holder, descriptor, where)
        if content is None:
            return
        try:
            document = parse_document(content, descriptor.media_type, where)
        except ImageError as error:
            self.problems += error.problems
            return
        if document.media_type != descriptor.media_type:
            said = f"{plain(descriptor.media_type)}, and is {plain(document.media_type)}"
            self.tell(where, f"is said to be {said}")
        if isinstance(document, Index):
            self._children(holder, descriptor, document, where, depth)
        else:
            self._manifest(holder, descriptor, document, where)

    def _children(
        self, holder: _Holder, descriptor: Descriptor, index: Index, where: str, depth: int
    ) -> None:
        for number, child in enumerate(index.manifests):
            place = f"{where}: manifests[{number}]"
            self._vocabulary(descriptor, child, place)
            self._visit(holder, child, place, depth=depth + 1)

    def _document(self, holder: _Holder, descriptor: Descriptor, where: str) -> bytes | None:
        if not self._there(holder, descriptor, where):
            return None
        if descriptor.size > LARGEST_DOCUMENT:
            self.tell(where, f"is a document of {descriptor.size} bytes")
            return None
        return content_of(holder.blob(descriptor))

    def _there(self, holder: _Holder, descriptor: Descriptor, where: str) -> bool:
        """Whether a content is there and is what its descriptor says; said where it isn't."""
        path = blob_path(descriptor)
        self._paths.add(path)
        size = holder.sizes.get(path)
        if size is None:
            self.tell(where, f"refers to {descriptor.digest}, which is not there")
            return False
        if size != descriptor.size:
            self.tell(where, f"says {descriptor.size} bytes for {descriptor.digest}: it has {size}")
            return False
        return self._is_sound(holder.blob(descriptor), where)

    def _is_sound(self, blob: Blob, where: str) -> bool:
        if blob.descriptor not in self._seen:
            self._seen[blob.descriptor] = True
            try:
                for _ in blocks(blob):
                    pass
            except LadingError as error:
                self._seen[blob.descriptor] = False
                self.tell(where, f"refers to what is not sound: {error}")
        return self._seen[blob.descriptor]

    def _manifest(
        self, holder: _Holder, descriptor: Descriptor, manifest: Manifest, where: str
    ) -> None:
        parts = [("config", manifest.config)]
        parts += [(f"layers[{number}]", one) for number, one in enumerate(manifest.layers)]
        sound = [self._there(holder, one, f"{where}: {name}") for name, one in parts]
        for name, one in parts:
            self._vocabulary(descriptor, one, f"{where}: {name}")
        if manifest.config.media_type not in CONFIGS:
            if any(one.media_type in LAYERS for one in manifest.layers):
                kind = plain(manifest.config.media_type)
                self.tell(f"{where}: config", f"is {kind}, and the layers are an image's")
            return
        if not sound[0]:
            return
        layers = [
            holder.blob(one) if there else None
            for one, there in zip(manifest.layers, sound[1:], strict=True)
        ]
        self._image(descriptor, content_of(holder.blob(manifest.config)), layers, where)

    def artifact(self, artifact: Artifact) -> None:
        """An image that is not in a layout: a docker archive's."""
        where = str(artifact.descriptor.digest)
        config, *layers = artifact.blobs
        sound = [layer if self._is_sound(layer, where) else None for layer in layers]
        self._image(artifact.descriptor, content_of(config), sound, where)

    def _vocabulary(self, above: Descriptor, below: Descriptor, where: str) -> None:
        words = {vocabulary_of(above.media_type), vocabulary_of(below.media_type)} - {None}
        if len(words) > 1:
            self.tell(where, f"mixes OCI's and Docker's kinds: {plain(below.media_type)}")

    def _image(
        self, descriptor: Descriptor, content: bytes, layers: list[Blob | None], where: str
    ) -> None:
        try:
            config = parse_config(content, f"{where}: config")
        except ImageError as error:
            self.problems += error.problems
            return
        if config.platform == _ATTESTATION:
            return
        self._agreement(descriptor, config, len(layers), where)
        for number, layer in enumerate(layers):
            if layer is not None:
                diff_id = config.diff_ids[number] if number < len(config.diff_ids) else None
                self._layer(layer, str(diff_id), f"{where}: layers[{number}]")

    def _agreement(
        self, descriptor: Descriptor, config: ImageConfig, layers: int, where: str
    ) -> None:
        if len(config.diff_ids) != layers:
            self.tell(where, f"has {layers} layers, and {len(config.diff_ids)} diff IDs")
        made = sum(not one.empty_layer for one in config.history)
        if config.history and made != layers:
            self.tell(where, f"has {layers} layers, and a history of {made}")
        if descriptor.platform not in {None, config.platform}:
            said = f"{descriptor.platform}, and its configuration {config.platform}"
            self.tell(where, f"is said to be for {said}")

    def _layer(self, layer: Blob, diff_id: str, where: str) -> None:
        key = f"{layer.descriptor.media_type} {layer.descriptor.digest}"
        if key not in self._layers:
            self._layers[key] = check_layer(layer)
        found = self._layers[key]
        for fault in found.faults:
            self.tell(where, fault)
        if found.diff_id is not None and f"sha256:{found.diff_id}" != diff_id:
            self.tell(where, f"has the diff ID sha256:{found.diff_id}, not {diff_id}")
