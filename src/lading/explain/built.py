"""Sides that were built: what an image's documents say, and what is in those layers at hand."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from lading.errors import LadingError
from lading.explain.scanning import DPKG, Scanned, distributions_in, flattened, scan
from lading.explain.sides import BaseState, LayerKind, LayerState, Package, Part, Side
from lading.grammar.words import visible
from lading.lock.target import VENV
from lading.oci.making import config_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from lading.oci.blobs import Artifact, Blob
    from lading.oci.config import Execution, History, ImageConfig

__all__ = ["AtHand", "layer_kinds", "side_of_images"]

AtHand: TypeAlias = "Callable[[Blob], Blob | None]"
"""Gives a layer from where it can be read without a network."""

_BASE: Final = "org.opencontainers.image.base."
_OURS: Final = "lading: "
_OF_BASE: Final = "lading: a layer of the base image"

# How `lading.assembly.plan` calls layers.
_KINDS: Final[tuple[tuple[str, LayerKind], ...]] = (
    ("system packages", "system"),
    ("python environment", "environment"),
    ("folders of the user", "environment"),
    ("python packages", "packages"),
    ("model ", "model"),
    ("files to ", "files"),
)
_LISTED: Final = re.compile(r"(?:python|system) packages (?P<names>.+?)(?: \(bytecode by .*\))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layer:
    """A layer, and what is in it; None where it is not at hand."""

    state: LayerState
    scanned: Scanned | None


def side_of_images(artifacts: Iterable[Artifact], name: str, at_hand: AtHand) -> Side:
    """What images are, one for each platform; layers are read where they are at hand.

    Args:
        artifacts: Images, or indexes of such.
        name: As the user named them.
        at_hand: Gives layers.

    Raises:
        ImageError: A document or a layer is not what it must be.
    """
    known: dict[str, Scanned | None] = {}

    def scanned(blob: Blob) -> Scanned | None:
        digest = str(blob.descriptor.digest)
        if digest not in known:
            found = at_hand(blob)
            known[digest] = None if found is None else scan(found)
        return known[digest]

    parts = (
        _part(one, scanned) for artifact in artifacts for one in artifact.manifests() if one.blobs
    )
    return Side(name=name, kind="image", parts=tuple(parts))


def _part(image: Artifact, scanned: Callable[[Blob], Scanned | None]) -> Part:
    config = config_of(image)
    layers = _layers(config, image.blobs[1:], scanned)
    labels = dict(config.execution.labels)
    base = labels.get(f"{_BASE}name")
    part = Part(
        platform=str(config.platform),
        base=BaseState(reference=base, digest=labels.get(f"{_BASE}digest")) if base else None,
        settings=tuple(_settings(config.execution)),
        layers=tuple(one.state for one in layers),
        unknown=() if base else (("base", "a built image does not say what it is built on"),),
    )
    return _with_files(part, layers)


def _with_files(part: Part, layers: tuple[_Layer, ...]) -> Part:
    lacking = [one.state.identity for one in layers if one.scanned is None]
    if lacking:
        why = f"layer {lacking[0]} is not at hand"
        unknown = (*part.unknown, ("files", why), ("python", why), ("system", why))
        return replace(part, unknown=unknown)
    whole = flattened(one.scanned for one in layers if one.scanned is not None)
    system, why_not = _system(whole)
    return replace(
        part,
        files=tuple(whole.files[path] for path in sorted(whole.files)),
        python=_python(whole),
        system=system,
        unknown=(*part.unknown, *((("system", why_not),) if why_not else ())),
    )


def _python(whole: Scanned) -> tuple[Package, ...]:
    """The distributions of the environment that Lading makes; without one, all."""
    every = distributions_in(whole.files)
    inside = {path: found for path, found in every.items() if path.startswith(f"{VENV}/")}
    versions = dict((inside or every).values())
    return tuple(Package(name=name, version=versions[name]) for name in sorted(versions))


def _system(whole: Scanned) -> tuple[tuple[Package, ...] | None, str | None]:
    """Debian's packages by dpkg's own record, or why they are not known."""
    from lading.debian import installed_in  # noqa: PLC0415 - only where layers are read

    records = [whole.texts[path] for path in sorted(whole.texts) if DPKG.fullmatch(path)]
    try:
        text = "\n\n".join(record.decode() for record in records)
        facts = installed_in(text, what="the image")
    except (UnicodeDecodeError, LadingError):
        return None, "dpkg's record in the image is damaged"
    return tuple(Package(name=one.name, version=one.version) for one in facts), None


def _layers(
    config: ImageConfig, blobs: tuple[Blob, ...], scanned: Callable[[Blob], Scanned | None]
) -> tuple[_Layer, ...]:
    told: list[History | None] = [one for one in config.history if not one.empty_layer]
    if len(told) != len(blobs):
        told = [None] * len(blobs)
    said = [entry.created_by or "" if entry else "" for entry in told]
    return tuple(
        _layer(blob, name, kind, str(diff_id), scanned(blob))
        for blob, name, kind, diff_id in zip(
            blobs, said, layer_kinds(said), config.diff_ids, strict=True
        )
    )


def layer_kinds(said: Iterable[str]) -> tuple[LayerKind, ...]:
    """What layers hold, from the lowest up, by what the image's history says of each."""
    own = [_kind(one) for one in said]
    first = next((place for place, kind in enumerate(own) if kind != "unknown"), 0)
    base: LayerKind = "base"
    return (*((base,) * first), *own[first:])


def _kind(said: str) -> LayerKind:
    if not said.startswith(_OURS) or said.startswith(_OF_BASE):
        return "unknown"
    word = said.removeprefix(_OURS)
    return next((kind for start, kind in _KINDS if word.startswith(start)), "unknown")


def _layer(blob: Blob, said: str, kind: LayerKind, diff_id: str, scanned: Scanned | None) -> _Layer:
    name = visible(said.removeprefix(_OURS).strip())
    state = LayerState(
        name=name or "no name",
        kind=kind,
        identity=str(blob.descriptor.digest),
        content=diff_id,
        size=blob.descriptor.size,
        holds=tuple(_holds(name, kind, scanned)),
    )
    return _Layer(state=state, scanned=scanned)


def _holds(name: str, kind: LayerKind, scanned: Scanned | None) -> Iterator[str]:
    if kind in {"packages", "system"} and (match := _LISTED.fullmatch(name)):
        # `numpy 2.1.0, pandas 2.2.3`, of which a long one ends in dots.
        yield from (one.split()[0] for one in match["names"].removesuffix("...").split(", ") if one)
    elif scanned is not None:
        yield from (found for found, _ in distributions_in(scanned.files).values())
        yield from sorted(scanned.files)


def _settings(execution: Execution) -> Iterator[tuple[str, str]]:
    words: Mapping[str, str | tuple[str, ...] | None] = {
        "user": execution.user,
        "workdir": execution.working_dir,
        "entrypoint": execution.entrypoint,
        "cmd": execution.cmd,
        "ports": execution.ports,
        "volumes": execution.volumes,
        "stop_signal": execution.stop_signal,
        "healthcheck": execution.healthcheck.test if execution.healthcheck else None,
    }
    for name, value in words.items():
        if value:
            yield name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    for one in execution.env:
        name, _, value = one.partition("=")
        yield f"env {name}", value
    yield from ((f"label {name}", value) for name, value in execution.labels)
