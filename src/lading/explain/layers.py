"""What a layer holds, and why it is one: of an image that is planned, and of one that was built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lading.explain.built import layer_kinds
from lading.grammar.words import visible
from lading.oci.making import config_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lading.assembly import PlannedLayer
    from lading.explain.sides import LayerKind
    from lading.oci.blobs import Artifact, Blob

__all__ = ["BuiltLayer", "LayerReport", "built_layers", "planned_report", "why_a_layer"]

_OURS: Final = "lading: "

_WHY: Final[dict[LayerKind, str]] = {
    "base": "it is the base image's, as it was pulled",
    "system": "system packages change seldom, and dpkg's record of all of them is one file: they "
    "are one layer, below all others",
    "environment": "it depends on no package: only another Python or another user makes it anew",
    "model": "a model is large and changes seldom: it has layers of its own, below packages and "
    "code, so that no change of these sends it again",
    "files": "the project's files change most often: they come last, and nothing above them has "
    "to be sent again",
    "unknown": "another tool made it",
    "packages": "small packages share layers by a hash of their names: another version of one "
    "makes this layer anew, and moves no package to another",
}
_ALONE: Final = (
    "the package is large enough for a layer of its own: another version of it makes this layer "
    "anew and no other, and no other package makes this one anew"
)
_ONE: Final = (
    "it holds one package, which is large or has no other beside it by the hash of its name: "
    "another version of it makes this layer anew and no other"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerReport:
    """A layer, explained.

    Attributes:
        name: As the image's history calls it.
        platform: What its image is for.
        kind: What it holds.
        digest: Of its blob; None where it was not built.
        size: Of that in bytes, or, where it was not built, of the files that it is made of; None
            where that is not known.
        unpacked: The bytes of its files; None where they are not known.
        files: How many they are.
        holds: Its packages with their versions, or the paths of its files.
        why: Why this is a layer.
        at: The user's lines.
        below: Whether it is a layer of the image below, which `from_image` names.
    """

    name: str
    platform: str
    kind: LayerKind
    digest: str | None = None
    size: int | None = None
    unpacked: int | None = None
    files: int | None = None
    holds: tuple[str, ...] = ()
    why: str
    at: tuple[str, ...] = ()
    below: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltLayer:
    """A layer of an image that was built, before anything of it was looked at."""

    name: str
    kind: LayerKind
    platform: str
    blob: Blob
    at: tuple[str, ...]


def why_a_layer(kind: LayerKind, *, alone: bool | None) -> str:
    """Why what it holds is a layer.

    Args:
        kind: What it holds.
        alone: Whether that is one Python package for which there is a layer because it is large;
            None where it is one, and nothing tells why.
    """
    if kind != "packages" or alone is False:
        return _WHY[kind]
    return _ONE if alone is None else _ALONE


def planned_report(layer: PlannedLayer, platform: str, *, below: bool) -> LayerReport:
    """A layer that is planned; `below`, for the image below."""
    sizes = [
        *(one.size for one in layer.debs),
        *(one.size for one in layer.distributions),
        *(file.size for one in layer.included for file in one.step.files),
    ]
    known = [size for size in sizes if size is not None]
    return LayerReport(
        name=layer.name,
        platform=platform,
        kind=layer.kind,
        size=sum(known) if known and len(known) == len(sizes) else None,
        holds=tuple(_holds(layer)),
        why=why_a_layer(layer.kind, alone=layer.alone),
        at=layer.at,
        below=below,
    )


def _holds(layer: PlannedLayer) -> Iterator[str]:
    yield from (f"{one.name} {one.version}" for one in layer.debs)
    yield from (f"{one.name} {one.version}" for one in layer.distributions)
    for one in layer.included:
        place = one.step.destination.rstrip("/")
        yield from (f"{place}/{file.path}" for file in one.step.files)


def built_layers(artifacts: Iterable[Artifact]) -> Iterator[BuiltLayer]:
    """The layers of images, with what their histories say of each.

    Raises:
        ImageError: A document is not what it must be.
    """
    for image in (one for artifact in artifacts for one in artifact.manifests() if one.blobs):
        config = config_of(image)
        blobs = image.blobs[1:]
        told = [one for one in config.history if not one.empty_layer]
        known = told if len(told) == len(blobs) else [None] * len(blobs)
        said = [one.created_by or "" if one else "" for one in known]
        kinds = layer_kinds(said)
        for blob, entry, name, kind in zip(blobs, known, said, kinds, strict=True):
            comment = entry.comment if entry and kind not in {"base", "unknown"} else None
            yield BuiltLayer(
                name=visible(name.removeprefix(_OURS).strip()),
                kind=kind,
                platform=str(config.platform),
                blob=blob,
                at=tuple(visible(comment).split(", ")) if comment else (),
            )
