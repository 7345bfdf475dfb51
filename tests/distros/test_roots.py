"""A base of nothing but packages: what it is asked to have."""

from __future__ import annotations

import pytest

from lading.distros import UNNEEDED, has_shell, parse_distro, root_packages, root_tools
from lading.grammar.invalid import Invalid
from lading.grammar.python_version import PythonVersion


def root(distro: str, python: str, *, shell: bool = False) -> tuple[str, ...]:
    return root_packages(parse_distro(distro), PythonVersion.parse(python), shell=shell)


@pytest.mark.parametrize(("distro", "python"), [("bookworm", "3.11"), ("trixie", "3.13")])
def test_it_has_the_releases_own_python(distro: str, python: str) -> None:
    found = root(distro, python)
    assert f"python{python}" in found
    assert {"base-files", "ca-certificates", "libstdc++6", "tzdata"} <= set(found)
    assert list(found) == sorted(found)
    assert not set(found) & UNNEEDED.keys()


def test_a_shell_comes_where_it_is_asked_for() -> None:
    more = set(root("trixie", "3.13", shell=True)) - set(root("trixie", "3.13"))
    assert more == {"coreutils", "dash", "findutils", "grep", "sed"}
    assert has_shell(root("trixie", "3.13", shell=True))
    assert not has_shell(root("trixie", "3.13"))


def test_what_a_stage_beside_it_has_more() -> None:
    shell = root_tools(shell=False, compiles=False)
    assert has_shell(shell)
    assert root_tools(shell=True, compiles=False) == ()
    assert set(root_tools(shell=True, compiles=True)) == {"diffutils", "gzip", "mawk", "tar"}
    assert root_tools(shell=False, compiles=True) == tuple(
        sorted((*shell, *root_tools(shell=True, compiles=True)))
    )


def test_another_python_is_refused_with_the_releases_that_have_which() -> None:
    with pytest.raises(Invalid) as refused:
        root("trixie", "3.11")
    assert refused.value.message == "debian:trixie has no Python 3.11"
    assert refused.value.hint == (
        "debian:bookworm has 3.11, debian:trixie has 3.13; for another, take an official image as "
        "the base"
    )


@pytest.mark.parametrize("distro", ["ubuntu:24.04", "alpine:3.22"])
def test_another_distribution_is_refused(distro: str) -> None:
    with pytest.raises(Invalid, match="made of Debian's packages, and the image is"):
        root(distro, "3.12")
