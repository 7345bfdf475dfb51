"""The commands that install a distribution's packages, as one RUN that leaves nothing else behind.

Package names come from the grammar of their family, so none can be an option or hold a character
that means something to a shell; `--` still ends the options wherever the tool knows it.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, assert_never

from lading.build_inputs import CA_BUNDLE_PATH
from lading.distros.apt_sources import AptSources
from lading.distros.certificates import when_ca_bundle
from lading.grammar.invalid import Invalid
from lading.grammar.words import shown

if TYPE_CHECKING:
    from lading.distros.distro import Distro

__all__ = ["AptLists", "CacheDir", "PackageInstall", "install_commands"]

_OWN_SOURCES: Final = AptSources()


@dataclass(frozen=True, slots=True, kw_only=True)
class AptLists:
    """Files in the build that say which Debian packages are installed, and no others.

    Attributes:
        versions: A line for each, as `apt-get install` takes it: `name=version`.
        hashes: What `sha256sum --check` takes, by the names that apt gives to what it downloads.
    """

    versions: str
    hashes: str


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


def install_commands(  # noqa: PLR0913 - one tool, and all the ways that it is told of packages
    distro: Distro,
    packages: tuple[str, ...],
    *,
    arch: str,
    cached: bool = True,
    debs: str | None = None,
    lists: AptLists | None = None,
    sources: AptSources = _OWN_SOURCES,
) -> PackageInstall:
    """How packages are installed there: refreshed, installed and cleaned up in one RUN.

    Where the build mounts a CA bundle at `CA_BUNDLE_PATH`, the package manager trusts it.

    Packages from a folder need neither a network nor a cache: the folder is apt's only source, and
    need not be writable. It is trusted as it is, since the lock has each file's hash and the
    folder's index, which apt goes by, has the same.

    Args:
        distro: Which tool and archive.
        packages: Names as the grammar of the distro's family has them, at least one.
        arch: The target's architecture, in Go's words, which tells one cache from another.
        cached: Whether the RUN may have mounts. Without, it deletes what it downloaded.
        debs: The folder in the build that holds the Debian packages to install from, and their
            index; absolute, of letters, digits and `/._-`.
        lists: What the lock has for these packages; apt then installs exactly that, once each
            download has the locked hash.
        sources: Where apt takes packages from, where it isn't what the base's own sources say.

    Raises:
        Invalid: The distribution can't install Debian packages from a folder.
    """
    words = shlex.join(packages)
    if debs is not None:
        _check_folder(distro, debs)
    match distro.package_manager:
        case "apt":
            if debs is not None:
                return _apt_vendored(words, debs)
            lines = sources.lines(distro, arch)
            options = _APT_OF_OLD if sources.snapshot else ()
            install = _apt_install(words, lists, _archives(cached=cached))
            return _apt(distro, install, options, arch=arch, cached=cached, sources=lines)
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


# Sources that stand for the base's own during one RUN: sources.list(5), apt.conf(5). A file right
# under /run, since every base has that folder; it is removed at the end.
_APT_LIST: Final = "/run/lading-apt.list"
_APT_OWN_SOURCES: Final = (
    f"-o Dir::Etc::sourcelist={_APT_LIST}",
    "-o Dir::Etc::sourceparts=/dev/null",
)


# A state of the archive that has been replaced since says that it no longer holds.
_APT_OF_OLD: Final = ("-o Acquire::Check-Valid-Until=false",)

_APT_EXACTLY: Final = "install --yes --no-install-recommends --no-remove --allow-downgrades"


def _archives(*, cached: bool) -> str:
    return _APT_KEPT[0] if cached else f"{_APT_CACHE}/archives"


def _apt_install(words: str, lists: AptLists | None, archives: str) -> tuple[str, ...]:
    if lists is None:
        return (f'apt-get "$@" install --yes --no-install-recommends -- {words}',)
    apt = f'xargs -a {lists.versions} apt-get "$@" {_APT_EXACTLY}'
    return (
        f"{apt} --download-only --",
        f"env -C {archives} sha256sum --check --strict --quiet {lists.hashes}",
        f"{apt} --no-download --",
    )


def _apt(  # noqa: PLR0913 - all that an installation by apt consists of
    distro: Distro,
    install: tuple[str, ...],
    more: tuple[str, ...],
    *,
    arch: str,
    cached: bool,
    sources: tuple[str, ...],
) -> PackageInstall:
    scope = f"{distro.name}-{distro.release}-{arch}"
    mounts = (CacheDir(id=f"lading-apt-{scope}", target=_APT_CACHE),)
    own = _APT_OWN_SOURCES if sources else ()
    options = (*_APT_STRICT, *more, *own, *(_APT_KEEP if cached else ()))
    leftovers = _APT_LEFTOVERS if cached else (*_APT_DOWNLOADS, *_APT_LEFTOVERS)
    commands = (
        "export DEBIAN_FRONTEND=noninteractive",
        *((_write_sources(sources),) if sources else ()),
        f"set -- {' '.join(options)}",
        when_ca_bundle(_APT_CA),
        *((_APT_MAKE_KEPT,) if cached else ()),
        'apt-get "$@" update',
        *install,
        f"rm -rf {' '.join((*leftovers, *((_APT_LIST,) if sources else ())))}",
    )
    return PackageInstall(mounts=mounts if cached else (), commands=commands)


def _apt_vendored(words: str, debs: str) -> PackageInstall:
    # apt's methods run as _apt, who may not read every folder that a build mounts or copies.
    options = (*_APT_STRICT, *_APT_OWN_SOURCES, "-o APT::Sandbox::User=root")
    leftovers = (*_APT_DOWNLOADS, *_APT_LEFTOVERS, _APT_LIST)
    commands = (
        "export DEBIAN_FRONTEND=noninteractive",
        _write_sources((f"deb [trusted=yes] file:{debs} ./",)),
        f"set -- {' '.join(options)}",
        'apt-get "$@" update',
        # Where the base has a package that must move and isn't in the folder, apt would remove it.
        f'apt-get "$@" install --yes --no-install-recommends --no-remove -- {words}',
        f"rm -rf {' '.join(leftovers)}",
    )
    return PackageInstall(mounts=(), commands=commands)


def _write_sources(sources: tuple[str, ...]) -> str:
    return f"printf '%s\\n' {shlex.join(sources)} >{_APT_LIST}"


def _check_folder(distro: Distro, debs: str) -> None:
    if distro.package_manager != "apt":
        raise Invalid(
            f"vendoring system packages is for Debian and Ubuntu, and the image is {distro}"
        )
    if not re.fullmatch(r"(/[A-Za-z0-9._-]+)+", debs):
        raise Invalid(f"{shown(debs)} can't be a folder of Debian packages")


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
