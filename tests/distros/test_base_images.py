from __future__ import annotations

import pytest

from lading.distros import (
    SUPPORTED,
    Base,
    Distro,
    available_pythons,
    base_image,
    infer_distro,
    interpreter_packages,
    parse_distro,
    toolchain,
)
from lading.grammar.invalid import Invalid
from lading.grammar.python_version import PythonVersion
from lading.grammar.reference import ImageReference


def base(distro: str, python: str) -> Base:
    return base_image(parse_distro(distro), PythonVersion.parse(python))


@pytest.mark.parametrize(
    ("distro", "python", "reference"),
    [
        ("debian:bookworm", "3.11", "python:3.11-slim-bookworm"),
        ("debian:bookworm", "3.11.9", "python:3.11.9-slim-bookworm"),
        ("debian", "3.12", "python:3.12-slim-trixie"),
        ("alpine:3.20", "3.11", "python:3.11-alpine3.20"),
        ("alpine:3.23", "3.14.1", "python:3.14.1-alpine3.23"),
    ],
)
def test_debian_and_alpine_start_from_the_official_python_image(
    distro: str, python: str, reference: str
) -> None:
    series = ".".join(python.split(".")[:2])
    expected = Base(reference=reference, interpreter=f"/usr/local/bin/python{series}")
    assert base(distro, python) == expected


@pytest.mark.parametrize(
    ("distro", "python", "reference", "package"),
    [
        ("ubuntu:22.04", "3.10", "ubuntu:jammy", "python3.10"),
        ("ubuntu:24.04", "3.12", "ubuntu:noble", "python3.12"),
        ("ubi8", "3.11", "registry.access.redhat.com/ubi8/ubi-minimal", "python3.11"),
        ("ubi9", "3.12", "registry.access.redhat.com/ubi9/ubi-minimal", "python3.12"),
        ("ubi9", "3.9", "registry.access.redhat.com/ubi9/ubi-minimal", "python3"),
        ("amazonlinux:2", "3.8", "public.ecr.aws/amazonlinux/amazonlinux:2", "python38"),
        ("amazonlinux", "3.13", "public.ecr.aws/amazonlinux/amazonlinux:2023", "python3.13"),
    ],
)
def test_the_others_install_the_python_of_their_own_archive(
    distro: str, python: str, reference: str, package: str
) -> None:
    assert base(distro, python) == Base(
        reference=reference, interpreter=f"/usr/bin/python{python}", interpreter_packages=(package,)
    )


def test_a_release_without_that_python_says_which_have_it() -> None:
    with pytest.raises(Invalid) as caught:
        base("ubuntu:22.04", "3.12")
    assert caught.value.message == "ubuntu:22.04 has no Python 3.12, only 3.10"
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("Python 3.12 is on debian:bookworm, debian:trixie, ubuntu:")
    assert "ubuntu:22.04" not in caught.value.hint


@pytest.mark.parametrize(
    ("distro", "python", "message"),
    [
        ("debian:trixie", "3.8", "debian:trixie has no Python 3.8, only 3.9 and newer"),
        ("alpine:3.20", "3.14", "alpine:3.20 has no Python 3.14, only 3.8 to 3.13"),
    ],
)
def test_an_official_image_that_never_was_is_refused(
    distro: str, python: str, message: str
) -> None:
    with pytest.raises(Invalid) as caught:
        base(distro, python)
    assert caught.value.message == message


@pytest.mark.parametrize(("distro", "python"), [("ubuntu", "3.12.3"), ("ubi9", "3.11.9")])
def test_a_patch_release_that_the_archive_decides_is_refused(distro: str, python: str) -> None:
    with pytest.raises(Invalid, match="whose archive decides the patch release"):  # CASES R12
        base(distro, python)


@pytest.mark.parametrize("distro", SUPPORTED, ids=str)
def test_every_base_image_is_a_reference_that_tells_its_own_distro(distro: Distro) -> None:
    series = available_pythons(distro) or ("3.12",)
    found = base_image(distro, PythonVersion.parse(series[-1]))
    assert infer_distro(ImageReference.parse(found.reference)) == distro


