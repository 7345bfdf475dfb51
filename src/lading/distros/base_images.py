"""Which base image brings a Python to a distribution, and what a base image's name tells."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lading.distros.distro import DEBIAN_NUMBERS, SUPPORTED
from lading.distros.pythons import available_pythons, interpreter_packages
from lading.grammar.invalid import Invalid
from lading.grammar.reference import ImageReference

if TYPE_CHECKING:
    from lading.distros.distro import Distro
    from lading.grammar.base import BaseImage
    from lading.grammar.python_version import PythonVersion

__all__ = ["Base", "base_image", "infer_distro"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """Where an image starts.

    Attributes:
        reference: The base image, by a tag that names its release.
        interpreter: The interpreter's path, once `interpreter_packages` are installed.
        interpreter_packages: What must be installed first for the image to have that interpreter.
    """

    reference: str
    interpreter: str
    interpreter_packages: tuple[str, ...] = ()


# The oldest and newest series that `python:<series>-slim-<codename>` or `python:<series>-alpine<N>`
# exists for: every commit of docker-library/python up to 2026-06-23. No newest where the release
# still gets new series; whether a tag exists is then for the registry to say, at lock.
_OFFICIAL: Final[dict[str, tuple[int, int | None]]] = {
    "debian:bookworm": (7, None),
    "debian:trixie": (9, None),
    "alpine:3.20": (8, 13),
    "alpine:3.21": (9, 14),
    "alpine:3.22": (9, 14),
    "alpine:3.23": (10, None),
    "alpine:3.24": (10, None),
}

_PLAIN: Final = {
    "ubuntu:22.04": "ubuntu:jammy",
    "ubuntu:24.04": "ubuntu:noble",
    "ubi:8": "registry.access.redhat.com/ubi8/ubi-minimal",
    "ubi:9": "registry.access.redhat.com/ubi9/ubi-minimal",
    "amazonlinux:2": "public.ecr.aws/amazonlinux/amazonlinux:2",
    "amazonlinux:2023": "public.ecr.aws/amazonlinux/amazonlinux:2023",
}


def base_image(distro: Distro, python: PythonVersion) -> Base:
    """The official image to start from, and what brings the interpreter there.

    Debian and Alpine start from the official Python images, the others from their own base image
    and the Python of their own archive.

    Raises:
        Invalid: The distribution has no such Python, or its archive decides the patch release.
    """
    return _official(distro, python) if str(distro) in _OFFICIAL else _plain(distro, python)


def _official(distro: Distro, python: PythonVersion) -> Base:
    if not _has_official(distro, python):
        raise _no_such_python(distro, python)
    variant = f"slim-{distro.codename}" if distro.family == "debian" else distro.codename
    return Base(
        reference=f"python:{python}-{variant}", interpreter=f"/usr/local/bin/python{python.series}"
    )


def _has_official(distro: Distro, python: PythonVersion) -> bool:
    oldest, newest = _OFFICIAL.get(str(distro), (0, -1))
    return oldest <= python.minor and (newest is None or python.minor <= newest)


def _plain(distro: Distro, python: PythonVersion) -> Base:
    packages = interpreter_packages(distro, python)
    if packages is None:
        raise _no_such_python(distro, python)
    if python.patch is not None:
        raise Invalid(
            f"Python {python} can't be had on {distro}, whose archive decides the patch release",
            hint=f'python_version="{python.series}", or distro="debian" for a patch release',
        )
    return Base(
        reference=_PLAIN[str(distro)],
        interpreter=f"/usr/bin/python{python.series}",
        interpreter_packages=packages,
    )


def _no_such_python(distro: Distro, python: PythonVersion) -> Invalid:
    having = ", ".join(str(other) for other in SUPPORTED if _offers(other, python))
    return Invalid(
        f"{distro} has no Python {python.series}, only {_offered(distro)}",
        hint=f"Python {python.series} is on {having}" if having else None,
    )


def _offers(distro: Distro, python: PythonVersion) -> bool:
    return _has_official(distro, python) or (
        str(distro) in _PLAIN and python.series in available_pythons(distro)
    )


def _offered(distro: Distro) -> str:
    if str(distro) not in _OFFICIAL:
        return ", ".join(available_pythons(distro))
    oldest, newest = _OFFICIAL[str(distro)]
    return f"3.{oldest} and newer" if newest is None else f"3.{oldest} to 3.{newest}"


# By the image's last path component: which part of the tag is the release.
_RELEASE_IN_TAG: Final = {
    "alpine": r"(?:^|-)(?P<release>3\.[0-9]+)(?:\.[0-9]+)?$",
    "amazonlinux": r"^(?P<release>2023|2)(?:\.|$)",
    "cuda": r"-(?P<name>ubuntu|ubi)(?P<release>[0-9.]+)$",
    "debian": r"^(?P<release>[a-z]+|[0-9]+)(?:\.[0-9]+)?(?:-|$)",
    "python": r"(?:^|-)(?P<name>alpine)?(?P<release>3\.[0-9]+|[a-z]+)$",
    "ubuntu": r"^(?P<release>[0-9]+\.[0-9]+|[a-z]+)(?:[.-]|$)",
}


def infer_distro(reference: BaseImage) -> Distro | None:
    """The distribution inside a well-known image, where the name and tag alone decide it.

    A mirror's copy counts as the image that it copies. `python:3.11-slim` decides nothing: what
    Debian release it means changes with time. Neither does the name of a file.
    """
    if not isinstance(reference, ImageReference):
        return None
    components = reference.path.split("/")
    ubi = re.search(r"(?:^|/)ubi(?P<release>[89])(?:/|-minimal$|$)", reference.path)
    if ubi:
        return _supported("ubi", ubi["release"])
    pattern = _RELEASE_IN_TAG.get(components[-1])
    match = re.search(pattern, reference.tag or "") if pattern else None
    if match is None:
        return None
    name = match.groupdict().get("name") or (
        "debian" if components[-1] == "python" else components[-1]
    )
    return _supported(name, match["release"])


def _supported(name: str, release: str) -> Distro | None:
    release = DEBIAN_NUMBERS.get(release, release) if name == "debian" else release
    for distro in SUPPORTED:
        if distro.name == name and release in (distro.release, distro.codename):
            return distro
    return None
