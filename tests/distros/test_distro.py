from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.distros import SUPPORTED, Distro, parse_distro
from lading.grammar.invalid import Invalid


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("debian", "debian:trixie"),
        ("debian:bookworm", "debian:bookworm"),
        ("debian:12", "debian:bookworm"),
        ("debian:13", "debian:trixie"),
        ("bookworm", "debian:bookworm"),
        ("ubuntu", "ubuntu:24.04"),
        ("ubuntu:noble", "ubuntu:24.04"),
        ("ubuntu:22.04", "ubuntu:22.04"),
        ("jammy", "ubuntu:22.04"),
        ("alpine", "alpine:3.23"),
        ("alpine:3.20", "alpine:3.20"),
        ("alpine3.21", "alpine:3.21"),
        ("ubi", "ubi:9"),
        ("ubi8", "ubi:8"),
        ("ubi:9", "ubi:9"),
        ("ubi9", "ubi:9"),
        ("amazonlinux", "amazonlinux:2023"),
        ("amazonlinux2", "amazonlinux:2"),
        ("amazonlinux:2023", "amazonlinux:2023"),
    ],
)
def test_a_distribution_has_one_canonical_name(text: str, canonical: str) -> None:
    assert str(parse_distro(text)) == canonical


@pytest.mark.parametrize("distro", SUPPORTED, ids=str)
def test_a_distribution_survives_being_written_and_read(distro: Distro) -> None:
    assert parse_distro(str(distro)) == distro


@pytest.mark.parametrize(
    ("name", "libc", "tool"),
    [
        ("debian:bookworm", "glibc 2.36", "apt"),
        ("debian:trixie", "glibc 2.41", "apt"),
        ("ubuntu:jammy", "glibc 2.35", "apt"),
        ("ubuntu:noble", "glibc 2.39", "apt"),
        ("alpine:3.24", "musl 1.2", "apk"),
        ("ubi8", "glibc 2.28", "microdnf"),
        ("ubi9", "glibc 2.34", "microdnf"),
        ("amazonlinux2", "glibc 2.26", "yum"),
        ("amazonlinux:2023", "glibc 2.34", "dnf"),
    ],
)
def test_a_release_decides_its_libc_and_its_package_manager(
    name: str, libc: str, tool: str
) -> None:
    distro = parse_distro(name)
    assert (str(distro.libc), distro.package_manager) == (libc, tool)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("debain", 'did you mean distro="debian"? supported: debian:bookworm, debian:trixie'),
        ("Debian", 'did you mean distro="debian"? supported: debian:bookworm, debian:trixie'),
        ("debian:bokworm", 'did you mean distro="debian:bookworm"? supported: debian:bookworm, '),
        ("debian:11", "supported: debian:bookworm, debian:trixie"),
        ("ubuntu-22.04", 'did you mean distro="ubuntu:22.04"? supported: ubuntu:22.04, '),
        ("ubuntu:20.04", "supported: ubuntu:22.04, ubuntu:24.04"),
        ("alpine:3.19", "supported: alpine:3.20, alpine:3.21, alpine:3.22"),
        ("centos:7", 'did you mean distro="ubi:9"?'),
        ("arch", "supported: debian:bookworm, debian:trixie, ubuntu:22.04, "),
        ("", "supported: debian:bookworm, "),
    ],
)
def test_an_unknown_name_is_refused_with_the_likely_one(text: str, hint: str) -> None:
    with pytest.raises(Invalid, match="is not supported") as caught:
        parse_distro(text)
    assert caught.value.hint is not None
    assert caught.value.hint.startswith(hint)


@pytest.mark.parametrize("text", ["conda", "miniconda3", "cuda", "cuda:12.4", "windows"])
def test_what_is_no_distribution_is_refused_by_name(text: str) -> None:  # CASES R52
    with pytest.raises(Invalid, match="is not supported") as caught:
        parse_distro(text)
    assert caught.value.hint is not None
    assert "supported:" not in caught.value.hint


@given(st.text(max_size=30))
def test_any_text_is_a_distribution_or_invalid(text: str) -> None:
    try:
        distro = parse_distro(text)
    except Invalid:
        return
    assert distro in SUPPORTED
