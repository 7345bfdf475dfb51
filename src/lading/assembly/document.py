"""The document of an assembled image: what it runs as, and how each of its layers came to be."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from lading.assembly.configuring import execution
from lading.info import SetEnv
from lading.oci import making
from lading.oci.config import History, ImageConfig
from lading.oci.documents import parse_manifest
from lading.platforms import Platform

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lading.assembly.plan import PlannedLayer
    from lading.bases import Base
    from lading.info import Config, ImageInfo
    from lading.oci.blobs import Artifact
    from lading.oci.media_types import Vocabulary

__all__ = ["annotations_of", "document", "index_of", "moment"]

_PREFIX: Final = "org.opencontainers.image."


def moment(seconds: int) -> str:
    """A time as RFC 3339 writes it."""
    return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def document(  # noqa: PLR0913 - what an image's document tells of
    info: ImageInfo,
    base: Base,
    layers: Iterable[PlannedLayer],
    *,
    created: str,
    vocabulary: Vocabulary,
    compiler: str | None = None,
) -> ImageConfig:
    """The image's configuration, but for the digests of its layers.

    Args:
        info: The image.
        base: What it is put on.
        layers: What is put on that.
        created: Its time, as RFC 3339 writes it.
        vocabulary: The media types.
        compiler: The version of the Python that compiled its modules, where one did.
    """
    platform = Platform.parse(info.platform)
    return ImageConfig(
        architecture=platform.architecture,
        os=platform.os,
        variant=platform.variant,
        created=created,
        author=base.config.author,
        execution=execution(info, base.config.execution, vocabulary),
        history=(
            *_inherited(base),
            *_layers(layers, created, compiler),
            *_settings(info, created, vocabulary),
        ),
    )


def annotations_of(info: ImageInfo, *, created: str) -> tuple[tuple[str, str], ...]:
    """What the manifest says of the image: its labels of the specification's, and its time."""
    found = {name: value for name, value in info.config.labels if name.startswith(_PREFIX)}
    return tuple(sorted({f"{_PREFIX}created": created, **found}.items()))


def index_of(artifacts: Iterable[Artifact], *, vocabulary: Vocabulary = "oci") -> Artifact:
    """The index of images for several platforms; it is annotated with what all of them are.

    Raises:
        ImageError: Two are for one platform.
    """
    images = tuple(artifacts)
    said = [set(parse_manifest(one.content).annotations) for one in images]
    common = set.intersection(*said) if said else set()
    return making.index_of(images, vocabulary=vocabulary, annotations=tuple(sorted(common)))


def _inherited(base: Base) -> Iterator[History]:
    """The base's own entries; where they don't fit its layers, one for each of those."""
    own = base.config.history
    if sum(not one.empty_layer for one in own) == len(base.layers):
        yield from own
        return
    for _ in base.layers:
        yield History(created_by=f"lading: a layer of the base image {base.name}")


def _layers(
    layers: Iterable[PlannedLayer], created: str, compiler: str | None
) -> Iterator[History]:
    for layer in layers:
        compiled = compiler is not None and layer.kind == "packages"
        by = f" (bytecode by Python {compiler})" if compiled else ""
        yield _entry(f"{layer.name}{by}", layer.at, created)


def _settings(info: ImageInfo, created: str, vocabulary: Vocabulary) -> Iterator[History]:
    for step in info.steps:
        if isinstance(step, SetEnv):
            variables = ", ".join(name for name, _ in step.variables)
            yield _entry(f"variables {variables}", step.at, created, empty=True)
    at = dict(info.config.at)
    for told, names in _set(info.config, vocabulary):
        lines = tuple(dict.fromkeys(line for name in names for line in at.get(name, ())))
        yield _entry(told, lines, created, empty=True)


def _set(config: Config, vocabulary: Vocabulary) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What is set besides, each with the names of its settings; no label's value is told twice."""
    user = config.user
    if config.labels:
        yield f"labels {', '.join(name for name, _ in config.labels)}", ("labels",)
    if config.ports:
        yield f"ports {', '.join(config.ports)}", ("ports",)
    if config.volumes:
        yield f"volumes {', '.join(config.volumes)}", ("volumes",)
    if config.stop_signal is not None:
        yield f"stop signal {config.stop_signal}", ("stop_signal",)
    if config.healthcheck is not None and vocabulary == "docker":
        yield f"health check {_words(config.healthcheck.argv)}", ("healthcheck",)
    yield f"user {user.uid}:{user.gid} in {config.workdir}", ("user", "workdir")
    if config.entrypoint is not None:
        yield f"entrypoint {_words(config.entrypoint)}", ("entrypoint",)
    if config.cmd is not None:
        yield f"command {_words(config.cmd)}", ("cmd",)


def _words(argv: tuple[str, ...]) -> str:
    return json.dumps(argv, ensure_ascii=False)


def _entry(what: str, at: tuple[str, ...], created: str, *, empty: bool = False) -> History:
    return History(
        created=created,
        created_by=f"lading: {what}",
        comment=", ".join(at) or None,
        empty_layer=empty,
    )
