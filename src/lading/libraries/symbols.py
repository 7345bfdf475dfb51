"""Which symbol versions a release's C and C++ libraries define.

Sources: the C library's release notes (each release defines `GLIBC_` and its own number); GCC's
manual of libstdc++, "ABI Policy and Guidelines", which has the versions of each GCC release.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lading.distros import Distro

__all__ = ["GLIBC_LIBRARIES", "glibc_version", "libstdcxx_versions", "number_of"]

GLIBC_LIBRARIES: Final = frozenset(
    {
        *("libc.so.6", "libm.so.6", "libmvec.so.1", "libpthread.so.0", "libdl.so.2", "librt.so.1"),
        *("libutil.so.1", "libresolv.so.2", "libanl.so.1", "ld-linux-x86-64.so.2"),
        *("ld-linux-aarch64.so.1", "libBrokenLocale.so.1", "libc_malloc_debug.so.0"),
    }
)
"""The libraries of glibc itself that a wheel may need."""

# By the series of GCC that a release's libstdc++6 is made of: GLIBCXX_3.4.N and CXXABI_1.3.N.
_OF_GCC: Final = {7: (24, 11), 8: (25, 11), 11: (29, 13), 12: (30, 13), 14: (33, 15)}

_GCC: Final = {
    "debian:bookworm": 12,
    "debian:trixie": 14,
    "ubuntu:22.04": 12,
    "ubuntu:24.04": 14,
    "ubi:8": 8,
    "ubi:9": 11,
    "amazonlinux:2": 7,
    "amazonlinux:2023": 11,
}

# The one marker of glibc's that is no number: relative relocations, since 2.36.
_MARKERS: Final = {"GLIBC_ABI_DT_RELR": (2, 36)}

_NUMBER: Final = re.compile(r"(?:GLIBC|GLIBCXX|CXXABI)_(?P<number>[0-9]+(?:\.[0-9]+)+)")


def number_of(version: str) -> tuple[int, ...] | None:
    """The number in a version such as `GLIBC_2.38`; None where there is none."""
    match = _NUMBER.fullmatch(version)
    return tuple(map(int, match["number"].split("."))) if match else None


def glibc_version(version: str) -> tuple[int, ...] | None:
    """The first release of glibc that defines a symbol version; None where it is not glibc's."""
    if version in _MARKERS:
        return _MARKERS[version]
    return number_of(version) if version.startswith("GLIBC_") else None


def libstdcxx_versions(distro: Distro) -> dict[str, tuple[int, ...]]:
    """The newest version of each kind that a release's libstdc++ defines; empty where unknown."""
    series = _GCC.get(str(distro))
    if series is None:
        return {}
    library, language = _OF_GCC[series]
    return {"GLIBCXX": (3, 4, library), "CXXABI": (1, 3, language)}
