from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.grammar.invalid import Invalid
from lading.grammar.python_version import PYTHON_SERIES, PythonVersion


def hint(text: object) -> str | None:
    with pytest.raises(Invalid) as caught:
        PythonVersion.parse(text)  # type: ignore[arg-type]
    return caught.value.hint


@pytest.mark.parametrize("minor", PYTHON_SERIES)
def test_each_series_is_accepted(minor: int) -> None:
    version = PythonVersion.parse(f"3.{minor}")
    assert (version.minor, version.patch) == (minor, None)
    assert version.series == str(version) == f"3.{minor}"
    assert version.tag == f"cp3{minor}"


def test_r12_a_patch_is_kept() -> None:
    version = PythonVersion.parse("3.11.9")
    assert str(version) == "3.11.9"
    assert version.series == "3.11"
    assert version.tag == "cp311"
    assert version != PythonVersion.parse("3.11")


def test_the_last_release_of_an_ended_series_is_known() -> None:
    assert PythonVersion.parse("3.8.20").patch == 20
    assert hint("3.8.21") == 'the last one is "3.8.20"'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3", 'name the series: "3.13"'),
        ("", 'name the series: "3.13"'),
        ("3.1", 'did you mean "3.10"?'),
        ("3.7", 'did you mean "3.8"?'),
        ("3.99", 'did you mean "3.15"?'),
        ("2.7", "Python 2 is not supported; write a version from 3.8 on"),
        ("python3.11", 'write "3.11"'),
        ("Python 3.11.9", 'write "3.11.9"'),
        ("cp311", 'write "3.11"'),
        (">=3.11", 'write "3.11"'),
        ("3.11.x", 'write "3.11"'),
        ("3.11.*", 'write "3.11"'),
        ("3.15.0rc1", 'write "3.15"'),
        ("3.11 ", 'write "3.11"'),
        ("3.11\n", 'write "3.11"'),
        ("None", 'write a version such as "3.13"'),
        ("3.11.100", 'write "3.11"'),
    ],
)
def test_other_versions_are_refused_with_the_one_meant(text: str, expected: str) -> None:
    assert hint(text) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3.1, 'write "3.10": the number 3.10 is 3.1'),
        (3.11, 'write "3.11"'),
        ((3, 11), 'write "3.11"'),
        (3, 'write "3.13"'),
        (None, 'write "3.13"'),
        (True, 'write "3.13"'),
        (float("nan"), 'write "3.13"'),
        (b"3.11", 'write "3.13"'),
    ],
)
def test_a_number_is_refused_since_it_drops_zeros(value: object, expected: str) -> None:
    assert hint(value) == expected


def test_newer_sorts_after_older() -> None:
    assert PythonVersion.parse("3.9") < PythonVersion.parse("3.10")


@given(st.text() | st.text(alphabet="0123.9x python\n"))
def test_any_text_is_a_version_that_reads_back_or_invalid(text: str) -> None:
    try:
        version = PythonVersion.parse(text)
    except Invalid as error:
        message = error.message
        assert message.isprintable()
        return
    assert str(version) == text
    assert version.minor in PYTHON_SERIES


@given(st.sampled_from(sorted(PYTHON_SERIES)), st.none() | st.integers(0, 20))
def test_what_is_written_reads_back_the_same(minor: int, patch: int | None) -> None:
    version = PythonVersion(minor=minor, patch=patch)
    assert PythonVersion.parse(str(version)) == version
