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
    from collections.abc import Sequence

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
        over: Those of the images below, on which these are installed.
        image: How many images are below the one that has it first.
    """

    kind: Literal["packages", "tools", "folders"]
    path: str
    debs: tuple[Deb, ...] = ()
    over: tuple[Deb, ...] = ()
    image: int = 0


def root_layers(info: ImageInfo) -> tuple[RootLayer, ...]:
    """All that the folder of an image has; none where it has a base image."""
    if not info.on_scratch:
        return ()
    found = (
        layer
        for image in info.stack
        for layer in (packages_layer(image), tools_layer(image), folders_layer(image))
    )
    return tuple(one for one in found if one is not None)


def packages_layer(info: ImageInfo) -> RootLayer | None:
    """The image's packages, where it has any that no image below has."""
    below = info.below
    over = below.installed_debs if below else ()
    debs = tuple(deb for deb in info.installed_debs if deb not in over)
    # The accounts are in that layer: another user is another layer.
    has_account = below is None or below.config.user == info.config.user
    if not debs and (has_account or not over):
        return None
    return _packages(info, "packages", debs, over)


def tools_layer(info: ImageInfo) -> RootLayer | None:
    """All those, and what a stage beside the image installs and compiles with, where one has to."""
    if not info.on_scratch or not info.build_debs:
        return None
    return _packages(info, "tools", (*info.installed_debs, *info.build_debs))


def _packages(
    info: ImageInfo,
    kind: Literal["packages", "tools"],
    debs: tuple[Deb, ...],
    over: tuple[Deb, ...] = (),
) -> RootLayer | None:
    hashes = sorted(one.sha256 for one in debs)
    path = _path(info, kind, hashes)
    return RootLayer(kind=kind, path=path, debs=debs, over=over, image=len(info.stack) - 1)


def folders_layer(info: ImageInfo) -> RootLayer | None:
    """The folders of the container's user that no image below gives it.

    On nothing at all its account is there too.
    """
    below = info.below
    if below is not None and not info.given_folders:
        has_packages = bool(info.installed_debs)
        if has_packages or below.config.user == info.config.user:
            return None
    config = info.config
    path = _path(info, "folders", [config.workdir, *config.volumes, bool(info.installed_debs)])
    return RootLayer(kind="folders", path=path, image=len(info.stack) - 1)


def _path(info: ImageInfo, kind: str, inputs: Sequence[object]) -> str:
    """By what the layer is made of; on an image of one's own that is a part of it."""
    below, user = info.below, info.config.user
    account = [user.uid, user.gid, user.name, user.home]
    under = [] if below is None else [[one.path for one in root_layers(below)]]
    known = json.dumps([inputs, *account, *under])
    return f"{BASE}/{kind}-{hashlib.sha256(known.encode()).hexdigest()[:16]}.tar.gz"
