"""What each distribution is: its libc, its base images, its packages, its users."""

from __future__ import annotations

from lading.distros.base_images import Base, base_image, infer_distro
from lading.distros.certificates import ca_prelude
from lading.distros.distro import SUPPORTED, Distro, Family, PackageManager, parse_distro
from lading.distros.install import CacheDir, PackageInstall, install_commands
from lading.distros.pythons import available_pythons, interpreter_packages, toolchain
from lading.distros.user import user_commands

__all__ = [
    "SUPPORTED",
    "Base",
    "CacheDir",
    "Distro",
    "Family",
    "PackageInstall",
    "PackageManager",
    "available_pythons",
    "base_image",
    "ca_prelude",
    "infer_distro",
    "install_commands",
    "interpreter_packages",
    "parse_distro",
    "toolchain",
    "user_commands",
]
