"""Which layers of the later image the earlier one has, and why the others have to be made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lading.explain.changes import LayerChange

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lading.explain.changes import FileChange, PackageChange, PlatformDifference
    from lading.explain.sides import LayerState, Part

__all__ = ["layer_changes"]

_OF_ALL_PACKAGES: Final = {
    "python": "each package's layer is made for one Python",
    "compile_bytecode": "each package's layer holds the bytecode, or doesn't",
}
_OF_FOLDERS: Final = frozenset({"user", "workdir", "volumes"})


def layer_changes(before: Part, after: Part, found: PlatformDifference) -> tuple[LayerChange, ...]:
    """The layers of the later image from the lowest up, then those that it has no more.

    Args:
        before: The earlier image, whose layers are known.
        after: The later one, likewise.
        found: What else differs between them.
    """
    old, new = before.layers or (), after.layers or ()
    had, has = ({one.identity for one in some} for some in (old, new))
    dropped = tuple(one for one in old if one.identity not in has)
    return (
        *(
            LayerChange(layer=one, what="kept")
            if one.identity in had
            else LayerChange(layer=one, what="made", why=_why(one, dropped, found))
            for one in new
        ),
        *(LayerChange(layer=one, what="dropped") for one in dropped),
    )


def _why(
    layer: LayerState, dropped: Iterable[LayerState], found: PlatformDifference
) -> tuple[str, ...]:
    reasons = _reasons(layer, tuple(dropped), found)
    # Who folders belong to is in a layer's entries, which is why it may be another, if nothing is.
    found_out = tuple(dict.fromkeys(reasons)) or tuple(_of_user(found))
    return found_out or ("nothing that is compared here tells why",)


def _reasons(
    layer: LayerState, dropped: tuple[LayerState, ...], found: PlatformDifference
) -> Iterator[str]:
    if layer.content is not None and layer.content in {one.content for one in dropped}:
        yield "it has the same files, packed otherwise"
        return
    match layer.kind:
        case "base":
            yield "the base image has changed"
        case "system":
            if found.base is not None:
                yield "it is unpacked on the base image, which has changed"
            yield from _of_packages(layer, dropped, found.system)
        case "packages":
            yield from _of_packages(layer, dropped, found.python)
            yield from _of_settings(found, _OF_ALL_PACKAGES)
        case "environment":
            yield from _of_settings(found, {"python": "the environment is made for one Python"})
            yield from _of_user(found)
        case "model" | "files":
            yield from _of_files(layer, found.files)
        case "unknown":
            yield from _of_packages(layer, dropped, (*found.python, *found.system))
            yield from _of_files(layer, found.files)


def _of_packages(
    layer: LayerState, dropped: tuple[LayerState, ...], changes: Iterable[PackageChange]
) -> Iterator[str]:
    by_name = {one.name: one for one in changes}
    yield from (_told(by_name[name]) for name in layer.holds if name in by_name)
    if layer.kind == "system":
        yield from (_told(one) for one in by_name.values() if one.what == "removed")
    if layer.kind in {"system", "packages"}:
        yield from _moved(layer, dropped, by_name)


def _moved(
    layer: LayerState, dropped: tuple[LayerState, ...], changes: Mapping[str, PackageChange]
) -> Iterator[str]:
    """The packages that have come from another layer, or were beside these and are not any more.

    Which wheels are large enough for a layer of their own depends on how many there are, and an
    image on another one has its own system packages in a layer of their own.
    """
    here = set(layer.holds)
    former = max(dropped, key=lambda one: len(here.intersection(one.holds)), default=None)
    if former is None or here.isdisjoint(former.holds):
        return
    if len(here) == 1 and len(former.holds) > 1:
        yield "it was together with others, and has a layer of its own now"
        return
    for name in layer.holds:
        if name not in former.holds and name not in changes:
            yield f"{name} has come from another layer"
    for name in former.holds:
        change = changes.get(name)
        if change is not None and change.what == "removed":
            yield _told(change)
        elif name not in here:
            yield f"{name} is in another layer now"


def _told(change: PackageChange) -> str:
    match change.what:
        case "added":
            return f"{change.name} is new"
        case "removed":
            return f"{change.name} is gone"
        case "version":
            old, new = (one.version if one else None for one in (change.before, change.after))
            return f"{change.name} {old} -> {new}"
        case "index":
            return f"{change.name} is from another index"
        case "file":
            return f"{change.name} is another file of the same version"


def _of_settings(found: PlatformDifference, reasons: dict[str, str]) -> Iterator[str]:
    for one in found.settings:
        if one.name in reasons:
            yield f"{one.name} {one.before} -> {one.after}: {reasons[one.name]}"


def _of_user(found: PlatformDifference) -> Iterator[str]:
    for one in found.settings:
        if one.name in _OF_FOLDERS:
            old, new = (value or "none" for value in (one.before, one.after))
            yield f"{one.name} {old} -> {new}: folders belong to it"


def _of_files(layer: LayerState, changes: Iterable[FileChange]) -> Iterator[str]:
    words = {"added": "is new", "content": "has changed", "mode": "has another mode"}
    by_path = {one.path: one for one in changes}
    for path in layer.holds:
        if (change := by_path.get(path)) is not None and change.what in words:
            yield f"{path} {words[change.what]}"
    for one in by_path.values():
        if one.what == "removed" and _is_beside(one.path, layer):
            yield f"{one.path} is gone"


def _is_beside(path: str, layer: LayerState) -> bool:
    folder = path.rpartition("/")[0]
    return any(one.rpartition("/")[0] == folder for one in layer.holds)
