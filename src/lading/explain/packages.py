"""Why a package is in an image, how large it is, and in which layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from lading.explain.graph import Chain, Graph, Root, chains, needed_only_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Explained", "Kind", "Locked", "PackageReport", "explained"]

Kind: TypeAlias = Literal["python", "system", "compiling"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """A locked package, as it is explained.

    Attributes:
        name: The package.
        version: None where only a build would tell.
        download: The bytes of its file; None where they are not known.
        installed: The bytes of its files; None where they are not known.
        layer: The layer that it is in; None where none is known.
        below: Whether that is one of the image below, which `from_image` names.
    """

    name: str
    version: str | None
    download: int | None
    installed: int | None
    layer: str | None
    below: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """All packages of one kind, and why they are there.

    Attributes:
        kind: Python's, the distribution's, or the distribution's for compiling alone.
        packages: By name.
        roots: What is asked for.
        graph: What requires what.
        unknown: In words, which requirements are not known.
    """

    kind: Kind
    packages: Mapping[str, Locked]
    roots: tuple[Root, ...]
    graph: Graph
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageReport:
    """Why a package is there.

    Attributes:
        kind: What it is.
        package: The package.
        platform: What the image is for.
        chains: The ways that lead to it from the user's lines.
        needs: What it requires itself, of what is locked.
        needed_only_by: The packages that would go with it.
        download_with: The bytes of its file and of theirs; None where they are not known.
        unknown: In words, which requirements are not known.
    """

    kind: Kind
    package: Locked
    platform: str
    chains: tuple[Chain, ...]
    needs: tuple[str, ...]
    needed_only_by: tuple[str, ...]
    download_with: int | None
    unknown: tuple[str, ...]


def explained(name: str, found: Explained, platform: str) -> PackageReport:
    """The report of a package that is among those found."""
    package = found.packages[name]
    with_it = sorted(needed_only_by(name, found.roots, found.graph) & found.packages.keys())
    needs = {edge.target.partition("[")[0] for edge in found.graph.get(name, ())} - {name}
    return PackageReport(
        kind=found.kind,
        package=package,
        platform=platform,
        chains=chains(name, found.roots, found.graph),
        needs=tuple(sorted(needs)),
        needed_only_by=tuple(with_it),
        download_with=_total([package, *(found.packages[one] for one in with_it)]),
        unknown=found.unknown,
    )


def _total(packages: Iterable[Locked]) -> int | None:
    total = 0
    for one in packages:
        if one.download is None:
            return None
        total += one.download
    return total
