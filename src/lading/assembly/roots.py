"""The layers that a Dockerfile on nothing unpacks: those of an image without an engine."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from lading.assembly.folders import Folders
from lading.assembly.ground import Ground
from lading.assembly.jobs import environment_job, system_job
from lading.assembly.making import made
from lading.assembly.obstacles import scripts_to_run, unpackable
from lading.assembly.plan import PlannedLayer
from lading.assembly.skeleton import skeleton
from lading.assembly.system import Installer
from lading.bases import nothing
from lading.errors import ImageError
from lading.grammar.python_version import PythonVersion
from lading.info.roots import root_layers
from lading.platforms import Platform
from lading.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lading.assembly.jobs import Job
    from lading.assembly.system import FetchDebs
    from lading.info import ImageInfo
    from lading.info.roots import RootLayer
    from lading.store import Store, StoredLayer

__all__ = ["made_roots"]


def made_roots(info: ImageInfo, store: Store, debs: FetchDebs) -> Mapping[str, StoredLayer]:
    """The layers, by path in the frozen folder; the caller is `using` the store.

    Args:
        info: The image, of which no step is done.
        store: Where layers are kept.
        debs: Gets system packages; called once at most, and never where no layer has to be made.

    Raises:
        ImageError: A package can't be installed without running something.
        LadingError: A package can't be had.
    """
    layers = root_layers(info)
    ground = Ground(
        base=nothing(Platform.parse(info.platform)),
        store=store,
        series=PythonVersion.parse(info.python).series,
        of_packages=bool(info.installed_debs),
    )
    with TemporaryDirectory(prefix="lading-") as folder:
        installer = Installer(store=store, fetch=debs, workdir=Path(folder))
        try:
            done = made(
                [_job(one, info, ground, installer) for one in layers],
                store,
                lambda _: {},
                progress=SILENT,
                at_once=1,  # each holds a decompressor and all of its entries
            )
        except ImageError:
            needed = installer.needed_scripts(info.debs, ground.base, info.config.user)
            if needed:  # with the user's lines
                raise unpackable(scripts_to_run(info, needed)) from None
            raise
    return {layer.path: one.stored for layer, one in zip(layers, done, strict=True)}


def _job(layer: RootLayer, info: ImageInfo, ground: Ground, installer: Installer) -> Job:
    image = info.stack[layer.image]
    if layer.kind != "folders":
        planned = PlannedLayer(kind="system", name=layer.path, debs=layer.debs, over=layer.over)
        return system_job(planned, image, ground, installer)
    folders = Folders.of_base()
    for one in image.stack:
        user = one.config.user
        folders = folders.given(ground.given(one), user.uid, user.gid)
    planned = PlannedLayer(kind="environment", name=layer.path)
    return environment_job(planned, skeleton(image, ground, folders))
