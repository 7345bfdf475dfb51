"""An image on scratch: what its calls take."""

from __future__ import annotations

import pytest

from lading import Image, SpecificationError


def test_its_python_is_the_releases_own() -> None:
    assert str(Image(base_image="scratch", distro="debian:trixie").python_version) == "3.13"
    assert str(Image(base_image="scratch", distro="debian:bookworm").python_version) == "3.11"


def test_another_python_is_refused_at_the_call() -> None:
    with pytest.raises(SpecificationError, match=r"debian:trixie has no Python 3\.12") as refused:
        Image(base_image="scratch", distro="debian:trixie", python_version="3.12")
    assert "debian:bookworm has 3.11" in str(refused.value)


def test_without_a_distro_it_holds_nothing_of_python() -> None:
    assert Image(base_image="scratch").distro is None


@pytest.mark.parametrize(
    "make",
    [
        lambda: Image(shell=True),
        lambda: Image(base_image="scratch", shell=True),
        lambda: Image(base_image="python:3.11-slim-bookworm", shell=True),
    ],
)
def test_a_shell_is_for_a_base_from_scratch(make: type[Image]) -> None:
    with pytest.raises(SpecificationError, match="shell is for a base from scratch"):
        make()
    assert Image(base_image="scratch", distro="debian:trixie", shell=True).shell
