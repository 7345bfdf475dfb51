"""The commands that install a distribution's packages, as one RUN that leaves nothing else behind.

Package names come from the grammar of their family, so none can be an option or hold a character
that means something to a shell; `--` still ends the options wherever the tool knows it.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, assert_never

from lading.build_inputs import CA_BUNDLE_PATH
from lading.distros.certificates import when_ca_bundle

if TYPE_CHECKING:
    from lading.distros.distro import Distro

__all__ = ["CacheDir", "PackageInstall", "install_commands"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheDir:
    """A directory that is a locked cache mount during the RUN, and no part of the image.

    Attributes:
        id: What tells this cache from every other on the builder.
        target: Where the commands expect it.
    """

    id: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageInstall:
    """One RUN, as root.

    Attributes:
        mounts: The caches that its commands count on.
        commands: Commands in POSIX sh, each to run only if the one before it succeeded, all in one
            shell: later ones read what earlier ones set.
    """

    mounts: tuple[CacheDir, ...]
    commands: tuple[str, ...]


def install_commands(
    distro: Distro, packages: tuple[str, ...], *, arch: str, cached: bool = True
) -> PackageInstall:
    """How packages are installed there: refreshed, installed and cleaned up in one RUN.

    Where the build mounts a CA bundle at `CA_BUNDLE_PATH`, the package manager trusts it.

    Args:
        distro: Which tool and archive.
        packages: Names as the grammar of the distro's family has them, at least one.
        arch: The target's architecture, which tells one cache from another.
        cached: Whether the RUN may have mounts. Without, it deletes what it downloaded.
    """
    words = shlex.join(packages)
    match distro.package_manager:
        case "apt":
            return _apt(distro, words, arch=arch, cached=cached)
        case "apk":
            commands = _apk(words)
        case "dnf":
            commands = _dnf(words)
        case "microdnf":
            commands = _microdnf(words)
        case "yum":
            commands = _yum(words, packages)
        case _:
            assert_never(distro.package_manager)
    return PackageInstall(mounts=(), commands=commands)


_APT_CACHE: Final = "/var/cache/apt"

# By default `apt-get update` succeeds where an index can't be fetched, and old ones are then used.
_APT_STRICT: Final = ("-o APT::Update::Error-Mode=any", "-o Acquire::Languages=none")

# Directories of our own, where the docker-clean hooks of Debian's and Ubuntu's images don't look:
# they delete /var/cache/apt/archives/*.deb. So those hooks need not be removed. The lists lie in
# the same mount, because Buildah before 1.29 (its issue 4342) frees but one locked cache of a RUN,
# and none whose lock file is gone, which apt deletes among its lists: the next RUN waits for ever.
_APT_KEPT: Final = (f"{_APT_CACHE}/lading", f"{_APT_CACHE}/lists")
_APT_KEEP: Final = (
    f"-o Dir::Cache::archives={_APT_KEPT[0]}",
    f"-o Dir::State::Lists={_APT_KEPT[1]}",
    "-o APT::Keep-Downloaded-Packages=true",
)
_APT_MAKE_KEPT: Final = f"mkdir -p {' '.join(f'{folder}/partial' for folder in _APT_KEPT)}"

# A secret's default mode is 0400, and apt's methods run as _apt: with a private CA they stay root.
_APT_CA: Final = (
    f'set -- "$@" -o Acquire::https::CAInfo={CA_BUNDLE_PATH} -o APT::Sandbox::User=root'
)

_APT_LEFTOVERS: Final = (
    "/var/lib/apt/lists/*",
    "/var/log/apt/*",
    "/var/log/dpkg.log",
    "/var/log/alternatives.log",
    "/var/cache/debconf/*-old",
    "/var/lib/dpkg/*-old",
    "/var/cache/ldconfig/aux-cache",
)
_APT_DOWNLOADS: Final = (
    f"{_APT_CACHE}/archives/*.deb",
    f"{_APT_CACHE}/*.bin",
)


def _apt(distro: Distro, words: str, *, arch: str, cached: bool) -> PackageInstall:
    scope = f"{distro.name}-{distro.release}-{arch}"
    mounts = (CacheDir(id=f"lading-apt-{scope}", target=_APT_CACHE),)
    options = (*_APT_STRICT, *(_APT_KEEP if cached else ()))
    leftovers = _APT_LEFTOVERS if cached else (*_APT_DOWNLOADS, *_APT_LEFTOVERS)
    commands = (
        "export DEBIAN_FRONTEND=noninteractive",
        f"set -- {' '.join(options)}",
        when_ca_bundle(_APT_CA),
        *((_APT_MAKE_KEPT,) if cached else ()),
        'apt-get "$@" update',
        f'apt-get "$@" install --yes --no-install-recommends -- {words}',
        f"rm -rf {' '.join(leftovers)}",
    )
    return PackageInstall(mounts=mounts if cached else (), commands=commands)


def _apk(words: str) -> tuple[str, ...]:
    return (
        # apk has no option for it, but OpenSSL's default: libfetch/common.c, 2.14 and 3.
        when_ca_bundle(f"export SSL_CERT_FILE={CA_BUNDLE_PATH}"),
        f"apk add --no-cache -- {words}",
        "rm -f /var/log/apk.log",
    )


_RPM_LEFTOVERS: Final = (
    "/var/cache/dnf",
    "/var/cache/yum",
    "/var/log/dnf*.log",
    "/var/log/hawkey.log",
    "/var/log/yum.log",
    "/var/cache/ldconfig/aux-cache",
)
_RPM_CLEAN: Final = f"rm -rf {' '.join(_RPM_LEFTOVERS)}"


def _dnf(words: str) -> tuple[str, ...]:
    return (
        when_ca_bundle(f"set -- --setopt=sslcacert={CA_BUNDLE_PATH}"),
        f'dnf "$@" install -y --nodocs --setopt=install_weak_deps=False -- {words}',
        "dnf clean all",
        _RPM_CLEAN,
    )


def _microdnf(words: str) -> tuple[str, ...]:
    # The full UBI has dnf, the minimal one microdnf; what a user's own base has can't be known.
    # microdnf takes few main options by --setopt, but every option of a repository; so does dnf.
    return (
        "dnf=$(command -v microdnf || command -v dnf)",
        when_ca_bundle(f"set -- '--setopt=*.sslcacert={CA_BUNDLE_PATH}'"),
        f'"$dnf" "$@" install -y --nodocs --setopt=install_weak_deps=0 {words}',
        '"$dnf" clean all',
        _RPM_CLEAN,
    )


def _yum(words: str, packages: tuple[str, ...]) -> tuple[str, ...]:
    # Amazon Linux 2 keeps Python 3.8 in a repository that is off until its topic is enabled.
    topic = any(package.startswith("python38") for package in packages)
    return (
        *(("amazon-linux-extras enable python3.8",) if topic else ()),
        when_ca_bundle(f"set -- --setopt=sslcacert={CA_BUNDLE_PATH}"),
        f'yum "$@" install -y --setopt=tsflags=nodocs {words}',
        "yum clean all",
        _RPM_CLEAN,
    )
