"""How system packages are installed: the task that asks the package manager for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lading.distros import AptSources, install_commands, parse_distro
from lading.dockerfile import apt_lists, inputs
from lading.dockerfile import instructions as docker
from lading.dockerfile.layout import APT_LISTS
from lading.dockerfile.tasks import Task
from lading.info.layout import DEBS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.dockerfile.supply import Supply
    from lading.info import ContextFile, ImageInfo
    from lading.lock.model import Deb

__all__ = ["Wanted", "system_packages"]

# What no lock pins. The linter has a rule for each package manager.
_UNPINNED = {
    "apt": "DL3008",
    "apk": "DL3018",
    "dnf": "DL3041",
    "microdnf": "DL3041",
    "yum": "DL3033",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """System packages that are installed together.

    Attributes:
        words: What is asked for.
        debs: What that comes to, where it is locked.
        name: What the list of that is called.
    """

    words: tuple[str, ...]
    debs: tuple[Deb, ...] | None = None
    name: str = ""


def system_packages(
    info: ImageInfo, wanted: Wanted, supply: Supply, *, before: tuple[str, ...] = ()
) -> Task:
    """What installs system packages.

    Args:
        info: The image.
        wanted: The packages.
        supply: How a step gets what it needs.
        before: Commands that come first.
    """
    assert info.distro is not None  # noqa: S101 - freeze refuses packages without a distro
    distro = parse_distro(info.distro)
    is_pinned = wanted.debs is not None and not info.vendored
    install = install_commands(
        distro,
        wanted.words,
        arch=info.platform.partition("/")[2].replace("/", "-"),
        cached=supply.mounts,
        debs=supply.debs if info.vendored else None,
        lists=APT_LISTS if is_pinned else None,
        sources=_archives(info),
    )
    caches = (docker.CacheMount(target=one.target, id=one.id) for one in install.mounts)
    lists = _lists(info, wanted, supply)
    return Task(
        commands=(*before, *install.commands),
        needs=(*lists, *_keyrings(info), *caches, *supply.ca_mount()),
        remark=None if is_pinned else f"hadolint ignore={_UNPINNED[distro.package_manager]}",
        inputs=_inputs(info, wanted),
    )


def _lists(info: ImageInfo, wanted: Wanted, supply: Supply) -> tuple[docker.BindMount, ...]:
    """What apt is given: a folder of packages, or the lists of what it installs."""
    if info.vendored:
        return (docker.BindMount(source=DEBS, target=supply.debs),)
    if wanted.debs is None:
        return ()
    paths = zip(
        apt_lists.apt_paths(wanted.name), (APT_LISTS.versions, APT_LISTS.hashes), strict=True
    )
    return tuple(docker.BindMount(source=source, target=target) for source, target in paths)


def _inputs(info: ImageInfo, wanted: Wanted) -> str | None:
    if info.vendored:
        return inputs.of_debs(info.debs)
    return None if wanted.debs is None else inputs.of_debs(wanted.debs)


def _archives(info: ImageInfo) -> AptSources:
    return AptSources(
        mirrors=info.archive_mirrors,
        snapshot=info.snapshot,
        components=info.components,
        keyrings=tuple((name, _keyring(file)) for name, file in info.archive_keyrings),
        unsigned=info.unsigned_archives,
    )


def _keyrings(info: ImageInfo) -> Iterator[docker.BindMount]:
    for _, file in info.archive_keyrings:
        yield docker.BindMount(source=file.path, target=_keyring(file))


def _keyring(file: ContextFile) -> str:
    """Where a keyring is during an installation."""
    return f"/run/{file.path.replace('/', '.')}"
