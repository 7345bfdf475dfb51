from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import Marker

from lading.grammar.invalid import Invalid
from lading.grammar.marker import all_of, any_of, decided, negated, parse_marker

LINUX = {"sys_platform": "linux", "os_name": "posix", "python_version": "3.11"}
WINDOWS = {"sys_platform": "win32", "os_name": "nt", "python_version": "3.9"}
COMPARISONS = st.sampled_from(
    [
        "sys_platform == 'linux'",
        "sys_platform != 'linux'",
        "'nt' in os_name",
        "os_name not in 'posix java'",
        "python_version < '3.10'",
        "python_version >= '3.10'",
        "'3.11' <= python_version",
        "python_version ~= '3.10'",
        "python_version == '3.11.*'",
    ]
)
markers = st.recursive(
    COMPARISONS,
    lambda parts: st.tuples(parts, st.sampled_from(["and", "or"]), parts).map(
        lambda found: f"({found[0]}) {found[1]} {found[2]}"
    ),
    max_leaves=5,
)
environments = st.sampled_from([LINUX, WINDOWS, LINUX | {"python_version": "4.0"}])


def holds(marker: object, environment: dict[str, str]) -> bool:
    if not isinstance(marker, str):
        return marker is not False
    return Marker(marker).evaluate({**environment, "extra": ""})


@given(markers, environments)
def test_the_negated_marker_holds_where_the_marker_does_not(
    text: str, environment: dict[str, str]
) -> None:
    assert holds(negated(parse_marker(text)), environment) != holds(text, environment)


@given(st.lists(markers | st.none(), max_size=3), environments)
def test_all_and_any_are_what_they_say(
    texts: list[str | None], environment: dict[str, str]
) -> None:
    found = [holds(text, environment) for text in texts]
    assert holds(all_of(*texts), environment) == all(found)
    written = [text for text in texts if text is not None]
    if written:
        expected = any(holds(text, environment) for text in written)
        assert holds(any_of(written), environment) == expected


@given(markers, environments)
def test_deciding_changes_nothing(text: str, environment: dict[str, str]) -> None:
    assert holds(decided(parse_marker(text)), environment) == holds(text, environment)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("'gpu' in extras", True),
        ("'cpu' in extras", False),
        ("'cpu' not in extras and 'dev' in dependency_groups", True),
        ("'gpu' in extras and os_name == 'nt'", 'os_name == "nt"'),
        ("'cpu' in extras and os_name == 'nt'", False),
        ("'cpu' in extras or os_name == 'nt' or 'x' in extras", 'os_name == "nt"'),
        ("os_name == 'nt' and os_name != 'nt'", False),
    ],
)
def test_what_can_be_decided_is(text: str, left: object) -> None:
    chosen = {"extras": ["gpu"], "dependency_groups": ["dev"]}
    assert decided(parse_marker(text), chosen) == left


def test_what_has_no_opposite_is_refused() -> None:
    with pytest.raises(Invalid, match="==="):
        negated("os_name === 'a'")


@pytest.mark.parametrize("text", ["", "x", "os_name = 'a'", "(" * 3000 + "os_name == 'a'", "('"])
def test_what_is_no_marker_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_marker(text)


@given(
    st.lists(st.sampled_from(["(", ")", "os_name", "'a'", "==", " and ", "\0", '"']), max_size=9)
)
def test_any_text_is_a_marker_or_invalid(parts: list[str]) -> None:
    try:
        marker = parse_marker("".join(parts))
    except Invalid:
        return
    assert parse_marker(marker) == marker
    assert not isinstance(decided(negated(marker)), bool)
