"""What differs between two images, as far as both sides know it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from lading.explain.changes import (
    Difference,
    FileChange,
    PackageChange,
    PlatformDifference,
    SettingChange,
    SizeChange,
)
from lading.explain.layer_changes import layer_changes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lading.explain.sides import BaseState, FileState, LayerState, Package, Part, Side

__all__ = ["compare"]

Aspect: TypeAlias = Literal["base", "python", "system", "building", "settings", "files", "layers"]

_ASPECTS: Final[tuple[Aspect, ...]] = (
    "base",
    "python",
    "system",
    "building",
    "settings",
    "files",
    "layers",
)

# What two sides of different kinds have in the same form.
_COMMON: Final[Mapping[frozenset[str], frozenset[Aspect]]] = {
    frozenset({"lock", "frozen"}): frozenset({"base", "python", "system", "building", "settings"}),
    frozenset({"lock", "image"}): frozenset({"base", "python"}),
    frozenset({"frozen", "image"}): frozenset({"base", "python"}),
}

_NO_SIZE: Final = frozenset({"base", "environment"})
"""The layers whose size nothing tells before they are built."""

_KINDS: Final = {"lock": "a lock", "frozen": "a frozen image", "image": "a built image"}


def compare(before: Side, after: Side) -> Difference:
    """What has changed from one side to the other."""
    old = {part.platform: part for part in before.parts}
    new = {part.platform: part for part in after.parts}
    common = _COMMON.get(frozenset({before.kind, after.kind}), frozenset(_ASPECTS))
    kinds = f"{_KINDS[before.kind]} and {_KINDS[after.kind]} don't tell them in one form"
    return Difference(
        before=before.name,
        after=after.name,
        kinds=(before.kind, after.kind),
        platforms=tuple(
            _compared(old.get(name), new.get(name), name, common, kinds)
            for name in sorted(old.keys() | new.keys())
        ),
    )


def _compared(
    before: Part | None, after: Part | None, name: str, common: frozenset[Aspect], kinds: str
) -> PlatformDifference:
    if before is None or after is None:
        only: Literal["before", "after"] = "after" if before is None else "before"
        return PlatformDifference(platform=name, only=only)
    known = frozenset(one for one in common if _is_known(one, before, after))
    old, new = _Known(before, known), _Known(after, known)
    every = common == frozenset(_ASPECTS)
    found = PlatformDifference(
        platform=name,
        base=_base(before.base, after.base) if "base" in known else None,
        python=tuple(_packages(old.of("python"), new.of("python"))),
        system=tuple(_packages(old.of("system"), new.of("system"))),
        building=tuple(_packages(old.of("building"), new.of("building"))),
        settings=tuple(_settings(old.of("settings"), new.of("settings"), every=every)),
        files=tuple(_files(old.of("files"), new.of("files"))),
        sizes=tuple(_sizes(old, new)),
        unknown=tuple(_unknown(before, after, common, kinds)),
    )
    if "layers" not in known:
        return found
    return replace(found, layers=layer_changes(before, after, found))


class _Known:
    """A side's part, of which nothing is told that the other does not know."""

    def __init__(self, part: Part, aspects: frozenset[Aspect]) -> None:
        self._part = part
        self.aspects = aspects

    def of(self, aspect: Aspect) -> tuple[Any, ...]:
        return getattr(self._part, aspect) or () if aspect in self.aspects else ()


def _is_known(aspect: Aspect, before: Part, after: Part) -> bool:
    return getattr(before, aspect) is not None and getattr(after, aspect) is not None


def _unknown(
    before: Part, after: Part, common: frozenset[Aspect], kinds: str
) -> Iterator[tuple[str, str]]:
    """What only one side knows, or both in another form; and why there are no layers to compare."""
    for aspect in _ASPECTS:
        lacking = [one for one in (before, after) if getattr(one, aspect) is None]
        every = (*before.unknown, *after.unknown)
        reasons = [why for what, why in every if what == aspect]
        is_known = aspect in common and not lacking
        is_nowhere = len(lacking) == 2 and aspect != "layers"  # noqa: PLR2004 - both of two
        if not is_known and not is_nowhere:
            yield aspect, reasons[-1] if reasons else kinds


def _base(before: BaseState | None, after: BaseState | None) -> SettingChange | None:
    if before == after or before is None or after is None:
        return None
    # A digest alone is no change where a side does not know it.
    if before.reference == after.reference and None in {before.digest, after.digest}:
        return None
    return SettingChange(
        name="base",
        before=_named(before.reference, before.digest),
        after=_named(after.reference, after.digest),
    )


def _named(reference: str, digest: str | None) -> str:
    return f"{reference}@{digest}" if digest and "@" not in reference else reference


def _packages(before: Iterable[Package], after: Iterable[Package]) -> Iterator[PackageChange]:
    old = {one.name: one for one in before}
    new = {one.name: one for one in after}
    for name in sorted(old.keys() | new.keys()):
        what = _package_change(old.get(name), new.get(name))
        if what is not None:
            yield PackageChange(name=name, what=what, before=old.get(name), after=new.get(name))


def _package_change(
    before: Package | None, after: Package | None
) -> Literal["added", "removed", "version", "index", "file"] | None:
    if before is None or after is None:
        return "added" if before is None else "removed"
    if before.version != after.version:
        return "version"
    if before.index and after.index and before.index != after.index:
        return "index"
    if before.files and after.files and set(before.files).isdisjoint(after.files):
        return "file"
    return None


def _settings(
    before: Iterable[tuple[str, str]], after: Iterable[tuple[str, str]], *, every: bool
) -> Iterator[SettingChange]:
    """The values that differ; those of one side only where both could have them."""
    old, new = dict(before), dict(after)
    for name in dict.fromkeys((*old, *new)):
        if old.get(name) != new.get(name) and (every or (name in old and name in new)):
            yield SettingChange(name=name, before=old.get(name), after=new.get(name))


def _files(before: Iterable[FileState], after: Iterable[FileState]) -> Iterator[FileChange]:
    old = {one.path: one for one in before}
    new = {one.path: one for one in after}
    for path in sorted(old.keys() | new.keys()):
        what = _file_change(old.get(path), new.get(path))
        if what is not None:
            yield FileChange(path=path, what=what, before=old.get(path), after=new.get(path))


def _file_change(
    before: FileState | None, after: FileState | None
) -> Literal["added", "removed", "content", "mode"] | None:
    if before is None or after is None:
        return "added" if before is None else "removed"
    if before.content != after.content:
        return "content"
    return "mode" if before.mode != after.mode else None


def _sizes(before: _Known, after: _Known) -> Iterator[SizeChange]:
    aspects: tuple[Aspect, ...] = ("python", "system", "files", "layers")
    for aspect in aspects:
        old, new = (_total(side.of(aspect)) for side in (before, after))
        if old is not None and new is not None and (old or new):
            yield SizeChange(name=aspect, before=old, after=new)


def _total(found: Iterable[Package | FileState | LayerState]) -> int | None:
    """The bytes of all together; None where those of one that has any are not known."""
    total = 0
    for one in found:
        if one.size is None and getattr(one, "kind", None) not in _NO_SIZE:
            return None
        total += one.size or 0
    return total
