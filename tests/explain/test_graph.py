from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lading.debian import Facts
from lading.debian.facts import facts_in
from lading.explain.graph import Chain, Edge, Graph, Root, chains, needed_only_by, reached
from lading.explain.requirements import python_graph, system_graph
from lading.grammar.python_version import PythonVersion
from lading.platforms import Libc, Platform, marker_environment

MARKERS = marker_environment(
    Platform.parse("linux/amd64"), Libc(name="glibc", version=(2, 36)), PythonVersion.parse("3.11")
)


def graph_of(**requires: str) -> Graph:
    return {
        name: tuple(Edge(target=one, text=f"{one}>=1") for one in words.split())
        for name, words in requires.items()
    }


def root(name: str, line: int) -> Root:
    return Root(targets=(name,), text=name, at=(f"service.py:{line}",))


def test_each_line_has_its_shortest_chain() -> None:
    graph = graph_of(a="b c", b="d", c="d", d="", e="d")
    assert chains("d", [root("a", 1), root("e", 2)], graph) == (
        Chain(at=("service.py:2",), words=("e", "d>=1")),
        Chain(at=("service.py:1",), words=("a", "b>=1", "d>=1")),
    )


def test_what_is_asked_for_itself_has_its_own_line_and_no_way_over_another_line() -> None:
    graph = graph_of(a="b", b="c", c="")
    roots = [root("a", 1), root("b", 2)]
    assert chains("c", roots, graph) == (Chain(at=("service.py:2",), words=("b", "c>=1")),)
    assert [one.words for one in chains("b", roots, graph)] == [("b",), ("a", "b>=1")]


def test_a_circle_ends() -> None:
    graph = graph_of(a="b", b="a c", c="b")
    assert chains("x", [root("a", 1)], graph) == ()
    assert needed_only_by("b", [root("a", 1)], graph) == {"c"}


names = st.sampled_from("abcdef")
graphs = st.dictionaries(names, st.lists(names, max_size=3).map(" ".join), max_size=6)


@given(graphs, st.lists(names, max_size=3), names)
def test_a_chain_is_there_exactly_for_what_is_reached(
    requires: dict[str, str], asked: list[str], name: str
) -> None:
    graph = graph_of(**requires)
    roots = [root(one, number) for number, one in enumerate(asked)]
    there = reached(asked, graph)
    assert bool(chains(name, roots, graph)) == (name in there)
    only = needed_only_by(name, roots, graph)
    assert only <= there - {name}
    without = {one: words.replace(name, "") for one, words in requires.items() if one != name}
    left = reached([one for one in asked if one != name], graph_of(**without))
    assert only == there - left - {name}


def test_extras_and_markers_decide_which_requirements_hold() -> None:
    requires = {
        "web": ("core>=1", 'fast>=2; extra == "fast"', 'old; python_version < "3.9"'),
        "fast": (),
        "core": ("absent", "not a requirement!"),
        "app": ("web[fast]>=3 ; sys_platform == 'linux'",),
        "old": (),
    }
    graph = python_graph(requires, MARKERS, ["web[none]"])
    assert graph["app"] == (Edge(target="web[fast]", text="web[fast]>=3"),)
    assert [one.target for one in graph["web"]] == ["core"]
    assert [one.target for one in graph["web[fast]"]] == ["core", "fast"]
    assert [one.target for one in graph["web[none]"]] == ["core"]
    assert graph["core"] == ()
    assert chains("fast", [root("app", 1)], graph) == (
        Chain(at=("service.py:1",), words=("app", "web[fast]>=3", "fast>=2")),
    )


def facts(name: str, depends: str = "", provides: str = "") -> Facts:
    fields = {"package": name, "version": "1.0", "architecture": "amd64"}
    return Facts(**facts_in({**fields, "depends": depends, "provides": provides}))


def test_debian_alternatives_and_what_is_provided() -> None:
    graph = system_graph(
        [
            facts("app", "absent | libx (>= 1), mail-agent, libc6"),
            facts("libx", "app"),
            facts("exim", provides="mail-agent"),
        ]
    )
    assert graph["app"] == (
        Edge(target="libx", text="absent | libx (>= 1)"),
        Edge(target="exim", text="mail-agent"),
    )
    assert graph["exim"] == ()
