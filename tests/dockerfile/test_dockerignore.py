from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.dockerfile.dockerignore import dockerignore
from lading.grammar.invalid import Invalid


def test_all_is_excluded_but_what_is_listed() -> None:
    assert dockerignore(["scripts", "Dockerfile", "scripts"]) == "*\n!Dockerfile\n!scripts\n"


def test_nothing_listed_lets_nothing_through() -> None:
    assert dockerignore([]) == "*\n"


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("a*b?", r"a\*b\?"),
        ("[x]", "[[]x]"),
        ("libstdc++", "libstdc[+][+]"),
        ("a (1)", "a [(]1[)]"),
        ("#x", "#x"),
        ("!x", "!x"),
        (" x ", "[ ]x[ ]"),
        (" ", "[ ]"),
        ("\ufeffx", "[\ufeff]x"),
        ("a\\b^", r"a\\b\^"),
    ],
)
def test_a_name_is_no_pattern(name: str, pattern: str) -> None:
    assert dockerignore([name]) == f"*\n!{pattern}\n"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\nb", "a\r", "a\0"])
def test_what_is_no_name_at_the_top_is_refused(name: str) -> None:
    with pytest.raises(Invalid, match="not a name at the top"):
        dockerignore([name])


def _as_docker_20_10(pattern: str) -> re.Pattern[str]:
    """The regular expression that Docker's fileutils of 2020 makes of a pattern."""
    regex = ""
    chars = iter(pattern.strip().removeprefix("\ufeff"))
    for char in chars:
        if char in "*?":
            regex += "[^/]*" if char == "*" else "[^/]"
        elif char in ".$":
            regex += f"\\{char}"
        elif char == "\\":
            regex += f"\\{next(chars)}"
        else:
            regex += char
    # Python warns of "[[", which RE2 and Python read alike.
    return re.compile(regex.replace("[[]", "\\["), re.DOTALL)


_names = st.text(
    st.sampled_from("ab.*?[]{}()+|^$\\!#-~, \u2028\ufeff") | st.characters(codec="utf-8"),
    min_size=1,
).filter(lambda name: name not in {".", ".."} and not set("/\n\r\0") & set(name))


@given(name=_names, other=_names)
def test_a_pattern_matches_its_name_alone(name: str, other: str) -> None:
    _, line, end = dockerignore([name]).split("\n")
    assert line.startswith("!")
    assert end == ""
    regex = _as_docker_20_10(line[1:])
    assert regex.fullmatch(name)
    assert (regex.fullmatch(other) is not None) == (name == other)
