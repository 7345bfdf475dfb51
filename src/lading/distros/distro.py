"""Which distributions and releases are supported, and what each of them is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from lading.grammar.invalid import Invalid
from lading.grammar.nearest import nearest
from lading.grammar.words import expect_text, shown
from lading.platforms import Libc

__all__ = [
    "DEBIAN_NUMBERS",
    "DEFAULT_ALPINE",
    "DEFAULT_DEBIAN",
    "DEFAULT_UBUNTU",
    "SUPPORTED",
    "Distro",
    "Family",
    "PackageManager",
    "parse_distro",
]

Family = Literal["debian", "alpine", "redhat"]
PackageManager = Literal["apt", "apk", "dnf", "microdnf", "yum"]

DEFAULT_DEBIAN: Final = "trixie"
"""The release that `distro="debian"` means: a constant, never what the machine at hand runs."""

DEFAULT_UBUNTU: Final = "24.04"
"""The release that `distro="ubuntu"` means."""

DEFAULT_ALPINE: Final = "3.23"
"""The release that `distro="alpine"` means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Distro:
    """A release of a distribution.

    Attributes:
        name: `debian`, `ubuntu`, `alpine`, `ubi` or `amazonlinux`.
        release: As its canonical name has it: `bookworm`, `24.04`, `3.20`, `9`, `2023`.
        codename: What image tags and archives call the release, where that is another word.
        family: Which package names and tools it has.
        libc: What its wheels are linked against.
        package_manager: The tool of its base images.
    """

    name: str
    release: str
    codename: str
    family: Family
    libc: Libc
    package_manager: PackageManager

    def __str__(self) -> str:
        return f"{self.name}:{self.release}"


def _glibc(minor: int) -> Libc:
    return Libc(name="glibc", version=(2, minor))


def _debian(release: str, glibc_minor: int) -> Distro:
    return Distro(
        name="debian",
        release=release,
        codename=release,
        family="debian",
        libc=_glibc(glibc_minor),
        package_manager="apt",
    )


def _ubuntu(release: str, codename: str, glibc_minor: int) -> Distro:
    return Distro(
        name="ubuntu",
        release=release,
        codename=codename,
        family="debian",
        libc=_glibc(glibc_minor),
        package_manager="apt",
    )


def _alpine(release: str) -> Distro:
    return Distro(
        name="alpine",
        release=release,
        codename=f"alpine{release}",
        family="alpine",
        libc=Libc(name="musl", version=(1, 2)),  # every release since 3.13
        package_manager="apk",
    )


def _redhat(name: str, release: str, glibc_minor: int, package_manager: PackageManager) -> Distro:
    return Distro(
        name=name,
        release=release,
        codename=f"{name}{release}",
        family="redhat",
        libc=_glibc(glibc_minor),
        package_manager=package_manager,
    )


SUPPORTED: Final = (
    _debian("bookworm", 36),
    _debian("trixie", 41),
    _ubuntu("22.04", "jammy", 35),
    _ubuntu("24.04", "noble", 39),
    # The releases that official Python images were made for, docker-library/python, 2026-06.
    _alpine("3.20"),
    _alpine("3.21"),
    _alpine("3.22"),
    _alpine("3.23"),
    _alpine("3.24"),
    _redhat("ubi", "8", 28, "microdnf"),  # ubi-minimal, which has no other
    _redhat("ubi", "9", 34, "microdnf"),
    _redhat("amazonlinux", "2", 26, "yum"),
    _redhat("amazonlinux", "2023", 34, "dnf"),
)
"""Every release that is supported, 2026-11."""

_DEFAULTS: Final = {
    "debian": DEFAULT_DEBIAN,
    "ubuntu": DEFAULT_UBUNTU,
    "alpine": DEFAULT_ALPINE,
    "ubi": "9",
    "amazonlinux": "2023",
}

# Debian's codenames are what image tags carry; its numbers are what users remember.
DEBIAN_NUMBERS: Final = {"12": "bookworm", "13": "trixie"}

_NAMES: Final = {
    **{str(distro): distro for distro in SUPPORTED},
    **{distro.codename: distro for distro in SUPPORTED},
    **{f"ubuntu:{distro.codename}": distro for distro in SUPPORTED if distro.name == "ubuntu"},
    **{
        f"debian:{number}": distro
        for number, codename in DEBIAN_NUMBERS.items()
        for distro in SUPPORTED
        if distro.codename == codename
    },
    **{
        name: distro
        for name, release in _DEFAULTS.items()
        for distro in SUPPORTED
        if (distro.name, distro.release) == (name, release)
    },
}

# What other tools offer as a "distro" and no image of ours can be: each with where to go instead.
_REFUSED: Final = {
    "conda": "packages come from Python indexes; take their wheels with python_packages()",
    "miniconda": "packages come from Python indexes; take their wheels with python_packages()",
    "micromamba": "packages come from Python indexes; take their wheels with python_packages()",
    "cuda": 'give a CUDA image as base_image together with its distro: distro="ubuntu:24.04"',
    "nvidia": 'give a CUDA image as base_image together with its distro: distro="ubuntu:24.04"',
    "windows": "images are built for linux",
    "centos": 'did you mean distro="ubi:9"?',
    "rhel": 'did you mean distro="ubi:9"?',
    "fedora": 'did you mean distro="ubi:9"?',
    "rockylinux": 'did you mean distro="ubi:9"?',
    "almalinux": 'did you mean distro="ubi:9"?',
}


def parse_distro(text: str) -> Distro:
    """Read the name of a distribution, with or without a release.

    Args:
        text: Such as `debian`, `debian:bookworm`, `debian:12`, `bookworm`, `ubuntu:noble`, `ubi9`.

    Raises:
        Invalid: It isn't a supported distribution or release.
    """
    found = _NAMES.get(expect_text("distro", text))
    if found is None:
        raise _unsupported(text)
    return found


def _unsupported(text: str) -> Invalid:
    word = re.sub(r"[\s:_@=/-]+", ":", text[:64].strip().lower())
    name = re.split(r"[^a-z]", word, maxsplit=1)[0]
    message = f"distro {shown(text)} is not supported"
    if name in _REFUSED:
        return Invalid(message, hint=_REFUSED[name])
    guess = _guess(word)
    family = name if guess is None else _NAMES[guess].name
    releases = [distro for distro in SUPPORTED if distro.name == family]
    known = f"supported: {', '.join(map(str, releases or SUPPORTED))}"
    return Invalid(
        message, hint=known if guess is None else f'did you mean distro="{guess}"? {known}'
    )


def _guess(word: str) -> str | None:
    name = re.split(r"[^a-z]", word, maxsplit=1)[0]
    if name in _DEFAULTS and re.search(r"\d", word) and word not in _NAMES:
        return None  # another number is another release, no slip of the pen
    return nearest(word, _NAMES)
