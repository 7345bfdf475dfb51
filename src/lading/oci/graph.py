"""An index with all that it refers to: read out of a folder or an archive, and laid out for one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol

from lading.errors import ImageError
from lading.grammar.invalid import Invalid
from lading.grammar.reference import ImageReference
from lading.oci.blobs import Artifact, Blob, BytesBlob, content_of
from lading.oci.choice import choose_artifact, fits
from lading.oci.documents import Index, Manifest, encode_index, parse_document, parse_index
from lading.oci.fields import canonical, plain
from lading.oci.making import config_of
from lading.oci.media_types import INDEXES, MANIFESTS, OCI

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from contextlib import AbstractContextManager

    from lading.oci.blobs import Descriptor, Place
    from lading.platforms import Platform

__all__ = [
    "FULL_NAME",
    "INDEX",
    "MARK",
    "MARK_CONTENT",
    "REF_NAME",
    "Source",
    "artifacts_of",
    "blob_path",
    "contents",
    "index_content",
    "name_of",
    "named",
    "pick",
]

INDEX: Final = "index.json"
MARK: Final = "oci-layout"
MARK_CONTENT: Final = canonical({"imageLayoutVersion": "1.0.0"})

REF_NAME: Final = "org.opencontainers.image.ref.name"
"""What a layout calls an image (OCI image-spec, annotations); skopeo's `oci:DIR:NAME` is this."""

FULL_NAME: Final = "io.containerd.image.name"
"""The whole reference, where containerd and BuildKit write only the tag as the other."""

_MOST: Final = 10_000
_DEEPEST: Final = 8


class Source(Protocol):
    """What holds a layout's blobs."""

    @property
    def name(self) -> str:
        """What errors call it."""
        ...

    def blob(self, descriptor: Descriptor) -> Blob | None:
        """The content, which nobody has looked at; None where it is not there."""
        ...


def blob_path(descriptor: Descriptor) -> str:
    """Where a layout keeps a content (OCI image-spec, image-layout.md)."""
    return f"blobs/{descriptor.digest.algorithm}/{descriptor.digest.encoded}"


def artifacts_of(index: bytes, source: Source) -> tuple[Artifact, ...]:
    """What an `index.json` lists, in order; layers are not looked at.

    Raises:
        ImageError: A document is not there, is not what its descriptor says, or can't be read.
    """
    listed = parse_index(index, f"{source.name}: {INDEX}").manifests
    reader = _Reader(source)
    return tuple(reader.artifact(one) for one in listed)


