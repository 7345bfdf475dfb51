"""`lading inspect`: what an image consists of, and what it shares with others."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import click

from lading.cli.options import as_json, ca_bundle_option, parsed, plain_http_option
from lading.cli.sending import read_images, read_transport
from lading.cli.talk import from_here
from lading.grammar.credentials import redact
from lading.grammar.words import visible
from lading.platforms import Platform

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lading.cli.looking import Look
    from lading.machine import Machine
    from lading.oci.blobs import Artifact, Blob, Descriptor
    from lading.oci.config import History, ImageConfig
    from lading.store import Store

__all__ = ["inspect"]

_BASE_NAME: Final = "org.opencontainers.image.base.name"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layer:
    """One layer, as it is told.

    Attributes:
        descriptor: Of its blob.
        made_by: What the image's history says of it.
        comment: The same, of where it is written.
        look: What is in it, where it is at hand.
        base: The base image that it is of, where the image is one of ours.
        shared: The other images that have it.
    """

    descriptor: Descriptor
    made_by: str | None
    comment: str | None
    look: Look | None
    base: str | None
    shared: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Image:
    """One image, as it is told."""

    artifact: Artifact
    config: ImageConfig
    layers: tuple[_Layer, ...]


@click.command(short_help="Say what an image consists of.")
@click.argument("source", metavar="SRC")
@click.option(
    "--platform",
    metavar="OS/ARCH",
    callback=parsed(Platform.parse),
    help="Only the image for this platform.",
)
@click.option(
    "--with",
    "others",
    metavar="OTHER",
    multiple=True,
    help="Say which layers this image has too; repeat for more.",
)
@plain_http_option
@ca_bundle_option
@as_json
def inspect(  # noqa: PLR0913 - one argument an option
    *,
    source: str,
    platform: Platform | None,
    others: tuple[str, ...],
    plain_http: tuple[str, ...],
    ca_bundle: str | None,
    as_json: bool,
) -> None:
    """Say which platforms an image is for, how it runs, and what each of its layers holds.

    SRC and OTHER are written as for `lading copy`. What is in a layer is said where the layer is at
    hand: in a folder or a file, or in the cache.

    With --json: {source, digest, images}, and of each image {platform, digest, config, layers}.
    """
    from lading.machine import Machine  # noqa: PLC0415 - only for commands that do something

    machine = Machine.here(ca_bundle=ca_bundle, plain_http=plain_http)
    roots = read_images(read_transport(source), machine, platform)
    shared = _sharing(others, machine)
    images = tuple(_images(roots, machine, shared))
    if as_json:
        digests = [str(root.descriptor.digest) for root in roots]
        result = {"source": source, "digest": digests[0] if len(digests) == 1 else None}
        text = json.dumps({**result, "images": [_row(one) for one in images]}, indent=2)
        click.echo(redact(text))
        return
    # An image's author wrote most of it: no terminal is to obey that.
    click.echo(
        "\n\n".join("\n".join(redact(visible(line)) for line in _lines(one)) for one in images)
    )


def _sharing(others: Iterable[str], machine: Machine) -> Mapping[str, tuple[str, ...]]:
    """The names of the other images, by the digests of their layers."""
    found: dict[str, tuple[str, ...]] = {}
    for name in others:
        for root in read_images(read_transport(name), machine, None):
            digests = {
                str(blob.descriptor.digest) for one in root.manifests() for blob in one.blobs[1:]
            }
            for digest in digests:
                found[digest] = (*found.get(digest, ()), from_here(name))
    return found


def _images(
    roots: tuple[Artifact, ...], machine: Machine, shared: Mapping[str, tuple[str, ...]]
) -> Iterator[_Image]:
    from lading.oci.making import config_of  # noqa: PLC0415

    store = machine.store()
    for root in roots:
        for artifact in root.manifests():
            if not artifact.blobs:
                continue
            config = config_of(artifact)
            layers = tuple(_layers(config, artifact.blobs[1:], store, shared))
            yield _Image(artifact=artifact, config=config, layers=layers)


def _layers(
    config: ImageConfig,
    blobs: tuple[Blob, ...],
    store: Store,
    shared: Mapping[str, tuple[str, ...]],
) -> Iterator[_Layer]:
    from lading.cli.looking import looked_into  # noqa: PLC0415 - only for this command

    told: list[History | None] = [one for one in config.history if not one.empty_layer]
    if len(told) != len(blobs):
        told = [None] * len(blobs)
    own = [number for number, one in enumerate(told) if one is not None and _is_ours(one)]
    base = dict(config.execution.labels).get(_BASE_NAME, "the base image")
    for number, (blob, entry) in enumerate(zip(blobs, told, strict=True)):
        yield _Layer(
            descriptor=blob.descriptor,
            made_by=entry.created_by if entry else None,
            comment=entry.comment if entry else None,
            look=looked_into(blob, store),
            base=base if own and number < own[0] else None,
            shared=shared.get(str(blob.descriptor.digest), ()),
        )


def _is_ours(entry: History) -> bool:
    """Whether Lading made the layer; what it says of a base's own layers has another word."""
    said = entry.created_by or ""
    return said.startswith("lading: ") and not said.startswith("lading: a layer of the base image")


