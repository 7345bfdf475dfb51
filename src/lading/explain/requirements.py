"""The graphs that packages' own words make: of Python's by PEP 508, of Debian's by Policy 7.1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.explain.graph import Edge
from lading.grammar.system_package import AUTO

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from packaging.requirements import Requirement

    from lading.debian import Facts
    from lading.explain.graph import Graph
    from lading.lock.model import AutoPackage

__all__ = ["auto_graph", "nodes_of", "parsed", "python_graph", "system_graph"]


def python_graph(
    requires: Mapping[str, tuple[str, ...]], markers: Mapping[str, str], asked: Iterable[str] = ()
) -> dict[str, tuple[Edge, ...]]:
    """What each locked distribution requires of the others, with each extra that somebody wants.

    Args:
        requires: By distribution, its requirements; those that can't be read as such are left out.
        markers: The environment that markers are evaluated in.
        asked: Nodes that are asked for, some with an extra.
    """
    read = {name: tuple(parsed(lines)) for name, lines in requires.items()}
    graph: dict[str, tuple[Edge, ...]] = {}
    left = [*read, *asked]
    while left:
        node = left.pop()
        name, _, extra = node.rstrip("]").partition("[")
        if node in graph or name not in read:
            continue
        graph[node] = tuple(_edges(read[name], extra, markers, read.keys()))
        left += (edge.target for edge in graph[node])
    return graph


def parsed(lines: Iterable[str]) -> Iterator[Requirement]:
    """Requirements; an installer refuses, or never looks at, what is none."""
    from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415 - 20 ms

    for line in lines:
        try:
            yield Requirement(line)
        except InvalidRequirement:
            continue


def nodes_of(requirement: Requirement) -> tuple[str, ...]:
    """What a requirement leads to: a distribution, or one with each of its extras."""
    from packaging.utils import canonicalize_name  # noqa: PLC0415 - 20 ms

    name = canonicalize_name(requirement.name)
    extras = sorted(map(canonicalize_name, requirement.extras))
    return tuple(f"{name}[{extra}]" for extra in extras) or (str(name),)


def _edges(
    requirements: Iterable[Requirement],
    extra: str,
    markers: Mapping[str, str],
    known: Iterable[str],
) -> Iterator[Edge]:
    there = set(known)
    for one in requirements:
        if one.marker is not None and not one.marker.evaluate({**markers, "extra": extra}):
            continue
        text = _text(one)
        for node in nodes_of(one):
            if node.partition("[")[0] in there:
                yield Edge(target=node, text=text)


def _text(requirement: Requirement) -> str:
    """A requirement without its marker, which holds."""
    return str(requirement).partition(";")[0].rstrip()


def system_graph(facts: Iterable[Facts]) -> Graph:
    """What each locked package depends on among the others; what the base has makes no edge."""
    every = tuple(facts)
    known = {one.name: (one.name,) for one in every}
    for one in every:
        for provided in one.provides:
            known[provided.name] = (*known.get(provided.name, ()), one.name)
    return {one.name: tuple(_depends(one, known)) for one in every}


def auto_graph(found: Iterable[AutoPackage]) -> Graph:
    """What "auto" stands for, and which distribution needs what of it."""
    edges = (
        Edge(target=one.package, text=f"{one.package} (for {', '.join(one.needed_by)})")
        for one in found
    )
    return {AUTO: tuple(edges)}


def _depends(package: Facts, known: Mapping[str, tuple[str, ...]]) -> Iterator[Edge]:
    for alternatives in package.depends:
        for relation in alternatives:
            targets = known.get(relation.name, ())
            if targets:
                text = " | ".join(map(str, alternatives))
                yield from (Edge(target=one, text=text) for one in targets if one != package.name)
                break