class _Reader:
    """A walk from an index down, which ends however the documents refer to each other."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._left = _MOST

    def artifact(self, descriptor: Descriptor, depth: int = 0) -> Artifact:
        self._left -= 1
        if self._left < 0 or depth > _DEEPEST:
            raise ImageError(f"{self._source.name} has more indexes in indexes than images have")
        content = content_of(self._blob(descriptor))
        if descriptor.media_type not in (*INDEXES, *MANIFESTS):
            return Artifact(descriptor=descriptor, content=content)
        name = f"{self._source.name}: {descriptor.digest}"
        document = parse_document(content, descriptor.media_type, name)
        if isinstance(document, Manifest):
            blobs = tuple(self._layer(one) for one in (document.config, *document.layers))
            return Artifact(descriptor=descriptor, content=content, blobs=blobs)
        # What `docker save` and `ctr export` leave of an index lacks other platforms' images.
        there = [one for one in document.manifests if self._source.blob(one) is not None]
        children = tuple(self.artifact(one, depth + 1) for one in there)
        return Artifact(descriptor=descriptor, content=content, children=children)

    def _blob(self, descriptor: Descriptor) -> Blob:
        found = self._source.blob(descriptor)
        if found is None:
            raise ImageError(f"{self._source.name} lacks {descriptor.digest}")
        return found

    def _layer(self, descriptor: Descriptor) -> Blob:
        return self._source.blob(descriptor) or _Missing(
            descriptor=descriptor, holder=self._source.name
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Missing:
    """A layer that is not there: whoever reads it is told."""

    descriptor: Descriptor
    holder: str
    place: Place | None = None

    def open(self) -> AbstractContextManager[BinaryIO]:
        raise ImageError(f"{self.holder} lacks {self.descriptor.digest}")


def name_of(artifact: Artifact) -> str | None:
    """What a layout calls the image, or None."""
    said = dict(artifact.descriptor.annotations)
    return said.get(FULL_NAME) or said.get(REF_NAME)


def pick(
    artifacts: Sequence[Artifact],
    *,
    where: str,
    name: str | None = None,
    platform: Platform | None = None,
) -> Artifact:
    """The one image that is meant.

    Args:
        artifacts: What a layout or an archive has.
        where: What errors call that.
        name: The image's name or tag there; None where there is no other.
        platform: What it is for; None takes an index whole.

    Raises:
        ImageError: There is none, or more than one. The hint lists what there is.
    """
    meant = artifacts if name is None else [one for one in artifacts if _is_called(one, name)]
    if not meant:
        what = "no image" if name is None else f"no image called {plain(name)}"
        raise ImageError(f"{where} has {what}", hint=_offer(artifacts))
    if platform is not None:
        return _for_platform(meant, platform, where)
    if len({one.descriptor.digest for one in meant}) > 1:
        raise ImageError(f"{where} has several images", hint=_offer(artifacts))
    return meant[0]


def _for_platform(meant: Sequence[Artifact], platform: Platform, where: str) -> Artifact:
    chosen = choose_artifact(meant, platform, where)
    if chosen.descriptor.platform is None:
        said = config_of(chosen).platform
        if not fits(said, platform):
            raise ImageError(f"{where} has no image for {platform}", hint=f"it has {said}")
    return chosen


def _is_called(artifact: Artifact, name: str) -> bool:
    said = dict(artifact.descriptor.annotations)
    names = {said.get(REF_NAME), said.get(FULL_NAME)} - {None}
    return name in names or _reference(name) in {_reference(one) for one in names if one}


def _reference(name: str) -> str:
    try:
        reference = ImageReference.parse(name)
    except Invalid:
        return name
    return str(reference) if reference.tag or reference.digest else f"{reference}:latest"


def _offer(artifacts: Iterable[Artifact]) -> str | None:
    names = sorted({plain(name) for one in artifacts if (name := name_of(one))})
    return f"it has {', '.join(names)}" if names else None


def contents(artifacts: Iterable[Artifact]) -> tuple[Blob, ...]:
    """All contents of some images, each once: what a document refers to stands before it.

    Raises:
        ImageError: An index refers to an image that isn't there.
    """
    found: dict[str, Blob] = {}
    for root in artifacts:
        for one in root.manifests():
            _check_whole(one)
            document = BytesBlob(descriptor=one.descriptor, content=one.content)
            for blob in (*one.blobs, document):
                found.setdefault(str(blob.descriptor.digest), blob)
    return tuple(found.values())


def _check_whole(artifact: Artifact) -> None:
    if artifact.descriptor.media_type not in INDEXES:
        return
    index = parse_index(artifact.content)
    there = {child.descriptor.digest for child in artifact.children}
    lacking = [one for one in index.manifests if one.digest not in there]
    if lacking:
        first = lacking[0].platform or lacking[0].digest
        raise ImageError(
            f"the image index {artifact.descriptor.digest} lacks its image for {first}",
            hint="choose the platform that is there: --platform",
        )


def named(artifacts: Sequence[Artifact], names: Sequence[str]) -> tuple[Artifact, ...]:
    """These images as an index lists them: one image under several names is several there.

    Args:
        artifacts: The images; each keeps the annotations of its descriptor.
        names: What the one image is called; where there are none, as its descriptor says.

    Raises:
        ImageError: Names for several images at once.
    """
    if not names:
        return tuple(artifacts)
    if len(artifacts) != 1:
        raise ImageError("a name can be given to one image, and these are several")
    return tuple(
        replace(artifacts[0], descriptor=_called(artifacts[0].descriptor, name)) for name in names
    )


def index_content(artifacts: Iterable[Artifact]) -> bytes:
    """The `index.json` of these images."""
    listed = tuple(artifact.descriptor for artifact in artifacts)
    return encode_index(Index(media_type=OCI["index"], manifests=listed))


def _called(descriptor: Descriptor, name: str) -> Descriptor:
    annotations = {**dict(descriptor.annotations), REF_NAME: name}
    annotations.pop(FULL_NAME, None)
    return replace(descriptor, annotations=tuple(sorted(annotations.items())))
