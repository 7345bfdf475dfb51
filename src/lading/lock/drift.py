"""What no longer fits between an image and its lock, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lading.lock.model import InputGroup, Inputs, Lock

__all__ = ["drift"]

_NAMES = {
    "base": "the base image",
    "distro": "the distro",
    "python": "the Python version",
    "lock_python_packages": "lock_python_packages",
    "prerelease": "whether pre-releases are taken",
    "no_index": "whether indexes are used",
}


def drift(lock: Lock, inputs: Inputs, platforms: Sequence[str]) -> tuple[str, ...]:
    """Each thing that differs: what the lock was made from, against what the image asks for now.

    Args:
        lock: The lock.
        inputs: What the image asks for.
        platforms: The platforms that must be in the lock.
    """
    missing = (name for name in platforms if lock.platform(name) is None)
    return (
        *_settings(lock.inputs, inputs),
        *_sets("index", (one.url for one in lock.inputs.indexes), (one.url for one in inputs.indexes)),
        *_sets("place to find links", lock.inputs.find_links, inputs.find_links),
        *_groups(lock.inputs.groups, inputs.groups),
        *(f"{name} is not in the lock" for name in missing),
    ) or (("the order or the settings of the inputs changed",) if lock.inputs != inputs else ())


def _settings(old: Inputs, new: Inputs) -> Iterator[str]:
    for name, words in _NAMES.items():
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield f"{words}: {before} is locked, {after} is asked for"


def _groups(old: Sequence[InputGroup], new: Sequence[InputGroup]) -> Iterator[str]:
    if len(old) != len(new):
        yield f"the installations: {len(old)} are locked, {len(new)} are asked for"
    for what in ("requirement", "constraint"):
        yield from _sets(
            what,
            (line for group in old for line in getattr(group, f"{what}s")),
            (line for group in new for line in getattr(group, f"{what}s")),
        )
    for what in ("no_binary", "only_binary"):
        yield from _sets(
            what,
            (name for group in old for name in getattr(group, what)),
            (name for group in new for name in getattr(group, what)),
        )
    yield from _files(old, new)


def _files(old: Sequence[InputGroup], new: Sequence[InputGroup]) -> Iterator[str]:
    before = {file.path: file.sha256 for group in old for file in group.files}
    after = {file.path: file.sha256 for group in new for file in group.files}
    yield from _sets("file", before, after)
    yield from (f"{path} has changed" for path in before if after.get(path, before[path]) != before[path])


def _sets(what: str, old: Iterable[str], new: Iterable[str]) -> Iterator[str]:
    before, after = set(old), set(new)
    yield from (f"{what} {one} is not locked" for one in sorted(after - before))
    yield from (f"{what} {one} is locked, and no longer asked for" for one in sorted(before - after))
