from __future__ import annotations

import pytest

from lading.distros import SUPPORTED, Distro, archive_suites, debian_architecture, parse_distro
from lading.grammar.invalid import Invalid

MIRROR = "http://mirror.example.test"


def lines(name: str, architecture: str = "amd64", *roots: tuple[str, str]) -> list[str]:
    suites = archive_suites(parse_distro(name), architecture=architecture, roots=roots)
    return [suite.source() for suite in suites]


def test_debian_has_an_archive_of_its_own_for_security() -> None:
    roots = ("debian", f"{MIRROR}/d/"), ("debian-security", f"{MIRROR}/s")
    assert lines("bookworm", "amd64", *roots) == [
        f"deb {MIRROR}/d bookworm main",
        f"deb {MIRROR}/d bookworm-updates main",
        f"deb {MIRROR}/s bookworm-security main",
    ]


def test_ubuntu_has_one_archive_with_all_that_its_images_name() -> None:
    assert lines("noble", "arm64", ("ubuntu", MIRROR)) == [
        f"deb {MIRROR} noble main universe restricted multiverse",
        f"deb {MIRROR} noble-updates main universe restricted multiverse",
        f"deb {MIRROR} noble-security main universe restricted multiverse",
    ]


def test_the_first_of_several_places_counts() -> None:
    roots = ("debian", MIRROR), ("debian", "http://other.example.test")
    assert lines("trixie", "amd64", *roots)[0] == f"deb {MIRROR} trixie main"


def test_without_a_mirror_an_archive_is_where_the_distribution_has_it() -> None:
    debian, ubuntu = lines("debian")[0], lines("ubuntu", "amd64")[0]
    name = "debian"
    assert debian.endswith(f".{name}.org/{name} trixie main")
    assert "/ubuntu noble main" in ubuntu
    assert "/ubuntu-ports noble main" in lines("ubuntu", "arm64")[0]


@pytest.mark.parametrize("distro", [d for d in SUPPORTED if d.family != "debian"], ids=str)
def test_other_distributions_have_none(distro: Distro) -> None:
    with pytest.raises(Invalid, match="has no Debian archive"):
        archive_suites(distro, architecture="amd64")


def test_architectures_have_debians_names() -> None:
    named = {"386": "i386", "amd64": "amd64", "arm": "armhf", "ppc64le": "ppc64el"}
    assert {name: debian_architecture(name) for name in named} == named
    with pytest.raises(Invalid, match="debian has no packages for loong64"):
        debian_architecture("loong64")
