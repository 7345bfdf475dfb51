from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.patterns import Pattern


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*.py", "a.py"),
        ("src", "src/deep/a.py"),
        ("src/*", "src/deep/a.py"),
        ("data/**", "data/a/b"),
        ("data/**/*.csv", "data/a.csv"),
        ("data/**/*.csv", "data/a/b/c.csv"),
        ("**/test_*", "a/test_b/c.txt"),
        ("a?c", "abc"),
        ("a[0-9]", "a7"),
        ("**", ".hidden"),
    ],
)
def test_a_pattern_names_a_path_or_a_folder_that_holds_it(pattern: str, path: str) -> None:
    assert Pattern.of_path(pattern).covers(path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*.py", "src/a.py"),
        ("src/*.py", "src/deep/a.py"),
        ("src", "other/src"),
        ("*.PY", "a.py"),
        ("data/**/*.csv", "other/a.csv"),
        ("a/b", "a"),
    ],
)
def test_a_star_stays_within_one_name(pattern: str, path: str) -> None:
    assert not Pattern.of_path(pattern).covers(path)


def test_an_exclusion_without_a_slash_holds_at_any_depth() -> None:
    assert Pattern.of_exclusion("tests").covers("src/tests/a.py")
    assert Pattern.of_exclusion("*.csv").covers("a/b/c.csv")
    assert not Pattern.of_exclusion("data/*.csv").covers("other/data/c.csv")


@pytest.mark.parametrize(
    ("pattern", "head"),
    [
        ("*.py", ""),
        ("a/b/*.py", "a/b"),
        ("a/**/c", "a"),
        ("a/b", "a"),
        ("node_modules/*", "node_modules"),
    ],
)
def test_the_search_begins_at_the_last_folder_that_is_sure(pattern: str, head: str) -> None:
    assert Pattern.of_path(pattern).head == head


_names = st.lists(st.sampled_from(["a", "b", "ab", "*", "**", "?", "a*"]), min_size=1, max_size=4)
_path = st.lists(st.sampled_from(["a", "b", "ab", "ba"]), min_size=2, max_size=5)


@given(pattern=_names, path=_path)
def test_what_is_found_is_never_behind_a_folder_that_is_not_entered(
    pattern: list[str], path: list[str]
) -> None:
    read = Pattern.of_path("/".join(pattern))
    if read.covers("/".join(path)):
        folders = ["/".join(path[:depth]) for depth in range(1, len(path))]
        assert all(read.reaches(folder) for folder in folders)


def test_many_stars_are_tried_once_each() -> None:
    # Tried in all combinations, these would outlast any test run.
    pattern = Pattern.of_path("**/" * 24 + "zz")
    assert not pattern.covers("/".join("a" * 48))
