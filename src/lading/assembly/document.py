"""The document of an assembled image: what it runs as, and how each of its layers came to be."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from lading.assembly.configuring import execution
from lading.info import SetEnv
from lading.oci.config import History, ImageConfig
from lading.platforms import Platform

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lading.assembly.plan import PlannedLayer
    from lading.bases import Base
    from lading.info import ImageInfo
    from lading.oci.media_types import Vocabulary

__all__ = ["annotations_of", "document", "moment"]

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
        history=(*_inherited(base), *_layers(layers, created, compiler), *_settings(info, created)),
    )


def annotations_of(info: ImageInfo, *, created: str) -> tuple[tuple[str, str], ...]:
    """What the manifest says of the image: its labels of the specification's, and its time."""
    found = {name: value for name, value in info.config.labels if name.startswith(_PREFIX)}
    return tuple(sorted({f"{_PREFIX}created": created, **found}.items()))


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


def _settings(info: ImageInfo, created: str) -> Iterator[History]:
    for step in info.steps:
        if isinstance(step, SetEnv):
            names = ", ".join(name for name, _ in step.variables)
            yield _entry(f"variables {names}", step.at, created, empty=True)
    user = info.config.user
    what = f"user {user.uid}:{user.gid} in {info.config.workdir}"
    yield _entry(what, (), created, empty=True)


def _entry(what: str, at: tuple[str, ...], created: str, *, empty: bool = False) -> History:
    return History(
        created=created,
        created_by=f"lading: {what}",
        comment=", ".join(at) or None,
        empty_layer=empty,
    )
