"""Why something is there: chains of requirements from what a user asks for to it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["Chain", "Edge", "Graph", "Root", "chains", "needed_only_by", "reached"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A requirement of something.

    Attributes:
        target: What it leads to.
        text: As it is written there.
    """

    target: str
    text: str


Graph: TypeAlias = "Mapping[str, tuple[Edge, ...]]"
"""By node, what it requires. `name[extra]` is a node of its own, besides `name`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """What a user asks for.

    Attributes:
        targets: The nodes that it stands for.
        text: As it is written.
        at: The user's lines; none where the image itself asks.
    """

    targets: tuple[str, ...]
    text: str
    at: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """One way from a user's line to something.

    Attributes:
        at: The lines.
        words: The requirements on the way, each as it is written where it stands.
    """

    at: tuple[str, ...]
    words: tuple[str, ...]


def chains(name: str, roots: Iterable[Root], graph: Graph) -> tuple[Chain, ...]:
    """The shortest way from each root that leads to a package, the shortest of all first.

    A root that leads there over another root, which leads there too, is left out: without it the
    other would still be there.

    Args:
        name: The package.
        roots: What is asked for.
        graph: What requires what.
    """
    asked = tuple(roots)
    of_roots = {target for root in asked for target in root.targets}
    found = []
    for root in asked:
        way = _shortest(name, root, graph, of_roots - set(root.targets))
        if way is not None:
            found.append(Chain(at=root.at, words=way))
    return tuple(sorted(dict.fromkeys(found), key=lambda one: len(one.words)))


def _shortest(name: str, root: Root, graph: Graph, others: set[str]) -> tuple[str, ...] | None:
    """The words on the way, which goes through none of the others but to its end."""
    before: dict[str, tuple[str, str] | None] = dict.fromkeys(root.targets)
    waiting = deque(root.targets)
    while waiting:
        node = waiting.popleft()
        if _package(node) == name:
            return (root.text, *_way(node, before))
        if node in others:
            continue
        for edge in graph.get(node, ()):
            if edge.target not in before:
                before[edge.target] = (node, edge.text)
                waiting.append(edge.target)
    return None


def _way(node: str, before: Mapping[str, tuple[str, str] | None]) -> tuple[str, ...]:
    words: list[str] = []
    step = before[node]
    while step is not None:
        words.append(step[1])
        step = before[step[0]]
    return tuple(reversed(words))


def reached(roots: Iterable[str], graph: Graph, *, without: str | None = None) -> frozenset[str]:
    """The packages that nodes require, at however many removes, and those of the nodes.

    Args:
        roots: Nodes.
        graph: What requires what.
        without: A package that is held not to be there.
    """
    found: set[str] = set()
    left = [node for node in roots if _package(node) != without]
    while left:
        node = left.pop()
        if node not in found:
            found.add(node)
            left += (one for one in _targets(node, graph) if _package(one) != without)
    return frozenset(map(_package, found))


def needed_only_by(name: str, roots: Iterable[Root], graph: Graph) -> frozenset[str]:
    """The other packages that nothing would need if one were not there, nor asked for."""
    nodes = [target for root in roots for target in root.targets]
    return reached(nodes, graph) - reached(nodes, graph, without=name) - {name}


def _targets(node: str, graph: Graph) -> Iterator[str]:
    return (edge.target for edge in graph.get(node, ()))


def _package(node: str) -> str:
    return node.partition("[")[0]
