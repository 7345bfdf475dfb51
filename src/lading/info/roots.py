"""The layers that a Dockerfile on nothing begins with, as the frozen folder has them.

No engine can install a package where there is no package manager, and without a shell nothing can
make a user's folders. So freezing makes these layers, and the Dockerfile unpacks them.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from lading.info.model import ImageInfo
    from lading.lock.model import Deb

__all__ = ["BASE", "RootLayer", "folders_layer", "packages_layer", "root_layers", "tools_layer"]

BASE: Final = "base"
"""The folder of these layers in a frozen folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RootLayer:
    """A layer on nothing, before anything of it was looked at.

    Attributes:
        kind: What it holds: the image's packages; these and what a stage beside the image has more;
            or the folders that the container's user writes to.
        path: Where the frozen folder has it: named by what it is made of.
        debs: Its packages.
    """

    kind: Literal["packages", "tools", "folders"]
    path: str
    debs: tuple[Deb, ...] = ()


def root_layers(info: ImageInfo) -> tuple[RootLayer, ...]:
    """All that the folder of an image has; none where it has a base image."""
    if not info.on_scratch:
        return ()
    found = (packages_layer(info), tools_layer(info), folders_layer(info))
    return tuple(one for one in found if one is not None)


def packages_layer(info: ImageInfo) -> RootLayer | None:
    """The image's packages, where it has any."""
    return _packages(info, "packages", info.installed_debs)


def tools_layer(info: ImageInfo) -> RootLayer | None:
    """Those, and what a stage beside the image installs and compiles with, where one has to."""
    if not info.on_scratch or not info.build_debs:
        return None
    return _packages(info, "tools", (*info.installed_debs, *info.build_debs))


def _packages(
    info: ImageInfo, kind: Literal["packages", "tools"], debs: tuple[Deb, ...]
) -> RootLayer | None:
    if not debs:
        return None
    hashes = sorted(one.sha256 for one in debs)
    return RootLayer(kind=kind, path=_path(info, kind, hashes), debs=debs)


def folders_layer(info: ImageInfo) -> RootLayer:
    """The folders of the container's user; on nothing at all, its account too."""
    config = info.config
    places = [config.workdir, *config.volumes, bool(info.installed_debs)]
    return RootLayer(kind="folders", path=_path(info, "folders", places))


def _path(info: ImageInfo, kind: str, inputs: list[object] | list[str]) -> str:
    user = info.config.user
    known = json.dumps([inputs, user.uid, user.gid, user.name, user.home])
    return f"{BASE}/{kind}-{hashlib.sha256(known.encode()).hexdigest()[:16]}.tar.gz"
