"""The layers that an image would be assembled of, each with what decides whether it is made anew.

By the rules that a build goes by (`lading.assembly.plan`, `.keys`), but for what only a look at the
base can tell: where links in it lead. That is the same for two images on one base.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from lading.assembly import PlannedLayer, must_execute, plan
from lading.assembly.folders import Folders, parents
from lading.assembly.keys import packages_key
from lading.assembly.packages import Packaging
from lading.explain.sides import LayerState
from lading.grammar.python_version import PythonVersion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lading.info import ContextFile, CopyFiles, ImageInfo
    from lading.oci.entries import Folder

__all__ = ["layers_of", "obstacles_of", "placed"]


def obstacles_of(info: ImageInfo) -> str | None:
    """Why an image has no layers that are known before it is built; None where it has."""
    found = must_execute(info)
    if not found:
        return None
    first = found[0]
    at = f" ({', '.join(first.at)})" if first.at else ""
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    return f"an engine makes them: {first.what} {first.why}{at}{more}"


def layers_of(info: ImageInfo, *, with_environment: bool = True) -> tuple[LayerState, ...]:
    """The layers of an image for which nothing has to be executed, the base's as one.

    Args:
        info: The image.
        with_environment: Whether it is known how it is run, which that layer's folders depend on.
    """
    base = info.base
    identity = base.manifest or base.digest or base.reference
    lowest = LayerState(name=f"base image {base.reference}", kind="base", identity=identity)
    planned = [one for one in plan(info) if with_environment or one.kind != "environment"]
    own = tuple(
        LayerState(
            name=layer.name,
            kind=layer.kind,
            identity=_digest([layer.kind, *decisive]),
            size=_size(layer),
            holds=tuple(_holds(layer)),
        )
        for layer, decisive in zip(planned, _decisive(planned, info), strict=True)
    )
    return own if base.reference == "scratch" else (lowest, *own)


def _decisive(layers: Iterable[PlannedLayer], info: ImageInfo) -> Iterator[list[object]]:
    """All that the bytes of each layer depend on."""
    planned, folders = tuple(layers), Folders.of_base()
    for number, image in enumerate(info.stack):
        user, series = image.config.user, PythonVersion.parse(image.python).series
        owned = [one.strip("/") for one in image.given_folders]
        folders = folders.given(owned, user.uid, user.gid)
        for layer in (one for one in planned if one.image == number):
            match layer.kind:
                case "system":
                    yield _system(layer, image)
                case "environment":
                    yield [image.venv, series, image.platform, user.uid, user.gid, *owned]
                case "packages":
                    yield [image.compile_bytecode, _packages_key(layer, image, folders)]
                case "model" | "files":
                    files = {path.lstrip("/"): said for path, said in _placed(layer)}
                    folders = folders.taken(_made_by_copying(layer))
                    yield [sorted(files.items()), _described(folders.above(files))]


def _system(layer: PlannedLayer, info: ImageInfo) -> list[object]:
    """The packages, the base, and what an image below has on it."""
    user, below = info.config.user, info.below
    ground = info.base.manifest or [user.uid, user.gid, user.name, user.home]
    found: list[object] = [ground, sorted(one.sha256 for one in layer.debs)]
    if layer.over and below:
        found.append(_system(replace(layer, debs=layer.over, over=()), below))
    return found


def _packages_key(layer: PlannedLayer, info: ImageInfo, folders: Folders) -> str:
    venv = info.venv or ""
    packaging = Packaging(
        prefix=venv, root=venv.strip("/"), series=PythonVersion.parse(info.python).series
    )
    above = folders.above([f"{packaging.root}/bin/python"])
    return packages_key(layer.distributions, packaging, tuple(above)).name


def placed(step: CopyFiles, file: ContextFile) -> str:
    """Where a file goes, from the root; its path in the project where that is not known."""
    return f"{step.destination.rstrip('/')}/{file.path}" if step.destination else file.path


def _placed(layer: PlannedLayer) -> Iterator[tuple[str, list[object]]]:
    """The files of a layer, each where it goes; of one path the last counts."""
    for one in layer.included:
        for file in one.step.files:
            yield placed(one.step, file), [file.sha256, file.executable]


def _made_by_copying(layer: PlannedLayer) -> set[str]:
    """The folders below the destinations, which are root's afterwards."""
    found: set[str] = set()
    for one in layer.included:
        destination = one.step.destination.strip("/")
        paths = (f"{destination}/{file.path}".lstrip("/") for file in one.step.files)
        inside = {folder for path in paths for folder in parents(path)}
        found |= inside - {destination, *parents(destination)}
    return found


def _described(folders: Iterable[Folder]) -> list[object]:
    return [[one.path, one.mode, one.uid, one.gid] for one in folders]


def _size(layer: PlannedLayer) -> int | None:
    """About how large it is, by what it is made of; None where no index told, or it is nothing."""
    match layer.kind:
        case "system":
            return sum(one.size for one in layer.debs)
        case "packages":
            sizes = [one.size for one in layer.distributions if one.size is not None]
            return sum(sizes) if len(sizes) == len(layer.distributions) else None
        case "model" | "files":
            return sum(file.size for one in layer.included for file in one.step.files)
        case "environment":
            return None


def _holds(layer: PlannedLayer) -> Iterator[str]:
    yield from (one.name for one in layer.debs)
    yield from (one.name for one in layer.distributions)
    yield from dict(_placed(layer))


def _digest(value: object) -> str:
    content = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()
