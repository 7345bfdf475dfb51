# ruff: noqa: E501 - commands are shown as they are
from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from inline_snapshot import snapshot

from lading.build_inputs import CA_BUNDLE_PATH
from lading.distros import SUPPORTED, AptSources, CacheDir, Distro, install_commands, parse_distro
from lading.grammar.invalid import Invalid
from shells import SHELLS, check, execute, findings

if TYPE_CHECKING:
    from pathlib import Path

PACKAGES = ("libgomp1", "g++", "libstdc++6:amd64", "libfoo=1.2*")


def commands(name: str, *, cached: bool = True) -> tuple[str, ...]:
    return install_commands(
        parse_distro(name), ("curl", "g++"), arch="amd64", cached=cached
    ).commands


@pytest.mark.parametrize("distro", SUPPORTED, ids=str)
@pytest.mark.parametrize("cached", [True, False])
def test_every_installation_is_posix_sh(distro: Distro, *, cached: bool) -> None:  # CASES R7
    check(install_commands(distro, PACKAGES, arch="arm64", cached=cached).commands)


def test_hadolint_has_nothing_to_say_but_that_versions_are_open(tmp_path: Path) -> None:  # R44
    lines = ["FROM example.test/base:1@sha256:" + "0" * 64]
    for distro in SUPPORTED:
        for cached in (True, False):
            step = install_commands(distro, ("curl", "g++"), arch="amd64", cached=cached)
            mounts = [f"--mount=type=cache,id={m.id},target={m.target} " for m in step.mounts]
            lines.append("RUN " + "".join(mounts) + " && ".join(step.commands))
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text("\n".join(lines) + "\n")
    assert findings(dockerfile) <= {"DL3008", "DL3018", "DL3033", "DL3041", "DL3059"}


def test_apt_updates_installs_and_cleans_up_in_one_run() -> None:  # CASES R14
    assert commands("bookworm") == snapshot(
        (
            "export DEBIAN_FRONTEND=noninteractive",
            "set -- -o APT::Update::Error-Mode=any -o Acquire::Languages=none -o Dir::Cache::archives=/var/cache/apt/lading -o Dir::State::Lists=/var/cache/apt/lists -o APT::Keep-Downloaded-Packages=true",
            '{ [ ! -s /run/ca-bundle.pem ] || set -- "$@" -o Acquire::https::CAInfo=/run/ca-bundle.pem -o APT::Sandbox::User=root; }',
            "mkdir -p /var/cache/apt/lading/partial /var/cache/apt/lists/partial",
            'apt-get "$@" update',
            'apt-get "$@" install --yes --no-install-recommends -- curl g++',
            "rm -rf /var/lib/apt/lists/* /var/log/apt/* /var/log/dpkg.log /var/log/alternatives.log /var/cache/debconf/*-old /var/lib/dpkg/*-old /var/cache/ldconfig/aux-cache",
        )
    )


def test_apt_without_mounts_deletes_what_it_downloaded() -> None:  # CASES R43
    without = install_commands(parse_distro("noble"), ("curl",), arch="amd64", cached=False)
    assert without.mounts == ()
    assert "Keep-Downloaded" not in "".join(without.commands)
    assert "/var/cache/apt/archives/*.deb" in without.commands[-1]
    assert "/var/lib/apt/lists/*" in without.commands[-1]


def test_vendored_packages_come_from_their_folder_alone() -> None:  # CASES R53
    install = install_commands(
        parse_distro("bookworm"), ("curl", "g++"), arch="amd64", debs="/run/debs"
    )
    assert install.mounts == ()
    assert install.commands == snapshot(
        (
            "export DEBIAN_FRONTEND=noninteractive",
            "printf '%s\\n' 'deb [trusted=yes] file:/run/debs ./' >/run/lading-apt.list",
            "set -- -o APT::Update::Error-Mode=any -o Acquire::Languages=none -o Dir::Etc::sourcelist=/run/lading-apt.list -o Dir::Etc::sourceparts=/dev/null -o APT::Sandbox::User=root",
            'apt-get "$@" update',
            'apt-get "$@" install --yes --no-install-recommends --no-remove -- curl g++',
            "rm -rf /var/cache/apt/archives/*.deb /var/cache/apt/*.bin /var/lib/apt/lists/* /var/log/apt/* /var/log/dpkg.log /var/log/alternatives.log /var/cache/debconf/*-old /var/lib/dpkg/*-old /var/cache/ldconfig/aux-cache /run/lading-apt.list",
        )
    )


@pytest.mark.parametrize("name", ["alpine", "ubi9", "amazonlinux2", "amazonlinux:2023"])
def test_only_apt_installs_vendored_packages(name: str) -> None:  # CASES R53
    with pytest.raises(Invalid, match="vendoring system packages is for Debian and Ubuntu"):
        install_commands(parse_distro(name), ("curl",), arch="amd64", debs="/run/debs")


