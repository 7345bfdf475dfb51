"""A base made of nothing but packages: which they are, and what of their needs it does without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lading.distros.distro import SUPPORTED
from lading.distros.pythons import available_pythons, interpreter_packages
from lading.grammar.invalid import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lading.distros.distro import Distro
    from lading.grammar.python_version import PythonVersion

__all__ = ["UNNEEDED", "has_shell", "root_packages", "root_tools"]

_NAME: Final = "debian"

_ROOT: Final = (
    "base-files",
    "base-passwd",
    "ca-certificates",
    "libc-bin",
    "libstdc++6",
    "netbase",
    "python3-minimal",
    "tzdata",
    "usr-is-merged",
)
"""Folders and links, accounts, authorities, locales, names of services, `python3`, time zones; and
the one library that wheels may count on beside the C library (PEP 600)."""

_SHELL: Final = ("coreutils", "dash", "findutils", "grep", "sed")
"""A shell, and what its scripts count on."""

_COMPILING: Final = ("diffutils", "gzip", "mawk", "tar")
"""What else unpacks a source, and what its scripts count on: all of it is in any other base."""

UNNEEDED: Final = {
    "debconf": "asks questions while packages are installed; nobody is asked",
    "dpkg": "installs packages: the image is made without it, and records them in status.d",
    "install-info": "indexes manuals, for whoever installs them",
    "libdebconfclient0": "is what base-passwd asks questions by",
    "mawk": "is for the scripts of base-files, whose effects are had without it",
    "perl-base": "is for maintainer scripts",
    "readline-common": "holds settings that libreadline does without",
}
"""Packages that others depend on for their installation alone, each with what it is for.

They come where one is named, or where another needs exactly a version of it, as perl does of
perl-base: that is for more than installing.
"""


def root_packages(distro: Distro, python: PythonVersion, *, shell: bool = False) -> tuple[str, ...]:
    """What a base from scratch is asked to have, in alphabetical order.

    Args:
        distro: Debian.
        python: The release's own.
        shell: Whether it has a shell, and the usual commands.

    Raises:
        Invalid: The distribution is another, or has another Python.
    """
    if distro.name != _NAME:
        raise Invalid(
            f"a base from scratch is made of Debian's packages, and the image is {distro}",
            hint='write distro="debian:trixie", or take a base image of that distribution',
        )
    interpreter = interpreter_packages(distro, python)
    if interpreter is None:
        raise Invalid(f"{distro} has no Python {python}", hint=_having())
    return tuple(sorted({*_ROOT, *interpreter, *(_SHELL if shell else ())}))


def has_shell(packages: Iterable[str]) -> bool:
    """Whether a base from scratch that was asked to have these has a shell."""
    return set(_SHELL) <= set(packages)


def root_tools(*, shell: bool, compiles: bool) -> tuple[str, ...]:
    """What a stage beside a base from scratch has more, in alphabetical order.

    Args:
        shell: Whether the base has a shell.
        compiles: Whether the stage compiles sources, beside the packages of a compiler.
    """
    return tuple(sorted((*(() if shell else _SHELL), *(_COMPILING if compiles else ()))))


def _having() -> str:
    releases = (one for one in SUPPORTED if one.name == _NAME)
    have = (f"{one} has {' and '.join(available_pythons(one))}" for one in releases)
    return f"{', '.join(have)}; for another, take an official image as the base"
