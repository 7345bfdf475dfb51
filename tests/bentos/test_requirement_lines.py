from __future__ import annotations

import pytest

from lading import Image, SpecificationError
from lading.bentos.requirement_lines import add_requirements


def test_options_among_the_requirements_are_calls_of_their_own() -> None:
    lines = (
        "numpy",
        "--index-url https://a.example/simple",
        "--extra-index-url=https://b.example/simple --no-binary numpy",
        "-r more.txt",
    )
    expected = (
        Image()
        .index("https://a.example/simple", default=True)
        .index("https://b.example/simple")
        .python_packages(no_binary=["numpy"])
        .requirements_file("more.txt")
        .python_packages("numpy")
    )
    assert add_requirements(Image(), lines) == expected


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--find-links https://x.example", "the option --find-links has no call of its own"),
        ("--trusted-host x", "the option --trusted-host is not supported"),
        ("--no-index", "the option --no-index has no call of its own"),
        ("--wat", "unknown option '--wat'"),
        ("--extra-index-url", "the option --extra-index-url has no value"),
    ],
)
def test_an_option_that_has_none_is_refused(line: str, message: str) -> None:
    with pytest.raises(SpecificationError) as caught:
        add_requirements(Image(), ["numpy", line])
    assert caught.value.problems[0].message.replace('"', "'") == message
