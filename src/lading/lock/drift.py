"""What no longer fits between an image and its lock, in words."""

from __future__ import annotations

from itertools import zip_longest
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from lading.lock.model import InputGroup
from lading.lock.models import model_drift

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from lading.lock.model import (
        InputFile,
        InputIndex,
        InputKeyring,
        InputRequires,
        Inputs,
        Lock,
    )

__all__ = ["drift"]

_NAMES = {
    "base": "the base image",
    "distro": "the distro",
    "python": "the Python version",
    "lock_python_packages": "lock_python_packages",
    "lock_system_packages": "lock_system_packages",
    "prerelease": "whether pre-releases are taken",
    "no_index": "whether no index is asked",
    "accelerator": "the accelerator",
}
_NOTHING = InputGroup()
_NONE: Final[Mapping[str, Inputs]] = MappingProxyType({})


def drift(
    lock: Lock,
    inputs: Inputs,
    platforms: Sequence[str],
    *,
    own: Mapping[str, Inputs] = _NONE,
    allow_unpinned_base: bool = False,
) -> tuple[str, ...]:
    """Each thing that differs: what the lock was made from, against what the image asks for now.

    It is empty exactly where the lock fits.

    Args:
        lock: The lock.
        inputs: What the image asks for.
        platforms: The platforms that must be in the lock.
        own: By platform, what the image asks for there, where that is something else.
        allow_unpinned_base: Whether their base images may go without a digest.
    """
    parts = [part for name in platforms if (part := lock.platform(name)) is not None]
    found = {
        part.platform: _differences(lock.inputs_of(part), own.get(part.platform, inputs))
        for part in parts
    }
    return (
        *_by_platform(found or {"": _differences(lock.inputs, inputs)}),
        *(f"{name} is not in the lock" for name in platforms if lock.platform(name) is None),
        *(() if allow_unpinned_base else _unpinned(lock, platforms)),
    )


def _by_platform(found: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """What differs on all platforms, once; then what does on some, with their names."""
    everywhere = set.intersection(*map(set, found.values()))
    yield from (one for one in next(iter(found.values())) if one in everywhere)
    for platform, some in found.items():
        yield from (f"{platform}: {one}" for one in some if one not in everywhere)


def _differences(old: Inputs, new: Inputs) -> tuple[str, ...]:
    return (
        *_settings(old, new),
        *_indexes(old.indexes, new.indexes),
        *_listed("place to find links", old.find_links, new.find_links),
        *_trust(old, new),
        *_installations(old.groups, new.groups),
        *_below(old.below, new.below),
        *model_drift(old.models, new.models),
    )


def _unpinned(lock: Lock, platforms: Sequence[str]) -> Iterator[str]:
    for name in platforms:
        part = lock.platform(name)
        if part is not None and not (part.base.is_pinned or part.base.is_built):
            yield f"the base image {part.base.reference} has no digest in the lock for {name}"


def _settings(old: Inputs, new: Inputs) -> Iterator[str]:
    for name, words in _NAMES.items():
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield f"{words}: {_said(before)} is locked, {_said(after)} is asked for"
    if old.base == new.base and old.base_digest != new.base_digest:
        locked, there = _said(old.base_digest), _said(new.base_digest)
        what = new.base.partition("?")[0]  # a Dockerfile's build arguments are no part of its name
        yield f"{what} has changed: {locked} is locked, {there} is there"


def _said(value: object) -> str:
    return {None: "none", True: "yes", False: "no"}.get(value, str(value))  # type: ignore[call-overload, no-any-return]


def _indexes(old: Sequence[InputIndex], new: Sequence[InputIndex]) -> Iterator[str]:
    yield from _listed("index", map(_described, old), map(_described, new))


def _described(index: InputIndex) -> str:
    named = f" named {index.name}" if index.name is not None else ""
    only = f" for {', '.join(index.packages)} only" if index.packages else ""
    return f"{index.url}{named}{only}{' (default)' if index.default else ''}"


def _trust(old: Inputs, new: Inputs) -> Iterator[str]:
    """Whose word counts for archives of Debian packages."""
    yield from _listed("keyring", map(_keyring, old.keyrings), map(_keyring, new.keyrings))
    before = {_keyring(one): one.sha256 for one in old.keyrings}
    for one in new.keyrings:
        if before.get(_keyring(one), one.sha256) != one.sha256:
            yield f"{one.path} has changed"
    yield from _listed("an unsigned archive,", old.unsigned, new.unsigned)


def _keyring(one: InputKeyring) -> str:
    return f"{one.path} of {one.archive}"


def _installations(old: Sequence[InputGroup], new: Sequence[InputGroup]) -> Iterator[str]:
    """One installation after the other: a requirement may have moved from one to the next."""
    if len(old) != len(new):
        yield f"the number of installations: {len(old)} is locked, {len(new)} is asked for"
    several = len(old) > 1 or len(new) > 1
    for number, (before, after) in enumerate(zip_longest(old, new, fillvalue=_NOTHING), start=1):
        place = f"installation {number}: " if several else ""
        yield from (f"{place}{words}" for words in _installation(before, after))


def _below(old: Sequence[int], new: Sequence[int]) -> Iterator[str]:
    if old != new:
        before, after = (", ".join(map(str, one)) or "none" for one in (old, new))
        yield (
            "the installations of Python packages in images below: "
            f"{before} are locked, {after} are asked for"
        )


def _installation(old: InputGroup, new: InputGroup) -> Iterator[str]:
    yield from _listed("requirement", old.requirements, new.requirements)
    yield from _listed("constraint", old.constraints, new.constraints)
    yield from _listed("no_binary", old.no_binary, new.no_binary)
    yield from _listed("only_binary", old.only_binary, new.only_binary)
    yield from _listed("requires", map(_said_of, old.requires), map(_said_of, new.requires))
    yield from _listed("build constraint", old.build_constraints, new.build_constraints)
    yield from _files(old.files, new.files)


def _said_of(source: InputRequires) -> str:
    return f"{source.name}: {', '.join(source.requirements) or 'nothing'}"


def _files(old: Sequence[InputFile], new: Sequence[InputFile]) -> Iterator[str]:
    yield from _listed("file", map(_chosen, old), map(_chosen, new))
    before = {_chosen(file): file.sha256 for file in old}
    for file in new:
        if before.get(_chosen(file), file.sha256) != file.sha256:
            yield f"{file.path} has changed"


def _chosen(file: InputFile) -> str:
    chosen = (
        *(f"extra {name}" for name in file.extras),
        *(f"group {name}" for name in file.groups),
    )
    return f"{file.path} with {', '.join(chosen)}" if chosen else file.path


def _listed(what: str, old: Iterable[str], new: Iterable[str]) -> Iterator[str]:
    before, after = tuple(old), tuple(new)
    yield from (f"{what} {one} is not locked" for one in _without(after, before))
    yield from (
        f"{what} {one} is locked, and no longer asked for" for one in _without(before, after)
    )
    if before != after and set(before) == set(after):
        # First come, first served: of two indexes that know a package, the first one gives it.
        yield f"the order of each {what} has changed: {', '.join(before)} is locked"


def _without(these: Iterable[str], those: Iterable[str]) -> tuple[str, ...]:
    known = set(those)
    return tuple(one for one in dict.fromkeys(these) if one not in known)
