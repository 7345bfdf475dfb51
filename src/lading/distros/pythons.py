"""Which distribution packages bring a Python interpreter, and which build packages from source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lading.distros.distro import Distro, Family
    from lading.grammar.python_version import PythonVersion

__all__ = ["available_pythons", "interpreter_packages", "toolchain"]

# The package that brings each series of Python, and the one that brings its headers. Debian and
# Ubuntu: the release's own only. Alpine: `python3` in main (3.24's is left out: not verified). UBI:
# "Python versions in RHEL 8" and "... RHEL 9", Red Hat's documentation, 2026. Amazon Linux 2023:
# "Python in AL2023", AWS's user guide, 2026. Amazon Linux 2: its topic python3.8 (see `install`).
_PYTHONS: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "debian:bookworm": {"3.11": ("python3.11", "python3.11-dev")},
    "debian:trixie": {"3.13": ("python3.13", "python3.13-dev")},
    "ubuntu:22.04": {"3.10": ("python3.10", "python3.10-dev")},
    "ubuntu:24.04": {"3.12": ("python3.12", "python3.12-dev")},
    "alpine:3.20": {"3.12": ("python3", "python3-dev")},
    "alpine:3.21": {"3.12": ("python3", "python3-dev")},
    "alpine:3.22": {"3.12": ("python3", "python3-dev")},
    "alpine:3.23": {"3.12": ("python3", "python3-dev")},
    "ubi:8": {
        "3.9": ("python39", "python39-devel"),
        "3.11": ("python3.11", "python3.11-devel"),
        "3.12": ("python3.12", "python3.12-devel"),
    },
    "ubi:9": {
        "3.9": ("python3", "python3-devel"),
        "3.11": ("python3.11", "python3.11-devel"),
        "3.12": ("python3.12", "python3.12-devel"),
    },
    "amazonlinux:2": {"3.8": ("python38", "python38-devel")},
    "amazonlinux:2023": {
        "3.9": ("python3", "python3-devel"),
        "3.11": ("python3.11", "python3.11-devel"),
        "3.12": ("python3.12", "python3.12-devel"),
        "3.13": ("python3.13", "python3.13-devel"),
        "3.14": ("python3.14", "python3.14-devel"),
    },
}

_TOOLCHAINS: Final[dict[Family, tuple[str, ...]]] = {
    "debian": ("build-essential", "ca-certificates"),
    "alpine": ("build-base", "ca-certificates", "linux-headers"),
    "redhat": ("ca-certificates", "gcc", "gcc-c++", "make"),
}

_SSH: Final[dict[Family, str]] = {
    "debian": "openssh-client",
    "alpine": "openssh-client",
    "redhat": "openssh-clients",
}


def available_pythons(distro: Distro) -> tuple[str, ...]:
    """The series that the distribution's own archive is known to have, oldest first."""
    return tuple(_PYTHONS.get(str(distro), {}))


def interpreter_packages(distro: Distro, python: PythonVersion) -> tuple[str, ...] | None:
    """The packages that bring that series from the distro's own archive, or None if none do.

    They bring the interpreter and its standard library, as `/usr/bin/python<series>`; no pip, no
    ensurepip and no headers, none of which an environment made by uv needs.
    """
    found = _PYTHONS.get(str(distro), {}).get(python.series)
    return None if found is None else (found[0],)


def toolchain(
    distro: Distro,
    *,
    python_from_distro: PythonVersion | None,
    git: bool = True,
    ssh: bool = False,
) -> tuple[str, ...]:
    """What compiles source distributions and clones repositories, in alphabetical order.

    Args:
        distro: Where it is to be installed.
        python_from_distro: The interpreter's version if it came from the distro's archive, whose
            headers are a package of their own; None where the base image brings both.
        git: Whether repositories may have to be cloned.
        ssh: Whether one of them is reached by SSH.
    """
    headers: tuple[str, ...] = ()
    if python_from_distro is not None:
        found = _PYTHONS.get(str(distro), {}).get(python_from_distro.series)
        headers = () if found is None else (found[1],)
    cloning = (*(("git",) if git else ()), *((_SSH[distro.family],) if ssh else ()))
    return tuple(sorted((*_TOOLCHAINS[distro.family], *headers, *cloning)))
