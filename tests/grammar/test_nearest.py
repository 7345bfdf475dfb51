from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.grammar.nearest import did_you_mean, nearest

DISTROS = ("debian", "ubuntu", "alpine", "ubi8", "ubi9", "amazonlinux")


@pytest.mark.parametrize(
    ("word", "meant"),
    [("debain", "debian"), ("Debian", "debian"), ("ALPNE", "alpine"), ("ubi", "ubi9")],
)
def test_a_mistyped_word_finds_the_one_that_was_meant(word: str, meant: str) -> None:
    assert nearest(word, DISTROS) == meant


@pytest.mark.parametrize("word", ["", "windows-server", "x" * 100_000])
def test_a_word_like_none_finds_none(word: str) -> None:
    assert nearest(word, DISTROS) is None
    assert did_you_mean(word, DISTROS) is None


def test_the_choice_keeps_its_own_case() -> None:
    assert nearest("sigterm", ["SIGTERM"]) == "SIGTERM"


def test_the_hint_shows_the_choice_or_the_whole_call() -> None:
    assert did_you_mean("debain", DISTROS) == 'did you mean "debian"?'
    assert did_you_mean("debain", DISTROS, "distro={}") == 'did you mean distro="debian"?'


@given(st.text(), st.lists(st.text()))
def test_only_a_choice_is_ever_found(word: str, choices: list[str]) -> None:
    assert nearest(word, choices) in (None, *choices)


@given(st.lists(st.text(max_size=20), min_size=1))
def test_a_choice_finds_itself_or_one_of_another_case(choices: list[str]) -> None:
    found = nearest(choices[-1], choices)
    assert found is not None
    assert found.casefold()[:64] == choices[-1].casefold()[:64]
