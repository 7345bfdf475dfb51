"""Changes from one image to another, by what changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from lading.explain.sides import FileState, LayerState, Package, SideKind

__all__ = [
    "Difference",
    "FileChange",
    "LayerChange",
    "PackageChange",
    "PlatformDifference",
    "SettingChange",
    "SizeChange",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingChange:
    """A value that differs; None where a side has none."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageChange:
    """A package that differs.

    Attributes:
        name: The package.
        what: What is different: with `index` and `file` the version is the same.
    """

    name: str
    what: Literal["added", "removed", "version", "index", "file"]
    before: Package | None
    after: Package | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """A file that differs."""

    path: str
    what: Literal["added", "removed", "content", "mode"]
    before: FileState | None
    after: FileState | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeChange:
    """How large something is: the files of packages, the project's files, or the layers."""

    name: str
    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerChange:
    """A layer of either side.

    Attributes:
        layer: The layer.
        what: Whether both have it, only the later one, for which it is made and pushed, or only the
            earlier one.
        why: The reasons, in words; none for one that is kept.
    """

    layer: LayerState
    what: Literal["kept", "made", "dropped"]
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformDifference:
    """What differs for one platform.

    Attributes:
        platform: Such as `linux/amd64`.
        only: The side that alone has the platform.
        unknown: By what could not be compared, why.
    """

    platform: str
    only: Literal["before", "after"] | None = None
    base: SettingChange | None = None
    python: tuple[PackageChange, ...] = ()
    system: tuple[PackageChange, ...] = ()
    building: tuple[PackageChange, ...] = ()
    settings: tuple[SettingChange, ...] = ()
    files: tuple[FileChange, ...] = ()
    sizes: tuple[SizeChange, ...] = ()
    layers: tuple[LayerChange, ...] = ()
    unknown: tuple[tuple[str, str], ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing that was compared differs."""
        packages = (*self.python, *self.system, *self.building)
        found = (self.only, self.base, *packages, *self.settings, *self.files)
        layers = any(one.what != "kept" for one in self.layers)
        return not layers and not any(one is not None for one in found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What differs between two images.

    Attributes:
        before: What the earlier side was named.
        after: What the later one was.
        kinds: What they are, the earlier side first.
    """

    before: str
    after: str
    kinds: tuple[SideKind, SideKind]
    platforms: tuple[PlatformDifference, ...]

    @property
    def is_of_locks(self) -> bool:
        """Whether both are locks, which have the files of models alone, and no layers of others."""
        return self.kinds == ("lock", "lock")

    @property
    def is_empty(self) -> bool:
        """Whether nothing that was compared differs."""
        return all(one.is_empty for one in self.platforms)