def _row(image: _Image) -> dict[str, Any]:
    from lading.oci.config import encode_config  # noqa: PLC0415 - only for this command

    config = json.loads(encode_config(image.config))
    return {
        "platform": _platform(image.config),
        "digest": str(image.artifact.descriptor.digest),
        "size": sum(layer.descriptor.size for layer in image.layers),
        "created": image.config.created,
        "config": config.get("config", {}),
        "layers": [_layer_row(layer) for layer in image.layers],
    }


def _layer_row(layer: _Layer) -> dict[str, Any]:
    look = layer.look
    return {
        "digest": str(layer.descriptor.digest),
        "media_type": layer.descriptor.media_type,
        "size": layer.descriptor.size,
        "unpacked": look.unpacked if look else None,
        "files": look.files if look else None,
        "distributions": list(look.distributions) if look else None,
        "made_by": layer.made_by,
        "comment": layer.comment,
        "base": layer.base,
        "shared": list(layer.shared),
    }


def _platform(config: ImageConfig) -> str:
    return "/".join(part for part in (config.os, config.architecture, config.variant) if part)


def _lines(image: _Image) -> Iterator[str]:
    from lading.store.sizes import format_size  # noqa: PLC0415 - only for this command

    total = format_size(sum(layer.descriptor.size for layer in image.layers))
    yield f"{_platform(image.config)}  {image.artifact.descriptor.digest}"
    yield f"  {len(image.layers)} layers, {total}; created {image.config.created or 'never'}"
    yield from _settings(_row_config(image))
    for number, layer in enumerate(image.layers, start=1):
        yield from _layer_lines(number, layer)


def _row_config(image: _Image) -> dict[str, Any]:
    found = _row(image)["config"]
    assert isinstance(found, dict)  # noqa: S101 - it is that of the specification
    return found


def _settings(config: dict[str, Any]) -> Iterator[str]:
    for name, value in _shown_settings(config):
        yield f"  {name:12} {value}"


def _shown_settings(config: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Names and values, one a line."""
    for name in ("User", "WorkingDir", "Entrypoint", "Cmd", "ExposedPorts", "Volumes"):
        if value := config.get(name):
            yield name.lower(), value if isinstance(value, str) else " ".join(value)
    if signal := config.get("StopSignal"):
        yield "stopsignal", signal
    if check := config.get("Healthcheck"):
        yield "healthcheck", " ".join(_words_of_check(check))
    for variable in config.get("Env") or ():
        yield "env", variable
    for name, value in (config.get("Labels") or {}).items():
        yield "label", f"{name}={value}"


def _words_of_check(check: dict[str, Any]) -> Iterator[str]:
    """Its command, and how often and how long; docker counts in nanoseconds."""
    yield from check.get("Test") or ()
    for name in ("Interval", "Timeout", "StartPeriod", "StartInterval"):
        if nanoseconds := check.get(name):
            yield f"{name.lower()}={nanoseconds / 1e9:g}s"
    if retries := check.get("Retries"):
        yield f"retries={retries}"


def _layer_lines(number: int, layer: _Layer) -> Iterator[str]:
    from lading.store.sizes import format_size  # noqa: PLC0415 - only for this command

    digest = str(layer.descriptor.digest).partition(":")[2][:12]
    look = layer.look
    unpacked = f", {format_size(look.unpacked)} unpacked" if look else ""
    yield f"  {number:3} {digest} {format_size(layer.descriptor.size)}{unpacked}"
    if layer.made_by:
        place = f" ({layer.comment})" if layer.comment else ""
        yield f"      {layer.made_by.strip()[:200]}{place}"
    if look and look.distributions:
        yield f"      holds {', '.join(look.distributions)}"
    if layer.base:
        yield f"      of {layer.base}"
    if layer.shared:
        yield f"      shared with {', '.join(layer.shared)}"
