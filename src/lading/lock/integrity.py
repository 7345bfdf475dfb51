"""Whether a lock can be what `lading lock` wrote: it may have been edited since.

What is said twice in it must be said alike: the version of a distribution and the name of its file,
a platform and what can be installed there, a requirement and what stands for it. What is said once,
such as the hash of a file, only the file itself can contradict, where it is fetched.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from lading.errors import Problem, ResolutionError
from lading.grammar.base import SCRATCH
from lading.grammar.invalid import Invalid
from lading.lock.deb_integrity import system_flaws
from lading.lock.distribution_integrity import distribution_flaws, twice
from lading.platforms import Platform

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lading.lock.model import Inputs, Lock, LockedBase, PlatformLock

__all__ = ["flaws", "refuse_contradicting"]

_ANEW: Final = (
    "lock all of it anew: `lading lock --upgrade`; if that fails too, it is a fault of Lading"
)


def flaws(lock: Lock) -> tuple[str, ...]:
    """What contradicts itself in a lock, or would make a build do what nobody reviewed."""
    return (*_of_inputs(lock.inputs), *_of_platforms(lock), *_of_files(lock))


def refuse_contradicting(lock: Lock) -> None:
    """Refuse a new lock that every later command would take for an edited one.

    What is kept for one platform may have been another file when that was locked.

    Raises:
        ResolutionError: It contradicts itself; all that is wrong with it together.
    """
    problems = [Problem(message=f"the new lock contradicts itself: {one}") for one in flaws(lock)]
    if problems:
        raise ResolutionError([*problems[:-1], replace(problems[-1], hint=_ANEW)])


def _of_inputs(inputs: Inputs) -> Iterator[str]:
    yield from twice("the file of a model", (one.path for one in inputs.models))
    yield from twice("the index", (one.url for one in inputs.indexes))
    yield from twice("the keyring of", (one.archive for one in inputs.keyrings))


def _of_platforms(lock: Lock) -> Iterator[str]:
    for part in lock.platforms:
        found = (
            *(_of_inputs(part.inputs) if part.inputs is not None else ()),
            *_of_platform(lock.inputs_of(part), part),
        )
        yield from (f"{part.platform}: {flaw}" for flaw in found)


def _of_platform(inputs: Inputs, part: PlatformLock) -> Iterator[str]:
    try:
        is_written_so = str(Platform.parse(part.platform)) == part.platform
    except Invalid as error:
        yield error.message
        return
    if not is_written_so:
        yield f"it is written {Platform.parse(part.platform)}"
    yield from _of_base(inputs, part.base)
    yield from distribution_flaws(inputs, part)
    yield from system_flaws(inputs, part)


def _of_base(inputs: Inputs, base: LockedBase) -> Iterator[str]:
    if base.reference != inputs.base:
        yield f"the base image is {base.reference}, and {inputs.base} was asked for"
    named = base.reference.rpartition("@")[2]
    if base.is_built or base.reference == str(SCRATCH):
        if base.digest is not None or base.manifest is not None:
            what = "a Dockerfile makes it" if base.is_built else "is nothing"
            yield f"the base image has a digest, and {what}"
    elif inputs.base_digest is not None and base.digest != inputs.base_digest:
        yield f"the base image is {base.digest}, and {inputs.base_digest} was there"
    elif "@" in base.reference and base.digest not in {None, named}:
        yield f"the base image is {base.digest}, and {named} was asked for"
    elif (base.digest is None) != (base.manifest is None):
        yield "the base image has one of two digests: its own, and its platform's"


class _File(NamedTuple):
    """A file that a lock names, by what a message calls it."""

    named: str
    place: str | None
    sha256: str
    size: int | None


def _of_files(lock: Lock) -> Iterator[str]:
    """A hash is of one size, and a place has one file, wherever in the lock they stand."""
    sizes: dict[str, int] = {}
    hashes: dict[str, str] = {}
    for one in _files(lock):
        if one.size is not None and sizes.setdefault(one.sha256, one.size) != one.size:
            yield f"{one.named}: its size is {one.size}, and elsewhere {sizes[one.sha256]}"
        if one.place is not None and hashes.setdefault(one.place, one.sha256) != one.sha256:
            yield f"{one.named}: its SHA-256 is {one.sha256}, and elsewhere {hashes[one.place]}"


def _files(lock: Lock) -> Iterable[_File]:
    for inputs in (lock.inputs, *(part.inputs for part in lock.platforms if part.inputs)):
        yield from (_File(one.path, None, one.sha256, one.size) for one in inputs.models)
    for part in lock.platforms:
        yield from (_named(one, part) for one in _files_of(part))


def _named(one: _File, part: PlatformLock) -> _File:
    return one._replace(named=f"{part.platform}: {one.named}")


def _files_of(part: PlatformLock) -> Iterable[_File]:
    yield from (_File(one.name, one.url, one.sha256, None) for one in part.tools)
    built = (one for build in part.builds for one in build.distributions)
    for one in (*part.distributions, *built):
        # A file of the project may have changed between the locking of two platforms.
        if one.sha256 is not None:
            place = None if one.is_in_project else one.url
            yield _File(one.name, place, one.sha256, one.size)
    roots = {archive.suite: archive.url for archive in part.archives}
    for deb in (*part.debs, *(deb for below in part.below for deb in below.debs)):
        yield _File(deb.name, f"{roots.get(deb.suite)}/{deb.path}", deb.sha256, deb.size)