@pytest.mark.parametrize("folder", ["debs", "/run/my debs", "/run/$x", "/", "/run/\n"])
def test_a_folder_of_packages_is_a_plain_path(folder: str) -> None:
    with pytest.raises(Invalid, match="can't be a folder of Debian packages"):
        install_commands(parse_distro("debian"), ("curl",), arch="amd64", debs=folder)


def test_a_mirror_stands_for_the_bases_own_sources_during_the_run() -> None:
    mirrors = (
        ("debian", "http://mirror.example.test/debian/"),
        ("ubuntu", "http://x.example.test"),
    )
    found = install_commands(
        parse_distro("trixie"), ("curl",), arch="arm64", sources=AptSources(mirrors=mirrors)
    )
    plain = install_commands(parse_distro("trixie"), ("curl",), arch="arm64")
    assert found.mounts == plain.mounts
    written = found.commands[1]
    assert written.startswith(
        "printf '%s\\n' 'deb http://mirror.example.test/debian trixie main'"
        " 'deb http://mirror.example.test/debian trixie-updates main'"
    )
    assert written.endswith("/debian-security trixie-security main' >/run/lading-apt.list")
    assert (
        "-o Dir::Etc::sourcelist=/run/lading-apt.list -o Dir::Etc::sourceparts=/dev/null"
        in (found.commands[2])
    )
    assert found.commands[-1] == f"{plain.commands[-1]} /run/lading-apt.list"


def test_components_and_whose_word_counts_are_in_the_sources() -> None:
    mirror = "https://mirror.example.test"
    sources = AptSources(
        mirrors=tuple((name, f"{mirror}/{name}") for name in ("debian", "debian-security")),
        components=("contrib", "non-free"),
        keyrings=(("debian", "/run/apt.debian.gpg"),),
        unsigned=("debian-security",),
    )
    assert sources.lines(parse_distro("bookworm"), "amd64") == (
        f"deb [signed-by=/run/apt.debian.gpg] {mirror}/debian bookworm main contrib non-free",
        f"deb [signed-by=/run/apt.debian.gpg] {mirror}/debian bookworm-updates main contrib non-free",
        f"deb [trusted=yes] {mirror}/debian-security bookworm-security main contrib non-free",
    )
    assert AptSources().lines(parse_distro("bookworm"), "amd64") == ()
    install = install_commands(parse_distro("bookworm"), PACKAGES, arch="amd64", sources=sources)
    check(install.commands)


@pytest.mark.parametrize("distro", SUPPORTED, ids=str)
def test_a_mirror_of_another_archive_changes_nothing(distro: Distro) -> None:
    other = "debian" if distro.name == "ubuntu" else "ubuntu"
    mirrors = ((other, "http://mirror.example.test/x"),)
    plain = install_commands(distro, ("curl",), arch="amd64")
    assert (
        install_commands(distro, ("curl",), arch="amd64", sources=AptSources(mirrors=mirrors))
        == plain
    )


@pytest.mark.parametrize("name", ["bookworm", "noble"])
def test_installations_of_our_own_sources_are_posix_sh(name: str, tmp_path: Path) -> None:
    distro = parse_distro(name)
    mirrors = ((distro.name, "http://mirror.example.test/it's"),)
    lines = ["FROM example.test/base:1@sha256:" + "0" * 64]
    for install in (
        install_commands(distro, PACKAGES, arch="arm64", debs="/run/lading-debs"),
        install_commands(distro, PACKAGES, arch="arm64", sources=AptSources(mirrors=mirrors)),
        install_commands(
            distro, PACKAGES, arch="arm-v7", sources=AptSources(mirrors=mirrors), cached=False
        ),
    ):
        check(install.commands)
        lines.append("RUN " + " && ".join(install.commands))
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text("\n".join(lines) + "\n")
    assert findings(dockerfile) <= {"DL3008", "DL3059"}


def test_apk_keeps_no_cache() -> None:
    assert commands("alpine") == snapshot(
        (
            "{ [ ! -s /run/ca-bundle.pem ] || export SSL_CERT_FILE=/run/ca-bundle.pem; }",
            "apk add --no-cache -- curl g++",
            "rm -f /var/log/apk.log",
        )
    )


def test_amazon_linux_2023_installs_with_dnf() -> None:
    assert commands("amazonlinux:2023") == snapshot(
        (
            "{ [ ! -s /run/ca-bundle.pem ] || set -- --setopt=sslcacert=/run/ca-bundle.pem; }",
            'dnf "$@" install -y --nodocs --setopt=install_weak_deps=False -- curl g++',
            "dnf clean all",
            "rm -rf /var/cache/dnf /var/cache/yum /var/log/dnf*.log /var/log/hawkey.log /var/log/yum.log /var/cache/ldconfig/aux-cache",
        )
    )


