"""What is known of an image by its lock, its frozen folder or its layers: one form for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = [
    "BaseState",
    "FileState",
    "LayerKind",
    "LayerState",
    "Package",
    "Part",
    "Side",
    "SideKind",
]

LayerKind: TypeAlias = Literal[
    "base", "system", "environment", "model", "packages", "files", "unknown"
]

SideKind: TypeAlias = Literal["lock", "frozen", "image"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A package, of Python or of the distribution.

    Attributes:
        name: The package.
        version: None where it is not known.
        size: Of its file, in bytes.
        index: Where it is from: the URL of an index, `default`, or a suite.
        files: The hashes, any of which its file has, or its commit; empty where they are not known.
    """

    name: str
    version: str | None = None
    size: int | None = None
    index: str | None = None
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseState:
    """A base image.

    Attributes:
        digest: The most exact one that is known: of the platform's manifest, or of what it names.
    """

    reference: str
    digest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    """A file, or a link.

    Attributes:
        path: In the image.
        size: In bytes.
        content: What tells its content from any other: a SHA-256, or where a link points to.
        mode: The permission bits.
    """

    path: str
    size: int
    content: str
    mode: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerState:
    """A layer.

    Attributes:
        name: As the image's history calls it.
        kind: What it holds.
        identity: Equal layers are one: made once, sent once.
        content: The digest of its files, however they are packed; None where it is not built.
        size: In bytes, for the network; None where it is not known.
        holds: The names of packages that it holds, or the paths of files.
    """

    name: str
    kind: LayerKind
    identity: str
    content: str | None = None
    size: int | None = None
    holds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One platform of it. What is None is not known.

    Attributes:
        base: The base image.
        python: The Python distributions.
        system: The distribution's packages.
        building: What is only there for building.
        settings: Names and values: how it is run, and what it is made for.
        files: The project's, or of a built image all.
        layers: From the lowest up.
        unknown: By what is not known, why.
    """

    platform: str
    base: BaseState | None = None
    python: tuple[Package, ...] | None = None
    system: tuple[Package, ...] | None = None
    building: tuple[Package, ...] | None = None
    settings: tuple[tuple[str, str], ...] | None = None
    files: tuple[FileState, ...] | None = None
    layers: tuple[LayerState, ...] | None = None
    unknown: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of two things that are compared.

    Attributes:
        name: As the user named it.
        kind: What it is.
        parts: By platform.
    """

    name: str
    kind: SideKind
    parts: tuple[Part, ...]
