"""What each distribution is: its libc, its base images, its packages, its users."""

from __future__ import annotations

from lading.distros.apt_sources import AptSources
from lading.distros.archives import SNAPSHOT, ArchiveSuite, archive_suites, debian_architecture
from lading.distros.base_images import Base, base_image, infer_distro
from lading.distros.certificates import ca_prelude
from lading.distros.distro import SUPPORTED, Distro, Family, PackageManager, parse_distro
from lading.distros.install import AptLists, CacheDir, PackageInstall, install_commands
from lading.distros.pythons import available_pythons, interpreter_packages, toolchain
from lading.distros.roots import UNNEEDED, has_shell, root_packages, root_tools
from lading.distros.user import account_commands, folder_commands, user_commands

__all__ = [
    "SNAPSHOT",
    "SUPPORTED",
    "UNNEEDED",
    "AptLists",
    "AptSources",
    "ArchiveSuite",
    "Base",
    "CacheDir",
    "Distro",
    "Family",
    "PackageInstall",
    "PackageManager",
    "account_commands",
    "archive_suites",
    "available_pythons",
    "base_image",
    "ca_prelude",
    "debian_architecture",
    "folder_commands",
    "has_shell",
    "infer_distro",
    "install_commands",
    "interpreter_packages",
    "parse_distro",
    "root_packages",
    "root_tools",
    "toolchain",
    "user_commands",
]