def test_ubi_installs_with_whichever_dnf_the_image_has() -> None:
    assert commands("ubi9") == snapshot(
        (
            "dnf=$(command -v microdnf || command -v dnf)",
            "{ [ ! -s /run/ca-bundle.pem ] || set -- '--setopt=*.sslcacert=/run/ca-bundle.pem'; }",
            '"$dnf" "$@" install -y --nodocs --setopt=install_weak_deps=0 curl g++',
            '"$dnf" clean all',
            "rm -rf /var/cache/dnf /var/cache/yum /var/log/dnf*.log /var/log/hawkey.log /var/log/yum.log /var/cache/ldconfig/aux-cache",
        )
    )


def test_amazon_linux_2_installs_with_yum() -> None:
    assert commands("amazonlinux2") == snapshot(
        (
            "{ [ ! -s /run/ca-bundle.pem ] || set -- --setopt=sslcacert=/run/ca-bundle.pem; }",
            'yum "$@" install -y --setopt=tsflags=nodocs curl g++',
            "yum clean all",
            "rm -rf /var/cache/dnf /var/cache/yum /var/log/dnf*.log /var/log/hawkey.log /var/log/yum.log /var/cache/ldconfig/aux-cache",
        )
    )


def test_amazon_linux_2_enables_the_topic_that_has_python() -> None:
    distro = parse_distro("amazonlinux2")
    first = install_commands(distro, ("python38",), arch="amd64").commands[0]
    assert first == "amazon-linux-extras enable python3.8"


@pytest.mark.parametrize("name", ["ubi8", "ubi9", "amazonlinux2", "amazonlinux:2023"])
def test_nothing_ever_asks(name: str) -> None:  # CASES R14
    assert any(" install -y " in command for command in commands(name))


def test_the_environment_of_the_image_stays_as_it_is() -> None:  # CASES R14
    assert commands("debian")[0] == "export DEBIAN_FRONTEND=noninteractive"


def test_a_cache_is_shared_only_where_its_packages_fit() -> None:  # CASES R41
    curl = ("curl",)
    mounts = {
        mount
        for name in ("bookworm", "trixie", "jammy", "noble")
        for arch in ("amd64", "arm64")
        for mount in install_commands(parse_distro(name), curl, arch=arch).mounts
    }
    assert len({mount.id for mount in mounts}) == 4 * 2
    assert CacheDir(id="lading-apt-ubuntu-24.04-arm64", target="/var/cache/apt") in mounts
    # Not two: Buildah before 1.29 would hang at the next RUN with the same ones.
    assert {mount.target for mount in mounts} == {"/var/cache/apt"}
    assert all(re.fullmatch(r"[a-z0-9.-]+", mount.id) for mount in mounts)


@pytest.mark.parametrize("name", ["bookworm", "alpine", "amazonlinux:2023"])
def test_options_end_before_the_packages(name: str) -> None:  # CASES R3
    assert any(command.endswith(" -- curl g++") for command in commands(name))


def test_a_pattern_reaches_the_package_manager_as_written() -> None:  # CASES R3
    install = install_commands(parse_distro("bookworm"), PACKAGES, arch="amd64").commands[-2]
    assert install.endswith("-- libgomp1 g++ libstdc++6:amd64 'libfoo=1.2*'")


TOOLS = {
    "bookworm": "apt-get",
    "alpine": "apk",
    "ubi9": "microdnf",
    "amazonlinux2": "yum",
    "amazonlinux:2023": "dnf",
}
TRUSTS = {
    "bookworm": "<-o> <Acquire::https::CAInfo={}> <-o> <APT::Sandbox::User=root>",
    "alpine": "SSL_CERT_FILE={}",
    "ubi9": "<--setopt=*.sslcacert={}>",
    "amazonlinux2": "<--setopt=sslcacert={}>",
    "amazonlinux:2023": "<--setopt=sslcacert={}>",
}


def what_the_tool_got(shell: tuple[str, ...], name: str, folder: Path, bundle: Path) -> str:
    """The words that a stand-in for the package manager saw, run by the real commands."""
    tool = folder / TOOLS[name]
    tool.write_text('#!/bin/sh\necho "SSL_CERT_FILE=$SSL_CERT_FILE"\nprintf \'<%s> \' "$@"\necho\n')
    tool.chmod(0o755)
    harmless = tuple(
        command.replace(CA_BUNDLE_PATH, str(bundle))
        for command in commands(name)
        if not command.startswith("rm ")
    )
    return execute(shell, harmless, env={"PATH": f"{folder}:/usr/bin:/bin"})


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("name", TOOLS)
def test_a_package_manager_trusts_the_bundle_of_the_build(
    shell: tuple[str, ...], name: str, tmp_path: Path
) -> None:
    bundle = tmp_path / "ca.pem"
    told = TRUSTS[name].format(bundle)
    assert told not in what_the_tool_got(shell, name, tmp_path, bundle)
    bundle.touch()
    assert told not in what_the_tool_got(shell, name, tmp_path, bundle)
    bundle.write_text("-----BEGIN CERTIFICATE-----\n")
    assert told in what_the_tool_got(shell, name, tmp_path, bundle)
