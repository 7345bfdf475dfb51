"""An image's configuration: what it runs as, which layers it has, and how they came to be.

Source: OCI image-spec 1.1, config.md, and what Docker adds to it (Healthcheck, Shell, OnBuild).
What else a configuration holds is kept as it stands: a base's may hold what nobody here knows.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lading.errors import ImageError
from lading.grammar.invalid import Invalid
from lading.oci.fields import Pairs, Table, canonical, parse_table, plain
from lading.platforms import Platform

if TYPE_CHECKING:
    from lading.grammar.reference import Digest

__all__ = [
    "Execution",
    "Healthcheck",
    "History",
    "ImageConfig",
    "encode_config",
    "parse_config",
    "platform_of",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Healthcheck:
    """How Docker asks whether a container is well. Times are in nanoseconds; zero says nothing.

    Attributes:
        test: `("CMD", ...)`, `("CMD-SHELL", text)` or `("NONE",)`.
        unknown: What else it says, as pairs of name and JSON.
    """

    test: tuple[str, ...] = ()
    interval: int = 0
    timeout: int = 0
    start_period: int = 0
    start_interval: int = 0
    retries: int = 0
    unknown: Pairs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """The `config` of a configuration: what a container of the image is started with.

    Attributes:
        env: Each as `NAME=value`, in order.
        entrypoint: Empty where none is set, as `cmd`, `shell` and `on_build` are.
        ports: Such as `8000/tcp`, sorted.
        volumes: Paths, sorted.
        labels: Sorted pairs.
        unknown: What else it says, as pairs of name and JSON.
    """

    user: str | None = None
    env: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    working_dir: str | None = None
    labels: Pairs = ()
    stop_signal: str | None = None
    healthcheck: Healthcheck | None = None
    shell: tuple[str, ...] = ()
    on_build: tuple[str, ...] = ()
    args_escaped: bool = False
    unknown: Pairs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What one step of a build did.

    Attributes:
        empty_layer: Whether it made no layer.
    """

    created: str | None = None
    created_by: str | None = None
    author: str | None = None
    comment: str | None = None
    empty_layer: bool = False
    unknown: Pairs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageConfig:
    """An image's configuration.

    Attributes:
        created: RFC 3339, as written.
        diff_ids: The digest of each layer's tar, uncompressed, from the lowest up.
        unknown: What else it says, as pairs of name and JSON.
    """

    architecture: str
    os: str
    variant: str | None = None
    os_version: str | None = None
    os_features: tuple[str, ...] = ()
    created: str | None = None
    author: str | None = None
    execution: Execution = Execution()
    diff_ids: tuple[Digest, ...] = ()
    history: tuple[History, ...] = ()
    unknown: Pairs = ()

    @property
    def platform(self) -> Platform | str:
        """What the image is for: in our spelling where it is one of ours, else as written."""
        return platform_of(self.os, self.architecture, self.variant)


def platform_of(*words: str | None) -> Platform | str:
    """The platform that an operating system, an architecture and a variant name."""
    text = "/".join(word for word in words if word)
    try:
        return Platform.parse(text)
    except Invalid:
        return plain(text)


# Field by field: the attribute here, the name in the document.
_TEXTS: Final = {
    "variant": "variant",
    "os_version": "os.version",
    "created": "created",
    "author": "author",
}
_EXECUTION_TEXTS: Final = {
    "user": "User",
    "working_dir": "WorkingDir",
    "stop_signal": "StopSignal",
}
_EXECUTION_LISTS: Final = {
    "env": "Env",
    "entrypoint": "Entrypoint",
    "cmd": "Cmd",
    "shell": "Shell",
    "on_build": "OnBuild",
}
_EXECUTION_NAMES: Final = {"ports": "ExposedPorts", "volumes": "Volumes"}
_HEALTHCHECK_NUMBERS: Final = {
    "interval": "Interval",
    "timeout": "Timeout",
    "start_period": "StartPeriod",
    "start_interval": "StartInterval",
    "retries": "Retries",
}
_HISTORY_TEXTS: Final = {
    "created": "created",
    "created_by": "created_by",
    "author": "author",
    "comment": "comment",
}

_TOP_FIELDS: Final = (
    *_TEXTS.values(),
    "architecture",
    "os",
    "os.features",
    "config",
    "rootfs",
    "history",
)
_EXECUTION_FIELDS: Final = (
    *_EXECUTION_TEXTS.values(),
    *_EXECUTION_LISTS.values(),
    *_EXECUTION_NAMES.values(),
    "Labels",
    "Healthcheck",
    "ArgsEscaped",
)