@pytest.mark.parametrize(
    ("reference", "distro"),
    [
        ("python:3.11-slim-bookworm", "debian:bookworm"),
        ("python:3.11.9-bookworm", "debian:bookworm"),
        ("python:trixie", "debian:trixie"),
        ("python:3.12-alpine3.20", "alpine:3.20"),
        ("docker.io/library/python:3.12-alpine3.20", "alpine:3.20"),
        ("mirror.example.test:5000/hub/library/python:3.13-slim-trixie", "debian:trixie"),
        ("debian:bookworm", "debian:bookworm"),
        ("debian:bookworm-slim", "debian:bookworm"),
        ("debian:bookworm-20260101-slim", "debian:bookworm"),
        ("debian:12", "debian:bookworm"),
        ("debian:12.5-slim", "debian:bookworm"),
        ("debian:trixie@sha256:" + "0" * 64, "debian:trixie"),
        ("ubuntu:22.04", "ubuntu:22.04"),
        ("ubuntu:noble-20260101", "ubuntu:24.04"),
        ("alpine:3.20", "alpine:3.20"),
        ("alpine:3.20.3", "alpine:3.20"),
        ("redhat/ubi9", "ubi:9"),
        ("redhat/ubi9-minimal", "ubi:9"),
        ("registry.access.redhat.com/ubi8/ubi-minimal:8.10", "ubi:8"),
        ("registry.access.redhat.com/ubi9/python-311", "ubi:9"),
        ("amazonlinux:2", "amazonlinux:2"),
        ("amazonlinux:2.0.20240109.0", "amazonlinux:2"),
        ("public.ecr.aws/amazonlinux/amazonlinux:2023", "amazonlinux:2023"),
        ("nvidia/cuda:12.4.1-runtime-ubuntu22.04", "ubuntu:22.04"),
        ("nvidia/cuda:12.4.1-cudnn-runtime-ubi9", "ubi:9"),
        ("python", None),
        ("python:3.11", None),
        ("python:3.11-slim", None),
        ("python:3.11-alpine", None),
        ("python:3.11-slim-bullseye", None),
        ("python@sha256:" + "0" * 64, None),
        ("debian", None),
        ("debian:stable-slim", None),
        ("debian:11", None),
        ("ubuntu:rolling", None),
        ("ubuntu:20.04", None),
        ("alpine:3", None),
        ("alpine:edge", None),
        ("alpine:3.200", None),
        ("amazonlinux:2018.03", None),
        ("example.test/team/model-base:bookworm", None),
        ("example.test/ubi99/thing:1", None),
    ],
)
def test_a_well_known_image_tells_its_distro_where_its_name_decides_it(
    reference: str, distro: str | None
) -> None:
    found = infer_distro(ImageReference.parse(reference))
    assert (None if found is None else str(found)) == distro


@pytest.mark.parametrize(
    ("distro", "python", "packages"),
    [
        ("debian:bookworm", "3.11", ("python3.11",)),
        ("debian:trixie", "3.13.1", ("python3.13",)),
        ("debian:bookworm", "3.12", None),
        ("alpine:3.20", "3.12", ("python3",)),
        ("alpine:3.24", "3.12", None),
    ],
)
def test_a_distro_has_packages_for_the_python_of_its_own_archive(
    distro: str, python: str, packages: tuple[str, ...] | None
) -> None:
    assert interpreter_packages(parse_distro(distro), PythonVersion.parse(python)) == packages


@pytest.mark.parametrize(
    ("distro", "python", "expected"),
    [
        ("debian", None, ("build-essential", "ca-certificates", "git")),
        ("ubuntu", "3.12", ("build-essential", "ca-certificates", "git", "python3.12-dev")),
        ("alpine", None, ("build-base", "ca-certificates", "git", "linux-headers")),
        ("ubi9", "3.11", ("ca-certificates", "gcc", "gcc-c++", "git", "make", "python3.11-devel")),
    ],
)
def test_a_toolchain_has_headers_only_for_an_interpreter_of_the_distro(
    distro: str, python: str | None, expected: tuple[str, ...]
) -> None:
    version = None if python is None else PythonVersion.parse(python)
    assert toolchain(parse_distro(distro), python_from_distro=version) == expected


@pytest.mark.parametrize(
    ("distro", "client"),
    [("debian", "openssh-client"), ("alpine", "openssh-client"), ("ubi9", "openssh-clients")],
)
def test_a_toolchain_has_what_clones_only_where_something_is_cloned(
    distro: str, client: str
) -> None:
    plain = set(toolchain(parse_distro(distro), python_from_distro=None))
    without = toolchain(parse_distro(distro), python_from_distro=None, git=False)
    by_ssh = toolchain(parse_distro(distro), python_from_distro=None, ssh=True)
    assert plain - set(without) == {"git"}
    assert set(by_ssh) - plain == {client}
    assert list(by_ssh) == sorted(by_ssh)
