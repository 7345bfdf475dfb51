"""What the wheels of an image are checked for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from lading.elf import AARCH64, X86_64
from lading.wheels import Scheme

if TYPE_CHECKING:
    from lading.distros import Distro
    from lading.elf import Elf
    from lading.libraries.wheel import WheelFile
    from lading.platforms import Platform

__all__ = ["Target", "libc_of"]

# By GOARCH: the gABI's e_machine, and whether files are of 64 bits.
_MACHINES: Final = {
    "386": (3, 32),
    "amd64": (X86_64, 64),
    "arm": (40, 32),
    "arm64": (AARCH64, 64),
    "loong64": (258, 64),
    "ppc64le": (21, 64),
    "riscv64": (243, 64),
    "s390x": (22, 64),
}

_NAMES: Final = {
    **{machine: name for name, (machine, _) in _MACHINES.items()},
    8: "mips",
    20: "ppc",
}

# PEP 3149 and what other implementations write: the interpreter that an extension module is for.
_FOR_PYTHON: Final = re.compile(r"\.(?:cpython-(?P<series>[0-9]+)|pypy|graalpy)[^/]*\.so$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What an image is made for.

    Attributes:
        distro: What it is made of.
        platform: What it runs on.
        scheme: The environment that its wheels are installed into.
    """

    distro: Distro
    platform: Platform
    scheme: Scheme

    @classmethod
    def of(cls, distro: Distro, platform: Platform, *, python: str, prefix: str) -> Target:
        """A target whose wheels are in the virtual environment at `prefix`.

        Args:
            distro: What the image is made of.
            platform: What it runs on.
            python: Its Python's series, such as `3.11`.
            prefix: Such as `/opt/venv`.
        """
        scheme = Scheme(prefix=prefix, python=python, interpreter=f"{prefix}/bin/python")
        return cls(distro=distro, platform=platform, scheme=scheme)

    def is_machine(self, elf: Elf) -> bool:
        """Whether a file is for the target's processor."""
        return (elf.machine, elf.bits) == _MACHINES.get(self.platform.architecture)

    def is_libc(self, elf: Elf) -> bool:
        """Whether a file is for the target's C library, or for none in particular."""
        return libc_of(elf) in {None, self.distro.libc.name}

    def is_python(self, file: WheelFile) -> bool:
        """Whether a file is no extension module of another Python."""
        match = _FOR_PYTHON.search(file.member)
        return match is None or match["series"] == self.scheme.python.replace(".", "")

    def is_native(self, file: WheelFile) -> bool:
        """Whether a file can be loaded by the target, if nothing is missing."""
        return self.is_machine(file.elf) and self.is_libc(file.elf) and self.is_python(file)


def libc_of(elf: Elf) -> Literal["glibc", "musl"] | None:
    """The C library that a file is linked to."""
    names = (*elf.needed, (elf.interpreter or "").rpartition("/")[2])
    if any(name.startswith(("libc.musl-", "ld-musl-")) or name == "libc.so" for name in names):
        return "musl"
    if any(name == "libc.so.6" or name.startswith("ld-linux") for name in names):
        return "glibc"
    return None


def machine_name(elf: Elf) -> str:
    """What a file's processor is called."""
    return _NAMES.get(elf.machine, f"machine {elf.machine}")