def parse_config(content: bytes, name: str = "the image's configuration") -> ImageConfig:
    """Read a configuration.

    Args:
        content: The document.
        name: What errors call it.

    Raises:
        ImageError: It is none, or says no platform.
    """
    table = parse_table(content, name)
    if not table.has("os") or not table.has("architecture"):
        raise ImageError(f"{name} does not say what platform it is for: is it an image?")
    texts = {field: table.optional_text(key) for field, key in _TEXTS.items()}
    return ImageConfig(
        architecture=table.text("architecture"),
        os=table.text("os"),
        os_features=table.texts("os.features") or (),
        execution=_execution(table.optional_table("config")),
        diff_ids=_diff_ids(table.optional_table("rootfs")),
        history=tuple(_history(one) for one in table.tables("history")),
        unknown=table.rest(_TOP_FIELDS),
        **texts,
    )


def _diff_ids(rootfs: Table) -> tuple[Digest, ...]:
    if (rootfs.optional_text("type") or "layers") != "layers":
        raise rootfs.error("type", "is not layers")
    return rootfs.digests("diff_ids")


def _execution(table: Table) -> Execution:
    texts: dict[str, Any] = {
        field: table.optional_text(key) for field, key in _EXECUTION_TEXTS.items()
    }
    lists: dict[str, Any] = {
        field: table.texts(key) or () for field, key in _EXECUTION_LISTS.items()
    }
    names: dict[str, Any] = {field: table.names(key) for field, key in _EXECUTION_NAMES.items()}
    check = _healthcheck(table.table("Healthcheck")) if table.has("Healthcheck") else None
    return Execution(
        labels=table.pairs("Labels"),
        healthcheck=check,
        args_escaped=table.flag("ArgsEscaped"),
        unknown=table.rest(_EXECUTION_FIELDS),
        **texts,
        **lists,
        **names,
    )


def _healthcheck(table: Table) -> Healthcheck:
    numbers = {field: table.optional_number(key) for field, key in _HEALTHCHECK_NUMBERS.items()}
    known = ("Test", *_HEALTHCHECK_NUMBERS.values())
    return Healthcheck(test=table.texts("Test") or (), unknown=table.rest(known), **numbers)


def _history(table: Table) -> History:
    texts = {field: table.optional_text(key) for field, key in _HISTORY_TEXTS.items()}
    known = ("empty_layer", *_HISTORY_TEXTS.values())
    return History(empty_layer=table.flag("empty_layer"), unknown=table.rest(known), **texts)


def encode_config(config: ImageConfig) -> bytes:
    """The document, canonical; what is empty is left out, but for `config` and the layers."""
    document = {
        **_fields(config, {**_TEXTS, "os": "os", "architecture": "architecture"}),
        **_filled({"os.features": list(config.os_features)}),
        "config": _execution_document(config.execution),
        "rootfs": {"type": "layers", "diff_ids": [str(one) for one in config.diff_ids]},
        **_filled({"history": [_history_document(one) for one in config.history]}),
        **_again(config.unknown),
    }
    return canonical(document)


def _execution_document(execution: Execution) -> dict[str, Any]:
    check = execution.healthcheck
    objects: dict[str, dict[str, object]] = {
        key: {name: {} for name in getattr(execution, attribute)}
        for attribute, key in _EXECUTION_NAMES.items()
    }
    return {
        **_fields(execution, {**_EXECUTION_TEXTS, **_EXECUTION_LISTS}),
        **_filled({**objects, "Labels": dict(execution.labels)}),
        **_filled({"ArgsEscaped": execution.args_escaped}),
        **({} if check is None else {"Healthcheck": _healthcheck_document(check)}),
        **_again(execution.unknown),
    }


def _healthcheck_document(check: Healthcheck) -> dict[str, Any]:
    return {**_fields(check, {"test": "Test", **_HEALTHCHECK_NUMBERS}), **_again(check.unknown)}


def _history_document(one: History) -> dict[str, Any]:
    return {
        **_fields(one, {**_HISTORY_TEXTS, "empty_layer": "empty_layer"}),
        **_again(one.unknown),
    }


def _fields(value: object, keys: dict[str, str]) -> dict[str, Any]:
    return _filled({key: getattr(value, attribute) for attribute, key in keys.items()})


def _filled(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value}


def _again(unknown: Pairs) -> dict[str, Any]:
    return {key: json.loads(text) for key, text in unknown}
