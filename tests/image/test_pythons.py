from __future__ import annotations

import pytest

from lading import Image, SpecificationError
from lading.image import DEFAULT_PYTHON_VERSION


def test_the_default_is_a_documented_constant() -> None:
    assert DEFAULT_PYTHON_VERSION == "3.13"


@pytest.mark.parametrize(
    ("distro", "version"),
    [
        (None, "3.13"),
        ("debian", "3.13"),
        ("debian:bookworm", "3.13"),
        ("debian:trixie", "3.13"),
        ("alpine", "3.13"),
        ("alpine:3.20", "3.13"),
        ("ubuntu:22.04", "3.10"),
        ("ubuntu:24.04", "3.12"),
        ("ubi8", "3.12"),
        ("ubi9", "3.12"),
        ("amazonlinux:2", "3.8"),
        ("amazonlinux:2023", "3.13"),
    ],
)
def test_each_distro_has_its_own(distro: str | None, version: str) -> None:
    assert str(Image(distro=distro).python_version) == version


@pytest.mark.parametrize(
    ("base", "version"),
    [
        ("python:3.11-slim-bookworm", "3.11"),
        ("python:3.12.4-alpine3.20", "3.12.4"),
        ("mirror.example.test/library/python:3.10", "3.10"),
        ("python:latest", "3.13"),
        ("ubuntu:22.04", "3.10"),
        ("nvidia/cuda:12.4.1-runtime-ubuntu22.04", "3.10"),
        ("example.test/anything", "3.13"),
    ],
)
def test_a_base_image_that_tells_its_python_decides(base: str, version: str) -> None:
    assert str(Image(base_image=base).python_version) == version


def test_what_is_declared_is_kept_with_its_patch_release() -> None:
    """CASES R12."""
    image = Image(base_image="example.test/anything", python_version="3.11.9")
    assert str(image.python_version) == "3.11.9"
    assert image.declared_python == image.python_version


def test_a_base_image_of_another_python_is_refused() -> None:
    with pytest.raises(SpecificationError) as caught:
        Image(base_image="python:3.11-slim", python_version="3.12")
    (problem,) = caught.value.problems
    assert problem.message == (
        "base_image python:3.11-slim has Python 3.11, but python_version is 3.12"
    )
    assert problem.hint == 'leave out python_version, or take "python:3.12-..."'


@pytest.mark.parametrize(
    ("base", "distro", "inside"),
    [
        ("nvidia/cuda:12.4.1-runtime-ubuntu22.04", "alpine", "ubuntu:22.04"),
        ("python:3.11-slim-bookworm", "debian:trixie", "debian:bookworm"),
    ],
)
def test_a_base_image_of_another_distro_is_refused(base: str, distro: str, inside: str) -> None:
    """CASES R52."""
    with pytest.raises(SpecificationError) as caught:
        Image(base_image=base, distro=distro)
    (problem,) = caught.value.problems
    assert f"has {inside}, but distro is {distro}" in problem.message
    assert problem.hint == f'leave out distro, or write distro="{inside}"'


@pytest.mark.parametrize(
    ("base", "distro"),
    [
        ("python:3.11-slim-bookworm", "debian:bookworm"),
        ("alpine:3.20", "alpine:3.20"),
        ("registry.access.redhat.com/ubi9/python-311", "ubi:9"),
        ("example.test/anything", None),
    ],
)
def test_the_distro_is_read_off_a_well_known_base_image(base: str, distro: str | None) -> None:
    """CASES R10."""
    image = Image(base_image=base)
    assert (str(image.distro) if image.distro else None) == distro
    assert image.declared_distro is None


@pytest.mark.parametrize(
    ("base", "python", "hint"),
    [
        ("debian:bookworm", "3.12", 'python_version="3.11", or base_image="python:3.12-..."'),
        ("mirror.test/library/ubuntu:24.04", "3.11", 'python_version="3.12", or '),
        ("registry.access.redhat.com/ubi9/ubi-minimal", "3.13", '"3.9" or "3.11" or "3.12", or '),
        ("alpine:3.24", "3.12", 'base_image="python:3.12-..."'),
    ],
)
def test_a_plain_distro_without_that_python_is_refused(base: str, python: str, hint: str) -> None:
    """CASES R52."""
    with pytest.raises(SpecificationError) as caught:
        Image(base_image=base, python_version=python)
    (problem,) = caught.value.problems
    assert "comes without Python" in problem.message
    assert hint in (problem.hint or "")


@pytest.mark.parametrize(
    ("base", "distro", "python"),
    [
        ("debian:bookworm", "debian:bookworm", "3.11"),
        ("registry.access.redhat.com/ubi9/python-311", "ubi:9", "3.13"),
        ("nvidia/cuda:12.4.1-runtime-ubuntu22.04", "ubuntu:22.04", "3.12"),
        ("example.test/anything", "debian:bookworm", "3.12"),
    ],
)
def test_a_base_that_may_have_that_python_is_taken(base: str, distro: str, python: str) -> None:
    assert Image(base_image=base, distro=distro, python_version=python).base_image is not None


def test_a_python_that_the_distro_lacks_is_refused_with_one_that_has_it() -> None:
    with pytest.raises(SpecificationError) as caught:
        Image(distro="ubuntu:24.04", python_version="3.11")
    (problem,) = caught.value.problems
    assert problem.message == "ubuntu:24.04 has no Python 3.11, only 3.12"
    assert problem.hint is not None
    assert "debian:bookworm" in problem.hint


@pytest.mark.parametrize(
    "base", ["oci:python", "oci-archive:python.tar", "docker-archive:ubuntu.tar", "scratch"]
)
def test_a_base_that_is_no_image_of_a_registry_tells_nothing_by_its_name(base: str) -> None:
    image = Image(base_image=base)
    assert (image.distro, str(image.python_version)) == (None, DEFAULT_PYTHON_VERSION)
    told = image.replace(distro="debian:bookworm")
    assert (str(told.distro), str(told.python_version)) == ("debian:bookworm", "3.11")
    assert str(told.base_image) == base
    assert told.replace(base_image=base) == told
    assert told.replace(base_image=None).base_image is None


def test_a_mistyped_kind_of_base_is_refused_at_the_call() -> None:
    with pytest.raises(SpecificationError) as caught:
        Image(base_image="docker-archiv:base.tar")
    (problem,) = caught.value.problems
    assert problem.hint == 'did you mean "docker-archive:base.tar"?'
    assert problem.location is not None
